-- Which indicators improve, worsen or only vary.
-- Answers: Q03, Q20.
-- Shows: One row per indicator: its newest charted week, what it says, whether its target will be met as it now runs,
--   and why its phase began.
with

labels as (
    select kpi_id, any_value(label) as label from metrics.kpi_register group by kpi_id
),

final as (
    select
        signals.kpi_id, labels.label, signals.scope_code, signals.period_start as week_start, signals.value, signals.centre,
        signals.variation, signals.assurance, signals.target, signals.phase_starts_on, signals.phase_cause, signals.quality_state
    from metrics.kpi_signals as signals
    inner join labels on signals.kpi_id = labels.kpi_id
    where signals.is_newest_point
        and ((getvariable('area') is null and scope_type = 'force')
            or (scope_type = 'area' and scope_code = getvariable('area')))
)

select * from final order by variation = 'common_cause', label
