-- What waited in each period that a briefing speaks of: stock, inflow and outflow that add up, by kind, grade and area, beside the
-- force's limits.

with

hourly as (
    select * from {{ ref('fct_unresourced_hourly') }}
),

dates as (
    select * from {{ ref('dim_dates') }}
),

limits as (
    select * from {{ ref('dim_unresourced_limits') }}
),

days as (
    select 'day' as period_type, local_date as period_start, local_date from dates
    union all
    select 'week', week_start_date, local_date from dates
    union all
    select 'month', month_start_date, local_date from dates
    union all
    select 'quarter', quarter_start_date, local_date from dates
),

hours as (
    select
        days.period_type,
        days.period_start,
        hourly.kind,
        hourly.area_code,
        hourly.grade,
        hourly.hour_at,
        hourly.is_estimated,
        hourly.incident_count,
        hourly.high_risk_count,
        hourly.domestic_abuse_count,
        hourly.beyond_target_count,
        hourly.oldest_seconds,
        hourly.inflow_count,
        hourly.outflow_count
    from days
    inner join hourly on days.local_date = hourly.hour_date
),

by_hour as (
    select
        period_type,
        period_start,
        coalesce(kind, 'ALL') as kind,
        coalesce(area_code, 'FORCE') as area_code,
        coalesce(grade, 'ALL') as grade,
        hour_at,
        max(case when is_estimated then 1 else 0 end) as estimated_count,
        sum(incident_count) as incident_count,
        sum(high_risk_count) as high_risk_count,
        sum(domestic_abuse_count) as domestic_abuse_count,
        sum(beyond_target_count) as beyond_target_count,
        max(oldest_seconds) as oldest_seconds,
        sum(inflow_count) as inflow_count,
        sum(outflow_count) as outflow_count
    from hours
    group by
        grouping sets (
            (period_type, period_start, hour_at),
            (period_type, period_start, kind, hour_at),
            (period_type, period_start, kind, hour_at, area_code),
            (period_type, period_start, kind, hour_at, grade)
        )
),

totals as (
    select
        period_type,
        period_start,
        kind,
        area_code,
        grade,
        max(hour_at) as closing_at,
        {{ value_at_max('incident_count', 'hour_at') }} as closing_count,
        {{ value_at_max('high_risk_count', 'hour_at') }} as closing_high_risk_count,
        {{ value_at_max('domestic_abuse_count', 'hour_at') }} as closing_domestic_abuse_count,
        {{ value_at_max('beyond_target_count', 'hour_at') }} as closing_beyond_target_count,
        {{ value_at_max('oldest_seconds', 'hour_at') }} as closing_oldest_seconds,
        sum(inflow_count) as inflow_count,
        sum(outflow_count) as outflow_count,
        max(incident_count) as highest_count,
        sum(case when estimated_count = 0 then incident_count end) as hourly_count_sum,
        count(case when estimated_count = 0 then 1 end) as measured_hour_count,
        count(*) as hour_count
    from by_hour
    group by period_type, period_start, kind, area_code, grade
),

final as (
    select
        totals.period_type,
        totals.period_start,
        totals.kind,
        totals.area_code,
        totals.grade,
        totals.closing_at,
        cast(totals.closing_count - totals.inflow_count + totals.outflow_count as bigint) as opening_count,
        cast(totals.inflow_count as bigint) as inflow_count,
        cast(totals.outflow_count as bigint) as outflow_count,
        cast(totals.closing_count as bigint) as closing_count,
        cast(totals.inflow_count - totals.outflow_count as bigint) as change_count,
        cast(totals.closing_high_risk_count as bigint) as closing_high_risk_count,
        cast(totals.closing_domestic_abuse_count as bigint) as closing_domestic_abuse_count,
        cast(totals.closing_beyond_target_count as bigint) as closing_beyond_target_count,
        cast(totals.closing_oldest_seconds as bigint) as closing_oldest_seconds,
        cast(totals.highest_count as bigint) as highest_count,
        cast(totals.hourly_count_sum as bigint) as hourly_count_sum,
        cast(totals.measured_hour_count as bigint) as measured_hour_count,
        cast(totals.hour_count as bigint) as hour_count,
        cast(totals.hourly_count_sum as double) / nullif(totals.measured_hour_count, 0) as average_count,
        limits.upper_limit,
        limits.area_of_concern,
        totals.closing_count > limits.upper_limit as is_above_upper_limit,
        totals.closing_count > limits.area_of_concern as is_of_concern
    from totals
    left join limits
        on totals.area_code = limits.area_code
        and totals.grade = limits.grade
        and totals.kind = limits.kind
        and totals.period_start >= limits.valid_from
        and (totals.period_start < limits.valid_to or limits.valid_to is null)
)

select * from final
