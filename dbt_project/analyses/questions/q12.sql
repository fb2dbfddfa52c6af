-- Q12. Risk against resource: which unresourced incidents carry high risk and how many risk-hours waited; were the delayed ones
--   re-assessed in time?
-- Read: First the high-risk incidents that are unresourced at the as-of instant, the longest waiting first. Then by month and area:
--   unresourced_hours waited by all and risk_hours by those of high risk (seconds / 3,600); risk_hours_ratio is the one / the other;
--   rethrive_ratio is rethrived_count / delayed_count, the waits of high-risk incidents longer than the limit that were re-assessed
--   within it.
-- Caveats: Risk is as the incident now stands, so one that was raised later counts from its start. A re-assessment counts when it was
--   keyed as one. measured_count of eligible_count waits could be judged. Waits on days that were not delivered are in no hours.
with

as_of as (
    select min(as_of_at) as as_of_at
    from (
        select max(dates.ends_at) as as_of_at
        from quality.deliveries as deliveries
        inner join marts.dim_dates as dates on deliveries.business_date = dates.local_date
        where deliveries.export in ('saab_incidents', 'saab_incident_log')
            and deliveries.status in ('LOADED', 'SUPERSEDED')
            and deliveries.rows_read > 0
        group by deliveries.export
    )
),

figures as (
    select *
    from metrics.kpi_results
    where kpi_id in ('unresourced_hours', 'unresourced_risk_hours', 'rethrive_in_time')
        and period_type = 'month'
        and scope_type in ('force', 'area')
),

waiting as (
    select
        states.incident_key,
        states.area_code,
        states.grade,
        states.is_domestic_abuse,
        states.started_at_local,
        date_diff('second', states.spell_started_at, as_of.as_of_at) as waited_seconds,
        states.response_target_seconds,
        incidents.disruption_key
    from marts.fct_incident_states as states
    inner join marts.fct_incidents as incidents on states.incident_key = incidents.incident_key
    cross join as_of
    where states.ended_at is null and states.state = 'UNRESOURCED' and states.thrive_risk = 'HIGH' and not states.is_duplicate
),

months as (
    select
        waited.period_start,
        waited.scope_code as area_code,
        waited.value as unresourced_hours,
        coalesce(risk.value, 0) as risk_hours,
        coalesce(risk.value, 0) / nullif(waited.value, 0) as risk_hours_ratio,
        rethrived.numerator as rethrived_count,
        rethrived.denominator as delayed_count,
        rethrived.value as rethrive_ratio,
        coalesce(rethrived.measured_count, 0) as measured_count,
        coalesce(rethrived.eligible_count, 0) as eligible_count,
        waited.quality_state,
        waited.disruption_keys
    from (select * from figures where kpi_id = 'unresourced_hours') as waited
    left join (select * from figures where kpi_id = 'unresourced_risk_hours') as risk
        using (period_start, scope_type, scope_code)
    left join (select * from figures where kpi_id = 'rethrive_in_time') as rethrived
        using (period_start, scope_type, scope_code)
),

final as (
    select
        '1 waiting now at high risk' as part, cast(null as date) as month_start, incident_key, area_code, grade, is_domestic_abuse,
        started_at_local, waited_seconds / 3600 as waited_hours, waited_seconds > response_target_seconds as is_beyond_target,
        null as unresourced_hours, null as risk_hours, null as risk_hours_ratio, null as rethrived_count, null as delayed_count,
        null as rethrive_ratio, null as measured_count, null as eligible_count, null as quality_state, disruption_key as disruption_keys
    from waiting
    union all
    select
        '2 by month and area', period_start, null, area_code, null, null, null, null, null,
        unresourced_hours, risk_hours, risk_hours_ratio, rethrived_count, delayed_count,
        rethrive_ratio, measured_count, eligible_count, quality_state, disruption_keys
    from months
)

select *
from final
where (getvariable('area') is null or area_code = getvariable('area'))
    and (getvariable('month') is null or month_start is null or month_start = cast(getvariable('month') as date))
order by part, waited_hours desc, month_start desc, area_code <> 'FORCE', area_code, incident_key
