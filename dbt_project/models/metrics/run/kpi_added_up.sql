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
    'source_completeness_by_day',
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

gone_days as (

    select kpi_id, local_date from {{ ref('kpi_lost_days') }} where is_gone

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

-- A day that is not there for an indicator adds nothing: where a column was emptied, nothing counted is not nought.
days_there as (

    select by_day.*
    from by_day
    left join gone_days on by_day.kpi_id = gone_days.kpi_id and by_day.local_date = gone_days.local_date
    where gone_days.kpi_id is null

),

-- Sums of whole numbers and decimals are exact, whatever their order.
final as (

    select
        days_there.kpi_id,
        period_days.period_type,
        period_days.period_start,
        days_there.scope_type,
        days_there.scope_code,
        cast(sum(days_there.numerator) as double) as numerator,
        cast(sum(days_there.denominator) as double) as denominator,
        cast(sum(days_there.measured_count) as bigint) as measured_count,
        cast(sum(days_there.eligible_count) as bigint) as eligible_count,
        cast(sum(case when days_there.is_disrupted then 0 else days_there.numerator end) as double) as other_numerator,
        cast(sum(case when days_there.is_disrupted then 0 else days_there.denominator end) as double) as other_denominator
    from days_there
    inner join indicators on days_there.kpi_id = indicators.kpi_id
    inner join period_days
        on indicators.input_set = period_days.input_set
        and days_there.local_date = period_days.local_date
    group by days_there.kpi_id, period_days.period_type, period_days.period_start, days_there.scope_type, days_there.scope_code

)

select * from final
