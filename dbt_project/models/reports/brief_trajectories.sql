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
        trajectories.status,
        trajectories.reason
    from trajectories
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
        max(status) as status,
        max(reason) as reason
    from scenarios
    group by scenario
),

final as (
    select * from as_it_runs
    union all
    select * from by_scenario
)

select * from final
