{{ config(materialized='table', schema='intermediate') }}

with

input_days as (

    select * from {{ ref('kpi_input_days') }}

),

-- Every period a day belongs to.
period_days as (

    {% for period_type in ['day', 'week', 'month', 'quarter', 'year'] %}
    select
        input_set,
        system,
        '{{ period_type }}' as period_type,
        {{ 'local_date' if period_type == 'day' else period_type ~ '_start_date' }} as period_start,
        is_there,
        is_complete,
        is_late,
        is_estimated
    from input_days
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

counted as (

    select
        input_set,
        system,
        period_type,
        period_start,
        sum(case when is_there then 1 else 0 end) as delivered_day_count,
        sum(case when is_complete then 1 else 0 end) as complete_day_count,
        sum(case when is_late then 1 else 0 end) as late_day_count,
        sum(case when is_estimated then 1 else 0 end) as estimated_day_count
    from period_days
    group by input_set, system, period_type, period_start

),

ended as (

    select
        *,
        cast(
            case period_type
                when 'day' then period_start
                when 'week' then {{ dbt.dateadd('day', 6, 'period_start') }}
                when 'month' then {{ dbt.dateadd('day', -1, dbt.dateadd('month', 1, 'period_start')) }}
                when 'quarter' then {{ dbt.dateadd('day', -1, dbt.dateadd('month', 3, 'period_start')) }}
                else {{ dbt.dateadd('day', -1, dbt.dateadd('month', 12, 'period_start')) }}
            end as date
        ) as period_end
    from counted

),

final as (

    select
        input_set,
        system,
        period_type,
        period_start,
        period_end,
        {{ dbt.datediff('period_start', 'period_end', 'day') }} + 1 as day_count,
        cast(delivered_day_count as bigint) as delivered_day_count,
        cast(complete_day_count as bigint) as complete_day_count,
        cast(late_day_count as bigint) as late_day_count,
        cast(estimated_day_count as bigint) as estimated_day_count
    from ended

)

select * from final
