-- What became of appointments, and what was put into the diary, per local day on which the slot ends.

{%- set says -%}
inputs:
  diary:
    dated_by: [saab_diary]
    supplied_by:
      saab: {needs: [saab_diary]}
  diary_incidents:
    dated_by: [saab_diary]
    supplied_by:
      saab: {needs: [saab_diary, saab_incidents]}
  # What was known at booking stands in the log alone.
  diary_log:
    dated_by: [saab_diary]
    supplied_by:
      saab: {needs: [saab_diary, saab_incidents, saab_incident_log]}
indicators:
  - kpi_id: diary_kept_on_time
    label: Appointments kept on time
    definition: Of appointments whose slot has passed, less those cancelled by the victim, the share attended by the end of the slot, by the local day on which the slot of the latest version ends; by diary and the appointment's area too.
    formula: "KEPT / appointments whose slot has passed and whose outcome is known, less CANCELLED_VICTIM"
    limits: "Says whether somebody came in time, not what for; to the second of the slot's end is kept. An appointment moved to a later slot counts there alone and may be kept: read it with the moves. One nobody ever closed (still booked or moved) counts as not kept. Attended without a time, and without a slot end, it cannot be told; the latter counts for no day."
    subject: appointments
    statistic: ratio
    unit: ratio
    better: higher
    owner: &owner Diary and appointments manager
    version: "1"
    inputs: diary
    columns: {saab_diary: [status, slot_end_at, attended_at, diary, lpa]}
    numerator: kept_count
    denominator: judged_count
    measured: judged_count
    eligible: due_count
  - kpi_id: diary_failed
    label: Appointments failed
    definition: Of appointments whose slot has passed, less those cancelled by the victim, the share that failed, by the local day on which the slot of the latest version ends; by diary and the appointment's area too.
    formula: "FAILED / appointments whose slot has passed and whose outcome is known, less CANCELLED_VICTIM"
    limits: "Only what was marked as failed: an appointment that nobody came to and nobody marked is outstanding, and those attended late are not failed. Cancelled by the police is not failed either."
    subject: appointments
    statistic: ratio
    unit: ratio
    better: lower
    owner: *owner
    version: "1"
    inputs: diary
    columns: {saab_diary: [status, slot_end_at, diary, lpa]}
    numerator: failed_count
    denominator: judged_count
    measured: judged_count
    eligible: due_count
  - kpi_id: diary_domestic_abuse
    restricted: true
    label: Appointments for domestic abuse
    definition: Of all appointments whose incident came, the share whose incident is flagged as domestic abuse, by the local day on which the slot of the latest version ends, also one that lies ahead in the running period; by diary and the appointment's area too.
    formula: "appointments of incidents with DA_FLAG = Y / appointments whose incident was delivered"
    limits: "The flag as it now stands, not as it stood at booking. Appointments, not incidents: one incident may have several. Neither high nor low is good in itself: see who waits, and whether it should have been booked."
    subject: appointments
    statistic: ratio
    unit: ratio
    better: neither
    owner: *owner
    version: "1"
    inputs: diary_incidents
    columns:
      saab_diary: [incident_ref, slot_end_at, diary, lpa]
      saab_incidents: [is_domestic_abuse]
    numerator: domestic_abuse_count
    denominator: known_count
    measured: known_count
    eligible: appointment_count
  - kpi_id: diary_inappropriate
    label: Appointments that should not have been booked
    definition: Of all appointments whose incident came, the share whose incident was of high risk or grade 1 when it was booked, by the local day on which the slot of the latest version ends, also one that lies ahead in the running period; by diary and the appointment's area too.
    formula: "appointments whose incident's last THRIVE or RETHRIVE at or before BOOKED_AT of the first version is HIGH, or last GRADED or REGRADED is 1 / appointments whose incident was delivered"
    limits: "Judged by what the log said at booking: what came to be known later does not count, and an incident not yet assessed or graded, or booked without a time, is not inappropriate. A low figure may mean that risk was never assessed."
    subject: appointments
    statistic: ratio
    unit: ratio
    better: lower
    owner: *owner
    version: "1"
    inputs: diary_log
    columns:
      saab_diary: [incident_ref, booked_at, slot_end_at, diary, lpa]
      saab_incident_log: [event_code, to_value]
    numerator: inappropriate_count
    denominator: known_count
    measured: known_count
    eligible: appointment_count
{%- endset -%}
{%- set says = fromyaml(says) -%}
{%- set indicators = says.indicators -%}

{{ config(materialized='ephemeral', meta=says) }}

with

appointments as (

    select * from {{ ref('fct_diary_appointments') }}

),

days as (

    select distinct local_date
    from {{ ref('kpi_period_days') }}
    where input_set in ({% for input_set in says.inputs %}{{ sql_text(input_set) }}{{ ', ' if not loop.last }}{% endfor %})

),

judged as (

    select
        appointments.appointment_date,
        appointments.disruption_key is not null as is_disrupted,
        appointments.diary_code,
        appointments.area_code,
        appointments.has_incident,
        appointments.has_incident and appointments.is_domestic_abuse as is_domestic_abuse,
        appointments.has_incident and appointments.is_inappropriate as is_inappropriate,
        appointments.has_slot_passed and coalesce(appointments.outcome, '') <> 'CANCELLED_VICTIM' as is_due,
        appointments.outcome
    from appointments
    inner join days on appointments.appointment_date = days.local_date

),

by_scope as (

    select
        appointment_date as local_date,
        is_disrupted,
        case
            when grouping(diary_code) = 0 then 'diary'
            when grouping(area_code) = 0 then 'area'
            else 'force'
        end as scope_type,
        case
            when grouping(diary_code) = 0 then diary_code
            when grouping(area_code) = 0 then area_code
            else 'FORCE'
        end as scope_code,
        sum(case when is_due and outcome = 'KEPT' then 1 else 0 end) as kept_count,
        sum(case when is_due and outcome = 'FAILED' then 1 else 0 end) as failed_count,
        sum(case when is_due and outcome is not null then 1 else 0 end) as judged_count,
        sum(case when is_due then 1 else 0 end) as due_count,
        sum(case when is_domestic_abuse then 1 else 0 end) as domestic_abuse_count,
        sum(case when is_inappropriate then 1 else 0 end) as inappropriate_count,
        sum(case when has_incident then 1 else 0 end) as known_count,
        count(*) as appointment_count
    from judged
    group by grouping sets (
        (appointment_date, is_disrupted),
        (appointment_date, is_disrupted, diary_code),
        (appointment_date, is_disrupted, area_code)
    )

),

final as (

    {% for indicator in indicators %}
    select
        {{ sql_text(indicator.kpi_id) }} as kpi_id,
        local_date,
        is_disrupted,
        scope_type,
        scope_code,
        cast({{ indicator.numerator }} as bigint) as numerator,
        cast({{ indicator.denominator }} as bigint) as denominator,
        cast({{ indicator.measured }} as bigint) as measured_count,
        cast({{ indicator.eligible }} as bigint) as eligible_count
    from by_scope
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
