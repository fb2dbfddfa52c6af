-- Incidents that left the live queue for a diary and were never attended, per local day of creation.

{%- set says -%}
inputs:
  # Whether somebody came is told by status presses and the diary; without the presses it would read as never.
  diary_attendance:
    dated_by: [saab_incidents]
    supplied_by:
      saab:
        needs: [saab_incidents, saab_diary, saab_resource_status]
        helps: [saab_incident_log]
indicators:
  - kpi_id: diary_never_attended
    label: Incidents parked in a diary and never attended
    definition: Of incidents with an appointment, no duplicates, the share to which nobody came and which are closed or whose every slot has passed, by the local day they were created.
    formula: "incidents with an appointment, without a valid arrival, a status 5 or 6 or an appointment ATTENDED, that are closed or whose appointments' slots (latest versions) have all passed / incidents with an appointment, no duplicates"
    limits: "Some are rightly never attended: resolved by telephone, cancelled by the victim. Officers who came and pressed nothing read as never. Recent days fall as appointments are kept."
    subject: incidents
    statistic: ratio
    unit: ratio
    better: lower
    owner: Diary and appointments manager
    version: "1"
    inputs: diary_attendance
    columns:
      saab_diary: [incident_ref, status, slot_end_at]
      saab_resource_status: [status_code, incident_ref]
{%- endset -%}
{%- set says = fromyaml(says) -%}
{%- set indicator = says.indicators | first -%}

{{ config(materialized='ephemeral', meta=says) }}

with

incidents as (

    select * from {{ ref('fct_incidents') }} where appointment_count > 0 and not is_duplicate

),

days as (

    select distinct local_date from {{ ref('kpi_period_days') }} where input_set = {{ sql_text(indicator.inputs) }}

),

final as (

    select
        {{ sql_text(indicator.kpi_id) }} as kpi_id,
        incidents.created_date as local_date,
        incidents.disruption_key is not null as is_disrupted,
        'force' as scope_type,
        'FORCE' as scope_code,
        cast(sum(case when incidents.never_attended_after_diary then 1 else 0 end) as bigint) as numerator,
        cast(count(*) as bigint) as denominator,
        cast(count(*) as bigint) as measured_count,
        cast(count(*) as bigint) as eligible_count
    from incidents
    inner join days on incidents.created_date = days.local_date
    group by incidents.created_date, incidents.disruption_key is not null

)

select * from final
