-- Q02. Beyond the binary target: mean, median, 90th and 95th percentile and longest wait, abandonment (short and long, with its
--   threshold), redials, call-backs; by line, half-hour of day and weekday?
-- Read: One row per line, then per line and weekday, then per line and half-hour of the day, for the calls of the chosen month (the
--   newest of which nine tenths of the days came, else the newest). Waits are those of answered calls, in seconds; measured_count of
--   eligible_count answered calls have a known one. Long abandonment is long_abandoned_count / (offered_count - short_abandoned_count);
--   short abandonment is short_abandoned_count / offered_count; redialled is redialled_count / abandoned_with_token_count.
-- Caveats: Half-hours and weekdays add up the whole month: a slow hour of one day is one thirtieth of it. A caller whose number was
--   withheld cannot be seen redialling. disruption_keys are those of the month.
with

chosen as (
    select period_start, period_end, disruption_keys, quality_state
    from metrics.kpi_results
    where kpi_id = 'calls_presented' and period_type = 'month' and scope_type = 'force'
        and (getvariable('month') is null or period_start = cast(getvariable('month') as date))
    order by delivered_day_count >= day_count * 0.9 desc, period_start desc
    limit 1
),

calls as (
    select
        calls.*,
        chosen.period_start as month_start,
        chosen.disruption_keys,
        chosen.quality_state,
        dates.weekday_number || ' ' || dates.weekday_label as weekday,
        half_hours.starts_at_label as half_hour
    from marts.fct_calls as calls
    inner join chosen on calls.offered_date between chosen.period_start and chosen.period_end
    inner join marts.dim_dates as dates on calls.offered_date = dates.local_date
    inner join marts.dim_half_hours as half_hours
        on date_part('hour', calls.offered_at_local) * 2 + date_part('minute', calls.offered_at_local) // 30
            = half_hours.half_hour_number
    where calls.outcome <> 'test'
),

thresholds as (
    select value as short_abandon_seconds
    from marts.dim_parameters
    inner join chosen on chosen.period_start >= valid_from and (chosen.period_start < valid_to or valid_to is null)
    where parameter_code = 'short_abandon_seconds'
),

counted as (
    select
        month_start,
        line,
        case when grouping(weekday) = 0 then 'weekday' when grouping(half_hour) = 0 then 'half-hour' else 'whole month' end as part,
        case when grouping(weekday) = 0 then weekday when grouping(half_hour) = 0 then half_hour else '' end as part_of,
        count(*) as presented_count,
        count(*) filter (where outcome not in ('abandoned_in_menu', 'ended_by_menu', 'answered_elsewhere')) as offered_count,
        sum(wait_seconds) filter (where outcome = 'answered') as wait_seconds_total,
        count(wait_seconds) filter (where outcome = 'answered') as measured_count,
        count(*) filter (where outcome = 'answered') as eligible_count,
        quantile_cont(wait_seconds, 0.5) filter (where outcome = 'answered') as wait_median,
        quantile_cont(wait_seconds, 0.9) filter (where outcome = 'answered') as wait_p90,
        quantile_cont(wait_seconds, 0.95) filter (where outcome = 'answered') as wait_p95,
        max(wait_seconds) filter (where outcome = 'answered') as wait_longest,
        count(*) filter (where is_short_abandon) as short_abandoned_count,
        count(*) filter (where outcome = 'abandoned' and not is_short_abandon) as long_abandoned_count,
        count(*) filter (where outcome = 'abandoned' and is_redialled and caller_token is not null) as redialled_count,
        count(*) filter (where outcome = 'abandoned' and caller_token is not null) as abandoned_with_token_count,
        count(*) filter (where outcome = 'callback') as callback_count,
        min(quality_state) as quality_state,
        min(disruption_keys) as disruption_keys
    from calls
    group by grouping sets ((month_start, line), (month_start, line, weekday), (month_start, line, half_hour))
),

final as (
    select
        month_start, line, part, part_of, presented_count, offered_count,
        wait_seconds_total / nullif(measured_count, 0) as wait_mean,
        wait_median, wait_p90, wait_p95, wait_longest,
        short_abandon_seconds, short_abandoned_count, short_abandoned_count / nullif(offered_count, 0) as short_abandoned_ratio,
        long_abandoned_count,
        long_abandoned_count / nullif(offered_count - short_abandoned_count, 0) as long_abandoned_ratio,
        redialled_count, abandoned_with_token_count, redialled_count / nullif(abandoned_with_token_count, 0) as redialled_ratio,
        callback_count, wait_seconds_total, measured_count, eligible_count, quality_state, disruption_keys
    from counted
    left join thresholds on true
)

select * from final
order by list_position(['whole month', 'weekday', 'half-hour'], part), line, part_of
