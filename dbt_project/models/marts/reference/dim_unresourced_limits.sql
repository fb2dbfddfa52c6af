with

unresourced_limits as (
    select * from {{ ref('unresourced_limits') }}
),

final as (
    select
        area_code,
        grade,
        kind,
        upper_limit,
        area_of_concern,
        valid_from,
        valid_to,
        source
    from unresourced_limits
)

select * from final
