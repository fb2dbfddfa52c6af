{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['subject', 'period_type', 'period_start'],
    on_schema_change='fail',
) }}

{# The models that hold the indicators: those whose days add up to longer periods, and those worked out anew for each period. #}
{%- set by_day = [
    'calls_by_day',
    'occupancy_by_day',
    'response_targets_by_day',
    'incidents_by_day',
    'tasking_by_day',
    'digital_by_day',
    'workforce_by_month',
    'recruitment_by_month',
] %}
{%- set by_period = [
    'calls_waits',
    'response_times',
    'response_stages',
    'back_key_delays',
    'tasking_times',
] %}

with

periods as (

    select * from {{ ref('kpi_periods') }}

),

period_days as (

    select * from {{ ref('kpi_period_days') }}

),

run as (

    select * from {{ source('landing', 'run') }}

),

indicators as (

    select distinct kpi_id, input_set from periods

),

by_day as (

    {% for model in by_day %}
    select * from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- What adds up: the days of each period. `other_` leaves out what lay in a disruption.
added_up as (

    select
        by_day.kpi_id,
        period_days.period_type,
        period_days.period_start,
        by_day.scope_type,
        by_day.scope_code,
        sum(by_day.numerator) as numerator,
        sum(by_day.denominator) as denominator,
        sum(by_day.measured_count) as measured_count,
        sum(by_day.eligible_count) as eligible_count,
        sum(case when by_day.is_disrupted then 0 else by_day.numerator end) as other_numerator,
        sum(case when by_day.is_disrupted then 0 else by_day.denominator end) as other_denominator
    from by_day
    inner join indicators on by_day.kpi_id = indicators.kpi_id
    inner join period_days
        on indicators.input_set = period_days.input_set
        and by_day.local_date = period_days.local_date
    group by by_day.kpi_id, period_days.period_type, period_days.period_start, by_day.scope_type, by_day.scope_code

),

-- What does not.
statistics as (

    {% for model in by_period %}
    select * from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

measured as (

    select
        kpi_id,
        period_type,
        period_start,
        scope_type,
        scope_code,
        cast(numerator as double) as numerator,
        cast(denominator as double) as denominator,
        cast(null as double) as statistic,
        cast(other_numerator as double) as other_numerator,
        cast(other_denominator as double) as other_denominator,
        cast(null as double) as other_statistic,
        cast(measured_count as bigint) as measured_count,
        cast(eligible_count as bigint) as eligible_count
    from added_up

    union all

    select
        kpi_id,
        period_type,
        period_start,
        scope_type,
        scope_code,
        cast(null as double) as numerator,
        cast(measured_count as double) as denominator,
        statistic,
        cast(null as double) as other_numerator,
        cast(null as double) as other_denominator,
        other_statistic,
        measured_count,
        eligible_count
    from statistics

),

-- The force has a row for every period, so that a period without figures says so; other scopes where there is something.
scopes as (

    select kpi_id, period_type, period_start, 'force' as scope_type, 'FORCE' as scope_code
    from periods
    where has_force_rows

    union all

    select kpi_id, period_type, period_start, scope_type, scope_code
    from measured
    where scope_type <> 'force' and eligible_count > 0

),

-- Nothing counted in days that are there is nought; nothing in days that are not there is unknown.
completed as (

    select
        periods.*,
        scopes.scope_type,
        scopes.scope_code,
        case
            when periods.statistic = 'statistic' then null
            when periods.delivered_day_count > 0 or measured.eligible_count > 0 then coalesce(measured.numerator, 0)
        end as numerator,
        case
            when periods.statistic = 'count' then null
            when periods.delivered_day_count > 0 or measured.eligible_count > 0 then coalesce(measured.denominator, 0)
        end as denominator,
        measured.statistic as measured_statistic,
        case
            when periods.delivered_day_count > 0 or measured.eligible_count > 0 then coalesce(measured.other_numerator, 0)
        end as other_numerator,
        measured.other_denominator,
        measured.other_statistic,
        coalesce(measured.measured_count, 0) as measured_count,
        coalesce(measured.eligible_count, 0) as eligible_count
    from scopes
    inner join periods
        on scopes.kpi_id = periods.kpi_id
        and scopes.period_type = periods.period_type
        and scopes.period_start = periods.period_start
    left join measured
        on scopes.kpi_id = measured.kpi_id
        and scopes.period_type = measured.period_type
        and scopes.period_start = measured.period_start
        and scopes.scope_type = measured.scope_type
        and scopes.scope_code = measured.scope_code

),

valued as (

    select
        *,
        case statistic
            when 'count' then numerator
            when 'ratio' then numerator / nullif(denominator, 0)
            else measured_statistic
        end as value,
        case
            when statistic = 'count' then other_numerator
            when statistic = 'ratio' then other_numerator / nullif(other_denominator, 0)
            when disruption_keys is null then measured_statistic
            else other_statistic
        end as value_excluding_disruptions
    from completed

),

final as (

    select
        valued.kpi_id,
        valued.period_type,
        valued.period_start,
        valued.period_end,
        valued.scope_type,
        valued.scope_code,
        valued.subject,
        valued.numerator,
        valued.denominator,
        valued.value,
        valued.unit,
        valued.measured_count,
        valued.eligible_count,
        valued.measured_count / cast(nullif(valued.eligible_count, 0) as double) as coverage_ratio,
        valued.target,
        case
            when valued.better = 'higher' then valued.value >= valued.target
            when valued.better = 'lower' then valued.value <= valued.target
        end as is_target_met,
        case
            when valued.value is null then 'NOT_AVAILABLE'
            when valued.disruption_keys is not null then 'DISRUPTED'
            when valued.complete_day_count < valued.day_count then 'PARTIAL'
            else 'OK'
        end as quality_state,
        valued.disruption_keys,
        valued.value_excluding_disruptions,
        valued.day_count,
        valued.delivered_day_count,
        valued.complete_day_count,
        valued.definition_version,
        run.generation
    from valued
    cross join run

)

select * from final
