-- Each booking of an appointment in an incident's log and how it ends: by DIARY_FAILED, by being booked anew, when the diary says
-- it was attended or cancelled, or at the closing, whichever is first. An assignment covers a booking, it does not end it.
-- A DIARY_FAILED that names no appointment ends the last booked of those alive: only incidents with one are walked through.

with recursive

steps as (
    select
        *,
        {{ hash_of(['incident_hash', 'appointment_key']) }} as booked_hash
    from {{ ref('int_log_steps_ordered') }}
    where is_booking or is_failing_booking
),

stretches as (
    select * from {{ ref('int_closings_paired') }}
),

appointments as (
    select * from {{ ref('int_appointments_read') }}
),

-- What the log says of one appointment, one after the other; a failing without a name says it of none.
followed as (
    select
        *,
        lead(place) over (partition by booked_hash order by place) as next_place,
        lead(effective_at) over (partition by booked_hash order by place) as next_at
    from steps
    where is_booking or appointment_key is not null
),

-- What the diary says counts from the instant of booking on, after the events of that instant. The greatest of an instant and
-- nothing is that instant, so what the diary does not say is asked for first.
bookings as (
    select
        followed.incident_hash,
        followed.appointment_key,
        followed.event_no,
        followed.effective_at as booked_at,
        followed.place,
        coalesce(followed.diary_code, appointments.diary_code, 'UNKNOWN') as diary_code,
        followed.next_place,
        followed.next_at,
        stretches.closed_place,
        stretches.closed_at,
        case
            when appointments.attended_at is not null
                and greatest(appointments.attended_at, followed.created_at) >= followed.effective_at
                then greatest(appointments.attended_at, followed.created_at)
        end as attended_at,
        appointments.attended_row_id,
        case
            when appointments.cancelled_at is not null
                and greatest(appointments.cancelled_at, followed.created_at) >= followed.effective_at
                then greatest(appointments.cancelled_at, followed.created_at)
        end as cancelled_at,
        appointments.cancelled_row_id
    from followed
    inner join stretches
        on followed.incident_hash = stretches.incident_hash
        and followed.place > stretches.opened_place
        and (followed.place < stretches.closed_place or stretches.closed_place is null)
    left join appointments on followed.appointment_key = appointments.appointment_key
    where followed.is_booking
),

nameless as (
    select
        incident_hash,
        place,
        effective_at,
        row_number() over (partition by incident_hash order by place) as step
    from steps
    where is_failing_booking and appointment_key is null
),

-- One failing after the other: each ends the last booked that is alive and that none before it has ended.
walked as (
    {{ walked_through_failings('nameless', 'bookings') }}
),

failed as (
    select incident_hash, booking_place, failed_at from walked where booking_place is not null
),

ended as (
    select
        bookings.*,
        least(bookings.next_at, bookings.closed_at, bookings.attended_at, bookings.cancelled_at, failed.failed_at) as ended_at
    from bookings
    left join failed on bookings.incident_hash = failed.incident_hash and bookings.place = failed.booking_place
),

final as (
    select
        incident_hash,
        appointment_key,
        diary_code,
        event_no,
        place,
        booked_at,
        ended_at,
        -- Only where a row of the diary ended it: events of the log stand for themselves.
        case
            when ended_at = attended_at then attended_row_id
            when ended_at = cancelled_at then cancelled_row_id
        end as ended_row_id
    from ended
)

select * from final
