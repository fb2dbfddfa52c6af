with

shifts as (
    select * from {{ ref('shifts') }}
),

final as (
    select
        shift,
        label as shift_label,
        starts_at as starts_at_local_time,
        ends_at as ends_at_local_time,
        is_over_midnight,
        valid_from,
        valid_to,
        source
    from shifts
)

select * from final
