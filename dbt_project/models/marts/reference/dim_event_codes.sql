with

event_codes as (
    select * from {{ ref('event_codes') }}
),

final as (
    select
        means as event_code,
        label as event_label,
        valid_from,
        valid_to,
        source
    from event_codes
    where code = means
)

select * from final
