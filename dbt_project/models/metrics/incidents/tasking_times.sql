-- How long a tasked incident waited for its first resource: the median per period and area.

{%- set says -%}
inputs:
  tasking:
    dated_by: [saab_incidents]
    supplied_by:
      saab: {needs: [saab_incidents, saab_incident_log]}
indicators:
  - kpi_id: tasking_time_median
    label: From tasking to the first resource assigned, median
    definition: Median seconds from the first tasking to the first assignment, of incidents of SAAB, duplicates too, that have both in that order, by the local day they were created.
    formula: "median of first ASSIGNED - first TASKED where it is not negative"
    limits: "Incidents never assigned are eligible but not measured, so a day on which nobody was sent looks fast: read it with its coverage. It does not say how long tasking itself took."
    subject: incidents
    statistic: statistic
    unit: seconds
    better: lower
    owner: Head of the Operations Control Centre
    version: "1"
    inputs: tasking
    columns:
      saab_incident_log: [event_code]
      saab_incidents: [lpa]
    percentile: 0.5
{%- endset -%}
{%- set says = fromyaml(says) -%}
{%- set indicator = says.indicators | first -%}

{{ config(materialized='ephemeral', meta=says) }}

with

incidents as (

    select * from {{ ref('fct_incidents') }} where first_tasked_at is not null

),

period_days as (

    select * from {{ ref('kpi_period_days') }} where input_set = {{ sql_text(indicator.inputs) }}

),

timed as (

    select
        created_date,
        area_code,
        disruption_key,
        case when first_assigned_at >= first_tasked_at then {{ dbt.datediff('first_tasked_at', 'first_assigned_at', 'second') }} end
            as tasking_seconds
    from incidents

),

-- `other_tasking_seconds` is that of an incident outside every disruption, filled only in periods that have one.
in_periods as (

    select
        period_days.period_type,
        period_days.period_start,
        timed.area_code,
        timed.tasking_seconds,
        case when period_days.is_disrupted and timed.disruption_key is null then timed.tasking_seconds end as other_tasking_seconds
    from timed
    inner join period_days on timed.created_date = period_days.local_date

),

final as (

    select
        {{ sql_text(indicator.kpi_id) }} as kpi_id,
        period_type,
        period_start,
        case when grouping(area_code) = 0 then 'area' else 'force' end as scope_type,
        case when grouping(area_code) = 0 then area_code else 'FORCE' end as scope_code,
        cast({{ statistic_of(indicator, 'tasking_seconds') }} as double) as statistic,
        cast({{ statistic_of(indicator, 'other_tasking_seconds') }} as double) as other_statistic,
        cast(count(tasking_seconds) as bigint) as measured_count,
        cast(count(*) as bigint) as eligible_count
    from in_periods
    group by grouping sets ((period_type, period_start), (period_type, period_start, area_code))

)

select * from final
