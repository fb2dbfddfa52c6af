-- SAAB incidents with what their log, their resources and their diary say of them. Only the incidents this run works out.

with

affected_incidents as (
    select * from {{ ref('int_affected_incidents') }}
),

incidents as (
    select *
    from {{ ref('stg_saab_incidents') }}
    {% if not is_full_run() %}
    where incident_key in (select incident_key from affected_incidents)
    {% endif %}
),

milestones as (
    select * from {{ ref('int_milestones_picked') }}
),

arrivals as (
    select * from {{ ref('int_arrivals_picked') }}
),

appointments as (
    select * from {{ ref('int_appointments_summed_up') }}
),

-- The log closes an incident; where it has no closing, the incident's own row does.
joined as (
    select
        incidents.*,
        milestones.first_graded_at,
        milestones.first_tasked_at,
        milestones.first_assigned_at,
        case
            when milestones.has_closing_event then milestones.closed_at
            when incidents.is_closed_by_status
                and (milestones.last_reopened_at is null or milestones.last_reopened_at <= incidents.closed_at)
                then incidents.closed_at
        end as last_closed_at,
        arrivals.first_en_route_at,
        case when incidents.first_at_scene_at >= incidents.created_at then incidents.first_at_scene_at end as exported_at_scene_at,
        arrivals.first_at_scene_at as pressed_at_scene_at,
        arrivals.incident_hash is not null as has_response_status,
        coalesce(arrivals.invalid_at_scene_count, 0)
            + case when incidents.first_at_scene_at < incidents.created_at then 1 else 0 end as invalid_at_scene_count,
        coalesce(appointments.appointment_count, 0) as appointment_count,
        coalesce(appointments.has_attended_appointment, false) as has_attended_appointment,
        coalesce(appointments.has_every_slot_passed, false) as has_every_slot_passed
    from incidents
    left join milestones on incidents.incident_hash = milestones.incident_hash
    left join arrivals on incidents.incident_hash = arrivals.incident_hash
    left join appointments on incidents.incident_hash = appointments.incident_hash
),

final as (
    select
        incident_key,
        system_version,
        created_at,
        recorded_at,
        source_code,
        call_ref,
        opening_category,
        closing_category,
        qualifiers,
        grade_initial,
        grade_final,
        area_code,
        beat_code,
        is_urban,
        thrive_risk,
        is_domestic_abuse,
        is_repeat_victim,
        is_back_record,
        is_duplicate,
        linked_incident_key,
        first_graded_at,
        first_tasked_at,
        first_assigned_at,
        first_en_route_at,
        coalesce(exported_at_scene_at, pressed_at_scene_at) as first_at_scene_at,
        case
            when exported_at_scene_at is not null then 'incident_export'
            when pressed_at_scene_at is not null then 'resource_status'
        end as at_scene_source,
        invalid_at_scene_count,
        last_closed_at as closed_at,
        (exported_at_scene_at is not null or has_response_status or has_attended_appointment) as is_attended,
        appointment_count,
        has_every_slot_passed,
        updated_at,
        _delivery_id,
        _source_row
    from joined
)

select * from final
