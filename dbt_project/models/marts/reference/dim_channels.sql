with

channels as (
    select * from {{ ref('channels') }}
),

final as (
    select
        means as channel_code,
        label as channel_label,
        valid_from,
        valid_to,
        source
    from channels
    where code = means
)

select * from final
