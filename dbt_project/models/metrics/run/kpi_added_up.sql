-- What adds up: the days of each period. `other_` leaves out what lay in a disruption.

{{ config(materialized='table', schema='intermediate') }}

{# The models of indicators whose days add up to longer periods, one line each. #}
{%- set by_day = [
    'calls_by_day',
    'occupancy_by_day',
    'response_targets_by_day',
    'incidents_by_day',
    'tasking_by_day',
    'unresourced_average_by_day',
    'unresourced_time_by_day',
    'unresourced_spells_by_day',
    'digital_by_day',
    'workforce_by_month',
    'recruitment_by_month',
    'diary_by_day',
    'diary_incidents_by_day',
    'domestic_abuse_by_day',
] %}

with

periods as (

    select * from {{ ref('kpi_periods') }}

),

period_days as (

    select * from {{ ref('kpi_period_days') }}

),

indicators as (

    select distinct kpi_id, input_set from periods

),

by_day as (

    {% for model in by_day %}
    select * from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- Sums of whole numbers and decimals are exact, whatever their order.
final as (

    select
        by_day.kpi_id,
        period_days.period_type,
        period_days.period_start,
        by_day.scope_type,
        by_day.scope_code,
        cast(sum(by_day.numerator) as double) as numerator,
        cast(sum(by_day.denominator) as double) as denominator,
        cast(sum(by_day.measured_count) as bigint) as measured_count,
        cast(sum(by_day.eligible_count) as bigint) as eligible_count,
        cast(sum(case when by_day.is_disrupted then 0 else by_day.numerator end) as double) as other_numerator,
        cast(sum(case when by_day.is_disrupted then 0 else by_day.denominator end) as double) as other_denominator
    from by_day
    inner join indicators on by_day.kpi_id = indicators.kpi_id
    inner join period_days
        on indicators.input_set = period_days.input_set
        and by_day.local_date = period_days.local_date
    group by by_day.kpi_id, period_days.period_type, period_days.period_start, by_day.scope_type, by_day.scope_code

)

select * from final
