-- Every call and response indicator for every period and scope, from the marts.

create temp table indicators as
from (values
    ('calls_999_within_10s', 'calls', 'calls', 'ratio', 'ratio', 'higher', true),
    ('calls_999_within_10s_of_offered', 'calls', 'calls', 'ratio', 'ratio', 'higher', true),
    ('calls_101_within_30s', 'calls', 'calls', 'ratio', 'ratio', 'higher', true),
    ('calls_101_within_30s_of_offered', 'calls', 'calls', 'ratio', 'ratio', 'higher', true),
    ('calls_presented', 'calls', 'calls', 'count', 'calls', 'lower', true),
    ('calls_offered', 'calls', 'calls', 'count', 'calls', 'lower', true),
    ('calls_answered', 'calls', 'calls', 'count', 'calls', 'higher', true),
    ('calls_answered_elsewhere', 'calls', 'calls', 'count', 'calls', 'lower', true),
    ('calls_overflowed', 'calls', 'calls', 'count', 'calls', 'lower', true),
    ('calls_wait_mean', 'calls', 'calls', 'ratio', 'seconds', 'lower', false),
    ('calls_wait_median', 'calls', 'calls', 'statistic', 'seconds', 'lower', false),
    ('calls_wait_p90', 'calls', 'calls', 'statistic', 'seconds', 'lower', false),
    ('calls_wait_p95', 'calls', 'calls', 'statistic', 'seconds', 'lower', false),
    ('calls_wait_max', 'calls', 'calls', 'statistic', 'seconds', 'lower', false),
    ('calls_abandoned', 'calls', 'calls', 'ratio', 'ratio', 'lower', true),
    ('calls_short_abandoned', 'calls', 'calls', 'ratio', 'ratio', 'lower', true),
    ('calls_abandoned_in_menu', 'calls', 'calls', 'ratio', 'ratio', 'lower', true),
    ('calls_redialled', 'calls', 'calls', 'ratio', 'ratio', 'lower', true),
    ('calls_handle_time_mean', 'calls', 'calls', 'ratio', 'seconds', 'lower', true),
    ('demand_internal', 'calls', 'calls', 'ratio', 'ratio', 'lower', true),
    ('demand_failure', 'calls', 'calls', 'ratio', 'ratio', 'lower', true),
    ('demand_other_agency', 'calls', 'calls', 'ratio', 'ratio', 'lower', true),
    ('calls_occupancy', 'agents', 'agents', 'ratio', 'ratio', 'lower', true),
    ('response_grade1_median', 'incidents', 'response', 'statistic', 'seconds', 'lower', true),
    ('response_grade1_p90', 'incidents', 'response', 'statistic', 'seconds', 'lower', true),
    ('response_grade1_within_target', 'incidents', 'response', 'ratio', 'ratio', 'higher', true),
    ('response_grade2_median', 'incidents', 'response', 'statistic', 'seconds', 'lower', true),
    ('response_grade2_p90', 'incidents', 'response', 'statistic', 'seconds', 'lower', true),
    ('response_grade2_within_target', 'incidents', 'response', 'ratio', 'ratio', 'higher', true),
    ('response_stage_answer_median', 'incidents', 'stage_calls', 'statistic', 'seconds', 'lower', true),
    ('response_stage_create_median', 'incidents', 'stage_calls', 'statistic', 'seconds', 'lower', true),
    ('response_stage_grade_median', 'incidents', 'stage_log', 'statistic', 'seconds', 'lower', true),
    ('response_stage_assign_median', 'incidents', 'stage_log', 'statistic', 'seconds', 'lower', true),
    ('response_stage_en_route_median', 'incidents', 'stage_travel', 'statistic', 'seconds', 'lower', true),
    ('response_stage_scene_median', 'incidents', 'stage_status', 'statistic', 'seconds', 'lower', true),
    ('response_stage_close_median', 'incidents', 'stage_close', 'statistic', 'seconds', 'lower', true),
    ('incidents_created', 'incidents', 'incidents', 'count', 'incidents', 'neither', true),
    ('records_back_keyed', 'incidents', 'recorded', 'ratio', 'ratio', 'lower', true),
    ('back_key_delay_median', 'incidents', 'recorded', 'statistic', 'seconds', 'lower', true),
    ('tasking_time_median', 'incidents', 'tasking', 'statistic', 'seconds', 'lower', true),
    ('tasking_declined', 'incident_events', 'tasking', 'ratio', 'ratio', 'lower', true),
    ('unresourced_daily_average', 'unresourced', 'unresourced', 'ratio', 'incidents', 'lower', true),
    ('unresourced_hours', 'unresourced', 'unresourced', 'hours', 'hours', 'lower', true),
    ('unresourced_risk_hours', 'unresourced', 'unresourced', 'hours', 'hours', 'lower', true),
    ('unresourced_beyond_target', 'unresourced', 'unresourced', 'ratio', 'ratio', 'lower', true),
    ('rethrive_in_time', 'unresourced', 'unresourced', 'ratio', 'ratio', 'higher', true),
    ('diary_kept_on_time', 'appointments', 'diary', 'ratio', 'ratio', 'higher', true),
    ('diary_failed', 'appointments', 'diary', 'ratio', 'ratio', 'lower', true),
    ('diary_domestic_abuse', 'appointments', 'diary_incidents', 'ratio', 'ratio', 'neither', true),
    ('diary_inappropriate', 'appointments', 'diary_log', 'ratio', 'ratio', 'lower', true),
    ('diary_days_waiting', 'appointments', 'diary_incidents', 'statistic', 'days', 'lower', true),
    ('diary_never_attended', 'incidents', 'diary_attendance', 'ratio', 'ratio', 'lower', true),
    ('da_attendance_median', 'domestic_abuse', 'da_attendance', 'statistic', 'seconds', 'lower', true),
    ('da_attended_24h', 'domestic_abuse', 'da_attendance', 'ratio', 'ratio', 'higher', true),
    ('da_arrest', 'domestic_abuse', 'da_outcomes', 'ratio', 'ratio', 'higher', true),
    ('da_risk_assessed', 'domestic_abuse', 'da_outcomes', 'ratio', 'ratio', 'higher', true),
    ('da_positive_action', 'domestic_abuse', 'da_outcomes', 'ratio', 'ratio', 'higher', true),
    ('da_victim_supports', 'domestic_abuse', 'da_outcomes', 'ratio', 'ratio', 'higher', true),
    ('da_repeat_28d', 'domestic_abuse', 'da_repeats', 'ratio', 'ratio', 'lower', true),
    ('digital_engagements_per_day', 'digital', 'digital', 'ratio', 'contacts per day', 'neither', true),
    ('digital_engagements_per_weekday', 'digital', 'digital', 'ratio', 'contacts per weekday', 'neither', true),
    ('digital_outbound', 'digital', 'digital', 'count', 'messages', 'neither', true),
    ('workforce_vacancy', 'workforce', 'workforce', 'ratio', 'ratio', 'lower', true),
    ('workforce_abstraction', 'workforce', 'workforce', 'ratio', 'ratio', 'lower', true),
    ('recruitment_conversion', 'recruitment', 'recruitment', 'ratio', 'ratio', 'higher', false),
    ('source_completeness', 'completeness', 'deliveries', 'ratio', 'ratio', 'higher', false)
) as listed (kpi_id, subject, input_set, statistic, unit, better, has_force_rows);

