-- Call indicators that add up, per local day of offering and line. Waits in one model with these would mix two shapes:
-- medians and percentiles do not add up and stand in calls_waits.

{%- set says -%}
# What a day needs to be there (`needs`) and to be complete (`helps`), by what supplies it; the days from the first
# delivery of `dated_by` to the as-of date of its system are expected.
inputs:
  calls:
    dated_by: [acd_segments]
    supplied_by:
      acd: {needs: [acd_segments]}
# An indicator is written here and nowhere else. `numerator`, `denominator` and `eligible` are sums of the counts of
# the model; without `denominator` the indicator is a count; `eligible` is the denominator unless it is said.
indicators:
  - kpi_id: calls_999_within_10s
    label: 999 calls answered within 10 seconds
    definition: Of the 999 calls answered with a known wait, the share whose wait was 10 seconds or less.
    formula: "answered 999 calls with wait <= 10 s / answered 999 calls with a known wait"
    limits: "Says nothing of those who hung up or were answered elsewhere: read it beside abandonment. The force's own clock, which starts when the call reaches its queue; not to be set beside the national table. A small hour or line swings much."
    subject: calls
    statistic: ratio
    unit: ratio
    better: higher
    owner: &occ Head of the Operations Control Centre
    version: "1"
    inputs: calls
    columns: {acd_segments: [dialled, queue, disposition, queue_seconds, ring_seconds]}
    line: "999"
    lines: ["999"]
    threshold_seconds: 10
    numerator: emergency_in_time_count
    denominator: known_wait_count
    eligible: answered_count
  - kpi_id: calls_999_within_10s_of_offered
    label: 999 calls answered within 10 seconds, of those offered
    definition: Of all 999 calls offered, the share answered with a wait of 10 seconds or less. A call whose wait is not known counts as not in time.
    formula: "answered 999 calls with wait <= 10 s / 999 calls offered"
    limits: "Harsher than the share of answered calls: callers who hung up at once, too, count as not answered in time. The target is set for the share of answered calls, not for this one."
    subject: calls
    statistic: ratio
    unit: ratio
    better: higher
    owner: *occ
    version: "1"
    inputs: calls
    columns: {acd_segments: [dialled, queue, disposition, queue_seconds, ring_seconds]}
    line: "999"
    lines: ["999"]
    threshold_seconds: 10
    numerator: emergency_of_offered_in_time_count
    denominator: offered_count
  - kpi_id: calls_101_within_30s
    label: 101 calls answered within 30 seconds
    definition: Of the 101 calls answered with a known wait, the share whose wait was 30 seconds or less.
    formula: "answered 101 calls with wait <= 30 s / answered 101 calls with a known wait"
    limits: "Says nothing of those who hung up or were answered elsewhere: read it beside abandonment. The force's own clock, which starts when the call reaches its queue; not to be set beside the national table. A small hour or line swings much. The clock of 101 runs after the menu, whose seconds are not in it."
    subject: calls
    statistic: ratio
    unit: ratio
    better: higher
    owner: *occ
    version: "1"
    inputs: calls
    columns: {acd_segments: [dialled, queue, disposition, queue_seconds, ring_seconds]}
    line: "101"
    lines: ["101"]
    threshold_seconds: 30
    numerator: non_emergency_in_time_count
    denominator: known_wait_count
    eligible: answered_count
  - kpi_id: calls_101_within_30s_of_offered
    label: 101 calls answered within 30 seconds, of those offered
    definition: Of all 101 calls offered, the share answered with a wait of 30 seconds or less. A call whose wait is not known counts as not in time.
    formula: "answered 101 calls with wait <= 30 s / 101 calls offered"
    limits: "Harsher than the share of answered calls: callers who hung up at once, too, count as not answered in time. The target is set for the share of answered calls, not for this one."
    subject: calls
    statistic: ratio
    unit: ratio
    better: higher
    owner: *occ
    version: "1"
    inputs: calls
    columns: {acd_segments: [dialled, queue, disposition, queue_seconds, ring_seconds]}
    line: "101"
    lines: ["101"]
    threshold_seconds: 30
    numerator: non_emergency_of_offered_in_time_count
    denominator: offered_count
  - kpi_id: calls_presented
    label: Calls presented
    definition: Calls of every line, all but test calls. Calls that a disruption is known to have lost are not among them.
    formula: "calls, less those with a TEST segment"
    limits: "Counts calls, not callers: who rings again counts again. Calls that an outage kept from the telephony are in no export; a known number of them stands with the disruption."
    subject: calls
    statistic: count
    unit: calls
    better: lower
    owner: *occ
    version: "1"
    inputs: calls
    columns: {acd_segments: [dialled, queue, disposition]}
    numerator: presented_count
  - kpi_id: calls_offered
    label: Calls offered
    definition: Calls presented, less those that were abandoned in the menu, ended by the menu or answered elsewhere.
    formula: "calls presented - abandoned in the menu - ended by the menu - answered elsewhere"
    limits: "Not demand as such: callers who gave up in the menu are left out, and redials count again."
    subject: calls
    statistic: count
    unit: calls
    better: lower
    owner: *occ
    version: "1"
    inputs: calls
    columns: {acd_segments: [dialled, queue, disposition]}
    numerator: offered_count
  - kpi_id: calls_answered
    label: Calls answered
    definition: Calls answered in a measuring queue of their line.
    formula: "calls with a segment ANS in a measuring queue of their line"
    limits: "A count follows demand and staffing alike: more answered calls are not by themselves better service."
    subject: calls
    statistic: count
    unit: calls
    better: higher
    owner: *occ
    version: "1"
    inputs: calls
    columns: {acd_segments: [dialled, queue, disposition]}
    numerator: answered_count
  - kpi_id: calls_answered_elsewhere
    label: Calls answered elsewhere
    definition: Calls answered in another queue than the measuring ones of their line, such as the crime bureau.
    formula: "calls with ANS in another queue only, whose last segment is in no measuring queue"
    limits: "Says that another desk took the call, not whether that was right. Depends on the list of measuring queues in the reference data."
    subject: calls
    statistic: count
    unit: calls
    better: lower
    owner: *occ
    version: "1"
    inputs: calls
    columns: {acd_segments: [dialled, queue, disposition]}
    numerator: answered_elsewhere_count
  - kpi_id: calls_overflowed
    label: Calls answered by another force
    definition: Calls that overflowed to another force.
    formula: "calls whose last segment is OVF"
    limits: "Only calls that passed through the force's own telephony: those diverted before it are not seen."
    subject: calls
    statistic: count
    unit: calls
    better: lower
    owner: *occ
    version: "1"
    inputs: calls
    columns: {acd_segments: [dialled, queue, disposition]}
    numerator: overflowed_count
  - kpi_id: calls_wait_mean
    label: Wait until answered, mean
    definition: Mean wait in seconds of the calls answered with a known wait. Per line only, since lines are not comparable.
    formula: "sum of wait_seconds of answered calls with a known wait / their count"
    limits: "Per line only, since lines are not comparable. Only of answered calls: the longest waits may end in hanging up. A mean hides a few very long waits: read it beside the 90th percentile."
    subject: calls
    statistic: ratio
    unit: seconds
    better: lower
    owner: *occ
    version: "1"
    inputs: calls
    columns: {acd_segments: [dialled, queue, disposition, queue_seconds, ring_seconds]}
    has_force_rows: false
    numerator: wait_seconds
    denominator: known_wait_count
    eligible: answered_count
  - kpi_id: calls_abandoned
    label: Calls abandoned
    definition: Calls abandoned while queueing, short abandons left out, of the calls offered less short abandons.
    formula: "abandoned calls that are not short / calls offered - short abandons"
    limits: "A caller who hangs up may have been served on the web or by another call: see redials. An abandoned call whose wait is not known counts as not short."
    subject: calls
    statistic: ratio
    unit: ratio
    better: lower
    owner: *occ
    version: "1"
    inputs: calls
    columns: {acd_segments: [dialled, queue, disposition, queue_seconds, ring_seconds]}
    numerator: abandoned_count - short_abandoned_count
    denominator: offered_count - short_abandoned_count
  - kpi_id: calls_short_abandoned
    label: Calls abandoned at once
    definition: Calls abandoned with a wait shorter than the short-abandon parameter, of the calls offered.
    formula: "abandoned calls with wait < short_abandon_seconds / calls offered"
    limits: "Mostly slips and second thoughts, not poor service; depends on the threshold in force, a parameter."
    subject: calls
    statistic: ratio
    unit: ratio
    better: lower
    owner: *occ
    version: "1"
    inputs: calls
    columns: {acd_segments: [dialled, queue, disposition, queue_seconds, ring_seconds]}
    numerator: short_abandoned_count
    denominator: offered_count
  - kpi_id: calls_abandoned_in_menu
    label: Calls abandoned in the menu
    definition: Calls whose caller hung up in the menu, of the calls presented.
    formula: "calls whose last segment is IVR_ABN / calls presented"
    limits: "Hanging up in the menu can mean that the menu answered the question; not a failure by itself."
    subject: calls
    statistic: ratio
    unit: ratio
    better: lower
    owner: *occ
    version: "1"
    inputs: calls
    columns: {acd_segments: [dialled, queue, disposition]}
    numerator: abandoned_in_menu_count
    denominator: presented_count
  - kpi_id: calls_redialled
    label: Abandoned calls that were redialled
    definition: Of the abandoned calls, short ones too, whose caller is known by a token, the share that was followed by another call of the same caller to the same line within ten minutes.
    formula: "abandoned calls followed by a call of the same caller and line within redial_seconds / abandoned calls with a caller token"
    limits: "Callers who withhold their number cannot be followed. Two callers behind one switchboard look like one."
    subject: calls
    statistic: ratio
    unit: ratio
    better: lower
    owner: *occ
    version: "1"
    inputs: calls
    columns: {acd_segments: [caller_token, dialled, disposition]}
    numerator: redialled_count
    denominator: abandoned_known_caller_count
    eligible: abandoned_count
  - kpi_id: calls_handle_time_mean
    label: Handling time, mean
    definition: Mean of talk, hold and wrap seconds together, of the answered calls where all three are known.
    formula: "talk_seconds + hold_seconds + wrap_seconds of answered calls, where all three are known / their count"
    limits: "Not a target for people: short handling can mean a call handled badly. Lines differ; mixing them follows the mix."
    subject: calls
    statistic: ratio
    unit: seconds
    better: lower
    owner: *occ
    version: "1"
    inputs: calls
    columns: {acd_segments: [talk_seconds, hold_seconds, wrap_seconds, disposition]}
    numerator: handle_seconds
    denominator: known_handle_time_count
    eligible: answered_count
  - kpi_id: demand_internal
    label: Internal demand
    definition: Of the calls answered whose first answered segment has a wrap code, the share that was internal demand.
    formula: "answered calls of demand type internal / answered calls whose first answer has a wrap code"
    limits: "Rests on the wrap code that the call taker chose: habits differ by team and change with the code list. Calls without a code are in neither number; the coverage says how many have one."
    subject: calls
    statistic: ratio
    unit: ratio
    better: lower
    owner: *occ
    version: "1"
    inputs: calls
    columns: {acd_segments: [wrap_code, disposition]}
    numerator: internal_count
    denominator: known_demand_count
    eligible: answered_count
  - kpi_id: demand_failure
    label: Failure demand
    definition: Of the calls answered whose first answered segment has a wrap code, the share that chased an update or wanted an officer.
    formula: "answered calls with wrap code UPDATE_REQUEST or OFFICER_CONTACT / answered calls whose first answer has a wrap code"
    limits: "Rests on the wrap code that the call taker chose: habits differ by team and change with the code list. Calls without a code are in neither number; the coverage says how many have one."
    subject: calls
    statistic: ratio
    unit: ratio
    better: lower
    owner: *occ
    version: "1"
    inputs: calls
    columns: {acd_segments: [wrap_code, disposition]}
    numerator: failure_count
    denominator: known_demand_count
    eligible: answered_count
  - kpi_id: demand_other_agency
    label: Demand that belongs to another agency
    definition: Of the calls answered whose first answered segment has a wrap code, the share that was another agency's business.
    formula: "answered calls with wrap code WRONG_AGENCY / answered calls whose first answer has a wrap code"
    limits: "Rests on the wrap code that the call taker chose: habits differ by team and change with the code list. Calls without a code are in neither number; the coverage says how many have one."
    subject: calls
    statistic: ratio
    unit: ratio
    better: lower
    owner: *occ
    version: "1"
    inputs: calls
    columns: {acd_segments: [wrap_code, disposition]}
    numerator: other_agency_count
    denominator: known_demand_count
    eligible: answered_count
{%- endset -%}
{%- set says = fromyaml(says) -%}
{%- set indicators = says.indicators -%}

