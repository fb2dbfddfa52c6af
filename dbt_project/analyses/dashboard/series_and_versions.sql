-- Did a version of SAAB Safe move the figure.
-- Answers: Q20.
-- Shows: Weekly median emergency response and how much of it could be measured, beside the version in use.
with

weeks as (
    select period_start, value, coverage_ratio, measured_count, eligible_count, quality_state
    from metrics.kpi_results
    where kpi_id = 'response_grade1_median' and period_type = 'week' and scope_type = 'force'
),

final as (
    select
        weeks.period_start as week_start, versions.system_version_label, weeks.value as median_seconds, weeks.coverage_ratio,
        weeks.measured_count, weeks.eligible_count, weeks.quality_state
    from weeks
    left join marts.dim_system_versions as versions
        on versions.system = 'SAAB' and weeks.period_start >= versions.valid_from
        and (weeks.period_start < versions.valid_to or versions.valid_to is null)
)

select * from final order by week_start
