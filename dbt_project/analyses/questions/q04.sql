-- Q04. When will 101 reach 80 %: a dated trajectory with an interval, under today's trend and under staffing scenarios (vacancies filled,
--   26 staff from 0.86 to full time, abstractions back to normal)?
-- Read: The first row is what comes if all goes on as it now runs: standing_ratio (numerator / denominator: the last 13 whole weeks, disrupted days left out), its
--   change per week with a 95 % interval, and the first Monday of four weeks whose mean is forecast to meet the target (met_on; met_early
--   and met_late are the ends of an 80 % interval). Then a row per staffing scenario of the capacity model: the first month that meets it,
--   with a 90 % interval, and last_ratio, the share in the last month looked at. No date: not within the time looked at; reason says so.
--   forecast_beats_naive says whether the forecast did better on earlier weeks than repeating the last one.
-- Caveats: Two models: the first knows only how the figure ran, the second only calls, staff and handling times. Neither knows of plans,
--   and a scenario says what follows if it comes about, not that it does. Intervals hold for what the models know (docs/forecast.md,
--   docs/capacity.md). The season is in the forecast only where the data hold more than two years. 80 % is the newest target.
with

made as (
    select max(made_from) as made_from from metrics.kpi_trajectories where kpi_id = 'calls_101_within_30s'
),

standing as (
    select
        sum(results.numerator)::bigint as numerator,
        sum(results.denominator)::bigint as denominator,
        sum(results.measured_count)::bigint as measured_count,
        sum(results.eligible_count)::bigint as eligible_count,
        string_agg(distinct results.disruption_keys, '|' order by results.disruption_keys) as disruption_keys
    from metrics.kpi_results as results
    inner join made on results.period_start > made.made_from - 85 and results.period_start < made.made_from + 7
    where results.kpi_id = 'calls_101_within_30s' and results.period_type = 'day' and results.scope_type = 'force'
        and results.quality_state in ('OK', 'ESTIMATED', 'LATE')
),

trajectory as (
    select
        '1 as it now runs' as part,
        'as_it_runs' as scenario,
        'If it goes on as it now runs' as label,
        trajectories.target,
        trajectories.standing_value as standing_ratio,
        standing.numerator,
        standing.denominator,
        trajectories.trend_per_week,
        trajectories.trend_lower_95,
        trajectories.trend_upper_95,
        trajectories.reaches_on as met_on,
        trajectories.reaches_early as met_early,
        trajectories.reaches_late as met_late,
        ahead.value as last_ratio,
        trajectories.horizon_on as looked_until,
        trajectories.model,
        accuracy.beats_naive as forecast_beats_naive,
        standing.measured_count,
        standing.eligible_count,
        trajectories.status,
        trajectories.reason,
        standing.disruption_keys
    from metrics.kpi_trajectories as trajectories
    left join metrics.kpi_forecasts as ahead
        on trajectories.kpi_id = ahead.kpi_id and trajectories.scope_code = ahead.scope_code
        and trajectories.horizon_on = ahead.period_start
    left join metrics.forecast_accuracy as accuracy
        on trajectories.kpi_id = accuracy.kpi_id and trajectories.scope_code = accuracy.scope_code and accuracy.is_used
    left join standing on true
    where trajectories.kpi_id = 'calls_101_within_30s' and trajectories.scope_type = 'force'
),

scenarios as (
    select
        '2 scenario' as part,
        scenario,
        any_value(label) as label,
        any_value(target) as target,
        null as standing_ratio,
        null as numerator,
        null as denominator,
        null as trend_per_week,
        null as trend_lower_95,
        null as trend_upper_95,
        any_value(met_on) as met_on,
        any_value(met_on_early) as met_early,
        any_value(met_on_late) as met_late,
        max_by(within_101_ratio, month) as last_ratio,
        max(month) as looked_until,
        'capacity' as model,
        null as forecast_beats_naive,
        null as measured_count,
        null as eligible_count,
        any_value(status) as status,
        any_value(reason) as reason,
        null as disruption_keys
    from metrics.capacity_scenarios
    group by scenario
),

final as (
    select * from trajectory
    union all
    select * from scenarios
)

select * from final order by part, met_on nulls last, last_ratio desc nulls last, scenario
