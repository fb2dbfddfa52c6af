{{ config(materialized='table', schema='intermediate') }}

with

periods as (

    select distinct input_set, period_type, period_start from {{ ref('kpi_periods') }}

),

disrupted_periods as (

    select distinct input_set, period_type, period_start from {{ ref('kpi_disrupted_periods') }}

),

dates as (

    select * from {{ ref('dim_dates') }}

),

marked as (

    select
        periods.input_set,
        periods.period_type,
        periods.period_start,
        disrupted_periods.input_set is not null as is_disrupted
    from periods
    left join disrupted_periods
        on periods.input_set = disrupted_periods.input_set
        and periods.period_type = disrupted_periods.period_type
        and periods.period_start = disrupted_periods.period_start

),

final as (

    {% for period_type in ['day', 'week', 'month', 'quarter', 'year'] %}
    select
        marked.input_set,
        marked.period_type,
        marked.period_start,
        marked.is_disrupted,
        dates.local_date
    from marked
    inner join dates on marked.period_start = dates.{{ 'local_date' if period_type == 'day' else period_type ~ '_start_date' }}
    where marked.period_type = '{{ period_type }}'
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
