-- Published as the view it is: a copy of these rows would cost what the facts cost.
{{ config(materialized='view', meta={'published_as': 'view'}) }}

with

not_in_facts as (
    select * from {{ ref('rows_not_in_facts') }}
),

calls as (
    select * from {{ ref('fct_calls') }}
),

segments as (
    select * from {{ ref('fct_call_segments') }}
),

events as (
    select * from {{ ref('fct_incident_events') }}
),

statuses as (
    select * from {{ ref('fct_resource_statuses') }} where incident_key is not null
),

appointments as (
    select * from {{ ref('fct_diary_appointments') }} where incident_key is not null
),

-- A call names its lowest segment; the others stand behind it.
other_segments as (
    select segments.*
    from segments
    inner join calls on segments.call_key = calls.call_key
    where segments._delivery_id <> calls._delivery_id or segments._source_row <> calls._source_row
),

final as (
    select table_name, row_key, delivery_id, source_row, outcome from not_in_facts

    union all

    select 'fct_calls' as table_name, call_key as row_key, _delivery_id as delivery_id, _source_row as source_row, 'loaded' as outcome
    from other_segments

    union all

    select 'fct_incidents' as table_name, incident_key as row_key, _delivery_id as delivery_id, _source_row as source_row, 'loaded' as outcome
    from events

    union all

    select 'fct_incidents' as table_name, incident_key as row_key, _delivery_id as delivery_id, _source_row as source_row, 'loaded' as outcome
    from statuses

    union all

    select 'fct_incidents' as table_name, incident_key as row_key, _delivery_id as delivery_id, _source_row as source_row, 'loaded' as outcome
    from appointments
)

select * from final
