-- The local days whose team figures this run works out again.

with

intervals as (
    select * from {{ ref('base_acd_agent_intervals') }}
),

final as (
    select distinct {{ to_local_date('interval_start_at') }} as interval_date
    from intervals
    where {{ 'false' if is_full_run() else 'true' }}
        and _key in {{ touched_keys(ref('base_acd_agent_intervals'), 'acd_agent_intervals') }}
)

select * from final