{{ config(materialized='ephemeral', meta=says) }}

{%- set emergency = indicators | selectattr('kpi_id', 'equalto', 'calls_999_within_10s') | first %}
{%- set emergency_of_offered = indicators | selectattr('kpi_id', 'equalto', 'calls_999_within_10s_of_offered') | first %}
{%- set non_emergency = indicators | selectattr('kpi_id', 'equalto', 'calls_101_within_30s') | first %}
{%- set non_emergency_of_offered = indicators | selectattr('kpi_id', 'equalto', 'calls_101_within_30s_of_offered') | first %}

with

calls as (

    select * from {{ ref('fct_calls') }}

),

days as (

    select distinct local_date from {{ ref('kpi_period_days') }} where input_set = 'calls'

),

-- One pass over the calls. Each count is one population of the definitions; calls of a disruption are counted apart.
counts_by_line as (

    select
        calls.offered_date as local_date,
        calls.line,
        calls.disruption_key is not null as is_disrupted,
        count(*) filter (where calls.outcome <> 'test') as presented_count,
        count(*) filter (where calls.outcome not in ('test', 'abandoned_in_menu', 'ended_by_menu', 'answered_elsewhere'))
            as offered_count,
        count(*) filter (where calls.outcome = 'answered') as answered_count,
        count(*) filter (where calls.outcome = 'answered_elsewhere') as answered_elsewhere_count,
        count(*) filter (where calls.outcome = 'overflow') as overflowed_count,
        count(*) filter (where calls.outcome = 'abandoned_in_menu') as abandoned_in_menu_count,
        count(*) filter (where calls.outcome = 'abandoned') as abandoned_count,
        count(*) filter (where calls.outcome = 'abandoned' and calls.is_short_abandon) as short_abandoned_count,
        count(*) filter (where calls.outcome = 'abandoned' and calls.caller_token is not null) as abandoned_known_caller_count,
        count(*) filter (where calls.outcome = 'abandoned' and calls.caller_token is not null and calls.is_redialled)
            as redialled_count,
        count(*) filter (where calls.outcome = 'answered' and calls.wait_seconds is not null) as known_wait_count,
        sum(calls.wait_seconds) filter (where calls.outcome = 'answered') as wait_seconds,
        count(*) filter (where calls.outcome = 'answered' and calls.wait_seconds <= {{ emergency.threshold_seconds }})
            as emergency_in_time_count,
        count(*) filter (where calls.outcome = 'answered' and calls.wait_seconds <= {{ emergency_of_offered.threshold_seconds }})
            as emergency_of_offered_in_time_count,
        count(*) filter (where calls.outcome = 'answered' and calls.wait_seconds <= {{ non_emergency.threshold_seconds }})
            as non_emergency_in_time_count,
        count(*) filter (where calls.outcome = 'answered' and calls.wait_seconds <= {{ non_emergency_of_offered.threshold_seconds }})
            as non_emergency_of_offered_in_time_count,
        count(calls.talk_seconds + calls.hold_seconds + calls.wrap_seconds) filter (where calls.outcome = 'answered')
            as known_handle_time_count,
        sum(calls.talk_seconds + calls.hold_seconds + calls.wrap_seconds) filter (where calls.outcome = 'answered')
            as handle_seconds,
        count(*) filter (where calls.outcome = 'answered' and calls.wrap_code is not null) as known_demand_count,
        count(*) filter (where calls.outcome = 'answered' and calls.wrap_code is not null and calls.demand_type = 'internal')
            as internal_count,
        count(*) filter (where calls.outcome = 'answered' and calls.wrap_code is not null and calls.demand_type = 'failure')
            as failure_count,
        count(*) filter (where calls.outcome = 'answered' and calls.wrap_code is not null and calls.demand_type = 'other_agency')
            as other_agency_count
    from calls
    inner join days on calls.offered_date = days.local_date
    group by calls.offered_date, calls.line, calls.disruption_key is not null

),

