-- Calls answered in time by week, against the target.
-- Answers: Q01.
-- Shows: 999 within 10 s and 101 within 30 s of the answered calls with a known wait; target as it was in force.
with

final as (
    select
        case kpi_id when 'calls_999_within_10s' then '999 within 10 s' else '101 within 30 s' end as series,
        period_start as week_start, value, target, numerator, denominator, quality_state, value_excluding_disruptions
    from metrics.kpi_results
    where kpi_id in ('calls_999_within_10s', 'calls_101_within_30s') and period_type = 'week' and scope_type = 'force'
)

select * from final order by series, week_start
