-- The days whose calls this run works out again: those of every version of a touched segment, and the days beside them,
-- as redials cross midnight; and the days of a touched disruption.

with

segments as (
    select * from {{ ref('base_acd_segments') }}
),

disrupted_days as (
    select * from {{ ref('int_affected_disrupted_days') }}
),

touched_segments as (
    select _business_date, segment_start_at
    from segments
    where _key in {{ touched_keys(ref('base_acd_segments'), 'acd_segments') }}
),

segment_days as (
    select _business_date as call_date from touched_segments
    union
    select {{ to_local_date('segment_start_at') }} as call_date from touched_segments
),

final as (
    select call_date from segment_days
    union
    select {{ plus_days('call_date', 1) }} as call_date from segment_days
    union
    select {{ plus_days('call_date', -1) }} as call_date from segment_days
    union
    select local_date as call_date from disrupted_days
)

select * from final
