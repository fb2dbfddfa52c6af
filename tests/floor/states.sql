-- The states of every SAAB incident, walked through in the order of its log, and the unresourced at every hour.

create temp table states_as_of as
select (min(newest) + 1)::timestamp at time zone 'Europe/London' at time zone 'UTC' as as_of_at
from (
    select max(last_date) as newest
    from files
    where export in ('saab_incidents', 'saab_incident_log')
    group by export
    having (select count(distinct export) from files where export in ('saab_incidents', 'saab_incident_log')) = 2
);

create temp macro states_end() as (select as_of_at from states_as_of);

-- Small numbers for long keys: what follows joins and sorts a great deal by incident.
create temp table numbered as
select row_number() over () as id, incident_key, created_at, status, closed_at
from incident_rows
where created_at < states_end();

-- The log in its order. What lies before the creation takes effect then; a closing that only the row tells comes last.
create temp table log as
select
    id,
    greatest(from_instant(event_at), created_at) as instant,
    row_number() over (partition by id order by event_at, event_no) as place,
    event_code as code,
    from_code,
    to_code,
    resource
from marts.fct_incident_events
inner join numbered using (incident_key)
where event_at < to_instant(states_end());

insert into log
select id, greatest(closed_at, created_at), 1000000000, 'CLOSED', null, null, null
from numbered
where status = 'CLOSED' and closed_at < states_end() and id not in (select id from log where code = 'CLOSED');

-- Openings and closings that change anything.
create temp table turns as
select id, instant, place, code
from log
where code in ('CLOSED', 'REOPENED')
qualify coalesce(lag(code) over (partition by id order by instant, place), 'REOPENED') <> code;

-- Assignments, each from ASSIGNED to whatever ends it first: its release, its renewal, a closing, a reopening.
create temp table assignments as
select id, resource, instant as from_at, lead(instant) over (partition by id, resource order by instant, place) as until_at, code
from (
    select id, resource, instant, place, code from log where code in ('ASSIGNED', 'UNASSIGNED') and resource is not null
    union all
    select id, resource, instant, place, 'UNASSIGNED'
    from turns
    inner join (select distinct id, resource from log where code = 'ASSIGNED' and resource is not null) using (id)
)
qualify code = 'ASSIGNED' and (until_at is null or until_at > from_at);

create temp table reached as
select
    assignments.id,
    from_at,
    coalesce(until_at, 'infinity') as until_at,
    min(status_at) filter (milestone = 'EN_ROUTE' and status_at >= from_at and (status_at < until_at or until_at is null)) as en_route_at,
    min(status_at) filter (milestone = 'AT_SCENE' and status_at >= from_at and (status_at < until_at or until_at is null)) as at_scene_at
from assignments
left join (
    select id, resource, status_at, milestone
    from statuses
    inner join reference.status_codes on delivered_status_code = code and milestone in ('EN_ROUTE', 'AT_SCENE')
    inner join numbered using (incident_key)
    where status_at < states_end()
) as pressed
    on assignments.id = pressed.id
    and assignments.resource = pressed.resource
group by assignments.id, assignments.resource, from_at, until_at;

-- Bookings, each from DIARY_BOOKED to whatever ends it first, with the slots it had on the way.
create temp table bookings as
select
    id,
    place,
    instant as from_at,
    appointment_key,
    coalesce(diaries.means, latest.diary_code, 'UNKNOWN') as diary_code,
    first_versions.slot_end_at,
    least(
        next_at,
        case when latest.status = 'ATTENDED' and latest.attended_at < states_end() then greatest(latest.attended_at, instant) end,
        case when cancelled_at < states_end() then greatest(cancelled_at, instant) end
    ) as until_at
from (
    select
        *,
        lead(instant) over (partition by id, appointment_key order by instant, place) as next_at
    from (
        select id, instant, place, from_code as appointment_key, to_code, code
        from log
        where code in ('DIARY_BOOKED', 'DIARY_FAILED') and from_code is not null
        union all
        select id, instant, place, appointment_key, null, 'CLOSED'
        from turns
        inner join (select distinct id, from_code as appointment_key from log where code = 'DIARY_BOOKED') using (id)
    )
) as booked
left join reference.diaries on booked.to_code = diaries.code
left join (
    select * from appointment_versions qualify row_number() over (partition by appointment_key order by version) = 1
) as first_versions using (appointment_key)
left join latest_appointments as latest using (appointment_key)
left join (
    select appointment_key, arg_min(updated_at, version) as cancelled_at
    from appointment_versions
    where status in ('CANCELLED_VICTIM', 'CANCELLED_POLICE')
    group by appointment_key
) as cancellings using (appointment_key)
where booked.code = 'DIARY_BOOKED';

