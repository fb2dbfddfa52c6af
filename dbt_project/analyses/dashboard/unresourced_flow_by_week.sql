-- Unresourced stock, inflow and outflow by week.
-- Answers: Q14.
-- Shows: Opening stock + inflow - outflow = closing stock, by kind, in the newest 13 weeks.
with

newest as (
    select date_trunc('week', max(hour_date)) as newest_week from marts.fct_unresourced_hourly
),

hours as (
    select
        kind, hour_at, hour_date,
        sum(incident_count) as incident_count, sum(inflow_count) as inflow_count, sum(outflow_count) as outflow_count
    from marts.fct_unresourced_hourly
    where hour_date >= (select newest_week - interval 12 week from newest)
        and (getvariable('area') is null or area_code = getvariable('area'))
    group by kind, hour_at, hour_date
),

final as (
    select
        kind, cast(date_trunc('week', hour_date) as date) as week_start,
        cast(arg_min(incident_count - inflow_count + outflow_count, hour_at) as bigint) as opening_stock,
        cast(sum(inflow_count) as bigint) as inflow_count,
        cast(sum(outflow_count) as bigint) as outflow_count,
        cast(arg_max(incident_count, hour_at) as bigint) as closing_stock
    from hours
    group by kind, date_trunc('week', hour_date)
)

select * from final order by kind, week_start
