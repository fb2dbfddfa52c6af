-- The first of each step and the last closing of each incident, from its log. Only the incidents this run works out.

with

affected_incidents as (
    select * from {{ ref('int_affected_incidents') }}
),

events as (
    select
        incident_hash,
        event_at,
        {{ packed_after_instant('event_at', 'event_no') }} as place,
        is_grading,
        is_tasking,
        is_assigning,
        is_closing,
        is_reopening
    from {{ ref('int_events_resolved') }}
    where (is_grading or is_tasking or is_assigning or is_closing or is_reopening)
    {% if not is_full_run() %}
        and incident_key in (select incident_key from affected_incidents)
    {% endif %}
),

firsts as (
    select
        incident_hash,
        min(case when is_grading then event_at end) as first_graded_at,
        min(case when is_tasking then event_at end) as first_tasked_at,
        min(case when is_assigning then event_at end) as first_assigned_at,
        max(case when is_closing then 1 else 0 end) = 1 as has_closing_event,
        max(case when is_reopening then event_at end) as last_reopened_at
    from events
    group by incident_hash
),

reopenings as (
    select incident_hash, max(place) as last_place
    from events
    where is_reopening
    group by incident_hash
),

-- A closing is the step from open to closed: a second one without a reopening between moves nothing.
closings as (
    select events.incident_hash, min(events.event_at) as closed_at
    from events
    left join reopenings on events.incident_hash = reopenings.incident_hash
    where events.is_closing and (reopenings.last_place is null or events.place > reopenings.last_place)
    group by events.incident_hash
),

final as (
    select
        firsts.incident_hash,
        firsts.first_graded_at,
        firsts.first_tasked_at,
        firsts.first_assigned_at,
        firsts.has_closing_event,
        firsts.last_reopened_at,
        closings.closed_at
    from firsts
    left join closings on firsts.incident_hash = closings.incident_hash
)

select * from final