create temp table slots as
select
    *,
    coalesce(lead(slot_from) over (partition by id, place order by slot_from, move_no), until_at, 'infinity') as slot_until
from (
    select id, place, appointment_key, diary_code, from_at as slot_from, 0 as move_no, slot_end_at, until_at from bookings
    union all
    select bookings.id, bookings.place, appointment_key, bookings.diary_code, moves.instant, move_no, versions.slot_end_at, until_at
    from bookings
    inner join (
        select id, from_code as appointment_key, instant, row_number() over (partition by id, from_code order by instant, place) as move_no
        from log
        where code = 'DIARY_MOVED'
    ) as moves using (id, appointment_key)
    left join (
        select *, row_number() over (partition by appointment_key order by version) as move_no
        from appointment_versions
        where status = 'MOVED'
    ) as versions using (appointment_key, move_no)
    where moves.instant >= from_at and (moves.instant < until_at or until_at is null)
)
where until_at is null or until_at > slot_from;

-- All that happens, one row a happening: what it adds, and what it sets. `later` puts statuses and the diary after the log.
create temp table happenings as
select id, created_at as instant, 0 as place, 0 as assigned, 0 as en_route, 0 as at_scene, 'UNGRADED' as grade, false as is_closed, false as is_attended
from numbered
union all
select id, instant, place, 0, 0, 0, coalesce(grades.means, 'UNKNOWN'), null, null
from log left join reference.grades on log.to_code = grades.code
where log.code in ('GRADED', 'REGRADED')
union all
select id, instant, place, 0, 0, 0, null, code = 'CLOSED', null from turns
union all
select id, instant, place, 0, 0, 0, null, null, false from log where code = 'REOPENED'
union all
select id, from_at, 0, 1, 0, 0, null, null, null from reached
union all
select id, until_at, 0, -1, -(en_route_at is not null)::integer, -(at_scene_at is not null)::integer, null, null, null
from reached
where until_at < 'infinity'
union all
select id, en_route_at, 0, 0, 1, 0, null, null, null from reached where en_route_at is not null
union all
select id, at_scene_at, 2000000000, 0, 0, 1, null, null, true from reached where at_scene_at is not null
union all
select id, greatest(attended_at, created_at), 2000000000, 0, 0, 0, null, null, true
from latest_appointments inner join numbered using (incident_key)
where latest_appointments.status = 'ATTENDED' and attended_at < states_end()
union all
select id, unnest([slot_from, slot_until, slot_end_at]) as instant, 0, 0, 0, 0, null, null, null from slots;

create temp table moments as
select
    id,
    instant,
    sum(assigned) over so_far as assigned,
    sum(en_route) over so_far as en_route,
    sum(at_scene) over so_far as at_scene,
    last_value(grade ignore nulls) over so_far as grade,
    last_value(is_closed ignore nulls) over so_far as is_closed,
    last_value(is_attended ignore nulls) over so_far as is_attended
from (
    select
        id,
        instant,
        sum(assigned) as assigned,
        sum(en_route) as en_route,
        sum(at_scene) as at_scene,
        arg_max(grade, place) filter (grade is not null) as grade,
        arg_max(is_closed, place) filter (is_closed is not null) as is_closed,
        arg_max(is_attended, place) filter (is_attended is not null) as is_attended
    from happenings
    where instant < states_end()
    group by id, instant
)
window so_far as (partition by id order by instant);

create temp table booked_moments as
select
    id, instant, arg_max(diary_code, place) as diary_code, arg_max(appointment_key, place) as appointment_key,
    arg_max(coalesce(instant >= slot_end_at, false), place) as is_overdue
from moments
inner join slots using (id)
where not is_closed and instant >= slot_from and instant < slot_until
group by id, instant;

