-- Q20. Did a SAAB Safe version change move any figure or break any series?
-- Read: One row per change of version and indicator, force figures by week: the mean of up to six weeks before beside that of up to six
--   after (weeks that hold the day of the change are in neither). is_moved is true where the mean after lies outside all weeks before;
--   is_coverage_moved where the share that could be measured changed by more than five points; is_broken where there is a figure on one
--   side only. Numerators and denominators are those of all weeks of a side.
-- Caveats: What else happened then moves figures too: named causes are the disruptions in disruption_keys, and the season is not taken
--   out. With fewer than three weeks on a side is_moved stays unknown. Control charts (Q03) judge the series as a whole.
with

changes as (
    select system_version, system_version_label, valid_from as changed_on
    from marts.dim_system_versions
    where system <> 'UNKNOWN' and valid_from > (select min(period_start) from metrics.kpi_results)
),

weeks as (
    select
        changes.system_version,
        changes.changed_on,
        results.kpi_id,
        case when results.period_start > changes.changed_on - 7 then 'after' else 'before' end as side,
        results.period_start,
        results.numerator, results.denominator, results.value, results.measured_count, results.eligible_count, results.disruption_keys
    from metrics.kpi_results as results
    inner join changes
        on results.period_start >= changes.changed_on - 48
        and results.period_start < changes.changed_on + 42
        and (results.period_end < changes.changed_on or results.period_start >= changes.changed_on)
    where results.period_type = 'week' and results.scope_type = 'force'
),

sides as (
    select
        system_version,
        changed_on,
        kpi_id,
        count(value) filter (where side = 'before') as weeks_before,
        count(value) filter (where side = 'after') as weeks_after,
        round(avg(value) filter (where side = 'before'), 9) as mean_before,
        round(avg(value) filter (where side = 'after'), 9) as mean_after,
        min(value) filter (where side = 'before') as lowest_before,
        max(value) filter (where side = 'before') as highest_before,
        sum(numerator) filter (where side = 'before') as numerator_before,
        sum(denominator) filter (where side = 'before') as denominator_before,
        sum(numerator) filter (where side = 'after') as numerator_after,
        sum(denominator) filter (where side = 'after') as denominator_after,
        sum(measured_count) filter (where side = 'before') / nullif(sum(eligible_count) filter (where side = 'before'), 0)
            as coverage_before,
        sum(measured_count) filter (where side = 'after') / nullif(sum(eligible_count) filter (where side = 'after'), 0)
            as coverage_after,
        sum(measured_count) as measured_count,
        sum(eligible_count) as eligible_count,
        string_agg(distinct disruption_keys, '|' order by disruption_keys) as disruption_keys
    from weeks
    group by system_version, changed_on, kpi_id
),

final as (
    select
        system_version, changed_on, kpi_id, weeks_before, weeks_after, mean_before, mean_after,
        mean_after - mean_before as difference, lowest_before, highest_before,
        case when least(weeks_before, weeks_after) >= 3 then mean_after < lowest_before or mean_after > highest_before end as is_moved,
        coverage_before, coverage_after, abs(coverage_after - coverage_before) > 0.05 as is_coverage_moved,
        (weeks_before = 0) <> (weeks_after = 0) as is_broken,
        numerator_before, denominator_before, numerator_after, denominator_after,
        measured_count, eligible_count, disruption_keys
    from sides
)

select * from final order by changed_on desc, is_broken desc, is_moved desc nulls last, kpi_id
