-- What waits at the end of a day, without a resource or in a diary: how many, how long already, at what risk; by area, grade and age.

with

states as (
    select *
    from {{ ref('fct_incident_states') }}
    where state in ('UNRESOURCED', 'DIARY', 'DIARY_OVERDUE') and not is_duplicate
),

periods as (
    select * from {{ ref('brief_periods') }} where brief = 'daily'
),

dates as (
    select * from {{ ref('dim_dates') }}
),

ends as (
    select dates.local_date, dates.ends_at
    from dates
    inner join periods on dates.local_date = periods.period_start
),

waiting as (
    select
        ends.local_date,
        ends.ends_at,
        states.kind,
        states.area_code,
        states.grade,
        {{ epoch_seconds('ends.ends_at') }} - {{ epoch_seconds('states.spell_started_at') }} as age_seconds,
        states.response_target_seconds,
        states.is_high_risk,
        states.is_domestic_abuse,
        states.state = 'DIARY_OVERDUE' as is_overdue
    from ends
    inner join states on states.started_at <= ends.ends_at and (states.ended_at > ends.ends_at or states.ended_at is null)
),

banded as (
    select
        *,
        case
            when age_seconds < 3600 then '1 under an hour'
            when age_seconds < 4 * 3600 then '2 one to four hours'
            when age_seconds < 24 * 3600 then '3 four hours to a day'
            when age_seconds < 3 * 86400 then '4 one to three days'
            else '5 three days and more'
        end as age_band
    from waiting
),

counted as (
    select
        local_date,
        ends_at,
        kind,
        coalesce(area_code, 'FORCE') as area_code,
        coalesce(grade, 'ALL') as grade,
        coalesce(age_band, 'ALL') as age_band,
        count(*) as incident_count,
        sum(case when is_high_risk then 1 else 0 end) as high_risk_count,
        sum(case when is_domestic_abuse then 1 else 0 end) as domestic_abuse_count,
        sum(case when age_seconds > response_target_seconds then 1 else 0 end) as beyond_target_count,
        sum(case when is_overdue then 1 else 0 end) as overdue_count,
        max(age_seconds) as oldest_seconds,
        max(case when is_high_risk then age_seconds end) as oldest_high_risk_seconds
    from banded
    group by
        grouping sets (
            (local_date, ends_at, kind),
            (local_date, ends_at, kind, area_code),
            (local_date, ends_at, kind, grade),
            (local_date, ends_at, kind, age_band)
        )
),

final as (
    select
        local_date,
        ends_at as counted_at,
        kind,
        area_code,
        grade,
        age_band,
        cast(incident_count as bigint) as incident_count,
        cast(high_risk_count as bigint) as high_risk_count,
        cast(domestic_abuse_count as bigint) as domestic_abuse_count,
        cast(beyond_target_count as bigint) as beyond_target_count,
        cast(overdue_count as bigint) as overdue_count,
        cast(oldest_seconds as bigint) as oldest_seconds,
        cast(oldest_high_risk_seconds as bigint) as oldest_high_risk_seconds
    from counted
)

select * from final
