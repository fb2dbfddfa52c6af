-- When callers wait: half-hours of the day.
-- Answers: Q02.
-- Shows: Calls presented, answered in time and the 90th percentile wait by line and half-hour of the day, in the chosen
--   month (--month; else the newest).
with

chosen as (
    select coalesce(cast(getvariable('month') as date), date_trunc('month', max(offered_date))) as month_start
    from marts.fct_calls
),

calls as (
    select calls.line, calls.outcome, calls.wait_seconds, calls.target_seconds, calls.offered_at_local
    from marts.fct_calls as calls
    where calls.offered_date >= (select month_start from chosen)
        and calls.offered_date < (select month_start + interval 1 month from chosen)
        and calls.line in ('999', '101') and calls.outcome <> 'test'
),

final as (
    select
        calls.line, half_hours.starts_at_label as half_hour,
        count(*) as presented_count,
        count(calls.wait_seconds) filter (where calls.outcome = 'answered') as answered_count,
        count(*) filter (where calls.outcome = 'answered' and calls.wait_seconds <= calls.target_seconds) as in_time_count,
        quantile_cont(calls.wait_seconds, 0.9) filter (where calls.outcome = 'answered') as wait_p90,
        count(*) filter (where calls.outcome = 'abandoned') as abandoned_count
    from calls
    inner join marts.dim_half_hours as half_hours
        on date_part('hour', calls.offered_at_local) * 2 + date_part('minute', calls.offered_at_local) // 30
            = half_hours.half_hour_number
    group by calls.line, half_hours.starts_at_label
)

select * from final order by line, half_hour
