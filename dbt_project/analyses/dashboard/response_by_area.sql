-- Emergency response by area and month.
-- Answers: Q09.
-- Shows: Grade 1: median and 90th percentile seconds, share within target, and how many could be measured.
with

final as (
    select
        scope_type, scope_code, period_start as month_start,
        max(value) filter (where kpi_id = 'response_grade1_median') as median_seconds,
        max(value) filter (where kpi_id = 'response_grade1_p90') as p90_seconds,
        max(value) filter (where kpi_id = 'response_grade1_within_target') as within_ratio,
        max(measured_count) filter (where kpi_id = 'response_grade1_median') as measured_count,
        max(eligible_count) filter (where kpi_id = 'response_grade1_median') as eligible_count,
        max(coverage_ratio) filter (where kpi_id = 'response_grade1_median') as coverage_ratio,
        max(quality_state) filter (where kpi_id = 'response_grade1_median') as quality_state
    from metrics.kpi_results
    where period_type = 'month' and scope_type in ('force', 'area', 'urban')
        and kpi_id in ('response_grade1_median', 'response_grade1_p90', 'response_grade1_within_target')
        and (getvariable('area') is null or scope_code = getvariable('area'))
    group by scope_type, scope_code, period_start
)

select * from final order by scope_type <> 'force', scope_type, scope_code, month_start
