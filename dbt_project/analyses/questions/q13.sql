-- Q13. Do the areas differ in how fast they take what the control room tasks ("task, not ask"): tasked to assigned, declines, by area
--   and shift?
-- Read: One row per area and shift of the chosen month (the newest of which nine tenths of the days came, else the newest), ALL first.
--   Median and 90th percentile of the seconds from an incident's first tasking to its first assignment; measured_count of
--   eligible_count tasked incidents were assigned after it. declined_ratio is declined_count / tasked_count, events by their own time.
-- Caveats: Incidents stand in the month they were created in and the shift they were first tasked in. A difference between areas is not
--   yet one of willingness: distance, load and what is tasked differ too. What was never assigned is in no median; the coverage shows
--   how much that is. Times are as keyed in the log.
with

chosen as (
    select period_start, period_end, quality_state, disruption_keys
    from metrics.kpi_results
    where kpi_id = 'response_stage_grade_median' and period_type = 'month' and scope_type = 'force' and delivered_day_count > 0
        and (getvariable('month') is null or period_start = cast(getvariable('month') as date))
    order by delivered_day_count >= day_count * 0.9 desc, period_start desc
    limit 1
),

events as (
    select
        events.incident_key, events.event_at, events.event_date, events.event_code,
        coalesce(incidents.area_code, 'UNKNOWN') as area_code,
        half_hours.shift
    from marts.fct_incident_events as events
    inner join marts.dim_half_hours as half_hours
        on date_part('hour', events.event_at_local) * 2 + date_part('minute', events.event_at_local) // 30
            = half_hours.half_hour_number
    left join marts.fct_incidents as incidents on events.incident_key = incidents.incident_key
    where events.event_code in ('TASKED', 'TASK_DECLINED')
),

tasked as (
    select distinct
        incidents.incident_key,
        incidents.area_code,
        events.shift,
        case
            when incidents.first_assigned_at >= incidents.first_tasked_at
                then date_diff('second', incidents.first_tasked_at, incidents.first_assigned_at)
        end as seconds
    from marts.fct_incidents as incidents
    inner join chosen on incidents.created_date between chosen.period_start and chosen.period_end
    inner join events
        on incidents.incident_key = events.incident_key
        and events.event_code = 'TASKED'
        and incidents.first_tasked_at = events.event_at
),

times as (
    select
        coalesce(area_code, 'ALL') as area_code,
        coalesce(shift, 'ALL') as shift,
        quantile_cont(seconds, 0.5) as median_seconds,
        quantile_cont(seconds, 0.9) as p90_seconds,
        count(seconds) as measured_count,
        count(*) as eligible_count
    from tasked
    group by cube (area_code, shift)
),

declines as (
    select
        coalesce(area_code, 'ALL') as area_code,
        coalesce(shift, 'ALL') as shift,
        count(*) filter (where event_code = 'TASK_DECLINED') as declined_count,
        count(*) filter (where event_code = 'TASKED') as tasked_count
    from events
    inner join chosen on events.event_date between chosen.period_start and chosen.period_end
    group by cube (area_code, shift)
),

final as (
    select
        chosen.period_start as month_start,
        coalesce(times.area_code, declines.area_code) as area_code,
        coalesce(times.shift, declines.shift) as shift,
        times.median_seconds,
        times.p90_seconds,
        coalesce(times.measured_count, 0) as measured_count,
        coalesce(times.eligible_count, 0) as eligible_count,
        coalesce(declines.declined_count, 0) as declined_count,
        coalesce(declines.tasked_count, 0) as tasked_count,
        declines.declined_count / nullif(declines.tasked_count, 0) as declined_ratio,
        chosen.quality_state,
        chosen.disruption_keys
    from times
    full join declines on times.area_code = declines.area_code and times.shift = declines.shift
    cross join chosen
)

select *
from final
where getvariable('area') is null or area_code = getvariable('area')
order by area_code <> 'ALL', area_code, shift <> 'ALL', shift
