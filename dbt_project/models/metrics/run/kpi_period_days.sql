{{ config(materialized='table', schema='intermediate') }}

with

input_days as (

    select * from {{ ref('kpi_input_days') }} where is_there

),

periods as (

    select distinct input_set, period_type, period_start, disruption_keys is not null as is_disrupted
    from {{ ref('kpi_periods') }}

),

final as (

    {% for period_type in ['day', 'week', 'month', 'quarter', 'year'] %}
    {%- set period_start = 'local_date' if period_type == 'day' else period_type ~ '_start_date' %}
    select
        periods.input_set,
        periods.period_type,
        periods.period_start,
        periods.is_disrupted,
        input_days.local_date
    from periods
    inner join input_days
        on periods.input_set = input_days.input_set
        and periods.period_start = input_days.{{ period_start }}
    where periods.period_type = '{{ period_type }}'
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
