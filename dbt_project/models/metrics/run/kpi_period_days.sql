{{ config(materialized='table', schema='intermediate') }}

with

periods as (

    select distinct input_set, period_type, period_start, period_end, disruption_keys is not null as is_disrupted
    from {{ ref('kpi_periods') }}

),

dates as (

    select * from {{ ref('dim_dates') }}

),

final as (

    {% for period_type in ['day', 'week', 'month', 'quarter', 'year'] %}
    select
        periods.input_set,
        periods.period_type,
        periods.period_start,
        periods.is_disrupted,
        dates.local_date
    from periods
    inner join dates on periods.period_start = dates.{{ 'local_date' if period_type == 'day' else period_type ~ '_start_date' }}
    where periods.period_type = '{{ period_type }}'
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
