-- What each disruption did, by line and as a whole: calls during it against the usual, calls lost, incidents keyed in later and how
-- late, and whether what was open at its end was assessed again.

with

disruptions as (
    select * from {{ ref('fct_disruptions') }} where started_at is not null
),

disruption_lines as (
    select * from {{ ref('fct_disruption_lines') }}
),

incidents as (
    select * from {{ ref('fct_incidents') }}
),

events as (
    select * from {{ ref('fct_incident_events') }} where is_risk_reassessed
),

back_key_limits as (
    select value as limit_seconds, valid_from, valid_to from {{ ref('dim_parameters') }} where parameter_code = 'back_key_seconds'
),

-- Every line it strikes, and ALL: what it did as a whole, of lines that it does not strike and of ways in that are no line too.
scopes as (
    select disruption_key, 'ALL' as line from disruptions
    union all
    select disruption_key, line from disruption_lines
),

all_lines as (
    select
        disruption_key,
        'ALL' as line,
        sum(presented_count) as presented_count,
        sum(offered_count) as offered_count,
        sum(answered_count) as answered_count,
        sum(overflowed_count) as overflowed_count,
        case when count(usual_presented_count) = count(*) then sum(usual_presented_count) end as usual_presented_count,
        min(usual_day_count) as usual_day_count
    from disruption_lines
    group by disruption_key
),

calls as (
    select
        disruption_key, line, presented_count, offered_count, answered_count, overflowed_count, usual_presented_count, usual_day_count
    from disruption_lines
    union all
    select
        disruption_key, line, presented_count, offered_count, answered_count, overflowed_count, usual_presented_count, usual_day_count
    from all_lines
),

created_during as (
    select
        disruptions.disruption_key,
        disruptions.restored_at,
        incidents.incident_key,
        incidents.source_code,
        case when incidents.recorded_at >= incidents.created_at
            then {{ epoch_seconds('incidents.recorded_at') }} - {{ epoch_seconds('incidents.created_at') }} end as delay_seconds,
        incidents.is_back_record
        or coalesce(
            {{ epoch_seconds('incidents.recorded_at') }} - {{ epoch_seconds('incidents.created_at') }} > back_key_limits.limit_seconds,
            false
        ) as is_back_keyed
    from disruptions
    inner join incidents
        on incidents.created_at >= disruptions.started_at
        and (incidents.created_at < disruptions.ended_at or disruptions.ended_at is null)
    left join back_key_limits
        on incidents.created_date >= back_key_limits.valid_from
        and (incidents.created_date < back_key_limits.valid_to or back_key_limits.valid_to is null)
),

-- What was created during it is assessed again until full function is back.
reassessed_later as (
    select distinct created_during.disruption_key, created_during.incident_key
    from created_during
    inner join events
        on created_during.incident_key = events.incident_key
        and (events.event_at < created_during.restored_at or created_during.restored_at is null)
),

keyed as (
    select
        scopes.disruption_key,
        scopes.line,
        count(*) as incident_count,
        sum(case when created_during.is_back_keyed then 1 else 0 end) as back_keyed_count,
        {{ percentile('case when created_during.is_back_keyed then created_during.delay_seconds end', 0.5) }}
            as back_key_delay_median_seconds,
        max(case when created_during.is_back_keyed then created_during.delay_seconds end) as back_key_delay_max_seconds,
        count(reassessed_later.incident_key) as incident_reassessed_count
    from scopes
    inner join created_during
        on scopes.disruption_key = created_during.disruption_key
        and scopes.line in (created_during.source_code, 'ALL')
    left join reassessed_later
        on created_during.disruption_key = reassessed_later.disruption_key
        and created_during.incident_key = reassessed_later.incident_key
    group by scopes.disruption_key, scopes.line
),