-- days and periods --------------------------------------------------------------------------------------------------
create temp table sent_days as
select export, max(version) as version, day
from (select export, version, unnest(generate_series(business_date, last_date, interval 1 day))::date as day from files)
group by export, day;

-- What each day has. An export that only helps is asked for from its first day to the last one its system has reached.
create temp macro first_day_of(of_export) as (select min(day) from sent_days where export = of_export);

create temp table delivered as
select
    day,
    coalesce(bool_or(export = 'acd_segments'), false) as calls,
    coalesce(bool_or(export = 'acd_agent_intervals'), false) as agents,
    coalesce(bool_or(export = 'saab_incidents'), false) as incidents,
    coalesce(bool_or(export = 'saab_incidents' and version = '5'), false) as incidents_5,
    coalesce(bool_or(export = 'saab_incidents' and version <> '5'), false) as incidents_6,
    coalesce(bool_or(export = 'legacy_incidents'), false) as legacy,
    coalesce(bool_or(export = 'saab_incident_log'), false) as log,
    coalesce(bool_or(export = 'saab_resource_status'), false) as statuses,
    coalesce(bool_or(export = 'saab_diary'), false) as diary,
    coalesce(bool_or(export = 'da_outcomes'), false) as outcomes,
    coalesce(bool_or(export = 'digital_contacts'), false) as digital,
    coalesce(bool_or(export = 'workforce'), false) as workforce,
    coalesce(bool_or(export = 'recruitment'), false) as recruitment,
    log or day < coalesce(first_day_of('saab_incident_log'), 'infinity') as has_log,
    statuses or day < coalesce(first_day_of('saab_resource_status'), 'infinity') as has_statuses,
    diary or day < coalesce(first_day_of('saab_diary'), 'infinity') as has_diary,
    outcomes
        or day < coalesce(first_day_of('da_outcomes'), 'infinity')
        or day > coalesce(as_of_date('DA_OUTCOMES'), '-infinity') as has_outcomes,
    coalesce(day > as_of_date('DA_OUTCOMES'), false) as is_before_outcomes
from (
    select unnest(generate_series(min(day), max(last_day), interval 1 day))::date as day
    from sent_days cross join (select max(day) as last_day from sent_days)
)
left join sent_days using (day)
group by day;

create temp table input_days as
select
    input_set,
    system,
    day as local_date,
    case input_set
        when 'calls' then calls
        when 'agents' then agents
        when 'response' then (incidents_5 and statuses) or incidents_6 or legacy
        when 'stage_calls' then incidents and calls
        when 'stage_log' then incidents and log
        when 'stage_travel' then incidents and log and statuses
        when 'stage_status' then incidents and statuses
        when 'stage_close' then (incidents_5 and statuses) or incidents_6 or legacy
        when 'incidents' then incidents or legacy
        when 'recorded' then incidents
        when 'tasking' then incidents and log
        when 'unresourced' then incidents and log
        when 'diary' then diary
        when 'diary_incidents' then diary and incidents
        when 'diary_log' then diary and incidents and log
        when 'diary_attendance' then incidents and diary and statuses
        when 'da_attendance' then (incidents_5 and statuses) or incidents_6
        when 'da_outcomes' then incidents
        when 'da_repeats' then incidents
        when 'digital' then digital
        when 'workforce' then workforce
        when 'recruitment' then recruitment
        when 'deliveries' then true
    end as is_there,
    case input_set
        when 'response' then (incidents_5 and statuses) or (incidents_6 and has_statuses) or legacy
        when 'stage_close'
            then (incidents_5 and statuses and has_log) or (incidents_6 and has_log and has_statuses) or legacy
        when 'unresourced' then is_there and has_statuses and has_diary
        when 'diary_attendance' then is_there and has_log
        when 'da_attendance' then (incidents_5 and statuses) or (incidents_6 and has_statuses)
        when 'da_outcomes' then is_there and has_outcomes
        when 'da_repeats' then is_there and has_outcomes and day >= first_day_of('saab_incidents') + 28
        else is_there
    end as is_complete,
    input_set in ('da_outcomes', 'da_repeats') and is_there and has_outcomes and is_before_outcomes as is_late
from (
    select distinct
        input_set,
        case
            when input_set in ('calls', 'agents') then 'TELEPHONY'
            when input_set = 'digital' then 'DIGITAL_CONTACTS'
            when input_set in ('workforce', 'recruitment') then upper(input_set)
            when input_set <> 'deliveries' then 'SAAB'
        end as system,
        case
            when input_set = 'calls' then ['acd_segments']
            when input_set = 'agents' then ['acd_agent_intervals']
            when input_set = 'digital' then ['digital_contacts']
            when input_set in ('workforce', 'recruitment') then [input_set]
            when input_set = 'deliveries' then (select list(export) from reference.exports where export <> 'service_disruptions')
            when input_set in ('diary', 'diary_incidents', 'diary_log') then ['saab_diary']
            when subject <> 'incidents' or input_set in ('recorded', 'tasking', 'diary_attendance') then ['saab_incidents']
            else ['saab_incidents', 'legacy_incidents']
        end as dated_by
    from indicators
) as sets
inner join delivered
    on day >= (select min(sent_days.day) from sent_days where list_contains(dated_by, export))
    and day <= case input_set
        when 'unresourced' then (to_local(states_end()) - interval 1 day)::date
        when 'deliveries' then (select max(newest_date) from as_of_dates where system_code in (select system from reference.exports where export <> 'service_disruptions'))
        else as_of_date(system)
    end;

