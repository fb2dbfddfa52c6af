-- The stretches in which an incident was open: from its creation or a reopening to the closing after it. Closing what is closed
-- and reopening what is open change nothing here. What is assigned or booked belongs to the stretch it was done in.

with

steps as (
    select * from {{ ref('int_log_steps_ordered') }}
),

preceded as (
    select
        incident_hash,
        effective_at,
        place,
        is_closing,
        coalesce(lag(is_closing) over (partition by incident_hash order by place), false) as was_closed
    from steps
    where is_closing or is_reopening
),

turns as (
    select
        incident_hash,
        is_closing,
        effective_at,
        place,
        lead(effective_at) over (partition by incident_hash order by place) as next_at,
        lead(place) over (partition by incident_hash order by place) as next_place
    from preceded
    where is_closing <> was_closed
),

-- The first turn of an incident is a closing: before it, it was open from the start.
first_turns as (
    select incident_hash, min(effective_at) as closed_at, min(place) as closed_place
    from turns
    group by incident_hash
),

incidents as (
    select distinct incident_hash from steps
),

final as (
    select
        incidents.incident_hash,
        cast(null as timestamp) as opened_at,
        {{ packed_after_instant('cast(null as timestamp)', 0) }} as opened_place,
        first_turns.closed_at,
        first_turns.closed_place
    from incidents
    left join first_turns on incidents.incident_hash = first_turns.incident_hash

    union all

    select
        incident_hash,
        effective_at as opened_at,
        place as opened_place,
        next_at as closed_at,
        next_place as closed_place
    from turns
    where not is_closing
)

select * from final