create table marts.fct_incident_states as
select
    incident_key,
    row_number() over in_order as state_no,
    state,
    to_instant(instant) as started_at,
    to_instant(lead(instant) over in_order) as ended_at,
    to_local(instant) as started_at_local,
    to_local(instant)::date as started_date,
    seconds_between(instant, lead(instant) over in_order) as duration_seconds,
    faces.grade,
    area_code,
    kind,
    diary_code,
    appointment_key,
    if(kind is null, null, to_instant(min(instant) over (partition by id, spell_no))) as spell_started_at,
    target_minutes * 60 as response_target_seconds,
    is_duplicate,
    is_domestic_abuse,
    thrive_risk,
    coalesce(thrive_risk = 'HIGH', false) as is_high_risk
from (
    select *, sum(is_new_spell::integer) over (partition by id order by instant) as spell_no
    from (
        select
            *,
            lag(state) over so_far is null
            or (state, grade, diary_code, appointment_key)
            is distinct from (lag(state) over so_far, lag(grade) over so_far, lag(diary_code) over so_far, lag(appointment_key) over so_far)
                as is_new_state,
            (kind, diary_code) is distinct from (lag(kind) over so_far, lag(diary_code) over so_far) as is_new_spell
        from (
            select
                moments.id,
                moments.instant,
                grade,
                case
                    when is_closed then 'CLOSED'
                    when at_scene > 0 then 'AT_SCENE'
                    when en_route > 0 then 'EN_ROUTE'
                    when assigned > 0 then 'ASSIGNED'
                    when is_attended then 'AWAITING_CLOSURE'
                    when is_overdue then 'DIARY_OVERDUE'
                    when is_overdue is not null then 'DIARY'
                    when grade = 'UNGRADED' then 'UNGRADED'
                    when grade = '4' then 'RESOLVED_WITHOUT'
                    else 'UNRESOURCED'
                end as state,
                if(state in ('DIARY', 'DIARY_OVERDUE'), booked.diary_code, null) as diary_code,
                if(state in ('DIARY', 'DIARY_OVERDUE'), booked.appointment_key, null) as appointment_key,
                case
                    when state = 'UNRESOURCED' then 'LIVE'
                    when state in ('DIARY', 'DIARY_OVERDUE') then hourly_kind
                end as kind
            from moments
            left join booked_moments as booked using (id, instant)
            left join reference.diaries on booked.diary_code = diaries.code
        )
        window so_far as (partition by id order by instant)
    )
) as faces
inner join numbered using (id)
inner join (
    select incident_key, area_code, is_duplicate, is_domestic_abuse, thrive_risk, is_urban, created_date from marts.fct_incidents
) as incidents using (incident_key)
left join reference.response_targets
    on faces.grade = response_targets.grade
    and incidents.is_urban = response_targets.is_urban
    and created_date >= response_targets.valid_from
    and (created_date < response_targets.valid_to or response_targets.valid_to is null)
where is_new_state
window in_order as (partition by id order by instant);

-- the unresourced at every hour -------------------------------------------------------------------------------------
create temp table saab_days as
select
    day,
    bool_or(export = 'saab_incidents') and bool_or(export = 'saab_incident_log') as is_delivered
from (select export, unnest(generate_series(business_date, last_date, interval 1 day))::date as day from files)
where export in ('saab_incidents', 'saab_incident_log', 'saab_resource_status', 'saab_diary')
group by day;

