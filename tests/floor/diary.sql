-- Appointments with what came of them, and domestic abuse with its outcomes.

create temp table first_versions as
select * from appointment_versions qualify row_number() over (partition by appointment_key order by version) = 1;

-- The latest grade and risk that the log gave by the booking.
create temp table known_at_booking as
select
    appointment_key,
    arg_max(to_code, (event_at, event_no)) filter (event_code in ('GRADED', 'REGRADED') and to_code is not null) as grade,
    arg_max(to_code, (event_at, event_no)) filter (event_code in ('THRIVE', 'RETHRIVE') and to_code is not null) as risk
from latest_appointments
inner join (select appointment_key, booked_at as first_booked_at from first_versions) using (appointment_key)
inner join marts.fct_incident_events as events
    on latest_appointments.incident_key = events.incident_key
    and events.event_code in ('GRADED', 'REGRADED', 'THRIVE', 'RETHRIVE')
where event_at <= to_instant(first_booked_at)
group by appointment_key;

create temp table appointment_disruptions as
select appointment_key, min(disruption_key) as disruption_key
from latest_appointments
inner join marts.fct_disruptions
    on touches(systems, 'SAAB')
    and to_instant(slot_end_at) >= started_at
    and (to_instant(slot_end_at) < ended_at or ended_at is null)
group by appointment_key;

create table marts.fct_diary_appointments as
select
    latest.appointment_key,
    latest.incident_key,
    latest.diary_code,
    latest.area_code,
    latest.version,
    to_instant(earliest.booked_at) as booked_at,
    to_instant(latest.slot_start_at) as slot_start_at,
    to_instant(latest.slot_end_at) as slot_end_at,
    to_local(latest.slot_end_at) as slot_end_at_local,
    to_local(latest.slot_end_at)::date as appointment_date,
    to_instant(earliest.slot_start_at) as first_slot_start_at,
    latest.status,
    to_instant(latest.attended_at) as attended_at,
    case
        when latest.status <> 'ATTENDED' then appointment_statuses.outcome
        when latest.attended_at <= latest.slot_end_at then 'KEPT'
        when latest.attended_at > latest.slot_end_at then 'LATE'
    end as outcome,
    coalesce(latest.slot_end_at <= as_of('SAAB'), false) as has_slot_passed,
    moves_count,
    seconds_between(from_instant(created_at), earliest.slot_start_at) as seconds_from_report,
    seconds_from_report / 86400::double as days_from_report,
    coalesce(incidents.is_domestic_abuse, false) as is_domestic_abuse,
    if(known.grade is null, null, coalesce(grades.means, 'UNKNOWN')) as grade_at_booking,
    if(known.risk is null, null, coalesce(thrive_risks.means, 'UNKNOWN')) as thrive_risk_at_booking,
    case
        when thrive_risks.means = 'HIGH' and grades.means = '1' then 'high risk and grade 1'
        when thrive_risks.means = 'HIGH' then 'high risk'
        when grades.means = '1' then 'grade 1'
    end as inappropriate_reason,
    inappropriate_reason is not null as is_inappropriate,
    coalesce(incidents.is_duplicate, false) as is_duplicate_incident,
    created_at is not null as has_incident,
    disruption_key,
    latest.resource,
    to_instant(latest.updated_at) as updated_at
from latest_appointments as latest
inner join first_versions as earliest using (appointment_key)
inner join (
    select appointment_key, count(*) filter (status = 'MOVED') as moves_count from appointment_versions group by appointment_key
) as moves using (appointment_key)
left join reference.appointment_statuses on latest.status = appointment_statuses.code
left join (select incident_key, created_at, is_domestic_abuse, is_duplicate from marts.fct_incidents) as incidents
    on latest.incident_key = incidents.incident_key
left join known_at_booking as known using (appointment_key)
left join reference.grades on known.grade = grades.code
left join reference.thrive_risks on known.risk = thrive_risks.code
left join appointment_disruptions using (appointment_key);

create temp table outcomes as
select
    INC_REF as incident_key, CRIME_REF as crime_ref, VICTIM_ID as victim_token, SUSPECT_PRESENT as suspect_present,
    to_utc(ARREST_AT) as arrest_at, RISK_TOOL as risk_tool, RISK_GRADE as risk_grade, POSITIVE_ACTION as positive_action, BWV as bwv,
    PROTECTIVE_ORDER as protective_order, VICTIM_SUPPORTS as victim_supports, OUTCOME_CODE as outcome_code
from
    read_csv(
        getvariable('da_outcomes_v1_files'),
        columns = {
            'INC_REF': 'varchar', 'CRIME_REF': 'varchar', 'VICTIM_ID': 'varchar', 'SUSPECT_PRESENT': 'varchar',
            'ARREST_AT': 'timestamp', 'RISK_TOOL': 'varchar', 'RISK_GRADE': 'varchar', 'POSITIVE_ACTION': 'varchar',
            'BWV': 'varchar', 'PROTECTIVE_ORDER': 'varchar', 'VICTIM_SUPPORTS': 'varchar', 'OUTCOME_CODE': 'varchar',
            'UPDATED_AT': 'timestamp'
        },
        header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', timestampformat = '%d/%m/%Y %H:%M:%S'
    )
qualify row_number() over (
    partition by INC_REF
    order by UPDATED_AT desc nulls last, getvariable('da_outcomes_v1_ranks')[file_index::bigint + 1] desc
) = 1;

create temp table abused as
select incidents.*, victim_token, epoch(created_at)::bigint as created_second
from marts.fct_incidents as incidents
left join outcomes using (incident_key)
where is_domestic_abuse;

-- Seconds since the same victim's last incident before this one.
create temp table repeats as
select
    incident_key,
    created_second - max(if(is_duplicate, null, created_second)) over (
        partition by victim_token order by created_second range between unbounded preceding and 1 preceding
    ) as since_seconds
from abused
where victim_token is not null and system_version <> 'legacy';

create table marts.fct_domestic_abuse as
select
    incident_key,
    system_version,
    system_version = 'legacy' as is_legacy,
    created_at,
    created_at_local,
    created_date,
    area_code,
    grade_final,
    is_duplicate,
    is_back_record,
    is_attended,
    first_at_scene_at,
    response_seconds,
    coalesce(response_seconds <= 86400, false) as is_attended_24h,
    outcomes.incident_key is not null as has_outcome,
    crime_ref is not null as has_crime,
    abused.victim_token,
    case suspect_present when 'Y' then true when 'N' then false end as suspect_present,
    to_instant(arrest_at) as arrest_at,
    arrest_at is not null as is_arrested,
    risk_tool,
    risk_grade,
    risk_grade is not null as is_risk_assessed,
    coalesce(positive_action = 'Y', false) as is_positive_action,
    coalesce(bwv = 'Y', false) as is_body_worn_video,
    coalesce(protective_order = 'Y', false) as has_protective_order,
    coalesce(outcomes.victim_supports = 'Y', false) as victim_supports,
    outcome_code,
    coalesce(since_seconds <= 28 * 86400, false) as is_repeat_28d,
    coalesce(since_seconds <= 365 * 86400, false) as is_repeat_365d,
    area_code in (select area_code from reference.da_pilot_design) as is_pilot_area,
    exists (
        from reference.da_pilot_design where created_date >= starts_on and (created_date <= ends_on or ends_on is null)
    ) as is_pilot_period,
    disruption_key
from abused
left join outcomes using (incident_key)
left join repeats using (incident_key);
