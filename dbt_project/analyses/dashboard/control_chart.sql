-- Control charts, week by week.
-- Answers: Q03.
-- Shows: Weekly values with centre line, limits, target, and what each point says, of the newest 26 weeks; of every
--   charted indicator or one (variable kpi), the force or one area.
with

newest as (
    select max(period_start) as newest_week from metrics.kpi_signals
),

final as (
    select
        kpi_id, scope_code, period_start as week_start, value, centre, lower_limit, upper_limit, target, variation, assurance,
        rule_1, rule_2, rule_3, rule_4, phase, phase_cause, quality_state
    from metrics.kpi_signals
    where period_start > (select newest_week - 26 * 7 from newest)
        and (getvariable('kpi') is null or kpi_id = getvariable('kpi'))
        and ((getvariable('area') is null and scope_type = 'force')
            or (scope_type = 'area' and scope_code = getvariable('area')))
)

select * from final order by kpi_id, week_start
