-- On which business days a column came that an indicator cannot do without, and on which it was emptied or had codes nobody
-- knows. Judged by how full it is on the days that have it, before and after: nothing depends on what came when.

with

filled as (
    select * from {{ ref('int_columns_filled') }}
),

limits as (
    select
        cast({{ newest_parameter('judged_rows_minimum') }} as double) as judged_rows_minimum,
        cast({{ newest_parameter('emptied_column_ratio') }} as double) as emptied_column_ratio,
        cast({{ newest_parameter('unknown_codes_limit_ratio') }} as double) as unknown_codes_limit_ratio
),

days as (
    select
        export,
        column_name,
        business_date,
        cast(sum(row_count) as double) as row_count,
        cast(sum(filled_count) as double) as filled_count,
        cast(sum(unknown_count) as double) as unknown_count
    from filled
    group by export, column_name, business_date
),

usual as (
    select
        export,
        column_name,
        sum(row_count) as all_row_count,
        sum(filled_count) / nullif(sum(case when filled_count > 0 then row_count end), 0) as usual_ratio
    from days
    group by export, column_name
),

-- A column that is seldom filled is not missed on a day on which chance alone may leave it out: half the rows a day must have
-- to be judged must have been expected to be filled. One that never was filled is missed on every day.
final as (
    select
        days.export,
        days.column_name,
        days.business_date,
        days.row_count,
        days.filled_count,
        days.unknown_count,
        usual.usual_ratio,
        days.row_count >= limits.judged_rows_minimum as is_judged,
        days.row_count >= limits.judged_rows_minimum
            and (
                usual.usual_ratio is null
                or (
                    usual.usual_ratio * days.row_count * 2 >= limits.judged_rows_minimum
                    and days.filled_count < limits.emptied_column_ratio * usual.usual_ratio * days.row_count
                )
            ) as is_emptied,
        days.filled_count >= limits.judged_rows_minimum
            and days.unknown_count > limits.unknown_codes_limit_ratio * days.filled_count as is_unknown
    from days
    inner join usual on days.export = usual.export and days.column_name = usual.column_name
    cross join limits
)

select * from final
