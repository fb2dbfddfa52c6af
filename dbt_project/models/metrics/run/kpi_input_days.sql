-- Which local days each set of inputs has: from its first delivered business date to its system's as-of date, without gaps.

{{ config(materialized='ephemeral') }}

with

inputs as (

    select * from {{ ref('kpi_inputs') }}

),

delivered_days as (

    select * from {{ ref('int_delivered_days') }} where is_delivered

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

dates as (

    select * from {{ ref('dim_dates') }}

),

export_starts as (

    select export, system, min(business_date) as first_date
    from delivered_days
    group by export, system

),

spans as (

    select
        inputs.input_set,
        as_of.system,
        min(export_starts.first_date) as first_date,
        max(as_of.as_of_date) as last_date
    from inputs
    inner join export_starts on inputs.export = export_starts.export
    inner join as_of on export_starts.system = as_of.system
    where inputs.role = 'dates'
    group by inputs.input_set, as_of.system

),

-- What was asked for each day and whether it came. What only helps is asked for once it has ever come.
asked as (

    select
        spans.input_set,
        inputs.supplied_by,
        dates.local_date,
        inputs.role = 'needs' as is_needed,
        delivered_days.business_date is not null as is_sent,
        inputs.role = 'needs' or dates.local_date >= export_starts.first_date as is_expected
    from spans
    inner join inputs on spans.input_set = inputs.input_set and inputs.role in ('needs', 'helps')
    inner join dates on dates.local_date between spans.first_date and spans.last_date
    left join export_starts on inputs.export = export_starts.export
    left join delivered_days
        on inputs.export = delivered_days.export
        and dates.local_date = delivered_days.business_date
        and (inputs.only_version = '' or inputs.only_version = delivered_days.contract_version)
        and (inputs.not_version = '' or inputs.not_version <> delivered_days.contract_version)

),

supplied as (

    select
        input_set,
        supplied_by,
        local_date,
        min(case when is_needed and not is_sent then 0 else 1 end) = 1 as is_there,
        min(case when coalesce(is_expected, false) and not is_sent then 0 else 1 end) = 1 as is_complete
    from asked
    group by input_set, supplied_by, local_date

),

-- A day is there when one supplier has sent all that is needed.
supplied_days as (

    select
        input_set,
        local_date,
        max(case when is_there then 1 else 0 end) = 1 as is_there,
        max(case when is_there and is_complete then 1 else 0 end) = 1 as is_complete
    from supplied
    group by input_set, local_date

),

final as (

    select
        supplied_days.input_set,
        spans.system,
        supplied_days.local_date,
        dates.week_start_date,
        dates.month_start_date,
        dates.quarter_start_date,
        dates.year_start_date,
        supplied_days.is_there,
        supplied_days.is_complete
    from supplied_days
    inner join spans on supplied_days.input_set = spans.input_set
    inner join dates on supplied_days.local_date = dates.local_date

)

select * from final