-- For four weeks after a day that is not there, what waits is an estimate.
create or replace temp table input_days as
select
    *,
    coalesce(
        input_set = 'unresourced'
        and is_complete
        and local_date - max(local_date) filter (not is_there) over (partition by input_set order by local_date) <= 28,
        false
    ) as is_estimated
from input_days;

create temp table periods as
select *, period_end - period_start + 1 as day_count
from (
    select
        input_set,
        system,
        period_type,
        case period_type
            when 'day' then local_date
            when 'week' then date_trunc('week', local_date)
            when 'month' then date_trunc('month', local_date)
            when 'quarter' then date_trunc('quarter', local_date)
            else date_trunc('year', local_date - interval 3 month) + interval 3 month
        end::date as period_start,
        any_value(
            case period_type
                when 'day' then local_date
                when 'week' then date_trunc('week', local_date) + interval 6 day
                when 'month' then date_trunc('month', local_date) + interval 1 month - interval 1 day
                when 'quarter' then date_trunc('quarter', local_date) + interval 3 month - interval 1 day
                else date_trunc('year', local_date - interval 3 month) + interval 15 month - interval 1 day
            end::date
        ) as period_end,
        count(*) filter (is_there) as delivered_day_count,
        count(*) filter (is_complete) as complete_day_count,
        count(*) filter (is_late) as late_day_count,
        count(*) filter (is_estimated) as estimated_day_count
    from input_days
    cross join (select unnest(['day', 'week', 'month', 'quarter', 'year']) as period_type)
    group by input_set, system, period_type, 4
) as counted;

-- The disruptions that touch each period: of any line (null), and of each.
create temp table period_disruptions as
select input_set, period_type, period_start, of_line, string_agg(disruption_key, '|' order by disruption_key) as disruption_keys
from periods
inner join marts.fct_disruptions
    on system is not null
    and touches(systems, system)
    and started_date <= period_end
    and coalesce((ended_at_local - interval 1 microsecond)::date, as_of_date(system)) >= period_start
inner join (select null as of_line union all select line from marts.dim_lines) as each_line
    on of_line is null or touches(lines, of_line)
group by all;

create temp table period_days as
select
    input_set,
    period_type,
    period_start,
    (input_set, period_type, period_start) in (select (input_set, period_type, period_start) from period_disruptions) as is_touched,
    unnest(generate_series(period_start, period_end, interval 1 day))::date as local_date
from periods;

-- figures that add up -----------------------------------------------------------------------------------------------
create temp table figures_by_day as
select
    local_date,
    is_disrupted,
    line,
    unnest(
        [
            {'kpi_id': 'calls_presented', 'of_line': null, 'numerator': presented, 'denominator': null, 'eligible': presented},
            {'kpi_id': 'calls_offered', 'of_line': null, 'numerator': offered, 'denominator': null, 'eligible': offered},
            {'kpi_id': 'calls_answered', 'of_line': null, 'numerator': answered, 'denominator': null, 'eligible': answered},
            {'kpi_id': 'calls_answered_elsewhere', 'of_line': null, 'numerator': elsewhere, 'denominator': null, 'eligible': elsewhere},
            {'kpi_id': 'calls_overflowed', 'of_line': null, 'numerator': overflowed, 'denominator': null, 'eligible': overflowed},
            {'kpi_id': 'calls_999_within_10s', 'of_line': '999', 'numerator': in_10s, 'denominator': timed, 'eligible': answered},
            {'kpi_id': 'calls_999_within_10s_of_offered', 'of_line': '999', 'numerator': in_10s, 'denominator': offered, 'eligible': offered},
            {'kpi_id': 'calls_101_within_30s', 'of_line': '101', 'numerator': in_30s, 'denominator': timed, 'eligible': answered},
            {'kpi_id': 'calls_101_within_30s_of_offered', 'of_line': '101', 'numerator': in_30s, 'denominator': offered, 'eligible': offered},
            {'kpi_id': 'calls_wait_mean', 'of_line': null, 'numerator': waited, 'denominator': timed, 'eligible': answered},
            {'kpi_id': 'calls_abandoned', 'of_line': null, 'numerator': abandoned - short, 'denominator': offered - short, 'eligible': offered - short},
            {'kpi_id': 'calls_short_abandoned', 'of_line': null, 'numerator': short, 'denominator': offered, 'eligible': offered},
            {'kpi_id': 'calls_abandoned_in_menu', 'of_line': null, 'numerator': in_menu, 'denominator': presented, 'eligible': presented},
            {'kpi_id': 'calls_redialled', 'of_line': null, 'numerator': redialled, 'denominator': known_caller, 'eligible': abandoned},
            {'kpi_id': 'calls_handle_time_mean', 'of_line': null, 'numerator': handled, 'denominator': known_handling, 'eligible': answered},
            {'kpi_id': 'demand_internal', 'of_line': null, 'numerator': internal, 'denominator': wrapped, 'eligible': answered},
            {'kpi_id': 'demand_failure', 'of_line': null, 'numerator': failure, 'denominator': wrapped, 'eligible': answered},
            {'kpi_id': 'demand_other_agency', 'of_line': null, 'numerator': other_agency, 'denominator': wrapped, 'eligible': answered}
        ],
        recursive := true
    )
