with

areas as (
    select * from {{ ref('areas') }}
),

final as (
    select
        means as area_code,
        label as area_label,
        merged_into_code,
        merged_into_label,
        valid_from,
        valid_to,
        source
    from areas
    where code = means
)

select * from final
