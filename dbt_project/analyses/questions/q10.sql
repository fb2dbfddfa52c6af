-- Q10. Where does the time go: answered, created, graded, first assigned, en route, at scene, closed?
-- Read: One row per stage in its order, for the force and by final grade, in the chosen month (the newest of which nine tenths of the
--   days came, else the newest). median_seconds is the time from the instant before to that instant. measured_count of eligible_count
--   incidents have both instants in that order.
-- Caveats: Medians of stages do not add up to the median of the whole, since each stage has its own incidents. An incident that was
--   never attended has no stages after assignment. Stages of few measured incidents say little.
with

stages as (
    select *
    from (values
        (1, 'answer', 'call offered', 'call answered'),
        (2, 'create', 'call answered', 'incident created'),
        (3, 'grade', 'incident created', 'first graded'),
        (4, 'assign', 'first graded', 'first resource assigned'),
        (5, 'en_route', 'first resource assigned', 'first en route'),
        (6, 'scene', 'first en route', 'first at scene'),
        (7, 'close', 'first at scene', 'closed')
    ) as listed (stage_no, stage, from_instant, to_instant)
),

chosen as (
    select period_start
    from metrics.kpi_results
    where kpi_id = 'response_stage_grade_median' and period_type = 'month' and scope_type = 'force' and delivered_day_count > 0
        and (getvariable('month') is null or period_start = cast(getvariable('month') as date))
    order by delivered_day_count >= day_count * 0.9 desc, period_start desc
    limit 1
),

final as (
    select
        results.period_start as month_start,
        results.scope_type,
        results.scope_code,
        stages.stage_no,
        stages.from_instant,
        stages.to_instant,
        results.value as median_seconds,
        results.measured_count,
        results.eligible_count,
        results.quality_state,
        results.disruption_keys,
        results.value_excluding_disruptions
    from metrics.kpi_results as results
    inner join chosen on results.period_start = chosen.period_start
    inner join stages on results.kpi_id = 'response_stage_' || stages.stage || '_median'
    where results.period_type = 'month' and results.scope_type in ('force', 'grade')
)

select * from final order by scope_type, scope_code, stage_no
