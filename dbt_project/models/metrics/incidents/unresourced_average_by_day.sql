-- Unresourced incidents at each hour, and the hours, per local day: what the daily average is made of.

{%- set says -%}
inputs:
  # States are known for days of which both the incidents and their log came; as far as the older of the two reaches.
  unresourced:
    dated_by: [saab_incidents]
    until: [saab_incidents, saab_incident_log]
    # An incident that was taken or closed on a day whose log is missing seems to wait on, until something else is known of it.
    estimated_days_after_gap: 28
    supplied_by:
      saab:
        needs: [saab_incidents, saab_incident_log]
        helps: [saab_resource_status, saab_diary]
indicators:
  - kpi_id: unresourced_daily_average
    label: Unresourced incidents, average over the hours
    definition: The average number of incidents without a resource (live, not in a diary; no duplicates) over the hours of the period, a day having 23, 24 or 25; hours of days of which incidents or log were not delivered are in neither sum.
    formula: "sum of the hourly counts of kind LIVE / hours, both without estimated hours"
    limits: "A stock at each full hour, not a number of incidents: one that waits ten hours is counted ten times, one that waits minutes between two hours never. Area and risk are those the incident has now, the grade is that of the hour. Averages of areas or grades add up to the force's; those of periods do not."
    subject: unresourced
    statistic: ratio
    unit: incidents
    better: lower
    owner: Head of the Operations Control Centre
    version: "1"
    inputs: unresourced
    columns:
      saab_incident_log: [event_code, to_value, callsign]
      saab_resource_status: [status_code, incident_ref]
      saab_incidents: [lpa]
{%- endset -%}
{%- set says = fromyaml(says) -%}
{%- set indicator = says.indicators | first -%}

{{ config(materialized='ephemeral', meta=says) }}

with

days as (

    select distinct local_date from {{ ref('kpi_period_days') }} where input_set = 'unresourced'

),

cells as (

    select
        hour_at,
        hour_date,
        area_code,
        grade,
        is_estimated,
        incident_count
    from {{ ref('fct_unresourced_hourly') }}
    where kind = 'LIVE' and hour_date in (select local_date from days)

),

disruptions as (

    select * from {{ ref('fct_disruptions') }}

),

exports as (

    select * from {{ ref('exports') }} where export = 'saab_incidents'

),

disrupted as (

    select disruptions.started_at, disruptions.ended_at
    from disruptions
    inner join exports on {{ disruption_touches('disruptions.systems', 'exports.system') }}

),

hours as (

    select distinct hour_at, hour_date, is_estimated from cells

),

-- An hour lies in a disruption when its instant does.
disrupted_hours as (

    select distinct hours.hour_at
    from hours
    inner join disrupted
        on hours.hour_at >= disrupted.started_at
        and (hours.hour_at < disrupted.ended_at or disrupted.ended_at is null)

),

hours_of_days as (

    select
        hours.hour_date as local_date,
        disrupted_hours.hour_at is not null as is_disrupted,
        sum(case when hours.is_estimated then 0 else 1 end) as known_hour_count,
        count(*) as hour_count
    from hours
    left join disrupted_hours on hours.hour_at = disrupted_hours.hour_at
    group by hours.hour_date, disrupted_hours.hour_at is not null

),

counted as (

    select
        cells.hour_date as local_date,
        disrupted_hours.hour_at is not null as is_disrupted,
        cells.area_code,
        cells.grade,
        sum(case when cells.is_estimated then 0 else cells.incident_count end) as incident_count
    from cells
    left join disrupted_hours on cells.hour_at = disrupted_hours.hour_at
    group by cells.hour_date, disrupted_hours.hour_at is not null, cells.area_code, cells.grade

),

by_scope as (

    select
        local_date,
        is_disrupted,
        case when grouping(area_code) = 0 then 'area' when grouping(grade) = 0 then 'grade' else 'force' end as scope_type,
        case when grouping(area_code) = 0 then area_code when grouping(grade) = 0 then grade else 'FORCE' end as scope_code,
        sum(incident_count) as incident_count
    from counted
    group by grouping sets ((local_date, is_disrupted), (local_date, is_disrupted, area_code), (local_date, is_disrupted, grade))

),

-- Every cell is there at every hour, so each scope has all hours, each once.
final as (

    select
        {{ sql_text(indicator.kpi_id) }} as kpi_id,
        by_scope.local_date,
        by_scope.is_disrupted,
        by_scope.scope_type,
        by_scope.scope_code,
        cast(by_scope.incident_count as bigint) as numerator,
        cast(hours_of_days.known_hour_count as bigint) as denominator,
        cast(hours_of_days.known_hour_count as bigint) as measured_count,
        cast(hours_of_days.hour_count as bigint) as eligible_count
    from by_scope
    inner join hours_of_days
        on by_scope.local_date = hours_of_days.local_date
        and by_scope.is_disrupted = hours_of_days.is_disrupted

)

select * from final
