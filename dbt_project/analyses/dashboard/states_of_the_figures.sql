-- How many figures of each month are whole, disrupted or missing.
-- Answers: Q21, Q24.
-- Shows: Figures of the force by month and state.
with

final as (
    select period_start as month_start, quality_state, count(*) as figure_count
    from metrics.kpi_results
    where period_type = 'month' and scope_type = 'force'
    group by period_start, quality_state
)

select * from final order by month_start, quality_state
