-- What the calls are about, by month.
-- Answers: Q05.
-- Shows: Share of answered, coded calls that are internal, failure demand or another agency's.
with

final as (
    select
        replace(replace(kpi_id, 'demand_', ''), '_', ' ') as demand, period_start as month_start, value as share_ratio,
        numerator, denominator, coverage_ratio, quality_state
    from metrics.kpi_results
    where kpi_id in ('demand_internal', 'demand_failure', 'demand_other_agency') and period_type = 'month' and scope_type = 'force'
)

select * from final order by demand, month_start
