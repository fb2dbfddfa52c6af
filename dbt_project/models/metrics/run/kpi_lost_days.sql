{{ config(materialized='table', schema='intermediate') }}

with

definitions as (

    select * from {{ ref('kpi_definitions') }}

),

inputs as (

    select * from {{ ref('kpi_inputs') }} where role = 'needs'

),

columns as (

    select * from {{ ref('kpi_columns') }}

),

delivered_days as (

    select * from {{ ref('int_delivered_days') }} where is_delivered

),

lost_columns as (

    select * from {{ ref('int_columns_lost') }}

),

lost as (

    select
        columns.kpi_id,
        definitions.input_set,
        lost_columns.export,
        lost_columns.local_date,
        max(case when lost_columns.is_gone then 1 else 0 end) as is_gone
    from columns
    inner join lost_columns on columns.export = lost_columns.export and columns.column_name = lost_columns.column_name
    inner join definitions on columns.kpi_id = definitions.kpi_id
    group by columns.kpi_id, definitions.input_set, lost_columns.export, lost_columns.local_date

),

lost_dates as (

    select distinct input_set, local_date from lost

),

-- The ways in which such a day was supplied, and the exports that each needed.
ways as (

    select
        lost_dates.input_set,
        lost_dates.local_date,
        inputs.supplied_by,
        inputs.export,
        delivered_days.business_date is not null as is_sent
    from lost_dates
    inner join inputs on lost_dates.input_set = inputs.input_set
    left join delivered_days
        on inputs.export = delivered_days.export
        and lost_dates.local_date = delivered_days.business_date
        and (inputs.only_version = '' or inputs.only_version = delivered_days.contract_version)
        and (inputs.not_version = '' or inputs.not_version <> delivered_days.contract_version)

),

-- A way that does without the export leaves the day there.
judged as (

    select
        lost.kpi_id,
        lost.export,
        lost.local_date,
        lost.is_gone,
        ways.supplied_by,
        min(case when ways.is_sent then 1 else 0 end) = 1
            and max(case when ways.export = lost.export then 1 else 0 end) = 0 as does_without
    from lost
    left join ways on lost.input_set = ways.input_set and lost.local_date = ways.local_date
    group by lost.kpi_id, lost.export, lost.local_date, lost.is_gone, ways.supplied_by

),

by_export as (

    select
        kpi_id,
        export,
        local_date,
        case when max(case when does_without then 1 else 0 end) = 1 then 0 else max(is_gone) end as is_gone
    from judged
    group by kpi_id, export, local_date

),

final as (

    select
        kpi_id,
        local_date,
        max(is_gone) = 1 as is_gone
    from by_export
    group by kpi_id, local_date

)

select * from final
