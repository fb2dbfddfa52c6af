-- Q06. Did Single Online Home and the digital desk (live 21 September 2021) take calls away from 101? Engagements and outbound messages
--   per day, by platform.
-- Read: One row per week and platform, ALL first. engagement_count / day_count and outbound_count / day_count are contacts per elapsed
--   day; beside them 101 calls offered per day that came, in the same week. weeks_since_live counts from the week of the digital desk's
--   first contact: compare calls_101_per_day of negative weeks with that of later ones.
-- Caveats: Both moving together does not say that one took from the other: season, outages and staffing move calls too, and there is no
--   force without a digital desk to compare with. Per elapsed day, weekends in; the indicator digital_engagements_per_weekday divides
--   by Mondays to Fridays. A contact is counted where the export has it as one, whatever number of messages it holds.
with

weeks as (
    select period_start, value as calls_101_offered, delivered_day_count as calls_day_count, quality_state, disruption_keys
    from metrics.kpi_results
    where kpi_id = 'calls_offered' and period_type = 'week' and scope_type = 'line' and scope_code = '101'
),

contacts as (
    select contacts.*, dates.week_start_date
    from marts.fct_digital_contacts as contacts
    inner join marts.dim_dates as dates on contacts.opened_date = dates.local_date
),

live as (
    select min(week_start_date) as live_week from contacts where channel_code = 'DIGITAL_DESK'
),

days as (
    select dates.week_start_date, count(*) as day_count
    from marts.dim_dates as dates
    inner join quality.deliveries as deliveries on dates.month_start_date = deliveries.business_date
    where deliveries.export = 'digital_contacts' and deliveries.status in ('LOADED', 'SUPERSEDED') and deliveries.rows_read > 0
    group by dates.week_start_date
),

counted as (
    select
        week_start_date,
        coalesce(platform, 'ALL') as platform,
        count(*) filter (where direction = 'IN') as engagement_count,
        count(*) filter (where direction = 'OUT') as outbound_count,
        count(*) filter (where direction in ('IN', 'OUT')) as measured_count,
        count(*) as eligible_count
    from (select week_start_date, coalesce(platform, 'UNKNOWN') as platform, direction from contacts)
    group by grouping sets ((week_start_date), (week_start_date, platform))
),

final as (
    select
        counted.week_start_date,
        (counted.week_start_date - live.live_week) // 7 as weeks_since_live,
        counted.platform,
        counted.engagement_count,
        counted.outbound_count,
        days.day_count,
        counted.engagement_count / days.day_count as engagements_per_day,
        counted.outbound_count / days.day_count as outbound_per_day,
        weeks.calls_101_offered,
        weeks.calls_day_count,
        weeks.calls_101_offered / nullif(weeks.calls_day_count, 0) as calls_101_per_day,
        counted.measured_count,
        counted.eligible_count,
        weeks.quality_state,
        weeks.disruption_keys
    from counted
    inner join days on counted.week_start_date = days.week_start_date
    left join weeks on counted.week_start_date = weeks.period_start
    cross join live
)

select * from final
order by week_start_date desc, platform <> 'ALL', platform
