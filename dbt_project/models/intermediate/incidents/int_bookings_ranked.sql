-- Which booking counts while several are alive: the last booked. One row per stretch of an incident in which one booking counts and
-- is, or is not, overdue.

with

bookings as (
    select * from {{ ref('int_bookings_traced') }}
),

changes as (
    select incident_hash, place, started_at as changed_at, started_row_id as row_id from bookings
    union all
    select incident_hash, place, ended_at as changed_at, ended_row_id as row_id from bookings where ended_at is not null
),

-- At an end, the row of the diary that ended it; at a start, the one whose slot ended.
points as (
    select
        incident_hash,
        changed_at,
        {{ value_at_max('row_id', 'case when row_id is not null then place end') }} as row_id
    from changes
    group by incident_hash, changed_at
),

alive as (
    select
        points.incident_hash,
        points.changed_at,
        {{ value_at_max('bookings.event_no', 'bookings.place') }} as event_no,
        {{ value_at_max('bookings.is_overdue', 'bookings.place') }} as is_overdue
    from points
    inner join bookings
        on points.incident_hash = bookings.incident_hash
        and bookings.started_at <= points.changed_at
        and (bookings.ended_at > points.changed_at or bookings.ended_at is null)
    group by points.incident_hash, points.changed_at
),

counting as (
    select
        points.incident_hash,
        points.changed_at,
        points.row_id,
        alive.event_no,
        alive.is_overdue
    from points
    left join alive on points.incident_hash = alive.incident_hash and points.changed_at = alive.changed_at
),

followed as (
    select
        *,
        lead(changed_at) over (partition by incident_hash order by changed_at) as next_at
    from counting
),

final as (
    select
        incident_hash,
        event_no,
        is_overdue,
        changed_at as started_at,
        next_at as ended_at,
        row_id
    from followed
)

select * from final
