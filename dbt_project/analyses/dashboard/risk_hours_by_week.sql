-- Hours waited at high risk, and re-assessed in time, by week.
-- Answers: Q12.
-- Shows: Unresourced hours, those of high risk, and the share of delayed high-risk waits that were re-assessed in time.
with

final as (
    select
        period_start as week_start, scope_code,
        max(value) filter (where kpi_id = 'unresourced_hours') as unresourced_hours,
        max(value) filter (where kpi_id = 'unresourced_risk_hours') as risk_hours,
        max(value) filter (where kpi_id = 'rethrive_in_time') as rethrive_ratio,
        max(denominator) filter (where kpi_id = 'rethrive_in_time') as delayed_count,
        max(quality_state) filter (where kpi_id = 'unresourced_hours') as quality_state
    from metrics.kpi_results
    where kpi_id in ('unresourced_hours', 'unresourced_risk_hours', 'rethrive_in_time') and period_type = 'week'
        and ((getvariable('area') is null and scope_type = 'force')
            or (scope_type = 'area' and scope_code = getvariable('area')))
    group by period_start, scope_code
)

select * from final order by week_start
