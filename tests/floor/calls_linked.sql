-- Calls with what lies beside them: redials, the incident they led to, the disruption they fell into.

create temp table redials as
select
    call_key,
    offered_seconds - max(if(outcome = 'abandoned', offered_seconds, null)) over (
        partition by caller_token, line order by offered_seconds range between unbounded preceding and 1 preceding
    ) as since_abandoned_seconds,
    min(offered_seconds) over (
        partition by caller_token, line order by offered_seconds range between 1 following and unbounded following
    ) - offered_seconds as until_next_seconds
from (select *, epoch_us(offered_at) // 1000000 as offered_seconds from collapsed_calls where caller_token is not null);

create temp table linked_calls as
select call_key, incident_key
from marts.fct_incidents
where call_key is not null and system_version <> 'legacy'
qualify row_number() over (partition by call_key order by is_duplicate, created_at, incident_key) = 1;

create temp table call_disruptions as
select call_key, min(disruption_key) as disruption_key
from collapsed_calls
inner join marts.fct_disruptions
    on touches(systems, 'TELEPHONY')
    and touches(lines, line)
    and offered_at >= started_at
    and (offered_at < ended_at or ended_at is null)
group by call_key;

create table marts.fct_calls as
select
    call_key,
    calls.line,
    offered_at,
    to_local(from_instant(offered_at)) as offered_at_local,
    offered_at_local::date as offered_date,
    outcome,
    ivr_seconds,
    wait_seconds,
    answered_at,
    talk_seconds,
    hold_seconds,
    wrap_seconds,
    team_answered,
    segment_count,
    was_transferred,
    target_seconds,
    wait_seconds <= target_seconds as is_within_target,
    coalesce(outcome = 'abandoned' and wait_seconds < parameter('short_abandon_seconds'), false) as is_short_abandon,
    caller_token,
    coalesce(since_abandoned_seconds <= parameter('redial_seconds'), false) as is_redial,
    coalesce(until_next_seconds <= parameter('redial_seconds'), false) as is_redialled,
    calls.wrap_code,
    if(
        coalesce(wrap_codes.demand_order, 99) <= coalesce(lines.demand_order, 99),
        coalesce(wrap_codes.demand_type, 'unknown'),
        coalesce(lines.demand_type, 'unknown')
    ) as demand_type,
    incident_key,
    disruption_key
from collapsed_calls as calls
left join redials using (call_key)
left join linked_calls using (call_key)
left join call_disruptions using (call_key)
left join reference.lines on calls.line = lines.code
left join reference.wrap_codes on calls.wrap_code = wrap_codes.code;
