with

status_codes as (
    select * from {{ ref('status_codes') }}
),

final as (
    select
        means as status_code,
        label as status_label,
        milestone,
        is_available,
        valid_from,
        valid_to,
        source
    from status_codes
    where code = means
)

select * from final
