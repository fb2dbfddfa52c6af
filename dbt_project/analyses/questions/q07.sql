-- Q07. What did each factor (staffing, abstraction, outages, demand) go with in the weeks performance fell?
-- Read: One row per week. within_ratio is 101 calls answered within 30 s (numerator / denominator); is_fall marks a week below the one
--   before. Beside it the factors of the week, each with its change from the week before: staffed hours of call takers, occupancy,
--   calls offered on all lines, hours of disruption; and of the month the week began in, vacancy and abstraction of the unit.
-- Caveats: What moved in the same week went with the fall; it did not thereby cause it, and several factors moved at once. What is
--   more than chance stands in metrics.factor_associations. Workforce figures are monthly. Weeks that lack days are PARTIAL, and
--   their sums fall for that reason alone.
with

figures as (
    select *
    from metrics.kpi_results
    where period_type = 'week'
        and ((kpi_id in ('calls_101_within_30s', 'calls_offered', 'calls_occupancy')) and scope_type = 'force')
),

performance as (select * from figures where kpi_id = 'calls_101_within_30s'),

demand as (select period_start, value as offered_count from figures where kpi_id = 'calls_offered'),

occupancy as (select period_start, value as occupancy_ratio from figures where kpi_id = 'calls_occupancy'),

staffing as (
    select dates.week_start_date, sum(intervals.staffed_seconds) / 3600 as staffed_hours
    from marts.fct_agent_intervals as intervals
    inner join marts.dim_dates as dates on intervals.interval_date = dates.local_date
    group by dates.week_start_date
),

weeks as (
    select week_start_date, min(starts_at) as starts_at, max(ends_at) as ends_at from marts.dim_dates group by week_start_date
),

outages as (
    select
        weeks.week_start_date,
        sum(date_diff(
            'second', greatest(disruptions.started_at, weeks.starts_at), least(disruptions.ended_at, weeks.ends_at)
        )) / 3600 as disruption_hours
    from marts.fct_disruptions as disruptions
    inner join weeks
        on disruptions.started_at < weeks.ends_at
        and (disruptions.ended_at > weeks.starts_at or disruptions.ended_at is null)
    group by weeks.week_start_date
),

workforce as (
    select
        month_date,
        sum(case when strength_fte is not null then establishment_fte - strength_fte end)
            / nullif(sum(case when strength_fte is not null then establishment_fte end), 0) as vacancy_ratio,
        sum(case when strength_fte is not null then abstracted_fte end)
            / nullif(sum(case when abstracted_fte is not null then strength_fte end), 0) as abstraction_ratio
    from marts.fct_workforce
    where unit = coalesce(getvariable('unit'), 'OCC')
    group by month_date
),

joined as (
    select
        performance.period_start as week_start_date,
        performance.numerator,
        performance.denominator,
        performance.value as within_ratio,
        staffing.staffed_hours,
        occupancy.occupancy_ratio,
        demand.offered_count,
        coalesce(outages.disruption_hours, 0) as disruption_hours,
        workforce.vacancy_ratio,
        workforce.abstraction_ratio,
        performance.measured_count,
        performance.eligible_count,
        performance.quality_state,
        performance.disruption_keys
    from performance
    left join demand on performance.period_start = demand.period_start
    left join occupancy on performance.period_start = occupancy.period_start
    left join staffing on performance.period_start = staffing.week_start_date
    left join outages on performance.period_start = outages.week_start_date
    left join workforce on date_trunc('month', performance.period_start) = workforce.month_date
),

final as (
    select
        week_start_date, numerator, denominator, within_ratio,
        within_ratio < lag(within_ratio) over by_week as is_fall,
        within_ratio - lag(within_ratio) over by_week as within_change,
        staffed_hours, staffed_hours - lag(staffed_hours) over by_week as staffed_hours_change,
        occupancy_ratio, occupancy_ratio - lag(occupancy_ratio) over by_week as occupancy_change,
        offered_count, offered_count - lag(offered_count) over by_week as offered_change,
        disruption_hours, vacancy_ratio, abstraction_ratio,
        measured_count, eligible_count, quality_state, disruption_keys
    from joined
    window by_week as (order by week_start_date)
)

select * from final order by week_start_date desc
