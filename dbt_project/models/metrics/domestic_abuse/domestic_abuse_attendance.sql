-- How long victims of domestic abuse waited for somebody to come: the median per period and area.

{%- set says -%}
inputs:
  da_attendance:
    dated_by: [saab_incidents]
    supplied_by:
      # Version 5 sends no at-scene time: without the officers' status presses it knows no arrival.
      version 5:
        needs:
          - {export: saab_incidents, only_version: "5"}
          - saab_resource_status
      later versions:
        needs:
          - {export: saab_incidents, not_version: "5"}
        helps: [saab_resource_status]
indicators:
  - kpi_id: da_attendance_median
    restricted: true
    label: Time to attendance at domestic abuse, median
    definition: Median seconds from creation to the first resource at scene, of domestic-abuse incidents of SAAB, no duplicates, with a valid at-scene time, by the local day they were created; by area too.
    formula: "median of first at scene - CREATED"
    limits: "Only of incidents with a known arrival: those never attended are eligible, not measured, so it does not say how long everybody waited. Read it with its coverage and with the share attended within 24 hours. Appointments in a diary make it long on purpose."
    subject: domestic_abuse
    statistic: statistic
    unit: seconds
    better: lower
    owner: Head of Public Protection
    version: "1"
    inputs: da_attendance
    columns:
      saab_incidents: [is_domestic_abuse, lpa]
      saab_resource_status: [status_code, incident_ref]
    percentile: 0.5
{%- endset -%}
{%- set says = fromyaml(says) -%}
{%- set indicator = says.indicators | first -%}

{{ config(materialized='ephemeral', meta=says) }}

with

incidents as (

    select * from {{ ref('fct_domestic_abuse') }} where not is_legacy and not is_duplicate

),

period_days as (

    select * from {{ ref('kpi_period_days') }} where input_set = {{ sql_text(indicator.inputs) }}

),

-- `other_response_seconds` is that of an incident outside every disruption, filled only in periods that have one.
in_periods as (

    select
        period_days.period_type,
        period_days.period_start,
        incidents.area_code,
        incidents.response_seconds,
        case when period_days.is_disrupted and incidents.disruption_key is null then incidents.response_seconds end
            as other_response_seconds
    from incidents
    inner join period_days on incidents.created_date = period_days.local_date

),

final as (

    select
        {{ sql_text(indicator.kpi_id) }} as kpi_id,
        period_type,
        period_start,
        case when grouping(area_code) = 0 then 'area' else 'force' end as scope_type,
        case when grouping(area_code) = 0 then area_code else 'FORCE' end as scope_code,
        cast({{ statistic_of(indicator, 'response_seconds') }} as double) as statistic,
        cast({{ statistic_of(indicator, 'other_response_seconds') }} as double) as other_statistic,
        cast(count(response_seconds) as bigint) as measured_count,
        cast(count(*) as bigint) as eligible_count
    from in_periods
    group by grouping sets ((period_type, period_start), (period_type, period_start, area_code))

)

select * from final
