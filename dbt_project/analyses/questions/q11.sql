-- Q11. How many incidents are unresourced right now (at the as-of instant, which the answer prints), at each hour, on an average day;
--   by grade, area, domestic abuse, scheduled appointment, diary car; how old; against the upper limit and the area of concern?
-- Read: First now: at_local is the as-of instant, the end of the newest day of which incidents and log came. Then each hour of that
--   day. Then the average day of the chosen month (the newest of which nine tenths of the days came, else the newest): incident_count
--   is hourly_count_sum / hour_count. LIVE is unresourced; SCHEDULED, DIARY_CAR and DA_DIARY_CAR are parked in a diary; FORCE and ALL
--   are totals. oldest_hours is since the start of the current spell. measured_count of eligible_count incidents or hours were
--   delivered.
-- Caveats: Now is the as-of instant of the exports, not of the clock on the wall. The force's upper limit and area of concern are not
--   public: their columns are empty until the reference data hold them. Area, risk and domestic abuse are as the incident now stands,
--   grade as it was at the hour. Duplicates are in none. Hours of days that were not delivered are in no average.
with

as_of as (
    select min(as_of_date) as as_of_date, min(as_of_at) as as_of_at
    from (
        select max(dates.local_date) as as_of_date, max(dates.ends_at) as as_of_at
        from quality.deliveries as deliveries
        inner join marts.dim_dates as dates on deliveries.business_date = dates.local_date
        where deliveries.export in ('saab_incidents', 'saab_incident_log')
            and deliveries.status in ('LOADED', 'SUPERSEDED')
            and deliveries.rows_read > 0
        group by deliveries.export
    )
),

open_now as (
    select states.*, as_of.as_of_date, date_diff('second', states.spell_started_at, as_of.as_of_at) / 3600 as age_hours
    from marts.fct_incident_states as states
    cross join as_of
    where states.ended_at is null
        and states.state in ('UNRESOURCED', 'DIARY', 'DIARY_OVERDUE')
        and not states.is_duplicate
),

hours as (
    select hourly.*, dates.month_start_date, strftime(hourly.hour_at_local, '%H:00') as hour_of_day
    from marts.fct_unresourced_hourly as hourly
    inner join marts.dim_dates as dates on hourly.hour_date = dates.local_date
),

chosen as (
    select hours.month_start_date
    from hours
    where getvariable('month') is null or hours.month_start_date = cast(getvariable('month') as date)
    group by hours.month_start_date
    order by
        count(distinct hours.hour_date) filter (where not hours.is_estimated)
        >= 0.9 * (select count(*) from marts.dim_dates as dates where dates.month_start_date = hours.month_start_date) desc,
        hours.month_start_date desc
    limit 1
),

counted as (
    select
        '1 now' as part, max(as_of_date) as on_date, cast(max(as_of_date) + 1 as timestamp) as at_local, 'ALL' as hour_of_day,
        coalesce(area_code, 'FORCE') as area_code, coalesce(grade, 'ALL') as grade, coalesce(kind, 'ALL') as kind,
        count(*) as incident_count,
        count(*) filter (where thrive_risk = 'HIGH') as high_risk_count,
        count(*) filter (where is_domestic_abuse) as domestic_abuse_count,
        count(*) filter (where age_hours * 3600 > response_target_seconds) as beyond_target_count,
        max(age_hours) as oldest_hours,
        null as hourly_count_sum, null as hour_count, count(*) as measured_count, count(*) as eligible_count
    from open_now
    group by grouping sets ((), (kind), (kind, area_code), (kind, grade))
    having count(*) > 0

    union all

    select
        '2 each hour of the newest day', max(hour_date), max(hour_at_local), max(hour_of_day), 'FORCE', 'ALL', coalesce(kind, 'ALL'),
        sum(incident_count), sum(high_risk_count), sum(domestic_abuse_count), sum(beyond_target_count), max(oldest_seconds) / 3600,
        null, null, case when bool_or(is_estimated) then 0 else 1 end, 1
    from hours
    where hour_date = (select as_of_date from as_of)
    group by grouping sets ((hour_at), (hour_at, kind))

    union all

    select
        '3 average day', max(month_start_date), null, coalesce(hour_of_day, 'ALL'),
        coalesce(area_code, 'FORCE'), coalesce(grade, 'ALL'), coalesce(kind, 'ALL'),
        sum(incident_count) filter (where not is_estimated) / count(distinct hour_at) filter (where not is_estimated),
        sum(high_risk_count) filter (where not is_estimated) / count(distinct hour_at) filter (where not is_estimated),
        sum(domestic_abuse_count) filter (where not is_estimated) / count(distinct hour_at) filter (where not is_estimated),
        sum(beyond_target_count) filter (where not is_estimated) / count(distinct hour_at) filter (where not is_estimated),
        null,
        sum(incident_count) filter (where not is_estimated), count(distinct hour_at) filter (where not is_estimated),
        count(distinct hour_at) filter (where not is_estimated), count(distinct hour_at)
    from hours
    where month_start_date = (select month_start_date from chosen)
    group by grouping sets ((), (kind), (kind, hour_of_day), (kind, area_code), (kind, grade))
    having count(*) > 0
),

final as (
    select
        counted.part, counted.on_date, counted.at_local, counted.hour_of_day, counted.kind, counted.area_code, counted.grade,
        cast(counted.incident_count as double) as incident_count,
        cast(counted.high_risk_count as double) as high_risk_count,
        cast(counted.domestic_abuse_count as double) as domestic_abuse_count,
        cast(counted.beyond_target_count as double) as beyond_target_count,
        counted.oldest_hours,
        limits.upper_limit,
        limits.area_of_concern,
        cast(counted.hourly_count_sum as bigint) as hourly_count_sum,
        counted.hour_count,
        counted.measured_count,
        counted.eligible_count,
        (
            select string_agg(disruption_key, '|' order by disruption_key)
            from marts.fct_disruptions
            where started_at_local < case when counted.part like '3%' then counted.on_date + interval 1 month else counted.on_date + interval 1 day end
                and (ended_at_local > counted.on_date or ended_at_local is null)
        ) as disruption_keys
    from counted
    left join marts.dim_unresourced_limits as limits
        on counted.area_code = limits.area_code
        and counted.grade = limits.grade
        and counted.kind = limits.kind
        and counted.on_date >= limits.valid_from
        and (counted.on_date < limits.valid_to or limits.valid_to is null)
)

select *
from final
where getvariable('area') is null or area_code = getvariable('area')
order by part, at_local, kind <> 'ALL', kind, hour_of_day <> 'ALL', area_code <> 'FORCE', area_code, grade <> 'ALL', grade, hour_of_day
