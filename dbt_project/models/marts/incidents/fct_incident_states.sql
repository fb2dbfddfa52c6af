{{ config(
    materialized='incremental',
    incremental_strategy='affected_units',
    unique_key='incident_key',
    meta={'affected': 'int_affected_incidents'},
) }}

-- What moves is seen by comparing with the states as they stand, so before they are replaced.
-- depends_on: {{ ref('int_affected_incidents') }}
-- depends_on: {{ ref('int_affected_state_dates') }}

with

states as (
    select * from {{ ref('int_states_placed') }}
),

contents as (
    select content_no, delivery_id from {{ source('landing', 'contents') }}
),

final as (
    select
        states.incident_key,
        states.state_no,
        states.state,
        {{ to_instant('states.started_at') }} as started_at,
        {{ to_local('states.started_at') }} as started_at_local,
        {{ to_local_date('states.started_at') }} as started_date,
        {{ to_instant('states.ended_at') }} as ended_at,
        {{ seconds_between('states.started_at', 'states.ended_at') }} as duration_seconds,
        states.grade,
        states.area_code,
        states.kind,
        states.diary_code,
        states.appointment_key,
        {{ to_instant('states.spell_started_at') }} as spell_started_at,
        states.response_target_seconds,
        states.is_duplicate,
        states.is_domestic_abuse,
        states.thrive_risk,
        states.is_high_risk,
        contents.delivery_id as _delivery_id,
        cast({{ second_of_packed('states.row_id') }} as integer) as _source_row
    from states
    left join contents on {{ first_of_packed('states.row_id') }} = contents.content_no
)

select * from final
