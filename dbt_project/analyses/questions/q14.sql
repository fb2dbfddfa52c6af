-- Q14. Weekly, monthly and quarterly unresourced report with stock, inflow, outflow that add up.
-- Read: One row per period and kind: opening_stock + inflow_count - outflow_count = closing_stock, so difference is 0. opening_stock is
--   the stock at the last hour before the period, closing_stock at its last hour; average_stock is hourly_count_sum / hour_count over
--   the hours that were delivered. LIVE is unresourced; the others are parked in a diary of that kind. measured_count of eligible_count
--   hours were delivered.
-- Caveats: Inflow and outflow are moves between kinds too, so a booking is an outflow of LIVE and an inflow of its diary. Hours of days
--   that were not delivered are estimated and in no average. The first period's inflow holds all that was there when the exports begin.
with

hours as (
    select
        hourly.hour_at,
        hourly.kind,
        hourly.is_estimated,
        dates.week_start_date, dates.week_end_date, dates.month_start_date, dates.quarter_start_date,
        sum(hourly.incident_count) as incident_count,
        sum(hourly.inflow_count) as inflow_count,
        sum(hourly.outflow_count) as outflow_count
    from marts.fct_unresourced_hourly as hourly
    inner join marts.dim_dates as dates on hourly.hour_date = dates.local_date
    where getvariable('area') is null or hourly.area_code = getvariable('area')
    group by all
),

in_periods as (
    select 'week' as period_type, week_start_date as period_start, * from hours
    union all
    select 'month', month_start_date, * from hours
    union all
    select 'quarter', quarter_start_date, * from hours
),

periods as (
    select
        period_type,
        period_start,
        kind,
        cast(sum(inflow_count) as bigint) as inflow_count,
        cast(sum(outflow_count) as bigint) as outflow_count,
        cast(max_by(incident_count, hour_at) as bigint) as closing_stock,
        cast(sum(incident_count) filter (where not is_estimated) as bigint) as hourly_count_sum,
        count(*) filter (where not is_estimated) as hour_count,
        count(*) as eligible_count
    from in_periods
    group by period_type, period_start, kind
),

opened as (
    select
        *,
        coalesce(lag(closing_stock) over (partition by period_type, kind order by period_start), 0) as opening_stock,
        case period_type
            when 'week' then period_start + interval 7 day
            when 'month' then period_start + interval 1 month
            else period_start + interval 3 month
        end as ends_before
    from periods
),

final as (
    select
        period_type,
        period_start,
        kind,
        opening_stock,
        inflow_count,
        outflow_count,
        closing_stock,
        opening_stock + inflow_count - outflow_count - closing_stock as difference,
        hourly_count_sum,
        hour_count,
        hourly_count_sum / nullif(hour_count, 0) as average_stock,
        hour_count as measured_count,
        eligible_count,
        (
            select string_agg(disruption_key, '|' order by disruption_key)
            from marts.fct_disruptions
            where started_at_local < opened.ends_before and (ended_at_local > opened.period_start or ended_at_local is null)
        ) as disruption_keys
    from opened
)

select *
from final
order by list_position(['week', 'month', 'quarter'], period_type), period_start desc, kind <> 'LIVE', kind
