-- The periods that a briefing of each kind can be asked for, the days beside which its figures are laid, and the one to show unasked.

with

spans as (
    select min(first_date_of_any) as first_date, max(as_of_date) as as_of_date from {{ ref('export_spans') }}
),

dates as (
    select dates.*, spans.first_date, spans.as_of_date
    from {{ ref('dim_dates') }} as dates
    inner join spans on dates.local_date >= spans.first_date and dates.local_date <= spans.as_of_date
),

listed as (
    select
        'daily' as brief,
        'day' as period_type,
        local_date as period_start,
        local_date as period_end,
        local_date as reached_on,
        1 as reached_day_count,
        first_date,
        as_of_date
    from dates
    union all
    select 'weekly', 'week', week_start_date, week_end_date, max(local_date), count(*), first_date, as_of_date
    from dates
    group by week_start_date, week_end_date, first_date, as_of_date
    union all
    select
        'monthly',
        'month',
        month_start_date,
        {{ plus_days(dbt.dateadd('month', 1, 'month_start_date'), -1) }},
        max(local_date),
        count(*),
        first_date,
        as_of_date
    from dates
    group by month_start_date, first_date, as_of_date
    union all
    select
        'quarterly',
        'quarter',
        quarter_start_date,
        {{ plus_days(dbt.dateadd('month', 3, 'quarter_start_date'), -1) }},
        max(local_date),
        count(*),
        first_date,
        as_of_date
    from dates
    group by quarter_start_date, first_date, as_of_date
),

judged as (
    select *, period_start >= first_date and period_end <= as_of_date as is_complete from listed
),

-- Unasked: the newest that is whole; where none is, the one of which most is there.
ranked as (
    select
        *,
        row_number() over (
            partition by brief
            order by case when is_complete then 0 else 1 end, case when is_complete then 0 else -reached_day_count end, period_start desc
        ) as place
    from judged
),

final as (
    select
        brief,
        period_type,
        period_start,
        period_end,
        reached_on,
        cast(reached_day_count as bigint) as reached_day_count,
        is_complete,
        place = 1 as is_default,
        case period_type
            when 'day' then {{ plus_days('period_start', -1) }}
            when 'week' then {{ plus_days('period_start', -7) }}
            when 'month' then cast({{ dbt.dateadd('month', -1, 'period_start') }} as date)
            else cast({{ dbt.dateadd('month', -3, 'period_start') }} as date)
        end as previous_start,
        {{ plus_days(dbt.date_trunc('week', plus_days('reached_on', 1)), -7) }} as standing_week_start,
        as_of_date
    from ranked
)

select * from final
