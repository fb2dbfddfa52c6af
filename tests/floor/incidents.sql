-- Log events, resource statuses, appointments, and the incidents that they and the incident export make.

-- log events --------------------------------------------------------------------------------------------------------
create table marts.fct_incident_events as
select
    incident_key,
    event_no,
    to_instant(event_at) as event_at,
    to_local(event_at) as event_at_local,
    to_local(event_at)::date as event_date,
    is_event_at_ambiguous,
    to_instant(recorded_at) as recorded_at,
    coalesce(event_codes.means, 'UNKNOWN') as event_code,
    coalesce(event_codes.means = 'TASKED', false) as is_tasking,
    coalesce(event_codes.means = 'TASK_DECLINED', false) as is_task_declined,
    coalesce(event_codes.means = 'RETHRIVE', false) as is_risk_reassessed,
    from_code,
    to_code,
    resource,
    user_token,
    is_recorded_at_ambiguous,
    delivery_rank
from (
    select
        INC_REF as incident_key,
        EVENT_NO as event_no,
        to_utc(EVENT_TIME) as event_at,
        is_doubled(EVENT_TIME) as is_event_at_ambiguous,
        to_utc(RECORDED_TIME) as recorded_at,
        coalesce(is_doubled(RECORDED_TIME), false) as is_recorded_at_ambiguous,
        EVENT_CODE as delivered_code,
        FROM_VALUE as from_code,
        TO_VALUE as to_code,
        CALLSIGN as resource,
        USER_ID as user_token,
        getvariable('saab_incident_log_v5_ranks')[file_index::bigint + 1] as delivery_rank
    from
        read_csv(
            getvariable('saab_incident_log_v5_files'),
            columns = {
                'INC_REF': 'varchar', 'EVENT_NO': 'bigint', 'EVENT_TIME': 'timestamp', 'RECORDED_TIME': 'timestamp',
                'EVENT_CODE': 'varchar', 'FROM_VALUE': 'varchar', 'TO_VALUE': 'varchar', 'CALLSIGN': 'varchar',
                'USER_ID': 'varchar'
            },
            header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', timestampformat = '%d/%m/%Y %H:%M:%S'
        )

    union all

    select
        incident_ref,
        event_no,
        from_instant(event_at),
        false,
        from_instant(recorded_at),
        false,
        event_code,
        from_value,
        to_value,
        callsign,
        user_id,
        getvariable('saab_incident_log_v6_ranks')[file_index::bigint + 1]
    from
        read_csv(
            getvariable('saab_incident_log_v6_files'),
            columns = {
                'incident_ref': 'varchar', 'event_no': 'bigint', 'event_at': 'timestamptz', 'recorded_at': 'timestamptz',
                'event_code': 'varchar', 'from_value': 'varchar', 'to_value': 'varchar', 'callsign': 'varchar',
                'user_id': 'varchar'
            },
            header = true, auto_detect = false, delim = ',', quote = '"', escape = '"'
        )
) as delivered
left join reference.event_codes on delivered_code = event_codes.code;

create temp table contested as
select incident_key, event_no from marts.fct_incident_events group by all having count(*) > 1;

delete from marts.fct_incident_events
where rowid in (
    select events.rowid
    from marts.fct_incident_events as events
    inner join contested using (incident_key, event_no)
    qualify row_number() over (partition by incident_key, event_no order by delivery_rank desc) > 1
);

drop table contested;

-- The doubled hour of October, for the few incidents with an event in it: one event after the other, as keyed.
create temp table resolved_events as
with recursive ordered as (
    select *, row_number() over (partition by incident_key order by event_no) as step
    from marts.fct_incident_events
    where incident_key in (
        select incident_key from marts.fct_incident_events where is_event_at_ambiguous or is_recorded_at_ambiguous
    )
),

walked as (
    select incident_key, event_no, step, event_at, recorded_at, recorded_at as last_recorded_at
    from ordered
    where step = 1

    union all

    select
        ordered.incident_key,
        ordered.event_no,
        ordered.step,
        second_pass_if_later(ordered.event_at, ordered.is_event_at_ambiguous, walked.event_at),
        second_pass_if_later(ordered.recorded_at, ordered.is_recorded_at_ambiguous, walked.last_recorded_at),
        coalesce(
            second_pass_if_later(ordered.recorded_at, ordered.is_recorded_at_ambiguous, walked.last_recorded_at),
            walked.last_recorded_at
        )
    from walked
    inner join ordered on walked.incident_key = ordered.incident_key and walked.step + 1 = ordered.step
)