from (
    select
        offered_date as local_date,
        disruption_key is not null as is_disrupted,
        line,
        count(*) filter (outcome <> 'test') as presented,
        count(*) filter (outcome not in ('test', 'abandoned_in_menu', 'ended_by_menu', 'answered_elsewhere')) as offered,
        count(*) filter (outcome = 'answered') as answered,
        count(*) filter (outcome = 'answered_elsewhere') as elsewhere,
        count(*) filter (outcome = 'overflow') as overflowed,
        count(*) filter (outcome = 'abandoned_in_menu') as in_menu,
        count(*) filter (outcome = 'abandoned') as abandoned,
        count(*) filter (is_short_abandon) as short,
        count(caller_token) filter (outcome = 'abandoned') as known_caller,
        count(caller_token) filter (outcome = 'abandoned' and is_redialled) as redialled,
        count(wait_seconds) filter (outcome = 'answered') as timed,
        coalesce(sum(wait_seconds) filter (outcome = 'answered'), 0) as waited,
        count(*) filter (outcome = 'answered' and wait_seconds <= 10) as in_10s,
        count(*) filter (outcome = 'answered' and wait_seconds <= 30) as in_30s,
        count(talk_seconds + hold_seconds + wrap_seconds) filter (outcome = 'answered') as known_handling,
        coalesce(sum(talk_seconds + hold_seconds + wrap_seconds) filter (outcome = 'answered'), 0) as handled,
        count(wrap_code) filter (outcome = 'answered') as wrapped,
        count(wrap_code) filter (outcome = 'answered' and demand_type = 'internal') as internal,
        count(wrap_code) filter (outcome = 'answered' and demand_type = 'failure') as failure,
        count(wrap_code) filter (outcome = 'answered' and demand_type = 'other_agency') as other_agency
    from marts.fct_calls
    group by all
);

delete from figures_by_day where of_line <> line;

create temp table scoped_by_day as
select
    kpi_id, local_date, is_disrupted, 'line' as scope_type, line as scope_code, numerator, denominator,
    coalesce(denominator, numerator) as measured_count, eligible as eligible_count
from figures_by_day

union all

select kpi_id, local_date, is_disrupted, 'force', 'FORCE', numerator, denominator, coalesce(denominator, numerator), eligible
from figures_by_day
where kpi_id <> 'calls_wait_mean'

union all

select
    'calls_occupancy',
    local_date,
    is_disrupted,
    if(grouping(team) = 0, 'team', 'force'),
    if(grouping(team) = 0, team, 'FORCE'),
    sum(busy) filter (is_measured),
    sum(working) filter (is_measured),
    count(*) filter (is_measured),
    count(*)
from (
    select
        interval_date as local_date,
        exists (
            from marts.fct_disruptions
            where touches(systems, 'TELEPHONY')
                and interval_at >= started_at
                and (interval_at < ended_at or ended_at is null)
        ) as is_disrupted,
        team,
        talk_seconds + hold_seconds + wrap_seconds as busy,
        staffed_seconds - aux_seconds as working,
        busy is not null and working is not null as is_measured
    from marts.fct_agent_intervals
)
group by grouping sets ((local_date, is_disrupted), (local_date, is_disrupted, team))

union all

select
    'response_grade' || grade_final || '_within_target',
    created_date,
    is_disrupted,
    response_scope_type(grouping(area_code), grouping(urban_code)),
    response_scope_code(grouping(area_code), grouping(urban_code), area_code, urban_code),
    count(*) filter (is_within_target),
    count(is_within_target),
    count(is_within_target),
    count(*)
from (
    select *, disruption_key is not null as is_disrupted, if(is_urban, 'Y', 'N') as urban_code
    from marts.fct_incidents
    where is_attended and not is_duplicate and not is_back_record and grade_final in ('1', '2')
)
group by
    grade_final, created_date, is_disrupted,
    grouping sets ((), (area_code), (urban_code), (area_code, urban_code));

-- the incidents, the diary, domestic abuse and the rest ---------------------------------------------------------------
create temp macro in_outage(instant, of_system) as
    exists (from marts.fct_disruptions where touches(systems, of_system) and instant >= started_at and (instant < ended_at or ended_at is null));

create temp table more_by_day (
    kpi_id varchar, local_date date, is_disrupted boolean, scope_type varchar, scope_code varchar, numerator decimal(38, 4),
    denominator decimal(38, 4), measured_count bigint, eligible_count bigint
);

insert into more_by_day
select
    'incidents_created', created_date, disruption_key is not null,
    case
        when grouping(source_code) = 0 then 'source' when grouping(grade_code) = 0 then 'grade'
        when grouping(area_code) = 0 then 'area' else 'force'
    end,
    case
        when grouping(source_code) = 0 then source_code when grouping(grade_code) = 0 then grade_code
        when grouping(area_code) = 0 then area_code else 'FORCE'
    end,
    count(*), null, count(*), count(*)
from (select *, coalesce(grade_final, 'UNGRADED') as grade_code from marts.fct_incidents)
where not is_duplicate and not is_admin
group by created_date, disruption_key is not null, grouping sets ((), (source_code), (grade_code), (area_code));

create temp table saab_delays as
select
    created_date, disruption_key, is_back_record, recorded_at, epoch(recorded_at)::bigint - epoch(created_at)::bigint as delay,
    is_back_record or coalesce(delay > parameter('back_key_seconds'), false) as is_late
from marts.fct_incidents
where system_version <> 'legacy';

insert into more_by_day
select
    'records_back_keyed', created_date, disruption_key is not null, 'force', 'FORCE', count(*) filter (is_late),
    count(*) filter (is_back_record or recorded_at is not null), count(*) filter (is_back_record or recorded_at is not null), count(*)
from saab_delays
group by created_date, disruption_key is not null;

insert into more_by_day
select
    'tasking_declined', event_date, is_disrupted, if(grouping(area_code) = 0, 'area', 'force'),
    if(grouping(area_code) = 0, area_code, 'FORCE'), count(*) filter (is_task_declined), count(*) filter (is_tasking),
    count(*) filter (is_tasking), count(*) filter (is_tasking)
from (
    select event_date, is_tasking, is_task_declined, coalesce(area_code, 'UNKNOWN') as area_code, in_outage(event_at, 'SAAB') as is_disrupted
    from marts.fct_incident_events
    left join (select incident_key, area_code from marts.fct_incidents) using (incident_key)
    where is_tasking or is_task_declined
)
group by event_date, is_disrupted, grouping sets ((), (area_code));

-- Where all was declined and nothing tasked, something was eligible all the same.
update more_by_day
set eligible_count = 1
from (
    select local_date, scope_type, scope_code, min(is_disrupted) as is_first
    from more_by_day
    where kpi_id = 'tasking_declined'
    group by all
    having sum(eligible_count) = 0
) as untasked
where kpi_id = 'tasking_declined'
    and more_by_day.local_date = untasked.local_date
    and more_by_day.scope_type = untasked.scope_type
    and more_by_day.scope_code = untasked.scope_code
    and is_disrupted = is_first;

