-- Spells without a resource: those longer than the response target, and whether high risk was assessed again in time.

{%- set says -%}
indicators:
  - kpi_id: unresourced_beyond_target
    label: Unresourced beyond the response target
    definition: Of the incidents (no duplicates) that were ever without a resource and whose final grade has a response target in force when they were created, the share with an unbroken wait longer than that target, by the local day they were created; an open wait counts up to the end of the newest day delivered.
    formula: "incidents whose longest UNRESOURCED spell > response target / incidents with an UNRESOURCED spell and a target"
    limits: "The wait is for a resource to be assigned, the target is for its arrival: a share of nought is no promise kept. Judged by the final grade, though the wait may have been under another. A spell is not broken by a change of grade."
    subject: unresourced
    statistic: ratio
    unit: ratio
    better: lower
    owner: &occ Head of the Operations Control Centre
    version: "1"
    inputs: unresourced
    columns:
      saab_incident_log: [event_code, to_value, callsign]
      saab_resource_status: [status_code, incident_ref]
      saab_incidents: [lpa, grade_current, is_urban]
  - kpi_id: rethrive_in_time
    label: High-risk waits re-assessed in time
    definition: Of the unbroken waits without a resource longer than the limit in force (3,600 seconds) of incidents of high THRIVE risk (no duplicates), the share with a re-assessment from their start to their start plus the limit, by the local day the wait began; an open wait counts once it is longer than the limit.
    formula: "UNRESOURCED spells of THRIVE HIGH with RETHRIVE in [start, start + limit] / UNRESOURCED spells of THRIVE HIGH longer than the limit"
    limits: "By the risk the incident has now: an incident assessed down by the very re-assessment is not among them, so the share is low by those. Exactly the limit is not longer; a re-assessment exactly at the limit is in time."
    subject: unresourced
    statistic: ratio
    unit: ratio
    better: higher
    owner: *occ
    version: "1"
    inputs: unresourced
    columns:
      saab_incident_log: [event_code, to_value, callsign]
      saab_resource_status: [status_code, incident_ref]
      saab_incidents: [lpa, thrive_risk]
{%- endset -%}
{%- set says = fromyaml(says) -%}

{{ config(materialized='ephemeral', meta=says) }}

with

days as (

    select distinct local_date from {{ ref('kpi_period_days') }} where input_set = 'unresourced'

),

as_of as (

    select {{ to_instant('as_of_at') }} as as_of_at from {{ ref('int_states_as_of') }}

),

dates as (

    select * from {{ ref('dim_dates') }}

),

bounds as (

    select min(dates.starts_at) as starts_at
    from dates
    inner join days on dates.local_date = days.local_date

),

incidents as (

    select * from {{ ref('fct_incidents') }} where not is_duplicate

),

reassessments as (

    select * from {{ ref('fct_incident_events') }} where is_risk_reassessed

),

disruptions as (

    select * from {{ ref('fct_disruptions') }}

),

exports as (

    select * from {{ ref('exports') }} where export = 'saab_incidents'

),

limits as (

    select cast(value as bigint) as limit_seconds, valid_from, valid_to
    from {{ ref('parameters') }}
    where parameter = 'rethrive_limit_seconds'

),

-- A spell is all its intervals, whatever their grades; one that is open lasts to the as-of instant. None that began before the
-- first day asked for is of an incident created since.
spells as (

    select
        states.incident_key,
        states.spell_started_at as started_at,
        min(states.started_date) as started_date,
        max(coalesce(states.ended_at, as_of.as_of_at)) as ended_at,
        max(states.area_code) as area_code,
        max(case when states.is_high_risk then 1 else 0 end) = 1 as is_high_risk
    from {{ ref('fct_incident_states') }} as states
    cross join as_of
    inner join bounds on states.started_at >= bounds.starts_at and states.spell_started_at >= bounds.starts_at
    where states.state = 'UNRESOURCED' and not states.is_duplicate
    group by states.incident_key, states.spell_started_at

),

timed as (

    select
        *,
        {{ dbt.datediff('started_at', 'ended_at', 'second') }} as seconds
    from spells

),

longest as (

    select incident_key, max(seconds) as seconds
    from timed
    group by incident_key

),

against_target as (

    select
        'unresourced_beyond_target' as kpi_id,
        incidents.created_date as local_date,
        incidents.disruption_key is not null as is_disrupted,
        incidents.area_code,
        incidents.response_target_seconds is not null as is_measured,
        longest.seconds > incidents.response_target_seconds as is_hit
    from longest
    inner join incidents on longest.incident_key = incidents.incident_key
    inner join days on incidents.created_date = days.local_date

),

high_risk_waits as (

    select
        timed.incident_key,
        timed.started_at,
        timed.started_date,
        timed.area_code,
        limits.limit_seconds
    from timed
    inner join days on timed.started_date = days.local_date
    inner join limits
        on timed.started_date >= limits.valid_from
        and (timed.started_date < limits.valid_to or limits.valid_to is null)
    where timed.is_high_risk and timed.seconds > limits.limit_seconds

),

reassessed as (

    select distinct high_risk_waits.incident_key, high_risk_waits.started_at
    from high_risk_waits
    inner join reassessments on high_risk_waits.incident_key = reassessments.incident_key
    where reassessments.event_at >= high_risk_waits.started_at
        and {{ dbt.datediff('high_risk_waits.started_at', 'reassessments.event_at', 'second') }} <= high_risk_waits.limit_seconds

),

disrupted as (

    select disruptions.started_at, disruptions.ended_at
    from disruptions
    inner join exports on {{ disruption_touches('disruptions.systems', 'exports.system') }}

),

-- A wait lies in a disruption when it began in one: the hour in which it was to be assessed again then ran during it.
disrupted_starts as (

    select distinct high_risk_waits.started_at
    from high_risk_waits
    inner join disrupted
        on high_risk_waits.started_at >= disrupted.started_at
        and (high_risk_waits.started_at < disrupted.ended_at or disrupted.ended_at is null)

),

against_limit as (

    select
        'rethrive_in_time' as kpi_id,
        high_risk_waits.started_date as local_date,
        disrupted_starts.started_at is not null as is_disrupted,
        high_risk_waits.area_code,
        true as is_measured,
        reassessed.incident_key is not null as is_hit
    from high_risk_waits
    left join reassessed
        on high_risk_waits.incident_key = reassessed.incident_key
        and high_risk_waits.started_at = reassessed.started_at
    left join disrupted_starts on high_risk_waits.started_at = disrupted_starts.started_at

),

judged as (

    select * from against_target
    union all
    select * from against_limit

),

final as (

    select
        kpi_id,
        local_date,
        is_disrupted,
        case when grouping(area_code) = 0 then 'area' else 'force' end as scope_type,
        case when grouping(area_code) = 0 then area_code else 'FORCE' end as scope_code,
        cast(sum(case when is_hit then 1 else 0 end) as bigint) as numerator,
        cast(sum(case when is_measured then 1 else 0 end) as bigint) as denominator,
        cast(sum(case when is_measured then 1 else 0 end) as bigint) as measured_count,
        cast(count(*) as bigint) as eligible_count
    from judged
    group by grouping sets ((kpi_id, local_date, is_disrupted), (kpi_id, local_date, is_disrupted, area_code))

)

select * from final
