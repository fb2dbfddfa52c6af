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
    ('response_stage_close_median', 'incidents', 'stage_close', 'statistic', 'seconds', 'lower', true)
) as listed (kpi_id, subject, input_set, statistic, unit, better, has_force_rows);

-- days and periods --------------------------------------------------------------------------------------------------
create temp table sent_days as
select export, max(version) as version, day
from (select export, version, unnest(generate_series(business_date, last_date, interval 1 day))::date as day from files)
group by export, day;

-- What each day has, and which exports have ever come by then.
create temp table delivered as
select
    day,
    coalesce(bool_or(export = 'acd_segments'), false) as calls,
    coalesce(bool_or(export = 'acd_agent_intervals'), false) as agents,
    coalesce(bool_or(export = 'saab_incidents' and version = '5'), false) as incidents_5,
    coalesce(bool_or(export = 'saab_incidents' and version <> '5'), false) as incidents_6,
    coalesce(bool_or(export = 'legacy_incidents'), false) as legacy,
    coalesce(bool_or(export = 'saab_incident_log'), false) as log,
    coalesce(bool_or(export = 'saab_resource_status'), false) as statuses,
    log or day < coalesce((select min(day) from sent_days where export = 'saab_incident_log'), 'infinity') as has_log,
    statuses or day < coalesce((select min(day) from sent_days where export = 'saab_resource_status'), 'infinity') as has_statuses
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
        when 'stage_calls' then (incidents_5 or incidents_6) and calls
        when 'stage_log' then (incidents_5 or incidents_6) and log
        when 'stage_travel' then (incidents_5 or incidents_6) and log and statuses
        when 'stage_status' then (incidents_5 or incidents_6) and statuses
        else (incidents_5 and statuses) or incidents_6 or legacy
    end as is_there,
    case input_set
        when 'response' then (incidents_5 and statuses) or (incidents_6 and has_statuses) or legacy
        when 'stage_close'
            then (incidents_5 and statuses and has_log) or (incidents_6 and has_log and has_statuses) or legacy
        else is_there
    end as is_complete
from (
    select distinct
        input_set,
        if(subject = 'incidents', 'SAAB', 'TELEPHONY') as system,
        case subject
            when 'calls' then ['acd_segments']
            when 'agents' then ['acd_agent_intervals']
            else ['saab_incidents', 'legacy_incidents']
        end as dated_by
    from indicators
) as sets
inner join delivered
    on day >= (select min(sent_days.day) from sent_days where list_contains(dated_by, export))
    and day <= as_of_date(system);

create temp table periods as
select
    *,
    period_end - period_start + 1 as day_count,
    (
        select string_agg(disruption_key, '|' order by disruption_key)
        from marts.fct_disruptions
        where (systems is null or contains(upper(systems), system))
            and started_date <= period_end
            and coalesce((ended_at_local - interval 1 microsecond)::date, as_of_date(system)) >= period_start
    ) as disruption_keys
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
        count(*) filter (is_complete) as complete_day_count
    from input_days
    cross join (select unnest(['day', 'week', 'month', 'quarter', 'year']) as period_type)
    group by input_set, system, period_type, 4
) as counted;

create temp table period_days as
select
    input_set,
    period_type,
    period_start,
    disruption_keys is not null as is_touched,
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
            where (systems is null or contains(upper(systems), 'TELEPHONY'))
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

-- all together ------------------------------------------------------------------------------------------------------
create temp table measured as
select
    kpi_id,
    period_type,
    period_start,
    scope_type,
    scope_code,
    sum(numerator)::bigint::double as numerator,
    sum(denominator)::bigint::double as denominator,
    null::double as figure,
    sum(if(is_disrupted, 0, numerator))::bigint::double as other_numerator,
    sum(if(is_disrupted, 0, denominator))::bigint::double as other_denominator,
    null::double as other_figure,
    sum(measured_count)::bigint as measured_count,
    sum(eligible_count)::bigint as eligible_count
from scoped_by_day
inner join indicators using (kpi_id)
inner join period_days using (input_set, local_date)
group by kpi_id, period_type, period_start, scope_type, scope_code

union all

select
    kpi_id, period_type, period_start, scope_type, scope_code, null, measured_count, figure, null, null, other_figure,
    measured_count, eligible_count
from (
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
    if(statistic <> 'count' and is_known, coalesce(measured.denominator, 0), null) as denominator,
    case statistic
        when 'count' then numerator
        when 'ratio' then numerator / nullif(denominator, 0)
        else figure
    end as value,
    unit,
    coalesce(measured.measured_count, 0) as measured_count,
    coalesce(measured.eligible_count, 0) as eligible_count,
    measured_count / nullif(eligible_count, 0)::double as coverage_ratio,
    target,
    if(better = 'higher', value >= target, value <= target) as is_target_met,
    case
        when value is null then 'NOT_AVAILABLE'
        when disruption_keys is not null then 'DISRUPTED'
        when complete_day_count < day_count then 'PARTIAL'
        else 'OK'
    end as quality_state,
    disruption_keys,
    case
        when statistic = 'count' then if(is_known, coalesce(other_numerator, 0), null)
        when statistic = 'ratio' then other_numerator / nullif(other_denominator, 0)
        when disruption_keys is null then figure
        else other_figure
    end as value_excluding_disruptions,
    day_count,
    delivered_day_count,
    complete_day_count
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
cross join lateral (select delivered_day_count > 0 or coalesce(measured.eligible_count, 0) > 0 as is_known)
left join reference.targets
    on indicators.kpi_id = targets.kpi_id
    and period_start >= targets.valid_from
    and (period_start < targets.valid_to or targets.valid_to is null);
