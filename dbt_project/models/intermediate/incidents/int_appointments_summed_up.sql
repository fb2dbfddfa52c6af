-- What came of the appointments of each incident, each by its highest version. Only the incidents this run works out.

with

affected_incidents as (
    select * from {{ ref('int_affected_incidents') }}
),

versions as (
    select * from {{ ref('stg_saab_diary') }}
),

as_of as (
    select as_of_at
    from {{ ref('int_as_of') }}
    where system in (select system from {{ ref('int_delivered_days') }} where export = 'saab_diary')
),

appointments as (
    select
        appointment_key,
        {{ value_at_max('incident_hash', 'version') }} as incident_hash,
        {{ value_at_max('incident_key', 'version') }} as incident_key,
        {{ value_at_max('slot_end_at', 'version') }} as slot_end_at,
        {{ value_at_max('is_attended', 'version') }} as is_attended
    from versions
    group by appointment_key
),

final as (
    select
        appointments.incident_hash,
        count(*) as appointment_count,
        max(case when appointments.is_attended then 1 else 0 end) = 1 as has_attended_appointment,
        min(case when appointments.slot_end_at <= as_of.as_of_at then 1 else 0 end) = 1 as has_every_slot_passed
    from appointments
    left join as_of on true
    where appointments.incident_key is not null
    {% if not is_full_run() %}
        and appointments.incident_hash in (select incident_hash from affected_incidents)
    {% endif %}
    group by appointments.incident_hash
)

select * from final
