-- What telephony showed during each disruption, and what it usually shows: by line, as a disruption may strike some lines only.
--
-- Usual is the mean of the same weekdays and times of day in the 28 days before the disruption's first day, of those days that were
-- delivered and free of any disruption of the line. Bank holidays are not taken out: with at most four days they would leave too few.

with

disruptions as (
    select * from {{ ref('stg_service_disruptions') }} where started_at is not null
),

calls as (
    select line, offered_at, offered_at_local, offered_date, outcome from {{ ref('fct_calls') }}
),

lines as (
    select distinct means as line from {{ ref('lines') }} where code = means
),

exports as (
    select system as system_code from {{ ref('exports') }} where export = 'acd_segments'
),

delivered_days as (
    select system, business_date from {{ ref('int_delivered_days') }} where export = 'acd_segments' and is_delivered
),

disrupted_days as (
    select * from {{ ref('int_disrupted_days') }}
),

as_of as (
    select as_of_at from {{ ref('int_as_of') }} where system in (select system from delivered_days)
),

struck as (
    select
        disruptions.disruption_key,
        lines.line,
        disruptions.started_at,
        coalesce(disruptions.ended_at, as_of.as_of_at) as ended_at
    from disruptions
    inner join exports on {{ disruption_touches('disruptions.systems', 'exports.system_code') }}
    inner join lines on {{ disruption_touches_line('disruptions.lines', 'lines.line') }}
    cross join as_of
),

lasting as (
    select
        *,
        {{ to_local('started_at') }} as started_at_local,
        {{ to_local('ended_at') }} as ended_at_local,
        {{ to_local_date('started_at') }} as first_date,
        {{ to_local_date('ended_at') }} as last_date
    from struck
    where ended_at > started_at
),

spread as (
    select
        disruption_key,
        line,
        started_at,
        ended_at,
        started_at_local,
        ended_at_local,
        first_date,
        last_date,
        {{ days_of('first_date', 'last_date') }} as local_date
    from lasting
),

-- The part of each of its days that it took, in seconds of the wall clock.
days as (
    select
        *,
        case when local_date = first_date then {{ epoch_seconds('started_at_local') }} - {{ epoch_seconds('cast(local_date as timestamp)') }}
            else 0 end as from_seconds,
        case when local_date = last_date then {{ epoch_seconds('ended_at_local') }} - {{ epoch_seconds('cast(local_date as timestamp)') }}
            else 86400 end as to_seconds
    from spread
),

disrupted_line_days as (
    select distinct disrupted_days.local_date, lines.line
    from disrupted_days
    inner join exports on disrupted_days.system_code = exports.system_code
    inner join lines on {{ disruption_touches_line('disrupted_days.lines', 'lines.line') }}
),

earlier_days as (
    select
        days.disruption_key,
        days.line,
        days.local_date,
        delivered_days.business_date as earlier_date,
        {{ plus_seconds('cast(delivered_days.business_date as timestamp)', 'days.from_seconds') }} as from_at_local,
        {{ plus_seconds('cast(delivered_days.business_date as timestamp)', 'days.to_seconds') }} as to_at_local
    from days
    inner join delivered_days
        on delivered_days.business_date < days.first_date
        and delivered_days.business_date >= {{ plus_days('days.first_date', -28) }}
        and {{ weekday_number('delivered_days.business_date') }} = {{ weekday_number('days.local_date') }}
    left join disrupted_line_days
        on delivered_days.business_date = disrupted_line_days.local_date
        and days.line = disrupted_line_days.line
    where days.from_seconds < days.to_seconds and disrupted_line_days.line is null
),

-- The calls of those days alone: a run reads the rest of the years' calls by their date and no further.
calls_of_days as (
    select *
    from calls
    where offered_date in (select local_date from days union select earlier_date from earlier_days)
),

earlier_counts as (
    select
        earlier_days.disruption_key,
        earlier_days.line,
        earlier_days.local_date,
        earlier_days.earlier_date,
        count(calls_of_days.offered_at) as presented_count
    from earlier_days
    left join calls_of_days
        on earlier_days.line = calls_of_days.line
        and earlier_days.earlier_date = calls_of_days.offered_date
        and calls_of_days.offered_at_local >= earlier_days.from_at_local
        and calls_of_days.offered_at_local < earlier_days.to_at_local
        and calls_of_days.outcome <> 'test'
    group by earlier_days.disruption_key, earlier_days.line, earlier_days.local_date, earlier_days.earlier_date
),

usual_of_days as (
    select
        disruption_key,
        line,
        local_date,
        sum(presented_count) as presented_count,
        count(*) as day_count
    from earlier_counts
    group by disruption_key, line, local_date
),

-- A day without any like it before it leaves the whole unknown.
usual as (
    select
        days.disruption_key,
        days.line,
        case
            when count(usual_of_days.day_count) = count(*)
                then sum(cast(usual_of_days.presented_count as double) / usual_of_days.day_count)
        end as usual_presented_count,
        min(coalesce(usual_of_days.day_count, 0)) as usual_day_count
    from days
    left join usual_of_days
        on days.disruption_key = usual_of_days.disruption_key
        and days.line = usual_of_days.line
        and days.local_date = usual_of_days.local_date
    where days.from_seconds < days.to_seconds
    group by days.disruption_key, days.line
),

during as (
    select
        days.disruption_key,
        days.line,
        sum(case when calls_of_days.outcome <> 'test' then 1 else 0 end) as presented_count,
        sum(case
            when calls_of_days.outcome not in ('test', 'abandoned_in_menu', 'ended_by_menu', 'answered_elsewhere') then 1 else 0
        end) as offered_count,
        sum(case when calls_of_days.outcome = 'answered' then 1 else 0 end) as answered_count,
        sum(case when calls_of_days.outcome = 'overflow' then 1 else 0 end) as overflowed_count
    from days
    left join calls_of_days
        on days.line = calls_of_days.line
        and days.local_date = calls_of_days.offered_date
        and calls_of_days.offered_at >= {{ to_instant('days.started_at') }}
        and calls_of_days.offered_at < {{ to_instant('days.ended_at') }}
    group by days.disruption_key, days.line
),

final as (
    select
        during.disruption_key,
        during.line,
        cast(during.presented_count as bigint) as presented_count,
        cast(during.offered_count as bigint) as offered_count,
        cast(during.answered_count as bigint) as answered_count,
        cast(during.overflowed_count as bigint) as overflowed_count,
        round(usual.usual_presented_count, 6) as usual_presented_count,
        cast(usual.usual_day_count as bigint) as usual_day_count
    from during
    inner join usual on during.disruption_key = usual.disruption_key and during.line = usual.line
)

select * from final
