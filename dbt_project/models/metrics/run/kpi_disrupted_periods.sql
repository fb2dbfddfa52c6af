{{ config(materialized='table', schema='intermediate') }}

with

periods as (

    select * from {{ ref('kpi_input_periods') }}

),

disruptions as (

    select * from {{ ref('fct_disruptions') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

delivered_days as (

    select * from {{ ref('int_delivered_days') }}

),

exports as (

    select * from {{ ref('exports') }}

),

-- The code by which the register of disruptions names a system.
systems as (

    select distinct delivered_days.system, exports.system as system_code
    from delivered_days
    inner join exports on delivered_days.export = exports.export

),

-- The local dates a disruption lasted, per system; one without an end lasts to the as-of date.
disrupted_spans as (

    select distinct
        disruptions.disruption_key,
        disruptions.lines,
        as_of.system,
        cast(disruptions.started_at_local as date) as first_date,
        coalesce(
            cast({{ dbt.dateadd('microsecond', -1, 'disruptions.ended_at_local') }} as date),
            as_of.as_of_date
        ) as last_date
    from disruptions
    inner join systems on {{ disruption_touches('disruptions.systems', 'systems.system_code') }}
    inner join as_of on systems.system = as_of.system

),

final as (

    select
        periods.input_set,
        periods.period_type,
        periods.period_start,
        disrupted_spans.disruption_key,
        disrupted_spans.lines
    from periods
    inner join disrupted_spans
        on periods.system = disrupted_spans.system
        and periods.period_start <= disrupted_spans.last_date
        and periods.period_end >= disrupted_spans.first_date

)

select * from final
