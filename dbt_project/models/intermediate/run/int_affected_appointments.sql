-- The appointments this run works out again: those that a touched row of any version names, those whose incident is worked out
-- again, those whose slot the as-of instant has passed since the generation that is out, and those whose slot ends on a day of a
-- touched disruption. Empty in a full run.

with

diary as (
    select * from {{ ref('base_saab_diary') }}
),

affected_incidents as (
    select * from {{ ref('int_affected_incidents') }}
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
    select appointment_id as appointment_key
    from diary
    where _key in {{ touched_keys(ref('base_saab_diary'), 'saab_diary') }}
        or {{ to_local_date('slot_end_at') }} in (select local_date from disrupted_days)

    union

    select appointment_id as appointment_key
    from diary
    where incident_ref in (select incident_key from affected_incidents)

    union

    select diary.appointment_id as appointment_key
    from diary
    inner join as_of on diary.slot_end_at > as_of.earlier_at and diary.slot_end_at <= as_of.later_at
),

final as (
    select appointment_key
    from named
    {% if is_full_run() %}where false{% endif %}
)

select * from final