select * from walked;

update marts.fct_incident_events
set
    event_at = resolved_events.event_at,
    event_at_local = to_local(from_instant(resolved_events.event_at)),
    event_date = to_local(from_instant(resolved_events.event_at))::date,
    recorded_at = resolved_events.recorded_at
from resolved_events
where fct_incident_events.incident_key = resolved_events.incident_key
    and fct_incident_events.event_no = resolved_events.event_no
    and (
        fct_incident_events.event_at <> resolved_events.event_at
        or fct_incident_events.recorded_at <> resolved_events.recorded_at
    );

alter table marts.fct_incident_events drop column delivery_rank;
alter table marts.fct_incident_events drop column is_recorded_at_ambiguous;

create temp table milestones as
select
    incident_key,
    min(event_at) filter (event_code = 'GRADED') as first_graded_at,
    min(event_at) filter (event_code = 'TASKED') as first_tasked_at,
    min(event_at) filter (event_code = 'ASSIGNED') as first_assigned_at,
    min(event_at) filter (event_code = 'CLOSED') as closed_at,
    max(event_at) filter (event_code = 'REOPENED') as last_reopened_at,
    count(*) filter (event_code = 'CLOSED') > 0 as has_closing_event
from marts.fct_incident_events
where event_code in ('GRADED', 'TASKED', 'ASSIGNED', 'CLOSED', 'REOPENED')
group by incident_key;

-- What was reopened is closed by its first closing after the last reopening, if there is one.
update milestones
set closed_at = reclosed.closed_at
from (
    select events.incident_key, min(events.event_at) filter (events.event_code = 'CLOSED' and is_after) as closed_at
    from (
        select
            incident_key,
            event_code,
            event_at,
            (event_at, event_no) > max(case when event_code = 'REOPENED' then (event_at, event_no) end)
                over (partition by incident_key) as is_after
        from marts.fct_incident_events
        where event_code in ('CLOSED', 'REOPENED')
            and incident_key in (select incident_key from milestones where last_reopened_at is not null)
    ) as events
    group by events.incident_key
) as reclosed
where milestones.incident_key = reclosed.incident_key;

-- resource statuses -------------------------------------------------------------------------------------------------
create temp table statuses as
select
    CALLSIGN as resource,
    to_utc(STATUS_TIME) as status_at,
    STATUS_CODE as delivered_status_code,
    INC_REF as incident_key,
    LPA as lpa,
    getvariable('saab_resource_status_v1_ranks')[file_index::bigint + 1] as delivery_rank
from
    read_csv(
        getvariable('saab_resource_status_v1_files'),
        columns = {
            'CALLSIGN': 'varchar', 'STATUS_TIME': 'timestamp', 'STATUS_CODE': 'varchar', 'INC_REF': 'varchar', 'LPA': 'varchar'
        },
        header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', timestampformat = '%d/%m/%Y %H:%M:%S'
    );

create temp table contested as
select resource, status_at, delivered_status_code from statuses group by all having count(*) > 1;

delete from statuses
where rowid in (
    select statuses.rowid
    from statuses
    inner join contested using (resource, status_at, delivered_status_code)
    qualify row_number() over (partition by resource, status_at, delivered_status_code order by delivery_rank desc) > 1
);

drop table contested;

create table marts.fct_resource_statuses as
select
    resource,
    coalesce(status_codes.means, 'UNKNOWN') as status_code,
    to_instant(status_at) as started_at,
    to_local(status_at) as started_at_local,
    to_local(status_at)::date as started_date,
    to_instant(next_status_at) as ended_at,
    seconds_between(status_at, next_status_at) as duration_seconds,
    delivered_status_code,
    incident_key,
    coalesce(areas.means, 'UNKNOWN') as area_code
from (
    select
        *,
        lead(status_at) over (partition by resource order by status_at, delivered_status_code) as next_status_at
    from statuses
    where status_at < as_of('SAAB')
) as spanned
left join reference.status_codes on delivered_status_code = status_codes.code
left join reference.areas on lpa = areas.code;

