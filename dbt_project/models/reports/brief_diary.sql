-- The appointments that a day's briefing speaks of: those of the day that is over, those of the day that begins, by diary.

with

appointments as (
    select * from {{ ref('fct_diary_appointments') }} where appointment_date is not null
),

diaries as (
    select diary_code, max(diary_label) as diary_label from {{ ref('dim_diaries') }} group by diary_code
),

periods as (
    select * from {{ ref('brief_periods') }} where brief = 'daily'
),

days as (
    select period_start as local_date, period_start as appointment_date, 'OVER' as which from periods
    union all
    select period_start as local_date, {{ plus_days('period_start', 1) }} as appointment_date, 'BEGINS' as which from periods
),

counted as (
    select
        days.local_date,
        days.which,
        days.appointment_date,
        coalesce(appointments.diary_code, 'ALL') as diary_code,
        count(*) as appointment_count,
        sum(case when appointments.outcome = 'KEPT' then 1 else 0 end) as kept_count,
        sum(case when appointments.outcome = 'LATE' then 1 else 0 end) as late_count,
        sum(case when appointments.outcome = 'FAILED' then 1 else 0 end) as failed_count,
        sum(case when appointments.outcome in ('CANCELLED_VICTIM', 'CANCELLED_POLICE') then 1 else 0 end) as cancelled_count,
        sum(case when appointments.outcome = 'OUTSTANDING' then 1 else 0 end) as outstanding_count,
        sum(case when appointments.outcome is null then 1 else 0 end) as unknown_count,
        sum(case when appointments.is_domestic_abuse then 1 else 0 end) as domestic_abuse_count,
        sum(case when appointments.is_inappropriate then 1 else 0 end) as inappropriate_count,
        sum(case when appointments.moves_count > 0 then 1 else 0 end) as moved_count
    from days
    inner join appointments on days.appointment_date = appointments.appointment_date
    group by
        grouping sets (
            (days.local_date, days.which, days.appointment_date),
            (days.local_date, days.which, days.appointment_date, appointments.diary_code)
        )
),

final as (
    select
        counted.local_date,
        counted.which,
        counted.appointment_date,
        counted.diary_code,
        coalesce(diaries.diary_label, case when counted.diary_code = 'ALL' then 'All diaries' else counted.diary_code end) as diary_label,
        cast(counted.appointment_count as bigint) as appointment_count,
        cast(counted.kept_count as bigint) as kept_count,
        cast(counted.late_count as bigint) as late_count,
        cast(counted.failed_count as bigint) as failed_count,
        cast(counted.cancelled_count as bigint) as cancelled_count,
        cast(counted.outstanding_count as bigint) as outstanding_count,
        cast(counted.unknown_count as bigint) as unknown_count,
        cast(counted.domestic_abuse_count as bigint) as domestic_abuse_count,
        cast(counted.inappropriate_count as bigint) as inappropriate_count,
        cast(counted.moved_count as bigint) as moved_count
    from counted
    left join diaries on counted.diary_code = diaries.diary_code
)

select * from final
