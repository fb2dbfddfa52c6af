-- Occupancy of call takers, per local day of the half hour and team.

{%- set says -%}
inputs:
  agents:
    dated_by: [acd_agent_intervals]
    supplied_by:
      acd: {needs: [acd_agent_intervals]}
indicators:
  - kpi_id: calls_occupancy
    label: Occupancy of call takers
    definition: Talk, hold and wrap seconds of the half hours in which all times are known, of the staffed seconds less auxiliary ones.
    formula: "talk + hold + wrap seconds / staffed - auxiliary seconds, of half hours where all five are known"
    limits: "Neither high nor low is good by itself: above some 85 % waits grow fast and people tire. Depends on how teams use auxiliary states."
    subject: agents
    statistic: ratio
    unit: ratio
    better: lower
    owner: Head of the Operations Control Centre
    version: "1"
    inputs: agents
    columns: {acd_agent_intervals: [staffed_seconds, talk_seconds, hold_seconds, wrap_seconds, aux_seconds]}
{%- endset -%}
{%- set says = fromyaml(says) -%}
{%- set indicators = says.indicators -%}

{{ config(materialized='ephemeral', meta=says) }}

with

intervals as (

    select * from {{ ref('fct_agent_intervals') }}

),

disruptions as (

    select * from {{ ref('fct_disruptions') }}

),

exports as (

    select * from {{ ref('exports') }} where export = 'acd_agent_intervals'

),

days as (

    select distinct local_date from {{ ref('kpi_period_days') }} where input_set = 'agents'

),

disrupted as (

    select disruptions.started_at, disruptions.ended_at
    from disruptions
    inner join exports on {{ disruption_touches('disruptions.systems', 'exports.system') }}

),

disrupted_starts as (

    select distinct intervals.interval_at
    from intervals
    inner join disrupted
        on intervals.interval_at >= disrupted.started_at
        and (intervals.interval_at < disrupted.ended_at or disrupted.ended_at is null)

),

timed as (

    select
        intervals.interval_date as local_date,
        disrupted_starts.interval_at is not null as is_disrupted,
        intervals.team,
        intervals.talk_seconds + intervals.hold_seconds + intervals.wrap_seconds as busy_seconds,
        intervals.staffed_seconds - intervals.aux_seconds as working_seconds
    from intervals
    inner join days on intervals.interval_date = days.local_date
    left join disrupted_starts on intervals.interval_at = disrupted_starts.interval_at

),

-- A half hour counts when all five of its times are known.
scoped as (

    select
        local_date,
        is_disrupted,
        'team' as scope_type,
        coalesce(team, 'UNKNOWN') as scope_code,
        busy_seconds,
        working_seconds,
        busy_seconds is not null and working_seconds is not null as is_measured
    from timed

    union all

    select
        local_date,
        is_disrupted,
        'force' as scope_type,
        'FORCE' as scope_code,
        busy_seconds,
        working_seconds,
        busy_seconds is not null and working_seconds is not null as is_measured
    from timed

),

final as (

    select
        'calls_occupancy' as kpi_id,
        local_date,
        is_disrupted,
        scope_type,
        scope_code,
        cast(sum(case when is_measured then busy_seconds end) as bigint) as numerator,
        cast(sum(case when is_measured then working_seconds end) as bigint) as denominator,
        cast(sum(case when is_measured then 1 else 0 end) as bigint) as measured_count,
        cast(count(*) as bigint) as eligible_count
    from scoped
    group by local_date, is_disrupted, scope_type, scope_code

)

select * from final
