-- Occupancy of call takers, per local day of the half hour and team.

{{ config(materialized='ephemeral') }}

with

intervals as (

    select * from {{ ref('fct_agent_intervals') }}

),

days as (

    select distinct local_date from {{ ref('kpi_period_days') }} where input_set = 'agents'

),

timed as (

    select
        intervals.interval_date as local_date,
        intervals.disruption_key is not null as is_disrupted,
        intervals.team,
        intervals.talk_seconds + intervals.hold_seconds + intervals.wrap_seconds as busy_seconds,
        intervals.staffed_seconds - intervals.aux_seconds as working_seconds
    from intervals
    inner join days on intervals.interval_date = days.local_date

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
