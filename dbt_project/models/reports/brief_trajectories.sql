-- When a measure reaches its target, as each way of looking ahead has it: a scenario of the capacity model.

with

scenarios as (
    select * from {{ source('analysis', 'capacity_scenarios') }}
),

final as (
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
)

select * from final