insert into more_by_day
select
    'unresourced_daily_average', hour_date, is_disrupted,
    case when grouping(area_code) = 0 then 'area' when grouping(grade) = 0 then 'grade' else 'force' end,
    case when grouping(area_code) = 0 then area_code when grouping(grade) = 0 then grade else 'FORCE' end,
    coalesce(sum(incident_count) filter (not is_estimated), 0),
    count(distinct hour_at) filter (not is_estimated), count(distinct hour_at) filter (not is_estimated), count(distinct hour_at)
from marts.fct_unresourced_hourly
inner join (
    select hour_at, in_outage(hour_at, 'SAAB') as is_disrupted from (select distinct hour_at from marts.fct_unresourced_hourly)
) using (hour_at)
where kind = 'LIVE'
group by hour_date, is_disrupted, grouping sets ((), (area_code), (grade));

create temp table pieces as
select
    local_date, area_code, is_high_risk,
    epoch(least(ended_at, ends_at))::bigint - epoch(greatest(started_at, starts_at))::bigint as seconds,
    exists (
        from marts.fct_disruptions as outages
        where touches(systems, 'SAAB')
            and least(waits.ended_at, ends_at) > outages.started_at
            and (greatest(waits.started_at, starts_at) < outages.ended_at or outages.ended_at is null)
    ) as is_disrupted
from (
    select
        area_code, is_high_risk, started_at, coalesce(ended_at, to_instant(states_end())) as ended_at,
        unnest(generate_series(
            started_date,
            to_local(coalesce(from_instant(ended_at), states_end()) - interval 1 microsecond)::date,
            interval 1 day
        ))::date as local_date
    from marts.fct_incident_states
    where state = 'UNRESOURCED' and not is_duplicate
) as waits
inner join marts.dim_dates using (local_date)
inner join saab_days on local_date = day and is_delivered;

insert into more_by_day
select
    kpi_id, local_date, is_disrupted, if(grouping(area_code) = 0, 'area', 'force'), if(grouping(area_code) = 0, area_code, 'FORCE'),
    sum(seconds), null, count(*), count(*)
from (
    select 'unresourced_hours' as kpi_id, * from pieces
    union all
    select 'unresourced_risk_hours' as kpi_id, * from pieces where is_high_risk
)
group by kpi_id, local_date, is_disrupted, grouping sets ((), (area_code));

create temp table spells as
select
    incident_key, spell_started_at as started_at, min(started_date) as started_date, area_code, is_high_risk,
    epoch(max(coalesce(ended_at, to_instant(states_end()))))::bigint - epoch(spell_started_at)::bigint as seconds
from marts.fct_incident_states
where state = 'UNRESOURCED' and not is_duplicate
group by incident_key, spell_started_at, area_code, is_high_risk;

insert into more_by_day
select
    kpi_id, local_date, is_disrupted, if(grouping(area_code) = 0, 'area', 'force'), if(grouping(area_code) = 0, area_code, 'FORCE'),
    count(*) filter (is_hit), count(is_hit), count(is_hit), count(*)
from (
    select
        'unresourced_beyond_target' as kpi_id, created_date as local_date, disruption_key is not null as is_disrupted, area_code,
        longest > response_target_seconds as is_hit
    from (select incident_key, max(seconds) as longest from spells group by incident_key)
    inner join marts.fct_incidents using (incident_key)

    union all

    select
        'rethrive_in_time', started_date, in_outage(started_at, 'SAAB'), area_code,
        exists (
            from marts.fct_incident_events as events
            where events.incident_key = spells.incident_key
                and is_risk_reassessed
                and event_at >= started_at
                and epoch(event_at)::bigint - epoch(started_at)::bigint <= parameter('rethrive_limit_seconds')
        )
    from spells
    where is_high_risk and seconds > parameter('rethrive_limit_seconds')
)
group by kpi_id, local_date, is_disrupted, grouping sets ((), (area_code));

insert into more_by_day
select kpi_id, local_date, is_disrupted, scope_type, scope_code, numerator, denominator, measured, eligible
from (
    select
        local_date,
        is_disrupted,
        scope_type,
        scope_code,
        unnest(
            [
                {'kpi_id': 'diary_kept_on_time', 'numerator': kept, 'denominator': judged, 'measured': judged, 'eligible': due},
                {'kpi_id': 'diary_failed', 'numerator': failed, 'denominator': judged, 'measured': judged, 'eligible': due},
                {'kpi_id': 'diary_domestic_abuse', 'numerator': abuse, 'denominator': known, 'measured': known, 'eligible': n},
                {'kpi_id': 'diary_inappropriate', 'numerator': wrong, 'denominator': known, 'measured': known, 'eligible': n}
            ],
            recursive := true
        )
    from (
        select
            appointment_date as local_date,
            disruption_key is not null as is_disrupted,
            case when grouping(diary_code) = 0 then 'diary' when grouping(area_code) = 0 then 'area' else 'force' end as scope_type,
            case when grouping(diary_code) = 0 then diary_code when grouping(area_code) = 0 then area_code else 'FORCE' end as scope_code,
            count(*) as n,
            count(*) filter (has_incident) as known,
            count(*) filter (has_incident and is_domestic_abuse) as abuse,
            count(*) filter (has_incident and is_inappropriate) as wrong,
            count(*) filter (has_slot_passed and outcome is distinct from 'CANCELLED_VICTIM') as due,
            count(*) filter (has_slot_passed and outcome <> 'CANCELLED_VICTIM') as judged,
            count(*) filter (has_slot_passed and outcome = 'KEPT') as kept,
            count(*) filter (has_slot_passed and outcome = 'FAILED') as failed
        from marts.fct_diary_appointments
        where appointment_date is not null
        group by appointment_date, disruption_key is not null, grouping sets ((), (diary_code), (area_code))
    )
);

insert into more_by_day
select
    'diary_never_attended', created_date, disruption_key is not null, 'force', 'FORCE', count(*) filter (never_attended_after_diary),
    count(*), count(*), count(*)
from marts.fct_incidents
where appointment_count > 0 and not is_duplicate
group by created_date, disruption_key is not null;

