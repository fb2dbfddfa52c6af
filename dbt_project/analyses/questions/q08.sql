-- Q08. How far apart are the force's own clock and the national (BT) clock for 999?
-- Read: One row per month, the two clocks side by side and never mixed. force_ratio is force_in_time_count / force_known_wait_count, of
--   999 calls answered by the force within 10 s; national_ratio is national_under_10_count / national_call_count. difference_points is
--   force less national, in percentage points.
-- Caveats: The clocks start and end elsewhere: the force's when a call reaches its own queue, of calls that it answered; BT's when its
--   operator connects the call, of all calls connected, those answered for the force by others too. The force counts up to 10 s, BT
--   under 10 s. So the difference is not an error of either.
with

own as (
    select *
    from metrics.kpi_results
    where kpi_id = 'calls_999_within_10s' and period_type = 'month' and scope_type = 'force'
),

national as (
    select *
    from marts.fct_999_national
    where force_name = coalesce(getvariable('force'), 'West Mercia')
),

final as (
    select
        coalesce(own.period_start, national.month_date) as month_start,
        own.numerator as force_in_time_count,
        own.denominator as force_known_wait_count,
        own.value as force_ratio,
        national.force_name,
        national.under_10_count as national_under_10_count,
        national.call_count as national_call_count,
        national.under_10_count / nullif(national.call_count, 0) as national_ratio,
        national.mean_seconds as national_mean_seconds,
        100 * (own.value - national.under_10_count / nullif(national.call_count, 0)) as difference_points,
        own.denominator - national.call_count as difference_in_calls,
        own.measured_count,
        own.eligible_count,
        own.quality_state,
        own.disruption_keys
    from own
    full join national on own.period_start = national.month_date
)

select * from final order by month_start desc
