-- The intervals of each incident's states, without overlap and without gap, from its creation to its last closing. The state
-- at an instant is that after everything that happened at it; equal neighbours are one interval. Only the incidents this run
-- works out.

{%- set assigned, en_route, at_scene, closed, booked = 1, 65536, 4294967296, 281474976710656, 72057594037927936 %}
{%- set so_far = 'over (partition by incident_hash order by changed_at rows unbounded preceding)' %}

with

changes as (
    select * from {{ ref('int_state_changes_summed') }}
),

grades as (
    -- Several codes of a system may mean one grade: it goes without deployment when all of them do.
    select means as grade_code, min(case when is_attendance_expected then 0 else 1 end) = 1 as is_without_deployment
    from {{ ref('grades') }}
    where code <> 'UNKNOWN'
    group by means
),

bookings as (
    select incident_hash, event_no * 2 as booking_no, diary_code, appointment_key from {{ ref('int_bookings_ended') }}
),

diaries as (
    select distinct means as diary_code, hourly_kind from {{ ref('diaries') }} where code = means
),

running as (
    select
        incident_hash,
        changed_at,
        row_id,
        cast(sum(counts) {{ so_far }} as bigint) as counts,
        cast(sum(booking_no) {{ so_far }} as bigint) as booking_no,
        {{ last_known('grade_code') }} {{ so_far }} as grade_code,
        max(attended_at) {{ so_far }} as attended_at,
        max(reopened_at) {{ so_far }} as reopened_at
    from changes
),

stated as (
    select
        running.incident_hash,
        running.changed_at,
        running.row_id,
        coalesce(running.grade_code, 'UNGRADED') as grade,
        case
            when running.counts % {{ booked }} >= {{ closed }} then 'CLOSED'
            when running.counts % {{ closed }} >= {{ at_scene }} then 'AT_SCENE'
            when running.counts % {{ at_scene }} >= {{ en_route }} then 'EN_ROUTE'
            when running.counts % {{ en_route }} >= {{ assigned }} then 'ASSIGNED'
            when running.attended_at >= running.reopened_at or (running.attended_at is not null and running.reopened_at is null)
                then 'AWAITING_CLOSURE'
            when running.counts >= {{ booked }} then case when running.booking_no % 2 = 0 then 'DIARY' else 'DIARY_OVERDUE' end
            when running.grade_code is null then 'UNGRADED'
            when grades.is_without_deployment then 'RESOLVED_WITHOUT'
            else 'UNRESOURCED'
        end as state,
        case when running.counts >= {{ booked }} then running.booking_no - running.booking_no % 2 end as booking_no
    from running
    left join grades on running.grade_code = grades.grade_code
),

booked as (
    select
        stated.incident_hash,
        stated.changed_at,
        stated.row_id,
        stated.state,
        stated.grade,
        case when stated.state in ('DIARY', 'DIARY_OVERDUE') then bookings.diary_code end as diary_code,
        case when stated.state in ('DIARY', 'DIARY_OVERDUE') then bookings.appointment_key end as appointment_key
    from stated
    left join bookings on stated.incident_hash = bookings.incident_hash and stated.booking_no = bookings.booking_no
),

faced as (
    select
        booked.*,
        case when booked.state = 'UNRESOURCED' then 'LIVE' else diaries.hourly_kind end as kind,
        {{ hash_of(['booked.state', 'booked.grade', 'booked.diary_code', 'booked.appointment_key']) }} as face,
        {{ hash_of(["booked.state = 'UNRESOURCED'", 'booked.diary_code']) }} as spell
    from booked
    left join diaries on booked.diary_code = diaries.diary_code
),

compared as (
    select
        *,
        lag(face) over (partition by incident_hash order by changed_at) as face_before,
        lag(spell) over (partition by incident_hash order by changed_at) as spell_before
    from faced
),

turns as (
    select *
    from compared
    where face_before is null or face <> face_before
),

final as (
    select
        incident_hash,
        cast(row_number() {{ so_far }} as bigint) as state_no,
        state,
        changed_at as started_at,
        lead(changed_at) over (partition by incident_hash order by changed_at) as ended_at,
        grade,
        kind,
        diary_code,
        appointment_key,
        case
            when kind is not null
                then max(case when spell_before is null or spell <> spell_before then changed_at end) {{ so_far }}
        end as spell_started_at,
        row_id
    from turns
)

select * from final