insert into more_by_day
select kpi_id, local_date, is_disrupted, scope_type, scope_code, numerator, n, measured, n
from (
    select
        local_date,
        is_disrupted,
        scope_type,
        scope_code,
        n,
        unnest(
            [
                {'kpi_id': 'da_attended_24h', 'numerator': attended, 'measured': timed},
                {'kpi_id': 'da_arrest', 'numerator': arrested, 'measured': with_outcome},
                {'kpi_id': 'da_risk_assessed', 'numerator': assessed, 'measured': with_outcome},
                {'kpi_id': 'da_positive_action', 'numerator': acted, 'measured': with_outcome},
                {'kpi_id': 'da_victim_supports', 'numerator': supporting, 'measured': with_outcome},
                {'kpi_id': 'da_repeat_28d', 'numerator': repeated, 'measured': with_victim}
            ],
            recursive := true
        )
    from (
        select
            created_date as local_date,
            disruption_key is not null as is_disrupted,
            if(grouping(area_code) = 0, 'area', 'force') as scope_type,
            if(grouping(area_code) = 0, area_code, 'FORCE') as scope_code,
            count(*) as n,
            count(*) filter (is_attended_24h) as attended,
            count(response_seconds) as timed,
            count(*) filter (is_arrested) as arrested,
            count(*) filter (is_risk_assessed) as assessed,
            count(*) filter (is_positive_action) as acted,
            count(*) filter (victim_supports) as supporting,
            count(*) filter (is_repeat_28d) as repeated,
            count(*) filter (has_outcome) as with_outcome,
            count(victim_token) as with_victim
        from marts.fct_domestic_abuse
        where not is_legacy and not is_duplicate
        group by created_date, disruption_key is not null, grouping sets ((), (area_code))
    )
);

-- Engagements: every channel has every day that was delivered.
create temp table engagements as
select
    local_date,
    is_there,
    is_there and isodow(local_date) < 6 as is_weekday,
    exists (
        from marts.fct_disruptions
        where touches(systems, 'DIGITAL_CONTACTS')
            and local_date >= started_date
            and (local_date <= (ended_at_local - interval 1 microsecond)::date or ended_at is null)
    ) as is_disrupted,
    channel_code,
    coalesce(inbound, 0) as inbound,
    coalesce(outbound, 0) as outbound
from input_days
cross join (select means as channel_code from reference.channels where code = means)
left join (
    select opened_date as local_date, channel_code, count(*) filter (is_inbound) as inbound, count(*) filter (is_outbound) as outbound
    from marts.fct_digital_contacts
    group by all
) using (local_date, channel_code)
where input_set = 'digital';

insert into more_by_day
select kpi_id, local_date, is_disrupted, scope_type, scope_code, numerator, denominator, numerator, numerator
from (
    select
        local_date,
        is_disrupted,
        scope_type,
        scope_code,
        unnest(
            [
                {'kpi_id': 'digital_engagements_per_day', 'numerator': inbound, 'denominator': days},
                {'kpi_id': 'digital_engagements_per_weekday', 'numerator': inbound, 'denominator': weekdays},
                {'kpi_id': 'digital_outbound', 'numerator': outbound, 'denominator': null}
            ],
            recursive := true
        )
    from (
        select
            local_date,
            is_disrupted,
            if(grouping(channel_code) = 0, 'channel', 'force') as scope_type,
            if(grouping(channel_code) = 0, channel_code, 'FORCE') as scope_code,
            sum(inbound) as inbound,
            sum(outbound) as outbound,
            bool_or(is_there)::bigint as days,
            bool_or(is_weekday)::bigint as weekdays
        from engagements
        group by local_date, is_disrupted, grouping sets ((), (channel_code))
    )
);

insert into more_by_day
select
    kpi_id, month_date, false, if(grouping(unit) = 0, 'unit', 'force'), if(grouping(unit) = 0, unit, 'FORCE'),
    sum(numerator) filter (numerator + denominator is not null), sum(denominator) filter (numerator + denominator is not null),
    count(numerator + denominator), count(*)
from (
    select 'workforce_vacancy' as kpi_id, month_date, unit, establishment_fte - strength_fte as numerator, establishment_fte as denominator
    from marts.fct_workforce
    union all
    select 'workforce_abstraction', month_date, unit, abstracted_fte, strength_fte from marts.fct_workforce
)
group by kpi_id, month_date, grouping sets ((), (unit));

insert into more_by_day
select
    'recruitment_conversion', month_date, false, 'stage', stage_code,
    if(before.n + stages.n is not null, stages.n, null), if(before.n + stages.n is not null, before.n, null),
    (before.n + stages.n is not null)::bigint, 1
from (
    select month_date, stage_code, stage_order, known_sum(applicant_count) as n
    from marts.fct_recruitment
    where stage_order is not null
    group by all
) as stages
left join (
    select month_date, stage_order + 1 as stage_order, known_sum(applicant_count) as n
    from marts.fct_recruitment
    where stage_order is not null
    group by all
) as before using (month_date, stage_order)
where stage_order > 1;

insert into more_by_day
select
    'source_completeness', day, false, 'export', export, count(*) filter (is_sent), count(*), count(*), count(*)
from (
    select spans.export, day, sent.export is not null as is_sent
    from (
        select
            export,
            export in ('digital_contacts', 'workforce', 'recruitment', 'da_outcomes', 'bt_999_national', 'legacy_incidents') as is_monthly,
            unnest(generate_series(
                min(business_date),
                if(export = 'legacy_incidents', max(last_date), as_of_date(any_value(system))),
                interval 1 day
            ))::date as day
        from files
        where export <> 'service_disruptions'
        group by export
    ) as spans
    left join (select distinct export, business_date from files) as sent on spans.export = sent.export and day = business_date
    where not is_monthly or day(day) = 1
)
group by day, export;

-- figures that do not -----------------------------------------------------------------------------------------------
-- For each period the whole, and where a disruption touches it also what lies outside of the disruption.
create temp table waits as
select
    period_type,
    period_start,
    line,
    count(*) as eligible_count,
    count(wait_seconds) as measured_count,
    quantile_cont(wait_seconds, [0.5, 0.9, 0.95]) as quantiles,
    max(wait_seconds) as longest,
    quantile_cont(wait_seconds, [0.5, 0.9, 0.95]) filter (is_touched and disruption_key is null) as other_quantiles,
    max(wait_seconds) filter (is_touched and disruption_key is null) as other_longest
