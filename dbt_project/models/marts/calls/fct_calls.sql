{{ config(
    materialized='incremental',
    incremental_strategy='affected_units',
    unique_key='call_key',
    meta={'affected': 'int_affected_calls'},
) }}

with

affected_calls as (
    select * from {{ ref('int_affected_calls') }}
),

calls as (
    select * from {{ ref('int_segments_collapsed') }}
),

linked as (
    select * from {{ ref('int_calls_linked') }}
),

lines as (
    select means as line, target_seconds, valid_from, valid_to from {{ ref('lines') }} where code = means
),

short_abandons as (
    select value, valid_from, valid_to from {{ ref('parameters') }} where parameter = 'short_abandon_seconds'
),

redial_limits as (
    select value, valid_from, valid_to from {{ ref('parameters') }} where parameter = 'redial_seconds'
),

exports as (
    select system as system_code from {{ ref('exports') }} where export = 'acd_segments'
),

-- A disruption of telephony that lists lines touches those alone.
disrupted_days as (
    select disrupted_days.*, lines.line
    from {{ ref('int_disrupted_days') }} as disrupted_days
    inner join exports on disrupted_days.system_code = exports.system_code
    inner join (select distinct line from lines) as lines
        on {{ disruption_touches_line('disrupted_days.lines', 'lines.line') }}
),

-- Who else rang: the calls of this run and, beside them, those that stay as they are.
callers as (
    select call_key, caller_token, line, outcome, {{ epoch_seconds('offered_at') }} as offered_seconds
    from calls
    where caller_token is not null
    {% if is_incremental() %}
    union all
    select call_key, caller_token, line, outcome, {{ epoch_seconds('offered_at') }} as offered_seconds
    from {{ this }}
    where caller_token is not null
        and offered_date between
            (select {{ plus_days('min(cast(offered_at_local as date))', -1) }} from calls)
            and (select {{ plus_days('max(cast(offered_at_local as date))', 1) }} from calls)
        and call_key not in (select call_key from affected_calls)
    {% endif %}
),

-- Strictly earlier and strictly later: two calls at one instant are no redial of each other.
neighbours as (
    select
        call_key,
        offered_seconds - max(case when outcome = 'abandoned' then offered_seconds end) over (
            partition by caller_token, line order by offered_seconds range between unbounded preceding and 1 preceding
        ) as since_abandoned_seconds,
        min(offered_seconds) over (
            partition by caller_token, line order by offered_seconds range between 1 following and unbounded following
        ) - offered_seconds as until_next_seconds
    from callers
),

disrupted as (
    select
        calls.call_key,
        min(disrupted_days.disruption_key) as disruption_key
    from calls
    inner join disrupted_days
        on cast(calls.offered_at_local as date) = disrupted_days.local_date
        and calls.line = disrupted_days.line
        and calls.offered_at >= disrupted_days.started_at
        and (calls.offered_at < disrupted_days.ended_at or disrupted_days.ended_at is null)
    group by calls.call_key
),

dated as (
    select
        calls.*,
        cast(calls.offered_at_local as date) as offered_date
    from calls
),

final as (
    select
        calls.call_key,
        calls.line,
        {{ to_instant('calls.offered_at') }} as offered_at,
        calls.offered_at_local,
        calls.offered_date,
        calls.outcome,
        calls.ivr_seconds,
        calls.wait_seconds,
        {{ to_instant('calls.answered_at') }} as answered_at,
        calls.talk_seconds,
        calls.hold_seconds,
        calls.wrap_seconds,
        calls.team_answered,
        calls.segment_count,
        calls.was_transferred,
        lines.target_seconds,
        calls.wait_seconds <= lines.target_seconds as is_within_target,
        coalesce(calls.outcome = 'abandoned' and calls.wait_seconds < short_abandons.value, false) as is_short_abandon,
        calls.caller_token,
        coalesce(neighbours.since_abandoned_seconds <= redial_limits.value, false) as is_redial,
        coalesce(neighbours.until_next_seconds <= redial_limits.value, false) as is_redialled,
        calls.wrap_code,
        calls.demand_type,
        linked.incident_key,
        disrupted.disruption_key,
        calls._delivery_id,
        calls._source_row
    from dated as calls
    left join neighbours on calls.call_key = neighbours.call_key
    left join linked on calls.call_key = linked.call_key
    left join disrupted on calls.call_key = disrupted.call_key
    left join lines
        on calls.line = lines.line
        and calls.offered_date >= lines.valid_from
        and (calls.offered_date < lines.valid_to or lines.valid_to is null)
    left join short_abandons
        on calls.offered_date >= short_abandons.valid_from
        and (calls.offered_date < short_abandons.valid_to or short_abandons.valid_to is null)
    left join redial_limits
        on calls.offered_date >= redial_limits.valid_from
        and (calls.offered_date < redial_limits.valid_to or redial_limits.valid_to is null)
)

select * from final
