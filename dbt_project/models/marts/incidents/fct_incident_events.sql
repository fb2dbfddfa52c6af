{{ config(
    materialized='incremental',
    incremental_strategy='affected_units',
    unique_key='incident_key',
    meta={'affected': 'int_affected_incidents'},
) }}

with

affected_incidents as (
    select * from {{ ref('int_affected_incidents') }}
),

events as (
    select *
    from {{ ref('int_events_resolved') }}
    {% if is_incremental() %}
    where incident_key in (select incident_key from affected_incidents)
    {% endif %}
),

final as (
    select
        incident_key,
        event_no,
        {{ to_instant('event_at') }} as event_at,
        {{ to_local('event_at') }} as event_at_local,
        {{ to_local_date('event_at') }} as event_date,
        is_event_at_ambiguous,
        {{ to_instant('recorded_at') }} as recorded_at,
        event_code,
        is_tasking,
        is_task_declined,
        is_risk_reassessed,
        from_code,
        to_code,
        resource,
        user_token,
        _delivery_id,
        _source_row
    from events
)

select * from final
