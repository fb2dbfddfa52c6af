-- What the log said of the incident when its appointment was booked: the latest grade and risk at or before that instant. Of
-- several at one instant the one keyed last counts. Only the appointments this run works out.

with

bookings as (
    select appointment_key, incident_hash, incident_key, booked_at
    from {{ ref('int_appointments_picked') }}
    where incident_key is not null and booked_at is not null
),

events as (
    select
        incident_hash,
        event_at,
        {{ packed_after_instant('event_at', 'event_no') }} as place,
        is_grade_given,
        is_risk_given,
        to_code
    from {{ ref('int_events_resolved') }}
    where (is_grade_given or is_risk_given) and incident_key in (select incident_key from bookings)
),

grades as (
    select distinct code, means from {{ ref('grades') }}
),

emergency_grades as (
    select distinct means as grade from {{ ref('grades') }} where code = means and urgency = 1
),

thrive_risks as (
    select distinct code, means from {{ ref('thrive_risks') }}
),

high_risks as (
    select distinct means as risk from {{ ref('thrive_risks') }} where code = means and is_high
),

last_grades as (
    select
        bookings.appointment_key,
        {{ value_at_max('events.to_code', 'events.place') }} as to_code
    from bookings
    inner join events on bookings.incident_hash = events.incident_hash and events.event_at <= bookings.booked_at
    where events.is_grade_given
    group by bookings.appointment_key
),

last_risks as (
    select
        bookings.appointment_key,
        {{ value_at_max('events.to_code', 'events.place') }} as to_code
    from bookings
    inner join events on bookings.incident_hash = events.incident_hash and events.event_at <= bookings.booked_at
    where events.is_risk_given
    group by bookings.appointment_key
),

known as (
    select
        bookings.appointment_key,
        case when last_grades.to_code is not null then coalesce(grades.means, 'UNKNOWN') end as grade_at_booking,
        case when last_risks.to_code is not null then coalesce(thrive_risks.means, 'UNKNOWN') end as thrive_risk_at_booking
    from bookings
    left join last_grades on bookings.appointment_key = last_grades.appointment_key
    left join grades on last_grades.to_code = grades.code
    left join last_risks on bookings.appointment_key = last_risks.appointment_key
    left join thrive_risks on last_risks.to_code = thrive_risks.code
),

final as (
    select
        known.appointment_key,
        known.grade_at_booking,
        known.thrive_risk_at_booking,
        emergency_grades.grade is not null as is_emergency_at_booking,
        high_risks.risk is not null as is_high_risk_at_booking
    from known
    left join emergency_grades on known.grade_at_booking = emergency_grades.grade
    left join high_risks on known.thrive_risk_at_booking = high_risks.risk
)

select * from final
