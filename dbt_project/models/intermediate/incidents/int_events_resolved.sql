-- Log events with their resolved times: the few that had to be resolved take the place of what was delivered.

{{ config(materialized='view') }}

with

events as (
    select * from {{ ref('stg_saab_incident_log') }}
),

resolved as (
    select * from {{ ref('int_doubled_hour_resolved') }}
),

final as (
    select
        events.incident_hash,
        events.incident_key,
        events.event_no,
        coalesce(resolved.event_at, events.event_at) as event_at,
        events.is_event_at_ambiguous,
        coalesce(resolved.recorded_at, events.recorded_at) as recorded_at,
        events.event_code,
        events.is_grading,
        events.is_grade_given,
        events.is_risk_given,
        events.is_tasking,
        events.is_task_declined,
        events.is_risk_reassessed,
        events.is_assigning,
        events.is_unassigning,
        events.is_booking,
        events.is_moving,
        events.is_failing_booking,
        events.is_closing,
        events.is_reopening,
        events.from_code,
        events.to_code,
        events.grade_code,
        events.appointment_key,
        events.diary_code,
        events.resource,
        events.user_token,
        events._row_id,
        events._delivery_id,
        events._source_row
    from events
    left join resolved on events.incident_hash = resolved.incident_hash and events.event_no = resolved.event_no
)

select * from final
