-- Which days the deliveries are about in which a column was emptied or its codes are unknown, and how many of their rows those
-- brought. A row delivered again without the column loses it, so a day may lose part of its rows to a later delivery.

with

filled as (
    select * from {{ ref('int_columns_filled') }}
),

lost as (
    select export, column_name, business_date from {{ ref('int_columns_judged') }} where is_emptied or is_unknown
),

contents as (
    select export, business_date, max(covered_until) as covered_until
    from {{ source('landing', 'contents') }}
    where business_date is not null
    group by export, business_date
),

watched as (
    select distinct export, column_name from lost
),

-- Rows without a day of their own may be about any day that their delivery covers.
rows_lost as (
    select
        filled.export,
        filled.column_name,
        coalesce(filled.row_date, filled.business_date) as first_date,
        coalesce(filled.row_date, contents.covered_until, filled.business_date) as last_date,
        filled.row_count,
        case when lost.business_date is null then 0 else filled.row_count end as lost_count
    from filled
    inner join watched on filled.export = watched.export and filled.column_name = watched.column_name
    left join lost
        on filled.export = lost.export
        and filled.column_name = lost.column_name
        and filled.business_date = lost.business_date
    left join contents on filled.export = contents.export and filled.business_date = contents.business_date
),

counted as (
    select
        export,
        column_name,
        first_date,
        last_date,
        sum(row_count) as row_count,
        sum(lost_count) as lost_count
    from rows_lost
    group by export, column_name, first_date, last_date
),

days as (
    select
        export,
        column_name,
        row_count,
        lost_count,
        {{ days_of('first_date', 'last_date') }} as local_date
    from counted
    where lost_count > 0
),

final as (
    select
        export,
        column_name,
        local_date,
        max(case when lost_count * 2 >= row_count then 1 else 0 end) = 1 as is_gone
    from days
    group by export, column_name, local_date
)

select * from final