-- What was open when it ended: created before, not closed by then.
open_at_end as (
    select disruptions.disruption_key, disruptions.ended_at, incidents.incident_key, incidents.source_code
    from disruptions
    inner join incidents
        on incidents.created_at < disruptions.ended_at
        and (incidents.closed_at >= disruptions.ended_at or incidents.closed_at is null)
),

reassessed as (
    select distinct open_at_end.disruption_key, open_at_end.incident_key
    from open_at_end
    inner join events
        on open_at_end.incident_key = events.incident_key
        and events.event_at >= open_at_end.ended_at
        and events.event_at < {{ dbt.dateadd('day', 1, 'open_at_end.ended_at') }}
),

assessed as (
    select
        scopes.disruption_key,
        scopes.line,
        count(*) as open_at_end_count,
        count(reassessed.incident_key) as reassessed_count
    from scopes
    inner join open_at_end
        on scopes.disruption_key = open_at_end.disruption_key
        and scopes.line in (open_at_end.source_code, 'ALL')
    left join reassessed
        on open_at_end.disruption_key = reassessed.disruption_key
        and open_at_end.incident_key = reassessed.incident_key
    group by scopes.disruption_key, scopes.line
),

-- The register says what was lost of all lines together; of a line it can have been no more.
estimated as (
    select
        scopes.disruption_key,
        scopes.line,
        case when calls.usual_presented_count > calls.presented_count
            then cast(ceil(calls.usual_presented_count - calls.presented_count) as bigint)
            when calls.usual_presented_count is not null then 0 end as missing_count
    from scopes
    left join calls on scopes.disruption_key = calls.disruption_key and scopes.line = calls.line
),

final as (
    select
        scopes.disruption_key,
        scopes.line,
        disruptions.started_at,
        disruptions.ended_at,
        disruptions.restored_at,
        disruptions.systems,
        disruptions.diverted_to,
        cast(calls.presented_count as bigint) as presented_count,
        cast(calls.offered_count as bigint) as offered_count,
        cast(calls.answered_count as bigint) as answered_count,
        cast(calls.overflowed_count as bigint) as overflowed_count,
        calls.usual_presented_count,
        cast(calls.usual_day_count as bigint) as usual_day_count,
        estimated.missing_count as not_received_count,
        case when scopes.line = 'ALL' then disruptions.calls_lost end as calls_lost,
        disruptions.calls_lost_state,
        case when scopes.line = 'ALL' then disruptions.calls_lost_low else 0 end as calls_lost_low,
        case
            when scopes.line = 'ALL' then disruptions.calls_lost_high
            when disruptions.calls_lost is null or estimated.missing_count < disruptions.calls_lost then estimated.missing_count
            else disruptions.calls_lost
        end as calls_lost_high,
        cast(coalesce(keyed.incident_count, 0) as bigint) as incident_count,
        cast(coalesce(keyed.back_keyed_count, 0) as bigint) as back_keyed_count,
        cast(keyed.back_key_delay_median_seconds as double) as back_key_delay_median_seconds,
        cast(keyed.back_key_delay_max_seconds as bigint) as back_key_delay_max_seconds,
        cast(coalesce(keyed.incident_reassessed_count, 0) as bigint) as incident_reassessed_count,
        case when disruptions.ended_at is not null then cast(coalesce(assessed.open_at_end_count, 0) as bigint) end as open_at_end_count,
        case when disruptions.ended_at is not null then cast(coalesce(assessed.reassessed_count, 0) as bigint) end as reassessed_count
    from scopes
    inner join disruptions on scopes.disruption_key = disruptions.disruption_key
    left join calls on scopes.disruption_key = calls.disruption_key and scopes.line = calls.line
    left join estimated on scopes.disruption_key = estimated.disruption_key and scopes.line = estimated.line
    left join keyed on scopes.disruption_key = keyed.disruption_key and scopes.line = keyed.line
    left join assessed on scopes.disruption_key = assessed.disruption_key and scopes.line = assessed.line
)

select * from final
