{{ config(
    materialized='incremental',
    incremental_strategy='affected_units',
    unique_key='appointment_key',
    meta={'affected': 'int_affected_appointments'},
) }}

with

affected_appointments as (
    select * from {{ ref('int_affected_appointments') }}
),

appointments as (
    select *
    from {{ ref('int_appointments_picked') }}
    {% if is_incremental() %}
    where appointment_key in (select appointment_key from affected_appointments)
    {% endif %}
),

bookings as (
    select * from {{ ref('int_bookings_judged') }}
),

incidents as (
    select incident_key, created_at, is_domestic_abuse, is_duplicate
    from {{ ref('fct_incidents') }}
    where incident_key in (select incident_key from appointments)
),

disrupted_days as (
    select *
    from {{ ref('int_disrupted_days') }}
    where system_code in (select system from {{ ref('exports') }} where export = 'saab_diary')
),

as_of as (
    select as_of_at
    from {{ ref('int_as_of') }}
    where system in (select system from {{ ref('int_delivered_days') }} where export = 'saab_diary')
),

dated as (
    select
        *,
        {{ to_local_date('slot_end_at') }} as appointment_date
    from appointments
),

-- An appointment lies in a disruption when its slot ends in one: that is the day and the instant it is judged by.
disrupted as (
    select
        dated.appointment_key,
        min(disrupted_days.disruption_key) as disruption_key
    from dated
    inner join disrupted_days
        on dated.appointment_date = disrupted_days.local_date
        and dated.slot_end_at >= disrupted_days.started_at
        and (dated.slot_end_at < disrupted_days.ended_at or disrupted_days.ended_at is null)
    group by dated.appointment_key
),

joined as (
    select
        dated.*,
        bookings.grade_at_booking,
        bookings.thrive_risk_at_booking,
        coalesce(bookings.is_emergency_at_booking, false) as is_emergency_at_booking,
        coalesce(bookings.is_high_risk_at_booking, false) as is_high_risk_at_booking,
        incidents.incident_key is not null as has_incident,
        coalesce(incidents.is_domestic_abuse, false) as is_domestic_abuse,
        coalesce(incidents.is_duplicate, false) as is_duplicate_incident,
        {{ seconds_between('incidents.created_at', to_instant('dated.first_slot_start_at')) }} as seconds_from_report,
        coalesce(dated.slot_end_at <= as_of.as_of_at, false) as has_slot_passed,
        disrupted.disruption_key
    from dated
    left join as_of on true
    left join bookings on dated.appointment_key = bookings.appointment_key
    left join incidents on dated.incident_key = incidents.incident_key
    left join disrupted on dated.appointment_key = disrupted.appointment_key
),

final as (
    select
        appointment_key,
        incident_key,
        diary_code,
        area_code,
        version,
        {{ to_instant('booked_at') }} as booked_at,
        {{ to_instant('slot_start_at') }} as slot_start_at,
        {{ to_instant('slot_end_at') }} as slot_end_at,
        {{ to_local('slot_end_at') }} as slot_end_at_local,
        appointment_date,
        {{ to_instant('first_slot_start_at') }} as first_slot_start_at,
        status,
        {{ to_instant('attended_at') }} as attended_at,
        outcome,
        has_slot_passed,
        cast(moves_count as bigint) as moves_count,
        seconds_from_report,
        seconds_from_report / cast(86400 as double) as days_from_report,
        is_domestic_abuse,
        grade_at_booking,
        thrive_risk_at_booking,
        is_high_risk_at_booking or is_emergency_at_booking as is_inappropriate,
        case
            when is_high_risk_at_booking and is_emergency_at_booking then 'high risk and grade 1'
            when is_high_risk_at_booking then 'high risk'
            when is_emergency_at_booking then 'grade 1'
        end as inappropriate_reason,
        is_duplicate_incident,
        has_incident,
        disruption_key,
        resource,
        {{ to_instant('updated_at') }} as updated_at,
        _delivery_id,
        _source_row
    from joined
)

select * from final
