-- Q18. What happened in the outage of 6 to 7 September 2021 (17:30 to 05:00): calls not received, diverted, lost, incidents keyed in
--   from paper later and how late, re-assessments; and what are the period's figures with and without it?
-- Read: The parts in order: calls received in the hours of the outage beside the same hours a week before and a week after; calls known
--   lost, and of each line the least and the most that were; calls answered by other forces; incidents of those hours, those keyed in
--   later (of all) and how late; those re-assessed from then until restoration; then the figures of its day, week and month as they are
--   (value) and without what fell into it (value_excluding_disruptions). Share = numerator / denominator.
-- Caveats: Calls that were diverted before they reached the force's telephony are in none of its exports: the gap to the weeks beside
--   it is an estimate of them, not a count. calls known lost is what the disruption's own record says, for all lines together: of one
--   line only bounds are known (reports.disruption_effects). Without a --disruption the one with most calls lost is shown, of several
--   the longest.
with

outage as (
    select *
    from marts.fct_disruptions
    where getvariable('disruption') is null or disruption_key = getvariable('disruption')
    order by calls_lost desc nulls last, duration_seconds desc nulls last, disruption_key
    limit 1
),

windows as (
    select
        windows.part, windows.part_no,
        started_at_local + interval (windows.days) day as starts_local,
        ended_at_local + interval (windows.days) day as ends_local
    from outage
    cross join (
        values ('calls received in the outage', 1, 0), ('same hours a week before', 2, -7), ('same hours a week after', 3, 7)
    ) as windows (part, part_no, days)
),

received as (
    select
        windows.part_no, windows.part, lines.line as scope_code,
        count(calls.call_key) as value, count(calls.call_key) as measured_count, count(calls.call_key) as eligible_count
    from windows
    cross join (select distinct line from marts.dim_lines) as lines
    left join marts.fct_calls as calls
        on calls.offered_at_local >= windows.starts_local
        and calls.offered_at_local < windows.ends_local
        and calls.line = lines.line
        and calls.outcome <> 'test'
    group by windows.part_no, windows.part, lines.line
),

diverted as (
    select count(*) as value
    from marts.fct_calls as calls
    inner join outage
        on calls.offered_at >= outage.started_at and (calls.offered_at < outage.ended_at or outage.ended_at is null)
    where calls.outcome = 'overflow'
),

incidents as (
    select
        incidents.incident_key,
        incidents.is_back_record,
        case
            when incidents.recorded_at >= incidents.created_at
                then date_diff('second', incidents.created_at, incidents.recorded_at)
        end as delay_seconds
    from marts.fct_incidents as incidents
    inner join outage
        on incidents.created_at >= outage.started_at and (incidents.created_at < outage.ended_at or outage.ended_at is null)
),

reassessed as (
    select distinct events.incident_key
    from marts.fct_incident_events as events
    inner join incidents on events.incident_key = incidents.incident_key
    inner join outage
        on events.event_at >= outage.started_at
        and (events.event_at < outage.restored_at or outage.restored_at is null)
    where events.event_code = 'RETHRIVE'
),

keyed as (
    select
        count(*) as incident_count,
        count(*) filter (where is_back_record) as keyed_later_count,
        count(delay_seconds) filter (where is_back_record) as delay_known_count,
        quantile_cont(delay_seconds, 0.5) filter (where is_back_record) as delay_median,
        max(delay_seconds) filter (where is_back_record) as delay_longest,
        (select count(*) from reassessed) as reassessed_count
    from incidents
),

figures as (
    select results.*
    from metrics.kpi_results as results
    inner join outage on list_contains(string_split(results.disruption_keys, '|'), outage.disruption_key)
    where results.scope_type = 'force' and results.period_type in ('day', 'week', 'month')
        and results.kpi_id in ('calls_999_within_10s', 'calls_101_within_30s', 'calls_abandoned', 'response_grade1_median')
),

parts as (
    select
        part_no, part as measure, 'line' as scope_type, scope_code, cast(null as date) as period_start, null as numerator, null as denominator,
        value, null as value_excluding_disruptions, 'calls' as unit, measured_count, eligible_count, null as quality_state
    from received
    union all
    select 4, 'calls known lost', 'force', 'FORCE', null, null, null, calls_lost, null, 'calls', null, null, null from outage
    union all
    select
        4, bounds.measure, case when effects.line = 'ALL' then 'force' else 'line' end,
        case when effects.line = 'ALL' then 'FORCE' else effects.line end, null, null, null,
        case when bounds.is_low then effects.calls_lost_low else effects.calls_lost_high end, null, 'calls', null, null, null
    from reports.disruption_effects as effects
    inner join outage on effects.disruption_key = outage.disruption_key
    cross join (values ('calls lost, at least', true), ('calls lost, at most', false)) as bounds (measure, is_low)
    union all
    select 5, 'calls answered by other forces', 'force', 'FORCE', null, null, null, value, null, 'calls', value, value, null
    from diverted
    union all
    select
        6, 'incidents keyed in later', 'force', 'FORCE', null, keyed_later_count, incident_count,
        keyed_later_count / nullif(incident_count, 0), null, 'ratio', incident_count, incident_count, null
    from keyed
    union all
    select
        7, 'delay of what was keyed in later, median', 'force', 'FORCE', null, null, delay_known_count,
        delay_median, null, 'seconds', delay_known_count, keyed_later_count, null
    from keyed
    union all
    select
        8, 'delay of what was keyed in later, longest', 'force', 'FORCE', null, null, delay_known_count,
        delay_longest, null, 'seconds', delay_known_count, keyed_later_count, null
    from keyed
    union all
    select
        9, 'incidents re-assessed until restoration', 'force', 'FORCE', null, reassessed_count, incident_count,
        reassessed_count / nullif(incident_count, 0), null, 'ratio', incident_count, incident_count, null
    from keyed
    union all
    select
        10, kpi_id || ' of the ' || period_type, scope_type, scope_code, period_start, numerator, denominator,
        value, value_excluding_disruptions, unit, measured_count, eligible_count, quality_state
    from figures
),

final as (
    select parts.*, outage.disruption_key as disruption_keys from parts cross join outage
)

select * from final order by part_no, measure, period_start, scope_code
