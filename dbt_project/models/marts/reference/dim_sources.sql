with

sources as (
    select * from {{ ref('sources') }}
),

final as (
    select
        means as source_code,
        label as source_label,
        is_telephony,
        valid_from,
        valid_to,
        source
    from sources
    where code = means
)

select * from final
