with

wrap_codes as (
    select * from {{ ref('wrap_codes') }}
),

final as (
    select
        means as wrap_code,
        label as wrap_code_label,
        demand_type,
        demand_order,
        is_new_incident,
        valid_from,
        valid_to,
        source
    from wrap_codes
    where code = means
)

select * from final
