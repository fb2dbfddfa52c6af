-- Statistics of the waits of answered calls that do not add up, per period and line.

{{ config(materialized='ephemeral') }}

with

calls as (

    select * from {{ ref('fct_calls') }} where outcome = 'answered'

),

period_days as (

    select * from {{ ref('kpi_period_days') }} where input_set = 'calls'

),

-- `other_wait_seconds` is a wait outside every disruption, filled only in periods that have one.
answered as (

    select
        period_days.period_type,
        period_days.period_start,
        calls.line,
        calls.wait_seconds,
        case when period_days.is_disrupted and calls.disruption_key is null then calls.wait_seconds end as other_wait_seconds
    from calls
    inner join period_days on calls.offered_date = period_days.local_date

),

by_line as (

    select
        period_type,
        period_start,
        line,
        {%- for indicator in indicators_of('calls_waits') %}
        {{ statistic_of(indicator, 'wait_seconds') }} as {{ indicator.kpi_id }},
        {{ statistic_of(indicator, 'other_wait_seconds') }} as other_{{ indicator.kpi_id }},
        {%- endfor %}
        count(wait_seconds) as measured_count,
        count(*) as eligible_count
    from answered
    group by period_type, period_start, line

),

final as (

    {% for indicator in indicators_of('calls_waits') %}
    select
        {{ sql_text(indicator.kpi_id) }} as kpi_id,
        period_type,
        period_start,
        'line' as scope_type,
        line as scope_code,
        cast({{ indicator.kpi_id }} as double) as statistic,
        cast(other_{{ indicator.kpi_id }} as double) as other_statistic,
        cast(measured_count as bigint) as measured_count,
        cast(eligible_count as bigint) as eligible_count
    from by_line
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
