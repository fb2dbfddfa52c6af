-- Each booking through its slots: in the diary until its slot ends, overdue after it, until it is moved or ends. The n-th
-- DIARY_MOVED of an appointment gives it the slot of its n-th version MOVED. Without a known end of the slot: never overdue.

with

steps as (
    select * from {{ ref('int_log_steps_ordered') }} where is_moving
),

bookings as (
    select * from {{ ref('int_bookings_ended') }}
),

slots as (
    select * from {{ ref('int_slots_numbered') }}
),

moves as (
    select
        incident_hash,
        appointment_key,
        effective_at,
        place,
        row_number() over (partition by incident_hash, appointment_key order by place) as move_no
    from steps
    where appointment_key is not null
),

settings as (
    select incident_hash, event_no, place, booked_at as started_at, place as setting_place, cast(0 as bigint) as move_no
    from bookings

    union all

    select
        bookings.incident_hash,
        bookings.event_no,
        bookings.place,
        moves.effective_at as started_at,
        moves.place as setting_place,
        moves.move_no
    from bookings
    inner join moves
        on bookings.incident_hash = moves.incident_hash
        and bookings.appointment_key = moves.appointment_key
        and moves.place > bookings.place
        and (moves.effective_at < bookings.ended_at or bookings.ended_at is null)
),

pieces as (
    select
        bookings.incident_hash,
        bookings.event_no,
        bookings.place,
        bookings.ended_row_id,
        bookings.ended_at as booking_ended_at,
        settings.started_at,
        coalesce(
            lead(settings.started_at) over (partition by settings.incident_hash, settings.place order by settings.setting_place),
            bookings.ended_at
        ) as ended_at,
        slots.slot_end_at,
        slots._row_id as slot_row_id
    from settings
    inner join bookings on settings.incident_hash = bookings.incident_hash and settings.place = bookings.place
    left join slots on bookings.appointment_key = slots.appointment_key and settings.move_no = slots.move_no
),

cut as (
    select
        incident_hash,
        event_no,
        place,
        false as is_overdue,
        started_at,
        least(ended_at, slot_end_at) as ended_at,
        cast(null as bigint) as started_row_id,
        case when ended_at = booking_ended_at and (ended_at <= slot_end_at or slot_end_at is null) then ended_row_id end as ended_row_id
    from pieces

    union all

    select
        incident_hash,
        event_no,
        place,
        true as is_overdue,
        greatest(started_at, slot_end_at) as started_at,
        ended_at,
        case when slot_end_at > started_at then slot_row_id end as started_row_id,
        case when ended_at = booking_ended_at then ended_row_id end as ended_row_id
    from pieces
    where slot_end_at is not null
),

final as (
    select * from cut where ended_at is null or ended_at > started_at
)

select * from final
