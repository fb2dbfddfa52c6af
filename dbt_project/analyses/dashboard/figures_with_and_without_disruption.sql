-- Figures of the months with and without the disruptions in them.
-- Answers: Q18.
-- Shows: Monthly figures that a disruption touches: as they are, and without what fell into it.
with

final as (
    select kpi_id, period_start as month_start, value, value_excluding_disruptions, unit, disruption_keys, quality_state
    from metrics.kpi_results
    where period_type = 'month' and scope_type = 'force' and disruption_keys is not null
)

select * from final order by month_start, kpi_id
