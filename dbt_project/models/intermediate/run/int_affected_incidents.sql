-- The incidents this run works out again: those that a touched row of any version names, those created during a touched
-- disruption, and those with an appointment whose slot has passed since the generation that is out. Empty in a full run.

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

    -- The appointment, whole: another version of it may name another incident.
    select incident_ref as incident_key
    from diary
    where appointment_id in (
        select appointment_id from diary where _key in {{ touched_keys(ref('base_saab_diary'), 'saab_diary') }}
    )

    union

    select diary.incident_ref as incident_key
    from diary
    inner join as_of on diary.slot_end_at > as_of.earlier_at and diary.slot_end_at <= as_of.later_at

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
