-- When 101 reaches its target.
-- Answers: Q04.
-- Shows: The trend and each staffing scenario: the month it is reached, with its interval, or why not.
with

final as (
    select
        kind, name, label, target, reaches_on, reaches_early, reaches_late, chance_ratio, last_month, last_value, last_lower, last_upper,
        status, reason
    from reports.brief_trajectories
    where kpi_id = 'calls_101_within_30s'
)

select * from final order by kind desc, reaches_on nulls last, name
