-- How long callers wait, by line and month.
-- Answers: Q02.
-- Shows: Mean, median, 90th and 95th percentile and longest wait in seconds, and the shares abandoned and redialled.
with

final as (
    select
        scope_code as line, period_start as month_start,
        max(value) filter (where kpi_id = 'calls_wait_mean') as wait_mean,
        max(value) filter (where kpi_id = 'calls_wait_median') as wait_median,
        max(value) filter (where kpi_id = 'calls_wait_p90') as wait_p90,
        max(value) filter (where kpi_id = 'calls_wait_p95') as wait_p95,
        max(value) filter (where kpi_id = 'calls_wait_max') as wait_longest,
        max(value) filter (where kpi_id = 'calls_abandoned') as abandoned_ratio,
        max(value) filter (where kpi_id = 'calls_short_abandoned') as short_abandoned_ratio,
        max(value) filter (where kpi_id = 'calls_redialled') as redialled_ratio,
        max(quality_state) filter (where kpi_id = 'calls_wait_median') as quality_state
    from metrics.kpi_results
    where period_type = 'month' and scope_type = 'line' and scope_code in ('999', '101')
        and kpi_id in (
            'calls_wait_mean', 'calls_wait_median', 'calls_wait_p90', 'calls_wait_p95', 'calls_wait_max', 'calls_abandoned',
            'calls_short_abandoned', 'calls_redialled'
        )
    group by scope_code, period_start
)

select * from final order by line, month_start
