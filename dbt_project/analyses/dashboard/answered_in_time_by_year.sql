-- Calls answered in time by financial year and quarter.
-- Answers: Q01.
-- Shows: The same by quarter and financial year.
with

final as (
    select kpi_id, period_type, period_start, value, target, is_target_met, numerator, denominator, quality_state
    from metrics.kpi_results
    where kpi_id in ('calls_999_within_10s', 'calls_101_within_30s') and period_type in ('quarter', 'year')
        and scope_type = 'force'
)

select * from final order by kpi_id, period_type, period_start desc