create temp table hours as
select range as hour_number, to_local(make_timestamp(range * 3600000000)) as hour_at_local, hour_at_local::date as hour_date
from
    range(
        (select epoch(to_utc(min(day)::timestamp))::bigint // 3600 from saab_days),
        coalesce((select epoch(states_end())::bigint // 3600 from saab_days limit 1), 0)
    );

create temp macro first_hour() as (select min(hour_number) from hours);

-- A stay: one incident in one cell, however often its state changes within.
create temp table stays as
select
    incident_key,
    area_code,
    states.grade,
    kind,
    thrive_risk = 'HIGH' as is_high_risk,
    is_domestic_abuse,
    epoch(started_at)::bigint as from_second,
    epoch(ended_at)::bigint as until_second,
    epoch(spell_started_at)::bigint as spell_second,
    (area_code, states.grade, kind, started_at)
    is not distinct from (area_code, lag(states.grade) over in_turn, lag(kind) over in_turn, lag(ended_at) over in_turn)
        as goes_on,
    (area_code, states.grade, kind, ended_at)
    is not distinct from (area_code, lead(states.grade) over in_turn, lead(kind) over in_turn, lead(started_at) over in_turn)
        as will_go_on,
    response_target_seconds as target_seconds
from marts.fct_incident_states as states
where kind is not null and not is_duplicate
window in_turn as (partition by incident_key order by state_no);

create temp table changes as
select greatest((second + 3599) // 3600, first_hour()) as hour_number, area_code, grade, kind, sum(n) as n, sum(high) as high, sum(abuse) as abuse, sum(beyond) as beyond
from (
    select from_second as second, area_code, grade, kind, 1 as n, coalesce(is_high_risk, false)::integer as high, is_domestic_abuse::integer as abuse, 0 as beyond
    from stays
    union all
    select until_second, area_code, grade, kind, -1, -coalesce(is_high_risk, false)::integer, -is_domestic_abuse::integer, 0
    from stays
    where until_second is not null
    union all
    select
        unnest([greatest(from_second, spell_second + target_seconds + 1), until_second]), area_code, grade, kind, 0, 0, 0, unnest([1, -1])
    from stays
    where target_seconds is not null
        and greatest(from_second, spell_second + target_seconds + 1) < coalesce(until_second, 9e18)
)
where second is not null
group by all;

create temp table flows as
select greatest((second + 3599) // 3600, first_hour()) as hour_number, area_code, grade, kind, count(*) filter (is_in) as inflow_count, count(*) filter (not is_in) as outflow_count
from (
    select from_second as second, area_code, grade, kind, true as is_in from stays where not goes_on
    union all
    select until_second, area_code, grade, kind, false from stays where until_second is not null and not will_go_on
)
group by all;

create temp table oldest as
select hour_number, area_code, grade, kind, min(spell_second) as spell_second
from (
    select
        area_code,
        grade,
        kind,
        spell_second,
        unnest(range(
            greatest((from_second + 3599) // 3600, first_hour()),
            coalesce((until_second + 3599) // 3600, (select max(hour_number) + 1 from hours))
        )) as hour_number
    from stays
)
group by all;

create table marts.fct_unresourced_hourly as
select
    make_timestamptz(hour_number * 3600000000) as hour_at,
    hour_at_local,
    hour_date,
    cells.area_code,
    cells.grade,
    cells.kind,
    not coalesce(is_delivered, false) as is_estimated,
    coalesce(sum(n) over until_now, 0)::bigint as incident_count,
    coalesce(sum(high) over until_now, 0)::bigint as high_risk_count,
    coalesce(sum(abuse) over until_now, 0)::bigint as domestic_abuse_count,
    hour_number * 3600 - spell_second as oldest_seconds,
    coalesce(sum(beyond) over until_now, 0)::bigint as beyond_target_count,
    coalesce(inflow_count, 0) as inflow_count,
    coalesce(outflow_count, 0) as outflow_count,
    upper_limit,
    area_of_concern
from (
    select *
    from hours
    cross join (
        select means as area_code from reference.areas
        where code = means
            and valid_from <= (select max(hour_date) from hours)
            and (valid_to is null or valid_to > (select min(hour_date) from hours))
        union
        select 'UNKNOWN'
    )
    cross join (select means as grade from reference.grades where code = means union select 'UNGRADED')
    cross join (select distinct hourly_kind as kind from reference.diaries union select 'LIVE')
) as cells
left join changes using (hour_number, area_code, grade, kind)
left join flows using (hour_number, area_code, grade, kind)
left join oldest using (hour_number, area_code, grade, kind)
left join saab_days on hour_date = day
left join reference.unresourced_limits as limits
    on cells.area_code = limits.area_code
    and cells.grade = limits.grade
    and cells.kind = limits.kind
    and hour_date >= limits.valid_from
    and (hour_date < limits.valid_to or limits.valid_to is null)
window until_now as (partition by cells.area_code, cells.grade, cells.kind order by hour_number);