-- incidents ---------------------------------------------------------------------------------------------------------
create temp table incident_rows as
select *
from (
    select
        'saab_5' as system_version,
        INC_REF as incident_key,
        to_utc(CREATED) as created_at,
        to_utc(RECORDED) as recorded_at,
        SOURCE as source,
        CALL_REF as call_key,
        OPEN_CODE as opening_code,
        CLOSE_CODE as closing_code,
        QUALIFIERS as qualifiers,
        GRADE_INIT as grade_initial,
        GRADE_CURR as grade_current,
        LPA as lpa,
        BEAT as beat_code,
        URBAN as urban,
        THRIVE_RISK as thrive_risk,
        DA_FLAG as domestic_abuse,
        REPEAT_VICTIM as repeat_victim,
        BACK_RECORD as back_record,
        LINKED_TO as linked_incident_key,
        STATUS as status,
        to_utc(CLOSED) as closed_at,
        to_utc(LAST_UPDATED) as updated_at,
        null::timestamp as first_at_scene_at,
        getvariable('saab_incidents_v5_ranks')[file_index::bigint + 1] as delivery_rank
    from
        read_csv(
            getvariable('saab_incidents_v5_files'),
            columns = {
                'INC_REF': 'varchar', 'CREATED': 'timestamp', 'RECORDED': 'timestamp', 'SOURCE': 'varchar',
                'CALL_REF': 'varchar', 'OPEN_CODE': 'varchar', 'CLOSE_CODE': 'varchar', 'QUALIFIERS': 'varchar',
                'GRADE_INIT': 'varchar', 'GRADE_CURR': 'varchar', 'LPA': 'varchar', 'BEAT': 'varchar', 'URBAN': 'varchar',
                'THRIVE_RISK': 'varchar', 'DA_FLAG': 'varchar', 'REPEAT_VICTIM': 'varchar', 'BACK_RECORD': 'varchar',
                'LINKED_TO': 'varchar', 'STATUS': 'varchar', 'CLOSED': 'timestamp', 'LAST_UPDATED': 'timestamp'
            },
            header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', timestampformat = '%d/%m/%Y %H:%M:%S'
        )

    union all

    select
        'saab_6',
        incident_ref,
        from_instant(created_at),
        from_instant(recorded_at),
        source_channel,
        call_ref,
        opening_code,
        closing_code,
        qualifiers,
        grade_initial,
        grade_current,
        lpa_code,
        beat_code,
        is_urban,
        thrive_risk,
        is_domestic_abuse,
        is_repeat_victim,
        is_back_record,
        linked_to,
        status,
        from_instant(closed_at),
        from_instant(updated_at),
        from_instant(first_at_scene_at),
        getvariable('saab_incidents_v6_ranks')[file_index::bigint + 1]
    from
        read_csv(
            getvariable('saab_incidents_v6_files'),
            columns = {
                'incident_ref': 'varchar', 'created_at': 'timestamptz', 'recorded_at': 'timestamptz',
                'source_channel': 'varchar', 'call_ref': 'varchar', 'opening_code': 'varchar', 'closing_code': 'varchar',
                'qualifiers': 'varchar', 'grade_initial': 'varchar', 'grade_current': 'varchar', 'lpa_code': 'varchar',
                'beat_code': 'varchar', 'is_urban': 'varchar', 'thrive_risk': 'varchar', 'is_domestic_abuse': 'varchar',
                'is_repeat_victim': 'varchar', 'is_back_record': 'varchar', 'linked_to': 'varchar', 'status': 'varchar',
                'closed_at': 'timestamptz', 'updated_at': 'timestamptz', 'first_at_scene_at': 'timestamptz',
                'pnc_checked': 'varchar'
            },
            header = true, auto_detect = false, delim = ',', quote = '"', escape = '"'
        )
)
qualify row_number() over (partition by incident_key order by updated_at desc nulls last, delivery_rank desc) = 1;

create temp table arrivals as
select
    incident_key,
    min(status_at) filter (milestone = 'EN_ROUTE') as first_en_route_at,
    min(status_at) filter (milestone = 'AT_SCENE' and status_at >= created_at) as first_at_scene_at,
    count(*) filter (milestone = 'AT_SCENE' and status_at < created_at) as invalid_at_scene_count
from statuses
inner join reference.status_codes on delivered_status_code = code and milestone in ('EN_ROUTE', 'AT_SCENE')
inner join (select incident_key, created_at from incident_rows) using (incident_key)
group by incident_key;