from marts.fct_calls
inner join period_days on offered_date = local_date and input_set = 'calls'
where outcome = 'answered'
group by period_type, period_start, line;

create temp table responses as
select
    period_type,
    period_start,
    grade_final,
    response_scope_type(grouping(area_code), grouping(urban_code)) as scope_type,
    response_scope_code(grouping(area_code), grouping(urban_code), area_code, urban_code) as scope_code,
    count(*) as eligible_count,
    count(response_seconds) as measured_count,
    quantile_cont(response_seconds, [0.5, 0.9]) as quantiles,
    quantile_cont(response_seconds, [0.5, 0.9]) filter (is_touched and disruption_key is null) as other_quantiles
from (
    select *, if(is_urban, 'Y', 'N') as urban_code
    from marts.fct_incidents
    where is_attended and not is_duplicate and not is_back_record and grade_final in ('1', '2')
)
inner join period_days on created_date = local_date and input_set = 'response'
group by
    period_type, period_start, grade_final,
    grouping sets ((), (area_code), (urban_code), (area_code, urban_code));

create temp table stages as
select
    period_type,
    period_start,
    if(grouping(grade_code) = 0, 'grade', 'force') as scope_type,
    if(grouping(grade_code) = 0, grade_code, 'FORCE') as scope_code,
    count(*) as eligible_count,
    count(answer) as answer_count,
    quantile_cont(answer, 0.5) as answer,
    quantile_cont(answer, 0.5) filter (is_outside) as other_answer,
    count("create") as create_count,
    quantile_cont("create", 0.5) as "create",
    quantile_cont("create", 0.5) filter (is_outside) as other_create,
    count(grade) as grade_count,
    quantile_cont(grade, 0.5) as grade,
    quantile_cont(grade, 0.5) filter (is_outside) as other_grade,
    count(assign) as assign_count,
    quantile_cont(assign, 0.5) as assign,
    quantile_cont(assign, 0.5) filter (is_outside) as other_assign,
    count(en_route) as en_route_count,
    quantile_cont(en_route, 0.5) as en_route,
    quantile_cont(en_route, 0.5) filter (is_outside) as other_en_route,
    count(scene) as scene_count,
    quantile_cont(scene, 0.5) as scene,
    quantile_cont(scene, 0.5) filter (is_outside) as other_scene,
    count("close") as close_count,
    quantile_cont("close", 0.5) as "close",
    quantile_cont("close", 0.5) filter (is_outside) as other_close
from (
    select
        created_date,
        incidents.disruption_key,
        coalesce(grade_final, 'UNGRADED') as grade_code,
        seconds_between(offered_at, answered_at) as answer,
        seconds_between(answered_at, created_at) as "create",
        seconds_between(created_at, first_graded_at) as grade,
        seconds_between(first_graded_at, first_assigned_at) as assign,
        seconds_between(first_assigned_at, first_en_route_at) as en_route,
        seconds_between(first_en_route_at, first_at_scene_at) as scene,
        seconds_between(first_at_scene_at, closed_at) as "close"
    from marts.fct_incidents as incidents
    left join (select call_key, offered_at, answered_at from marts.fct_calls) as calls using (call_key)
    where not is_duplicate and not is_back_record
)
inner join (select *, is_touched as is_outside_possible from period_days where input_set = 'stage_log') as days
    on created_date = local_date
cross join lateral (select is_outside_possible and disruption_key is null as is_outside)
group by grouping sets ((period_type, period_start), (period_type, period_start, grade_code));

create temp table more_figures as
select
    kpi_id,
    period_type,
    period_start,
    scope_type,
    scope_code,
    count(*) as eligible_count,
    count(seconds) as measured_count,
    quantile_cont(seconds, 0.5) / any_value(seconds_a_unit) as figure,
    quantile_cont(seconds, 0.5) filter (is_touched and not is_disrupted) / any_value(seconds_a_unit) as other_figure
from (
    select
        'back_key_delay_median' as kpi_id, created_date as local_date, disruption_key is not null as is_disrupted,
        [{'scope_type': 'force', 'scope_code': 'FORCE'}] as scopes, not_negative(delay) as seconds, 1::double as seconds_a_unit
    from saab_delays
    where is_late

    union all

    select
        'tasking_time_median', created_date, disruption_key is not null,
        [{'scope_type': 'force', 'scope_code': 'FORCE'}, {'scope_type': 'area', 'scope_code': area_code}],
        seconds_between(from_instant(first_tasked_at), from_instant(first_assigned_at)), 1
    from marts.fct_incidents
    where first_tasked_at is not null

    union all

    select
        'diary_days_waiting', appointment_date, disruption_key is not null,
        [
            {'scope_type': 'force', 'scope_code': 'FORCE'}, {'scope_type': 'diary', 'scope_code': diary_code},
            {'scope_type': 'area', 'scope_code': area_code}
        ],
        seconds_from_report, 86400
    from marts.fct_diary_appointments
    where appointment_date is not null

    union all

    select
        'da_attendance_median', created_date, disruption_key is not null,
        [{'scope_type': 'force', 'scope_code': 'FORCE'}, {'scope_type': 'area', 'scope_code': area_code}],
        response_seconds, 1
    from marts.fct_domestic_abuse
    where not is_legacy and not is_duplicate
)
cross join unnest(scopes) as listed (scope)
cross join lateral (select scope.scope_type, scope.scope_code)
inner join indicators using (kpi_id)
inner join period_days using (input_set, local_date)
group by kpi_id, period_type, period_start, scope_type, scope_code;

-- all together ------------------------------------------------------------------------------------------------------
create temp table measured as
select
    kpi_id,
    period_type,
    period_start,
    scope_type,
    scope_code,
    sum(numerator)::double as numerator,
    sum(denominator)::double as denominator,
    null::double as figure,
    sum(if(is_disrupted, 0, numerator))::double as other_numerator,
    sum(if(is_disrupted, 0, denominator))::double as other_denominator,
    null::double as other_figure,
    sum(measured_count)::bigint as measured_count,
    sum(eligible_count)::bigint as eligible_count
