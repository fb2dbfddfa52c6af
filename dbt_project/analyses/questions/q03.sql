-- Q03. Is performance improving, getting worse or just varying (control chart with rules, re-based only at known causes), and will the
--   process, as it now runs, meet the target?
-- Read: One row per indicator of the force (--area one of an area), its newest charted week. variation is improvement, concern or
--   common_cause (it only varies); neither_high and neither_low where no direction is better. assurance says whether the process as it
--   now runs will meet the target: consistently_passing, consistently_failing or hit_and_miss. value = numerator / denominator;
--   signal_count of point_count weeks of the phase broke a rule.
-- Caveats: Limits come from the first 20 weeks of a phase and need 13; a phase begins only at the named cause beside it. DISRUPTED and
--   PARTIAL weeks set no limits. The rules find changes; they do not say why. Each indicator has its own chart, and of many charts some
--   will signal by chance.
with

charts as (
    select *
    from metrics.kpi_signals
    where (getvariable('area') is null and scope_type = 'force')
        or (scope_type = 'area' and scope_code = getvariable('area'))
),

phases as (
    select
        kpi_id, scope_type, scope_code, phase,
        count(*) filter (where rule_1 or rule_2 or rule_3 or rule_4) as signal_count
    from charts
    group by kpi_id, scope_type, scope_code, phase
),

disruptions as (
    select kpi_id, scope_type, scope_code, string_agg(disruption_key, '|' order by disruption_key) as disruption_keys
    from (
        select distinct charts.kpi_id, charts.scope_type, charts.scope_code, unnest(string_split(results.disruption_keys, '|')) as disruption_key
        from charts
        inner join metrics.kpi_results as results
            on charts.kpi_id = results.kpi_id
            and charts.scope_type = results.scope_type
            and charts.scope_code = results.scope_code
            and charts.period_start = results.period_start
            and results.period_type = 'week'
    )
    group by kpi_id, scope_type, scope_code
),

final as (
    select
        charts.kpi_id,
        charts.scope_code,
        charts.period_start as week_start_date,
        results.numerator,
        results.denominator,
        charts.value,
        charts.centre,
        charts.lower_limit,
        charts.upper_limit,
        charts.variation,
        phases.signal_count,
        charts.point_count,
        charts.target,
        charts.assurance,
        charts.phase_starts_on,
        charts.phase_cause,
        results.measured_count,
        results.eligible_count,
        charts.quality_state,
        disruptions.disruption_keys
    from charts
    inner join phases
        on charts.kpi_id = phases.kpi_id
        and charts.scope_type = phases.scope_type
        and charts.scope_code = phases.scope_code
        and charts.phase = phases.phase
    inner join metrics.kpi_results as results
        on charts.kpi_id = results.kpi_id
        and charts.scope_type = results.scope_type
        and charts.scope_code = results.scope_code
        and charts.period_start = results.period_start
        and results.period_type = 'week'
    left join disruptions
        on charts.kpi_id = disruptions.kpi_id
        and charts.scope_type = disruptions.scope_type
        and charts.scope_code = disruptions.scope_code
    where charts.is_newest_point
)

select * from final order by target is null, variation in ('common_cause') or variation is null, kpi_id
