{{ config(materialized='table') }}

with

days as (
    select * from {{ days_between("date '1990-01-01'", "date '2040-12-31'") }} as series
),

bank_holidays as (
    select holiday_date, min(label) as label from {{ ref('bank_holidays') }} group by holiday_date
),

started as (
    select
        day as local_date,
        {{ to_utc('day') }} as starts_at,
        {{ to_utc(plus_days('day', 1)) }} as ends_at,
        cast({{ weekday_number('day') }} as bigint) as weekday_number,
        cast(extract(year from day) as bigint) as calendar_year,
        cast(extract(month from day) as bigint) as calendar_month,
        cast(extract(day from day) as bigint) as day_of_month,
        {{ first_of_month('day') }} as month_start_date,
        {{ plus_days('day', '1 - cast(' ~ weekday_number('day') ~ ' as integer)') }} as week_start_date
    from days
),

-- The financial year runs from April to March.
placed as (
    select
        *,
        calendar_year - case when calendar_month < 4 then 1 else 0 end as financial_year_number,
        {{ whole_quotient('(calendar_month + 8) % 12', 3) }} + 1 as financial_quarter_number,
        (calendar_month + 8) % 12 + 1 as financial_month_number
    from started
),

final as (
    select
        placed.local_date,
        {{ to_instant('placed.starts_at') }} as starts_at,
        {{ to_instant('placed.ends_at') }} as ends_at,
        cast({{ whole_quotient(seconds_between('placed.starts_at', 'placed.ends_at'), 3600) }} as bigint) as hours_count,
        placed.weekday_number,
        case placed.weekday_number
            when 1 then 'Monday' when 2 then 'Tuesday' when 3 then 'Wednesday' when 4 then 'Thursday'
            when 5 then 'Friday' when 6 then 'Saturday' else 'Sunday'
        end as weekday_label,
        placed.weekday_number >= 6 as is_weekend,
        placed.week_start_date,
        {{ plus_days('placed.week_start_date', 6) }} as week_end_date,
        placed.month_start_date,
        placed.calendar_month,
        placed.calendar_year,
        cast({{ dbt.dateadd('month', '-1 * cast((placed.calendar_month - 1) % 3 as integer)', 'placed.month_start_date') }} as date)
            as quarter_start_date,
        cast(placed.financial_quarter_number as bigint) as financial_quarter_number,
        cast({{ dbt.dateadd('month', '-1 * cast(placed.financial_month_number - 1 as integer)', 'placed.month_start_date') }} as date)
            as year_start_date,
        cast(placed.financial_year_number as string) || '/'
            || right(cast(placed.financial_year_number + 1 as string), 2) as financial_year,
        bank_holidays.holiday_date is not null as is_bank_holiday,
        bank_holidays.label as bank_holiday_label,
        (placed.calendar_month = 12 and placed.day_of_month >= 18) or (placed.calendar_month = 1 and placed.day_of_month <= 2)
            as is_christmas_window
    from placed
    left join bank_holidays on placed.local_date = bank_holidays.holiday_date
)

select * from final
