-- Where the time goes, from answer to closing.
-- Answers: Q10.
-- Shows: Median seconds of each stage by month, for the force and by final grade.
with

final as (
    select
        list_position(['answer', 'create', 'grade', 'assign', 'en_route', 'scene', 'close'], stage) as stage_order, stage,
        scope_type, scope_code, period_start as month_start, value as median_seconds, measured_count, eligible_count, quality_state
    from (
        select *, regexp_extract(kpi_id, '^response_stage_(.+)_median$', 1) as stage
        from metrics.kpi_results
        where kpi_id like 'response_stage_%_median' and period_type = 'month' and scope_type in ('force', 'grade')
    )
)

select * from final order by scope_type, scope_code, month_start, stage_order
