{{ config(
    materialized='incremental',
    incremental_strategy='affected_units',
    unique_key=['resource', 'started_date'],
    meta={'affected': 'int_affected_resource_days'},
) }}

-- Which rows are replaced: depends_on: {{ ref('int_affected_resource_days') }}

with

statuses as (
    select * from {{ ref('int_statuses_spanned') }}
),

final as (
    select
        resource,
        status_code,
        {{ to_instant('started_at') }} as started_at,
        {{ to_local('started_at') }} as started_at_local,
        started_date,
        {{ to_instant('ended_at') }} as ended_at,
        {{ seconds_between('started_at', 'ended_at') }} as duration_seconds,
        delivered_status_code,
        incident_key,
        area_code,
        _delivery_id,
        _source_row
    from statuses
)

select * from final
