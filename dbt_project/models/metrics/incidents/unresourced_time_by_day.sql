-- The time incidents waited without a resource, cut at local midnights.

{%- set says -%}
# `counted` and `seconds` are sums of this model.
indicators:
  - kpi_id: unresourced_hours
    label: Hours waited without a resource
    definition: The time that incidents (no duplicates) were without a resource inside the period, in hours; open waits count up to the end of the newest day delivered. Days of which incidents or log were not delivered count for nothing.
    formula: "seconds of UNRESOURCED intervals inside the period / 3,600"
    limits: "Time in a diary is not among it, nor time before the first grade. It grows with demand as much as with waiting: read it beside incidents_created."
    subject: unresourced
    statistic: count
    fixed_denominator: 3600
    unit: hours
    better: lower
    owner: &occ Head of the Operations Control Centre
    version: "1"
    inputs: unresourced
    columns: &columns
      saab_incident_log: [event_code, to_value, callsign]
      saab_resource_status: [status_code, incident_ref]
      saab_incidents: [lpa]
    counted: piece_count
    seconds: waited_seconds
  - kpi_id: unresourced_risk_hours
    label: Hours waited without a resource at high risk
    definition: The time that incidents of high THRIVE risk (no duplicates) were without a resource inside the period, in hours; open waits count up to the end of the newest day delivered. Days of which incidents or log were not delivered count for nothing.
    formula: "seconds of UNRESOURCED intervals inside the period of incidents of THRIVE HIGH / 3,600"
    limits: "By the risk the incident has now: one that was assessed as high only after the wait counts, one that was assessed down does not. Incidents never assessed are not among it."
    subject: unresourced
    statistic: count
    fixed_denominator: 3600
    unit: hours
    better: lower
    owner: *occ
    version: "1"
    inputs: unresourced
    columns:
      saab_incident_log: [event_code, to_value, callsign]
      saab_resource_status: [status_code, incident_ref]
      saab_incidents: [lpa, thrive_risk]
    counted: high_risk_piece_count
    seconds: high_risk_waited_seconds
{%- endset -%}
{%- set says = fromyaml(says) -%}
{%- set indicators = says.indicators -%}

{{ config(materialized='ephemeral', meta=says) }}

with

period_days as (

    select distinct local_date from {{ ref('kpi_period_days') }} where input_set = 'unresourced'

),

delivered_days as (

    select * from {{ ref('int_delivered_days') }}

),

dates as (

    select * from {{ ref('dim_dates') }}

),

as_of as (

    select {{ to_instant('as_of_at') }} as as_of_at from {{ ref('int_states_as_of') }}

),

disruptions as (

    select * from {{ ref('fct_disruptions') }}

),

exports as (

    select * from {{ ref('exports') }} where export = 'saab_incidents'

),

-- States are known only on days of which both exports came.
known_days as (

    select business_date
    from delivered_days
    where is_delivered and export in ('saab_incidents', 'saab_incident_log')
    group by business_date
    having count(distinct export) = 2

),

days as (

    select dates.local_date, dates.starts_at, dates.ends_at
    from dates
    inner join period_days on dates.local_date = period_days.local_date
    inner join known_days on dates.local_date = known_days.business_date

),

bounds as (

    select min(starts_at) as starts_at from days

),

waits as (

    select
        states.incident_key,
        states.state_no,
        states.area_code,
        states.is_high_risk,
        states.started_at,
        states.started_date,
        coalesce(states.ended_at, as_of.as_of_at) as ended_at,
        {{ dbt.dateadd('microsecond', -1, 'cast(coalesce(states.ended_at, as_of.as_of_at) as timestamp)') }} as last_at
    from {{ ref('fct_incident_states') }} as states
    cross join as_of
    where states.state = 'UNRESOURCED' and not states.is_duplicate

),

-- A wait lasts from its first local day to the one that holds its last instant.
waits_of_days as (

    select
        waits.*,
        {{ days_of('waits.started_date', to_local_date('waits.last_at')) }} as local_date
    from waits
    cross join bounds
    where waits.ended_at > bounds.starts_at

),

pieces as (

    select
        waits_of_days.incident_key,
        waits_of_days.state_no,
        waits_of_days.local_date,
        waits_of_days.area_code,
        waits_of_days.is_high_risk,
        greatest(waits_of_days.started_at, days.starts_at) as started_at,
        least(waits_of_days.ended_at, days.ends_at) as ended_at
    from waits_of_days
    inner join days on waits_of_days.local_date = days.local_date

),

disrupted as (

    select disruptions.started_at, disruptions.ended_at
    from disruptions
    inner join exports on {{ disruption_touches('disruptions.systems', 'exports.system') }}

),

-- A piece lies in a disruption when any of it does.
disrupted_pieces as (

    select distinct pieces.incident_key, pieces.state_no, pieces.local_date
    from pieces
    inner join disrupted
        on pieces.ended_at > disrupted.started_at
        and (pieces.started_at < disrupted.ended_at or disrupted.ended_at is null)

),

timed as (

    select
        pieces.local_date,
        disrupted_pieces.incident_key is not null as is_disrupted,
        pieces.area_code,
        pieces.is_high_risk,
        {{ dbt.datediff('pieces.started_at', 'pieces.ended_at', 'second') }} as seconds
    from pieces
    left join disrupted_pieces
        on pieces.incident_key = disrupted_pieces.incident_key
        and pieces.state_no = disrupted_pieces.state_no
        and pieces.local_date = disrupted_pieces.local_date

),

by_scope as (

    select
        local_date,
        is_disrupted,
        case when grouping(area_code) = 0 then 'area' else 'force' end as scope_type,
        case when grouping(area_code) = 0 then area_code else 'FORCE' end as scope_code,
        sum(seconds) as waited_seconds,
        count(*) as piece_count,
        sum(case when is_high_risk then seconds else 0 end) as high_risk_waited_seconds,
        sum(case when is_high_risk then 1 else 0 end) as high_risk_piece_count
    from timed
    group by grouping sets ((local_date, is_disrupted), (local_date, is_disrupted, area_code))

),

final as (

    {% for indicator in indicators %}
    select
        {{ sql_text(indicator.kpi_id) }} as kpi_id,
        local_date,
        is_disrupted,
        scope_type,
        scope_code,
        cast({{ indicator.seconds }} as bigint) as numerator,
        cast(null as bigint) as denominator,
        cast({{ indicator.counted }} as bigint) as measured_count,
        cast({{ indicator.counted }} as bigint) as eligible_count
    from by_scope
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
