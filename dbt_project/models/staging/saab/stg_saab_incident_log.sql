-- The standing row of each log event, with known codes. A time in the doubled hour of October is resolved per incident by
-- int_doubled_hour_resolved; here it is the first pass and flagged.

with

delivered as (
    select * from {{ ref('base_saab_incident_log') }}
),

event_codes as (
    select distinct code, means from {{ ref('event_codes') }}
),

grades as (
    select distinct code, means from {{ ref('grades') }}
),

diaries as (
    select distinct code, means from {{ ref('diaries') }}
),

coded as (
    select
        delivered.*,
        coalesce(event_codes.means, 'UNKNOWN') as known_event_code
    from delivered
    left join event_codes on delivered.event_code = event_codes.code
    where delivered._outcome = 'loaded'
),

standing as (
    select
        coded.*,
        coded.known_event_code in ('GRADED', 'REGRADED') and coded.to_value is not null as has_grade,
        grades.means as known_grade,
        coded.known_event_code in ('DIARY_BOOKED', 'DIARY_MOVED', 'DIARY_FAILED') as is_of_diary,
        diaries.means as known_diary
    from coded
    left join grades on coded.to_value = grades.code
    left join diaries on coded.to_value = diaries.code
),

final as (
    select
        {{ hash_of(['incident_ref']) }} as incident_hash,
        incident_ref as incident_key,
        event_no,
        event_at,
        coalesce(event_at_is_ambiguous, false) as is_event_at_ambiguous,
        recorded_at,
        coalesce(recorded_at_is_ambiguous, false) as is_recorded_at_ambiguous,
        known_event_code as event_code,
        known_event_code = 'GRADED' as is_grading,
        known_event_code in ('GRADED', 'REGRADED') as is_grade_given,
        known_event_code in ('THRIVE', 'RETHRIVE') as is_risk_given,
        known_event_code = 'TASKED' as is_tasking,
        known_event_code = 'TASK_DECLINED' as is_task_declined,
        known_event_code = 'RETHRIVE' as is_risk_reassessed,
        known_event_code = 'ASSIGNED' as is_assigning,
        known_event_code = 'UNASSIGNED' as is_unassigning,
        known_event_code = 'DIARY_BOOKED' as is_booking,
        known_event_code = 'DIARY_MOVED' as is_moving,
        known_event_code = 'DIARY_FAILED' as is_failing_booking,
        known_event_code = 'CLOSED' as is_closing,
        known_event_code = 'REOPENED' as is_reopening,
        from_value as from_code,
        to_value as to_code,
        case when has_grade then coalesce(known_grade, 'UNKNOWN') end as grade_code,
        case when is_of_diary then from_value end as appointment_key,
        case when is_of_diary then known_diary end as diary_code,
        callsign as resource,
        user_token,
        {{ packed('_content_no', '_source_row') }} as _row_id,
        _delivery_id,
        _source_row
    from standing
)

select * from final
