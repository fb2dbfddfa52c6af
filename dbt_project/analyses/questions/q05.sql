-- Q05. How much demand is internal, failure demand (chasing an update, wanting an officer) or another agency's business; by area; and
--   did the demand reduction plan remove calls?
-- Read: One row per month, area and type of demand. call_count / coded_count is its share of the answered calls whose first answer
--   carries a wrap code (measured_count of eligible_count answered calls do). calls_per_day, and its change from the month before, say
--   whether calls of that type were removed.
-- Caveats: A call has an area only through the incident it led to: failure demand mostly leads to none, and stands under NO_INCIDENT.
--   No export says when a part of the plan began, and nothing was left untouched to compare with: a fall after it is not proof that it
--   worked. The first and last month are not whole: per day, not in total.
with

months as (
    select period_start, period_end, delivered_day_count, quality_state, disruption_keys
    from metrics.kpi_results
    where kpi_id = 'calls_answered' and period_type = 'month' and scope_type = 'force' and delivered_day_count > 0
),

answered as (
    select
        months.*,
        coalesce(incidents.area_code, 'NO_INCIDENT') as area_code,
        calls.demand_type,
        calls.wrap_code is not null as has_wrap_code
    from marts.fct_calls as calls
    inner join months on calls.offered_date between months.period_start and months.period_end
    left join marts.fct_incidents as incidents on calls.incident_key = incidents.incident_key
    where calls.outcome = 'answered'
),

areas as (
    select
        period_start,
        coalesce(area_code, 'FORCE') as area_code,
        min(delivered_day_count) as day_count,
        count(*) as eligible_count,
        count(*) filter (where has_wrap_code) as measured_count,
        min(quality_state) as quality_state,
        min(disruption_keys) as disruption_keys
    from answered
    group by grouping sets ((period_start), (period_start, area_code))
),

demand as (
    select period_start, coalesce(area_code, 'FORCE') as area_code, demand_type, count(*) as call_count
    from answered
    where has_wrap_code and demand_type in ('internal', 'failure', 'other_agency')
    group by grouping sets ((period_start, demand_type), (period_start, area_code, demand_type))
),

shares as (
    select
        areas.period_start as month_start,
        areas.area_code,
        types.demand_type,
        coalesce(demand.call_count, 0) as call_count,
        areas.measured_count as coded_count,
        coalesce(demand.call_count, 0) / nullif(areas.measured_count, 0) as share_ratio,
        areas.day_count,
        coalesce(demand.call_count, 0) / areas.day_count as calls_per_day,
        areas.measured_count,
        areas.eligible_count,
        areas.quality_state,
        areas.disruption_keys
    from areas
    cross join (values ('internal'), ('failure'), ('other_agency')) as types (demand_type)
    left join demand
        on areas.period_start = demand.period_start
        and areas.area_code = demand.area_code
        and types.demand_type = demand.demand_type
),

final as (
    select
        *,
        calls_per_day - lag(calls_per_day) over (partition by area_code, demand_type order by month_start) as change_per_day
    from shares
)

select *
from final
where getvariable('area') is null or area_code = getvariable('area')
order by area_code <> 'FORCE', area_code, demand_type, month_start desc
