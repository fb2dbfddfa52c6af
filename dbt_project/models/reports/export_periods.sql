-- Every day, week or month that a file of each export is expected for, and whether it is due yet.

with

exports as (
    select * from {{ ref('export_spans') }}
),

-- What is not due is expected as long as it came; what never came, from the first day of anything.
stretches as (
    select
        export,
        cadence,
        due_days,
        as_of_date,
        case
            when cadence = 'month' then cast({{ dbt.date_trunc('month', 'coalesce(first_business_date, first_date_of_any)') }} as date)
            when cadence = 'week' then cast({{ dbt.date_trunc('week', 'coalesce(first_business_date, first_date_of_any)') }} as date)
            else coalesce(first_business_date, first_date_of_any)
        end as first_date,
        case when due_days is null then newest_business_date else as_of_date end as last_date
    from exports
    where cadence <> 'change'
        and first_date_of_any is not null
        and (due_days is not null or newest_business_date is not null)
),

days as (
    select
        export,
        cadence,
        due_days,
        as_of_date,
        {{ days_of('first_date', 'last_date') }} as business_date
    from stretches
    where first_date <= last_date
),

periods as (
    select
        export,
        business_date,
        due_days,
        as_of_date,
        case cadence
            when 'month' then {{ plus_days(dbt.dateadd('month', 1, 'business_date'), -1) }}
            when 'week' then {{ plus_days('business_date', 6) }}
            else business_date
        end as period_end
    from days
    where cadence = 'day'
        or (cadence = 'month' and business_date = {{ first_of_month('business_date') }})
        or (cadence = 'week' and business_date = cast({{ dbt.date_trunc('week', 'business_date') }} as date))
),

final as (
    select
        export,
        business_date,
        period_end,
        case when due_days is not null then {{ plus_days('period_end', 'due_days') }} end as due_date,
        due_days is null or {{ plus_days('period_end', 'due_days') }} <= {{ plus_days('as_of_date', 1) }} as is_due
    from periods
)

select * from final