-- The indicators, each by the formula that stands with it in the YAML of this model.
by_line as (

    {% for indicator in indicators %}
    select
        {{ sql_text(indicator.kpi_id) }} as kpi_id,
        {{ indicator.get('has_force_rows', true) }} as has_force_rows,
        local_date,
        is_disrupted,
        line,
        {{ indicator.numerator }} as numerator,
        {{ indicator.get('denominator', 'null') }} as denominator,
        {{ indicator.get('denominator', indicator.numerator) }} as measured_count,
        {{ indicator.get('eligible', indicator.get('denominator', indicator.numerator)) }} as eligible_count
    from counts_by_line
    {%- if indicator.line is defined %}
    where line = {{ sql_text(indicator.line) }}
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        kpi_id,
        local_date,
        is_disrupted,
        'line' as scope_type,
        line as scope_code,
        cast(numerator as bigint) as numerator,
        cast(denominator as bigint) as denominator,
        cast(measured_count as bigint) as measured_count,
        cast(eligible_count as bigint) as eligible_count
    from by_line

    union all

    select
        kpi_id,
        local_date,
        is_disrupted,
        'force' as scope_type,
        'FORCE' as scope_code,
        cast(sum(numerator) as bigint) as numerator,
        cast(sum(denominator) as bigint) as denominator,
        cast(sum(measured_count) as bigint) as measured_count,
        cast(sum(eligible_count) as bigint) as eligible_count
    from by_line
    where has_force_rows
    group by kpi_id, local_date, is_disrupted

)

select * from final
