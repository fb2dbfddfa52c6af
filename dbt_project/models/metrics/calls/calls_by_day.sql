-- Call indicators that add up, per local day of offering and line. Waits in one model with these would mix two shapes:
-- medians and percentiles do not add up and stand in calls_waits.

{{ config(materialized='ephemeral') }}

{%- set emergency = indicator('calls_999_within_10s') %}
{%- set emergency_of_offered = indicator('calls_999_within_10s_of_offered') %}
{%- set non_emergency = indicator('calls_101_within_30s') %}
{%- set non_emergency_of_offered = indicator('calls_101_within_30s_of_offered') %}

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

    {% for indicator in indicators_of('calls_by_day') %}
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
