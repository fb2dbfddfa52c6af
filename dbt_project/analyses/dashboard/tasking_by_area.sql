-- How fast areas take what they are tasked.
-- Answers: Q13.
-- Shows: Median seconds from tasked to assigned, and the share declined, by area and month.
with

final as (
    select
        scope_code as area_code, period_start as month_start,
        max(value) filter (where kpi_id = 'tasking_time_median') as median_seconds,
        max(measured_count) filter (where kpi_id = 'tasking_time_median') as measured_count,
        max(eligible_count) filter (where kpi_id = 'tasking_time_median') as eligible_count,
        max(value) filter (where kpi_id = 'tasking_declined') as declined_ratio,
        max(quality_state) filter (where kpi_id = 'tasking_time_median') as quality_state
    from metrics.kpi_results
    where kpi_id in ('tasking_time_median', 'tasking_declined') and period_type = 'month' and scope_type = 'area'
        and (getvariable('area') is null or scope_code = getvariable('area'))
    group by scope_code, period_start
)

select * from final order by area_code, month_start