-- Every version of every appointment that stands; the highest is the appointment.
create temp table appointment_versions as
select
    APPT_ID as appointment_key,
    VERSION as version,
    INC_REF as incident_key,
    coalesce(diaries.means, 'UNKNOWN') as diary_code,
    coalesce(appointment_statuses.means, 'UNKNOWN') as status,
    coalesce(areas.means, 'UNKNOWN') as area_code,
    to_utc(BOOKED_AT) as booked_at,
    to_utc(SLOT_START) as slot_start_at,
    to_utc(SLOT_END) as slot_end_at,
    to_utc(ATTENDED_AT) as attended_at,
    CALLSIGN as resource,
    to_utc(UPDATED_AT) as updated_at
from
    read_csv(
        getvariable('saab_diary_v1_files'),
        columns = {
            'APPT_ID': 'varchar', 'VERSION': 'bigint', 'INC_REF': 'varchar', 'DIARY': 'varchar', 'BOOKED_AT': 'timestamp',
            'SLOT_START': 'timestamp', 'SLOT_END': 'timestamp', 'STATUS': 'varchar', 'ATTENDED_AT': 'timestamp',
            'CALLSIGN': 'varchar', 'LPA': 'varchar', 'UPDATED_AT': 'timestamp'
        },
        header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', timestampformat = '%d/%m/%Y %H:%M:%S'
    ) as versions
left join reference.diaries on versions.DIARY = diaries.code
left join reference.appointment_statuses on versions.STATUS = appointment_statuses.code
left join reference.areas on versions.LPA = areas.code
qualify row_number() over (
    partition by APPT_ID, VERSION
    order by versions.UPDATED_AT desc nulls last, getvariable('saab_diary_v1_ranks')[file_index::bigint + 1] desc
) = 1;

create temp table latest_appointments as
select * from appointment_versions qualify row_number() over (partition by appointment_key order by version desc) = 1;

create temp table appointments as
select
    incident_key,
    count(*) as appointment_count,
    bool_or(status = 'ATTENDED') as has_attended,
    bool_and(coalesce(slot_end_at <= as_of('SAAB'), false)) as has_every_slot_passed
from latest_appointments
where incident_key is not null
group by incident_key;

-- Each clock time of a legacy incident is after the one before it that is known: a smaller one is on the next day.
create temp table legacy_clocks as
select *, clock_after(coalesce(scene_local, assigned_local, created_local), Closed) as closed_local
from (
    select *, clock_after(coalesce(assigned_local, created_local), FirstAtScene) as scene_local
    from (
        select *, IncidentDate + CreatedTime as created_local, clock_after(created_local, FirstAssigned) as assigned_local
        from
            read_csv(
                getvariable('legacy_incidents_v1_files'),
                columns = {
                    'IncidentNo': 'varchar', 'IncidentDate': 'date', 'CreatedTime': 'time', 'Grade': 'varchar',
                    'LPA': 'varchar', 'Category': 'varchar', 'Source': 'varchar', 'DA': 'varchar', 'FirstAssigned': 'time',
                    'FirstAtScene': 'time', 'Closed': 'time'
                },
                header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', dateformat = '%d/%m/%Y'
            )
        qualify row_number() over (
            partition by IncidentDate, lpad(IncidentNo, 9, '0')
            order by getvariable('legacy_incidents_v1_ranks')[file_index::bigint + 1] desc
        ) = 1
    )
);

create temp table all_incidents as
select
    incident_key,
    system_version,
    created_at,
    recorded_at,
    source,
    call_key,
    opening_code,
    closing_code,
    qualifiers,
    grade_initial,
    grade_current,
    lpa,
    beat_code,
    coalesce(urban = 'Y', false) as is_urban,
    thrive_risk,
    coalesce(domestic_abuse = 'Y', false) as is_domestic_abuse,
    coalesce(repeat_victim = 'Y', false) as is_repeat_victim,
    coalesce(back_record = 'Y', false) as is_back_record,
    linked_incident_key,
    first_graded_at,
    first_tasked_at,
    first_assigned_at,
    to_instant(first_en_route_at) as first_en_route_at,
    coalesce(if(rows.first_at_scene_at >= created_at, rows.first_at_scene_at, null), arrivals.first_at_scene_at)
        as first_at_scene_at,
    case
        when rows.first_at_scene_at >= created_at then 'incident_export'
        when arrivals.first_at_scene_at is not null then 'resource_status'
    end as at_scene_source,
    coalesce(invalid_at_scene_count, 0) + coalesce((rows.first_at_scene_at < created_at)::bigint, 0) as invalid_at_scene_count,
    case
        when has_closing_event then milestones.closed_at
        when status = 'CLOSED' and (last_reopened_at is null or last_reopened_at <= to_instant(rows.closed_at))
            then to_instant(rows.closed_at)
    end as closed_at,
    coalesce(rows.first_at_scene_at >= created_at, false)
        or arrivals.incident_key is not null
        or coalesce(has_attended, false) as is_attended,
    coalesce(appointment_count, 0) as appointment_count,
    coalesce(has_every_slot_passed, false) as has_every_slot_passed,
    updated_at
