-- When a measure reaches its target, as each way of looking ahead has it: as it now runs, and each scenario of the capacity model.

with

scenarios as (
    select * from {{ source('analysis', 'capacity_scenarios') }}
),

trajectories as (
    select * from {{ source('analysis', 'kpi_trajectories') }}
),

forecasts as (
    select * from {{ source('analysis', 'kpi_forecasts') }}
),

accuracy as (
    select * from {{ source('analysis', 'forecast_accuracy') }} where is_used
),

register as (
    select kpi_id, max(unit) as unit, max(better) as better from {{ ref('kpi_register') }} group by kpi_id
),

as_it_runs as (
    select
        'TREND' as kind,
        trajectories.kpi_id,
        trajectories.scope_type,
        trajectories.scope_code,
        'as_it_runs' as name,
        'If it goes on as it now runs' as label,
        trajectories.target,
        trajectories.made_from as first_month,
        trajectories.horizon_on as last_month,
        ahead.value as last_value,
        ahead.lower_95 as last_lower,
        ahead.upper_95 as last_upper,
        trajectories.reaches_on,
        trajectories.reaches_early,
        trajectories.reaches_late,
        cast(null as double) as chance_ratio,
        trajectories.standing_value,
        trajectories.trend_per_week,
        trajectories.trend_lower_95,
        trajectories.trend_upper_95,
        trajectories.is_met_now,
        accuracy.beats_naive,
        accuracy.beats_seasonal_naive,
        trajectories.status,
        trajectories.reason
    from trajectories
    left join accuracy
        on trajectories.kpi_id = accuracy.kpi_id
        and trajectories.scope_type = accuracy.scope_type
        and trajectories.scope_code = accuracy.scope_code
    left join forecasts as ahead
        on trajectories.kpi_id = ahead.kpi_id
        and trajectories.scope_type = ahead.scope_type
        and trajectories.scope_code = ahead.scope_code
        and trajectories.horizon_on = ahead.period_start
),

by_scenario as (
    select
        'SCENARIO' as kind,
        'calls_101_within_30s' as kpi_id,
        'force' as scope_type,
        'FORCE' as scope_code,
        scenario as name,
        max(label) as label,
        max(target) as target,
        min(month) as first_month,
        max(month) as last_month,
        {{ value_at_max('within_101_ratio', 'month') }} as last_value,
        {{ value_at_max('within_101_lower', 'month') }} as last_lower,
        {{ value_at_max('within_101_upper', 'month') }} as last_upper,
        max(met_on) as reaches_on,
        max(met_on_early) as reaches_early,
        max(met_on_late) as reaches_late,
        max(met_ratio) as chance_ratio,
        cast(null as double) as standing_value,
        cast(null as double) as trend_per_week,
        cast(null as double) as trend_lower_95,
        cast(null as double) as trend_upper_95,
        cast(null as boolean) as is_met_now,
        cast(null as boolean) as beats_naive,
        cast(null as boolean) as beats_seasonal_naive,
        max(status) as status,
        max(reason) as reason
    from scenarios
    group by scenario
),

listed as (
    select * from as_it_runs
    union all
    select * from by_scenario
),

final as (
    select listed.*, register.unit, register.better
    from listed
    left join register on listed.kpi_id = register.kpi_id
)

select * from final
