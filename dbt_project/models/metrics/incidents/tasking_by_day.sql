-- Taskings that were declined, per local day of the event and area of its incident.

{%- set says -%}
indicators:
  - kpi_id: tasking_declined
    label: Taskings declined
    definition: Declined taskings as a share of taskings, each counted on its own local day and in the area of its incident; events whose incident never came count too.
    formula: "TASK_DECLINED events / TASKED events"
    limits: "An incident can be tasked and declined several times, and a tasking of one day be declined on the next: on a single day and area the share can exceed 1. A decline has no reason in the export."
    subject: incident_events
    statistic: ratio
    unit: ratio
    better: lower
    owner: Head of the Operations Control Centre
    version: "1"
    inputs: tasking
    columns:
      saab_incident_log: [event_code]
      saab_incidents: [lpa]
{%- endset -%}
{%- set says = fromyaml(says) -%}
{%- set indicator = says.indicators | first -%}

{{ config(materialized='ephemeral', meta=says) }}

with

events as (

    select * from {{ ref('fct_incident_events') }} where is_tasking or is_task_declined

),

incidents as (

    select * from {{ ref('fct_incidents') }}

),

disruptions as (

    select * from {{ ref('fct_disruptions') }}

),

exports as (

    select * from {{ ref('exports') }} where export = 'saab_incident_log'

),

days as (

    select distinct local_date from {{ ref('kpi_period_days') }} where input_set = {{ sql_text(indicator.inputs) }}

),

events_of_days as (

    select
        events.incident_key,
        events.event_at,
        events.event_date,
        events.is_tasking
    from events
    inner join days on events.event_date = days.local_date

),

disrupted as (

    select disruptions.started_at, disruptions.ended_at
    from disruptions
    inner join exports on {{ disruption_touches('disruptions.systems', 'exports.system') }}

),

disrupted_instants as (

    select distinct events_of_days.event_at
    from events_of_days
    inner join disrupted
        on events_of_days.event_at >= disrupted.started_at
        and (events_of_days.event_at < disrupted.ended_at or disrupted.ended_at is null)

),

placed as (

    select
        events_of_days.event_date as local_date,
        disrupted_instants.event_at is not null as is_disrupted,
        coalesce(incidents.area_code, 'UNKNOWN') as area_code,
        events_of_days.is_tasking
    from events_of_days
    left join incidents on events_of_days.incident_key = incidents.incident_key
    left join disrupted_instants on events_of_days.event_at = disrupted_instants.event_at

),

counted as (

    select
        local_date,
        is_disrupted,
        case when grouping(area_code) = 0 then 'area' else 'force' end as scope_type,
        case when grouping(area_code) = 0 then area_code else 'FORCE' end as scope_code,
        sum(case when is_tasking then 1 else 0 end) as tasked_count,
        sum(case when is_tasking then 0 else 1 end) as declined_count
    from placed
    group by grouping sets ((local_date, is_disrupted), (local_date, is_disrupted, area_code))

),

-- A day and scope with declines alone is there all the same: something was eligible, nothing could be measured.
marked as (

    select
        *,
        sum(tasked_count) over (partition by local_date, scope_type, scope_code) as day_tasked_count,
        row_number() over (partition by local_date, scope_type, scope_code order by is_disrupted) as place
    from counted

),

final as (

    select
        {{ sql_text(indicator.kpi_id) }} as kpi_id,
        local_date,
        is_disrupted,
        scope_type,
        scope_code,
        cast(declined_count as bigint) as numerator,
        cast(tasked_count as bigint) as denominator,
        cast(tasked_count as bigint) as measured_count,
        cast(case when day_tasked_count = 0 and place = 1 then 1 else tasked_count end as bigint) as eligible_count
    from marked

)

select * from final
