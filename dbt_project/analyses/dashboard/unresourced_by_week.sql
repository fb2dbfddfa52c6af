-- Unresourced incidents, average over the hours of each week.
-- Answers: Q11.
-- Shows: By area or force; hours of days not delivered are in no average.
with

final as (
    select scope_type, scope_code, period_start as week_start, value as average_count, numerator, denominator, quality_state
    from metrics.kpi_results
    where kpi_id = 'unresourced_daily_average' and period_type = 'week' and scope_type in ('force', 'area')
        and (getvariable('area') is null or scope_code = getvariable('area'))
)

select * from final order by scope_type <> 'force', scope_code, week_start