from incident_rows as rows
left join milestones using (incident_key)
left join arrivals using (incident_key)
left join appointments using (incident_key)

union all

select
    'LEGACY-' || strftime(IncidentDate, '%Y%m%d') || '-' || lpad(IncidentNo, greatest(5, length(IncidentNo))::integer, '0'),
    'legacy',
    created_at,
    null,
    Source,
    null,
    Category,
    null,
    null,
    Grade,
    Grade,
    LPA,
    null,
    false,
    null,
    coalesce(DA = 'Y', false),
    false,
    false,
    null,
    null,
    null,
    to_instant(first_assigned_at),
    null,
    first_at_scene_at,
    if(first_at_scene_at is not null, 'legacy_export', null),
    0,
    to_instant(closed_at),
    first_at_scene_at is not null,
    0,
    false,
    null
from (
    select
        *,
        to_utc(created_local) as created_at,
        to_utc(assigned_local) as first_assigned_at,
        to_utc(scene_local) as first_at_scene_at,
        to_utc(closed_local) as closed_at
    from legacy_clocks
);

create temp table incident_disruptions as
select incident_key, min(disruption_key) as disruption_key
from all_incidents
inner join marts.fct_disruptions
    on touches(systems, 'SAAB')
    and to_instant(created_at) >= started_at
    and (to_instant(created_at) < ended_at or ended_at is null)
group by incident_key;

create table marts.fct_incidents as
select
    incident_key,
    system_version,
    to_instant(created_at) as created_at,
    to_local(created_at) as created_at_local,
    to_local(created_at)::date as created_date,
    to_instant(recorded_at) as recorded_at,
    coalesce(sources.means, 'UNKNOWN') as source_code,
    call_key,
    if(opening_code is null, null, coalesce(opening.means, 'UNKNOWN')) as opening_category,
    if(closing_code is null, null, coalesce(closing.means, 'UNKNOWN')) as closing_category,
    qualifiers,
    if(grade_initial is null, null, coalesce(first_grade.means, 'UNKNOWN')) as grade_initial,
    if(grade_current is null, null, coalesce(last_grade.means, 'UNKNOWN')) as grade_final,
    coalesce(areas.means, 'UNKNOWN') as area_code,
    beat_code,
    incidents.is_urban,
    if(thrive_risk is null, null, coalesce(thrive_risks.means, 'UNKNOWN')) as thrive_risk,
    is_domestic_abuse,
    is_repeat_victim,
    is_back_record,
    coalesce(if(closing_code is null, opening.is_admin, closing.is_admin), false) as is_admin,
    linked_incident_key is not null as is_duplicate,
    linked_incident_key,
    first_graded_at,
    first_tasked_at,
    first_assigned_at,
    first_en_route_at,
    to_instant(first_at_scene_at) as first_at_scene_at,
    at_scene_source,
    invalid_at_scene_count::bigint as invalid_at_scene_count,
    closed_at,
    closed_at is null as is_open,
    seconds_between(created_at, first_at_scene_at) as response_seconds,
    target_minutes * 60 as response_target_seconds,
    response_seconds <= response_target_seconds as is_within_target,
    is_attended,
    appointment_count::bigint as appointment_count,
    appointment_count > 0 and not is_attended and (closed_at is not null or has_every_slot_passed)
        as never_attended_after_diary,
    disruption_key,
    to_instant(updated_at) as updated_at
from all_incidents as incidents
left join reference.sources on incidents.source = sources.code
left join reference.categories as opening on opening_code = opening.code
left join reference.categories as closing on closing_code = closing.code
left join reference.grades as first_grade on grade_initial = first_grade.code
left join reference.grades as last_grade on grade_current = last_grade.code
left join reference.areas on lpa = areas.code
left join reference.thrive_risks on incidents.thrive_risk = thrive_risks.code
left join reference.response_targets
    on last_grade.means = response_targets.grade
    and incidents.is_urban = response_targets.is_urban
    and to_local(created_at)::date >= response_targets.valid_from
    and (to_local(created_at)::date < response_targets.valid_to or response_targets.valid_to is null)
left join incident_disruptions using (incident_key);
