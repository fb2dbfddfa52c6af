-- Everything that can change an incident's state, one row per instant: what was added and taken away, and the last grade, of all
-- that happened at that instant. At one instant events come before statuses, and these before what the diary says.

{#- Four counts in one number, so that one running sum does for all: each stays far below 65,536. #}
{%- set assigned, en_route, at_scene, closed, booked = 1, 65536, 4294967296, 281474976710656, 72057594037927936 -%}
{#- Places within an instant, after all event numbers. #}
{%- set after_events, after_statuses, last = 2305843009213693952, 4611686018427387904, 6917529027641081856 %}

with

as_of as (
    select * from {{ ref('int_states_as_of') }}
),

affected_incidents as (
    select * from {{ ref('int_affected_incidents') }}
),

incidents as (
    select incidents.incident_hash, incidents.created_at, incidents._row_id
    from {{ ref('stg_saab_incidents') }} as incidents
    inner join as_of on incidents.created_at < as_of.as_of_at
    {% if not is_full_run() %}
    where incidents.incident_key in (select incident_key from affected_incidents)
    {% endif %}
),

steps as (
    select * from {{ ref('int_log_steps_ordered') }}
),

stretches as (
    select * from {{ ref('int_closings_paired') }}
),

assignments as (
    select * from {{ ref('int_assignments_traced') }}
),

bookings as (
    select * from {{ ref('int_bookings_ranked') }}
),

appointments as (
    select
        appointments.incident_hash,
        greatest(appointments.attended_at, incidents.created_at) as attended_at,
        appointments.appointment_key,
        appointments.attended_row_id
    from {{ ref('int_appointments_read') }} as appointments
    inner join incidents on appointments.incident_hash = incidents.incident_hash
    where appointments.attended_at is not null
),

attended as (
    select incident_hash, attended_at, {{ value_at_min('attended_row_id', 'appointment_key') }} as row_id
    from appointments
    group by incident_hash, attended_at
),

changes as (
    -- The incident's own row stands behind its first state, unless an event of that instant does.
    select
        incident_hash,
        created_at as changed_at,
        {{ packed_after_instant('cast(null as timestamp)', 0) }} as place,
        _row_id as row_id,
        cast(0 as bigint) as counts,
        cast(0 as bigint) as booking_no,
        cast(null as string) as grade_code,
        false as is_reopening,
        false as is_attended
    from incidents

    union all

    select
        incident_hash,
        effective_at as changed_at,
        place,
        _row_id as row_id,
        0 as counts,
        0 as booking_no,
        grade_code,
        is_reopening,
        false as is_attended
    from steps

    union all

    select incident_hash, closed_at, null, null, {{ closed }}, 0, null, false, false from stretches where closed_at is not null

    union all

    select incident_hash, opened_at, null, null, -{{ closed }}, 0, null, false, false from stretches where opened_at is not null

    union all

    select incident_hash, assigned_at, null, null, {{ assigned }}, 0, null, false, false from assignments

    union all

    select
        incident_hash,
        released_at,
        null,
        null,
        - {{ assigned }} - case when en_route_at is null then 0 else {{ en_route }} end
            - case when at_scene_at is null then 0 else {{ at_scene }} end,
        0,
        null,
        false,
        false
    from assignments
    where released_at is not null

    union all

    select
        incident_hash,
        en_route_at,
        {{ packed_after_instant('en_route_at', after_events ~ ' + event_no') }},
        en_route_row_id,
        {{ en_route }},
        0,
        null,
        false,
        false
    from assignments
    where en_route_at is not null

    union all

    select
        incident_hash,
        at_scene_at,
        {{ packed_after_instant('at_scene_at', after_events ~ ' + event_no') }},
        at_scene_row_id,
        {{ at_scene }},
        0,
        null,
        false,
        true
    from assignments
    where at_scene_at is not null

    union all

    -- The last status 6 of an assignment says for how long it outlasts a reopening in between.
    select incident_hash, last_at_scene_at, null, null, 0, 0, null, false, true
    from assignments
    where last_at_scene_at > at_scene_at

    union all

    select
        incident_hash,
        attended_at,
        {{ packed_after_instant('attended_at', last) }},
        row_id,
        0,
        0,
        null,
        false,
        true
    from attended

    union all

    select
        incident_hash,
        started_at,
        case when row_id is not null then {{ packed_after_instant('started_at', after_statuses) }} end,
        row_id,
        case when event_no is null then 0 else {{ booked }} end,
        coalesce(event_no * 2 + case when is_overdue then 1 else 0 end, 0),
        null,
        false,
        false
    from bookings

    union all

    select
        incident_hash,
        ended_at,
        null,
        null,
        -{{ booked }},
        -(event_no * 2 + case when is_overdue then 1 else 0 end),
        null,
        false,
        false
    from bookings
    where ended_at is not null and event_no is not null
),

final as (
    select
        changes.incident_hash,
        changes.changed_at,
        {{ value_at_max('changes.row_id', 'changes.place') }} as row_id,
        cast(sum(changes.counts) as bigint) as counts,
        cast(sum(changes.booking_no) as bigint) as booking_no,
        {{ value_at_max('changes.grade_code', 'case when changes.grade_code is not null then changes.place end') }} as grade_code,
        max(case when changes.is_reopening then changes.changed_at end) as reopened_at,
        max(case when changes.is_attended then changes.changed_at end) as attended_at
    from changes
    inner join as_of on changes.changed_at < as_of.as_of_at
    group by changes.incident_hash, changes.changed_at
)

select * from final
