-- The incidents this run works out again: those that a touched row of any version names, those created during a touched
-- disruption, those with an appointment whose slot has passed since the generation that is out, and those of which something
-- that was delivered before lies between the as-of instant of states then and now. Empty in a full run.

with

incidents as (
    select * from {{ ref('base_saab_incidents') }}
),

log as (
    select * from {{ ref('base_saab_incident_log') }}
),

statuses as (
    select * from {{ ref('base_saab_resource_status') }}
),

diary as (
    select * from {{ ref('base_saab_diary') }}
),

legacy as (
    select * from {{ ref('base_legacy_incidents') }}
),

disrupted_days as (
    select * from {{ ref('int_affected_disrupted_days') }}
),

as_of as (
    select
        coalesce(published_as_of_at, as_of_at) as earlier_at,
        as_of_at as later_at
    from {{ ref('int_as_of') }}
    where system in (select system from {{ ref('int_delivered_days') }} where export = 'saab_diary')
),

-- What lies between them was delivered before, and is seen from now on. A plain bound comes first, an hour early for what may be
-- an hour later than delivered: by it alone the engine passes over the years before.
states_as_of as (
    select
        published_as_of_at,
        as_of_at,
        coalesce({{ plus_seconds('published_as_of_at', -3600) }}, cast('0001-01-01' as timestamp)) as from_at
    from {{ ref('int_states_as_of') }}
    where published_as_of_at is null or published_as_of_at < as_of_at
),

-- Whole appointments: another version may name another incident, and the log another one still.
touched_appointments as (
    select appointment_id
    from diary
    where _key in {{ touched_keys(ref('base_saab_diary'), 'saab_diary') }}

    union

    select diary.appointment_id
    from diary
    inner join as_of on diary.slot_end_at > as_of.earlier_at and diary.slot_end_at <= as_of.later_at

    {% for instant in ['diary.slot_end_at', 'diary.attended_at', 'diary.updated_at'] %}
    union

    select diary.appointment_id
    from diary
    inner join states_as_of on {{ instant }} >= states_as_of.from_at
    where {{ is_passed_by('states_as_of', instant) }}
    {% endfor %}
),

named as (
    select incident_ref as incident_key
    from incidents
    where _key in {{ touched_keys(ref('base_saab_incidents'), 'saab_incidents') }}
        or {{ to_local_date('created_at') }} in (select local_date from disrupted_days)

    union

    select incident_ref as incident_key
    from log
    where _key in {{ touched_keys(ref('base_saab_incident_log'), 'saab_incident_log') }}

    union

    select incident_ref as incident_key
    from statuses
    where _key in {{ touched_keys(ref('base_saab_resource_status'), 'saab_resource_status') }}

    union

    select incident_ref as incident_key
    from diary
    where appointment_id in (select appointment_id from touched_appointments)

    union

    select incident_ref as incident_key
    from log
    where from_value in (select appointment_id from touched_appointments)

    {% for instant in ['incidents.created_at', 'incidents.closed_at'] %}
    union

    select incidents.incident_ref as incident_key
    from incidents
    inner join states_as_of on {{ instant }} >= states_as_of.from_at
    where {{ is_passed_by('states_as_of', instant) }}
    {% endfor %}

    union

    -- An event of the doubled hour may be an hour later than delivered.
    select log.incident_ref as incident_key
    from log
    inner join states_as_of on log.event_at >= states_as_of.from_at
    where {{ is_passed_by('states_as_of', 'log.event_at') }}
        or {{ is_passed_by('states_as_of', plus_seconds('log.event_at', 3600)) }}

    union

    select statuses.incident_ref as incident_key
    from statuses
    inner join states_as_of on statuses.status_at >= states_as_of.from_at
    where {{ is_passed_by('states_as_of', 'statuses.status_at') }}

    union

    select {{ legacy_key('incident_date', 'incident_no') }} as incident_key
    from legacy
    where _key in {{ touched_keys(ref('base_legacy_incidents'), 'legacy_incidents') }}
        or {{ to_local_date('created_at') }} in (select local_date from disrupted_days)
),

final as (
    select
        incident_key,
        {{ hash_of(['incident_key']) }} as incident_hash
    from named
    where incident_key is not null
    {% if is_full_run() %}and false{% endif %}
)

select * from final