from (from scoped_by_day union all from more_by_day)
inner join indicators using (kpi_id)
inner join period_days using (input_set, local_date)
group by kpi_id, period_type, period_start, scope_type, scope_code

union all

select
    kpi_id, period_type, period_start, scope_type, scope_code, null, measured_count, figure, null, null, other_figure,
    measured_count, eligible_count
from (
    from more_figures

    union all by name

    select
        period_type,
        period_start,
        'line' as scope_type,
        line as scope_code,
        measured_count,
        eligible_count,
        unnest(
            [
                {'kpi_id': 'calls_wait_median', 'figure': quantiles[1], 'other_figure': other_quantiles[1]},
                {'kpi_id': 'calls_wait_p90', 'figure': quantiles[2], 'other_figure': other_quantiles[2]},
                {'kpi_id': 'calls_wait_p95', 'figure': quantiles[3], 'other_figure': other_quantiles[3]},
                {'kpi_id': 'calls_wait_max', 'figure': longest, 'other_figure': other_longest}
            ],
            recursive := true
        )
    from waits

    union all by name

    select
        period_type,
        period_start,
        scope_type,
        scope_code,
        measured_count,
        eligible_count,
        unnest(
            [
                {'kpi_id': 'response_grade' || grade_final || '_median', 'figure': quantiles[1], 'other_figure': other_quantiles[1]},
                {'kpi_id': 'response_grade' || grade_final || '_p90', 'figure': quantiles[2], 'other_figure': other_quantiles[2]}
            ],
            recursive := true
        )
    from responses

    union all by name

    select
        period_type,
        period_start,
        scope_type,
        scope_code,
        eligible_count,
        unnest(
            [
                {'kpi_id': 'response_stage_answer_median', 'measured_count': answer_count, 'figure': answer, 'other_figure': other_answer},
                {'kpi_id': 'response_stage_create_median', 'measured_count': create_count, 'figure': "create", 'other_figure': other_create},
                {'kpi_id': 'response_stage_grade_median', 'measured_count': grade_count, 'figure': grade, 'other_figure': other_grade},
                {'kpi_id': 'response_stage_assign_median', 'measured_count': assign_count, 'figure': assign, 'other_figure': other_assign},
                {'kpi_id': 'response_stage_en_route_median', 'measured_count': en_route_count, 'figure': en_route, 'other_figure': other_en_route},
                {'kpi_id': 'response_stage_scene_median', 'measured_count': scene_count, 'figure': scene, 'other_figure': other_scene},
                {'kpi_id': 'response_stage_close_median', 'measured_count': close_count, 'figure': "close", 'other_figure': other_close}
            ],
            recursive := true
        )
    from stages
);

-- The force has a row for every period; other scopes where there is something. What lies in days that are there and is nothing
-- is nought; nothing in days that are not there is unknown.
create table metrics.kpi_results as
select
    kpi_id,
    period_type,
    period_start,
    period_end,
    scope_type,
    scope_code,
    subject,
    if(statistic <> 'statistic' and is_known, coalesce(measured.numerator, 0), null) as numerator,
    case
        when statistic = 'hours' then 3600
        when statistic <> 'count' and is_known then coalesce(measured.denominator, 0)
    end as denominator,
    case statistic
        when 'count' then if(is_known, coalesce(measured.numerator, 0), null)
        when 'hours' then if(is_known, coalesce(measured.numerator, 0), null) / 3600
        when 'ratio' then if(coalesce(measured.measured_count, 0) > 0 or coalesce(measured.eligible_count, 0) = 0, numerator / nullif(denominator, 0), null)
        else figure
    end as value,
    unit,
    coalesce(measured.measured_count, 0) as measured_count,
    coalesce(measured.eligible_count, 0) as eligible_count,
    measured_count / nullif(eligible_count, 0)::double as coverage_ratio,
    target,
    case better when 'higher' then value >= target when 'lower' then value <= target end as is_target_met,
    case
        when value is null then 'NOT_AVAILABLE'
        when disruption_keys is not null then 'DISRUPTED'
        when complete_day_count < day_count then 'PARTIAL'
        when scope_type = 'export'
            and period_end > (select newest_date from as_of_dates inner join reference.exports on system = system_code where export = scope_code)
            then 'PARTIAL'
        when late_day_count > 0 then 'LATE'
        when estimated_day_count > 0 then 'ESTIMATED'
        else 'OK'
    end as quality_state,
    disruption_keys,
    case
        when statistic = 'count' then if(is_known, coalesce(other_numerator, 0), null)
        when statistic = 'hours' then if(is_known, coalesce(other_numerator, 0), null) / 3600
        when statistic = 'ratio' then if(coalesce(measured.measured_count, 0) > 0 or coalesce(measured.eligible_count, 0) = 0, other_numerator / nullif(other_denominator, 0), null)
        when disruption_keys is null then figure
        else other_figure
    end as value_excluding_disruptions,
    day_count,
    delivered_day_count,
    complete_day_count,
    late_day_count,
    estimated_day_count
from (
    select kpi_id, period_type, period_start, 'force' as scope_type, 'FORCE' as scope_code
    from indicators
    inner join periods using (input_set)
    where has_force_rows

    union all

    select kpi_id, period_type, period_start, scope_type, scope_code
    from measured
    where scope_type <> 'force' and eligible_count > 0
)
inner join indicators using (kpi_id)
inner join periods using (input_set, period_type, period_start)
left join measured using (kpi_id, period_type, period_start, scope_type, scope_code)
left join period_disruptions as outages
    on indicators.input_set = outages.input_set
    and periods.period_type = outages.period_type
    and periods.period_start = outages.period_start
    and outages.of_line is not distinct from
        case
            when scope_type = 'line' then scope_code
            when starts_with(kpi_id, 'calls_999') then '999'
            when starts_with(kpi_id, 'calls_101') then '101'
        end
cross join lateral (select delivered_day_count > 0 or coalesce(measured.eligible_count, 0) > 0 as is_known)
left join reference.targets
    on indicators.kpi_id = targets.kpi_id
    and period_start >= targets.valid_from
    and (period_start < targets.valid_to or targets.valid_to is null)
where period_type = 'month' or indicators.input_set not in ('workforce', 'recruitment');
