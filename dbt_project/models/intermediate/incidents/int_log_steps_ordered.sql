-- What the log says of an incident's state, in the order in which it takes effect: events in the order of their times, then of
-- their numbers; one before the creation takes effect then. Where the log closes nothing, the incident's own row does, after
-- the events of that instant. Nothing at or after the as-of instant. Only the incidents this run works out.

with

affected_incidents as (
    select * from {{ ref('int_affected_incidents') }}
),

as_of as (
    select * from {{ ref('int_states_as_of') }}
),

incidents as (
    select
        incidents.incident_hash,
        incidents.created_at,
        case when incidents.is_closed_by_status and incidents.closed_at < as_of.as_of_at then incidents.closed_at end as closed_at,
        incidents._row_id
    from {{ ref('stg_saab_incidents') }} as incidents
    inner join as_of on incidents.created_at < as_of.as_of_at
    {% if not is_full_run() %}
    where incidents.incident_key in (select incident_key from affected_incidents)
    {% endif %}
),

events as (
    select
        incident_hash,
        event_no,
        event_at,
        grade_code,
        is_assigning,
        is_unassigning,
        is_booking,
        is_moving,
        is_failing_booking,
        is_closing,
        is_reopening,
        resource,
        appointment_key,
        diary_code,
        _row_id
    from {{ ref('int_events_resolved') }}
    where (
        grade_code is not null or is_assigning or is_unassigning or is_booking or is_moving or is_failing_booking
        or is_closing or is_reopening
    )
    {% if not is_full_run() %}
        and incident_key in (select incident_key from affected_incidents)
    {% endif %}
),

seen as (
    select
        events.incident_hash,
        events.event_no,
        incidents.created_at,
        case when events.event_at < incidents.created_at then incidents.created_at else events.event_at end as effective_at,
        {{ packed_after_instant('events.event_at', 'events.event_no') }} as place,
        events.grade_code,
        events.is_assigning,
        events.is_unassigning,
        events.is_booking,
        events.is_moving,
        events.is_failing_booking,
        events.is_closing,
        events.is_reopening,
        case when events.is_assigning or events.is_unassigning then events.resource end as resource,
        events.appointment_key,
        events.diary_code,
        events._row_id
    from events
    inner join incidents on events.incident_hash = incidents.incident_hash
    inner join as_of on events.event_at < as_of.as_of_at
),

closed_by_row as (
    select
        incident_hash,
        created_at,
        case when closed_at < created_at then created_at else closed_at end as effective_at,
        _row_id
    from incidents
    where closed_at is not null
        and incident_hash not in (select incident_hash from seen where is_closing)
),

final as (
    select * from seen

    union all

    select
        incident_hash,
        cast(null as bigint) as event_no,
        created_at,
        effective_at,
        {{ packed_after_instant('effective_at', last_number()) }} as place,
        cast(null as string) as grade_code,
        false as is_assigning,
        false as is_unassigning,
        false as is_booking,
        false as is_moving,
        false as is_failing_booking,
        true as is_closing,
        false as is_reopening,
        cast(null as string) as resource,
        cast(null as string) as appointment_key,
        cast(null as string) as diary_code,
        _row_id
    from closed_by_row
)

select * from final
