-- Q17. What did the domestic-abuse pilot change: time to attendance, arrest, risk assessment, positive action, victim support, repeat
--   within 28 days, by pilot and other areas, weekly, before and during, with an honest effect size and its uncertainty, and
--   displacement into other queues?
-- Read: First pilot and other areas before and during the pilot, then each week. Shares are their count / incident_count, of
--   domestic-abuse incidents of SAAB without duplicates; attended_24h_ratio, arrest_ratio and so on name them. outcome_known_count,
--   response_known_count and victim_known_count say of how many it could be known. Displacement: how many went into the domestic-abuse
--   diary and into other diaries, and the hours that other incidents of the same areas waited unresourced.
-- Caveats: The effect size and its uncertainty stand in metrics.pilot_effects, beside it pilot_weeks, pilot_permutations and
--   pilot_checks (docs/pilot.md). A difference between areas is not one: two pilot areas and a Christmas are few. An outcome that has
--   not come counts as not, so the newest weeks read low (measured_count of eligible_count have one). Repeats of the first 28 days of
--   the data cannot be known. Which areas took part is an assumption.
with

pilots as (
    select min(starts_on) as starts_on, max(ends_on) as ends_on from marts.dim_pilots
),

incidents as (
    select
        abuse.*,
        dates.week_start_date,
        case when abuse.is_pilot_area then 'pilot' else 'other' end as areas,
        case
            when abuse.created_date < pilots.starts_on then 'before'
            when abuse.created_date <= pilots.ends_on then 'during'
            else 'after'
        end as phase,
        diary.is_da_diary,
        diary.is_other_diary
    from marts.fct_domestic_abuse as abuse
    inner join marts.dim_dates as dates on abuse.created_date = dates.local_date
    cross join pilots
    left join (
        select incident_key, bool_or(diary_code = 'DA_DIARY_CAR') as is_da_diary, bool_or(diary_code <> 'DA_DIARY_CAR') as is_other_diary
        from marts.fct_diary_appointments
        group by incident_key
    ) as diary
        on abuse.incident_key = diary.incident_key
    where not abuse.is_legacy and not abuse.is_duplicate
),

others as (
    select
        dates.week_start_date,
        case when states.area_code in (select area_code from marts.dim_pilots) then 'pilot' else 'other' end as areas,
        case
            when states.started_date < pilots.starts_on then 'before'
            when states.started_date <= pilots.ends_on then 'during'
            else 'after'
        end as phase,
        states.duration_seconds
    from marts.fct_incident_states as states
    inner join marts.dim_dates as dates on states.started_date = dates.local_date
    cross join pilots
    where states.state = 'UNRESOURCED' and not states.is_domestic_abuse and not states.is_duplicate
),

waits as (
    select phase, areas, week_start_date, sum(duration_seconds) / 3600 as other_unresourced_hours
    from others
    group by grouping sets ((phase, areas), (phase, areas, week_start_date))
),

counted as (
    select
        phase,
        areas,
        week_start_date,
        count(*) as incident_count,
        quantile_cont(response_seconds, 0.5) as attendance_median_seconds,
        count(response_seconds) as response_known_count,
        count(*) filter (where is_attended_24h) as attended_24h_count,
        count(*) filter (where is_arrested) as arrest_count,
        count(*) filter (where is_risk_assessed) as risk_assessed_count,
        count(*) filter (where is_positive_action) as positive_action_count,
        count(*) filter (where victim_supports) as victim_supports_count,
        count(*) filter (where has_outcome) as outcome_known_count,
        count(*) filter (where is_repeat_28d) as repeat_28d_count,
        count(victim_token) as victim_known_count,
        count(*) filter (where is_da_diary) as in_da_diary_count,
        count(*) filter (where is_other_diary) as in_other_diary_count,
        string_agg(distinct disruption_key, '|' order by disruption_key) as disruption_keys
    from incidents
    group by grouping sets ((phase, areas), (phase, areas, week_start_date))
),

final as (
    select
        case when counted.week_start_date is null then '1 before and during' else '2 weekly' end as part,
        counted.phase,
        counted.areas,
        counted.week_start_date,
        counted.incident_count,
        counted.attendance_median_seconds,
        counted.response_known_count,
        counted.attended_24h_count,
        counted.attended_24h_count / counted.incident_count as attended_24h_ratio,
        counted.arrest_count,
        counted.arrest_count / counted.incident_count as arrest_ratio,
        counted.risk_assessed_count,
        counted.risk_assessed_count / counted.incident_count as risk_assessed_ratio,
        counted.positive_action_count,
        counted.positive_action_count / counted.incident_count as positive_action_ratio,
        counted.victim_supports_count,
        counted.victim_supports_count / counted.incident_count as victim_supports_ratio,
        counted.repeat_28d_count,
        counted.repeat_28d_count / counted.incident_count as repeat_28d_ratio,
        counted.victim_known_count,
        counted.in_da_diary_count,
        counted.in_other_diary_count,
        waits.other_unresourced_hours,
        counted.outcome_known_count,
        counted.outcome_known_count as measured_count,
        counted.incident_count as eligible_count,
        counted.disruption_keys
    from counted
    left join waits
        on counted.phase = waits.phase
        and counted.areas = waits.areas
        and counted.week_start_date is not distinct from waits.week_start_date
)

select *
from final
order by part, week_start_date desc, list_position(['before', 'during', 'after'], phase), areas desc
