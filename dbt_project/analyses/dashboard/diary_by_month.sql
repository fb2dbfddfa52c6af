-- Is the diary kept, and used for what it is for.
-- Answers: Q15.
-- Shows: Kept on time, failed, inappropriate at booking, domestic abuse, and days from report to slot, by diary and
--   month.
with

final as (
    select
        scope_code as diary_code, period_start as month_start,
        max(value) filter (where kpi_id = 'diary_kept_on_time') as kept_on_time_ratio,
        max(value) filter (where kpi_id = 'diary_failed') as failed_ratio,
        max(value) filter (where kpi_id = 'diary_inappropriate') as inappropriate_ratio,
        max(value) filter (where kpi_id = 'diary_domestic_abuse') as domestic_abuse_ratio,
        max(value) filter (where kpi_id = 'diary_days_waiting') as days_waiting,
        max(denominator) filter (where kpi_id = 'diary_kept_on_time') as passed_count,
        max(quality_state) filter (where kpi_id = 'diary_kept_on_time') as quality_state
    from metrics.kpi_results
    where kpi_id in ('diary_kept_on_time', 'diary_failed', 'diary_inappropriate', 'diary_domestic_abuse', 'diary_days_waiting')
        and period_type = 'month' and scope_type in ('force', 'diary')
    group by scope_code, period_start
)

select * from final order by diary_code, month_start
