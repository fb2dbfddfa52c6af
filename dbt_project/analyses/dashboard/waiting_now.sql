-- Which incidents wait now, those of high risk first.
-- Answers: Q12.
-- Shows: Unresourced at the as-of instant: where, which grade and risk, how long, beyond its target or not; 200 at most.
with

as_of as (
    select min(as_of_at) as as_of_at
    from (
        select max(dates.ends_at) as as_of_at
        from quality.deliveries as deliveries
        inner join marts.dim_dates as dates on deliveries.business_date = dates.local_date
        where deliveries.export in ('saab_incidents', 'saab_incident_log')
            and deliveries.status in ('LOADED', 'SUPERSEDED') and deliveries.rows_read > 0
        group by deliveries.export
    )
),

final as (
    select
        states.incident_key, states.is_high_risk, states.area_code, states.grade, states.is_domestic_abuse, states.started_at_local,
        date_diff('second', states.spell_started_at, as_of.as_of_at) / 3600 as waited_hours,
        date_diff('second', states.spell_started_at, as_of.as_of_at) > states.response_target_seconds as is_beyond_target
    from marts.fct_incident_states as states
    cross join as_of
    where states.ended_at is null and states.state = 'UNRESOURCED' and not states.is_duplicate
        and (getvariable('area') is null or states.area_code = getvariable('area'))
)

select * from final order by is_high_risk desc, waited_hours desc, incident_key limit 200
