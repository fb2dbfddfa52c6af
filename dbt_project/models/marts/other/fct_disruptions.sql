with

disruptions as (
    select * from {{ ref('stg_service_disruptions') }}
),

disruption_lines as (
    select * from {{ ref('fct_disruption_lines') }}
),

exports as (
    select system as system_code from {{ ref('exports') }} where export = 'acd_segments'
),

-- All lines it strikes together: a line that took more calls than usual took them from another. One line without history leaves the
-- whole unknown.
telephony as (
    select
        disruption_key,
        sum(presented_count) as presented_count,
        case when count(usual_presented_count) = count(*) then sum(usual_presented_count) end as usual_presented_count
    from disruption_lines
    group by disruption_key
),

struck as (
    select disruptions.disruption_key
    from disruptions
    inner join exports on {{ disruption_touches('disruptions.systems', 'exports.system_code') }}
),

-- No known number is not nought: then calls lost are an interval, from none to all the usual calls that did not come, as if the
-- outage had been total. What strikes no telephony loses no call.
judged as (
    select
        disruptions.*,
        struck.disruption_key is not null as is_telephony,
        case
            when disruptions.calls_lost_count is not null then 'known'
            when struck.disruption_key is not null then 'unknown'
            else 'not_telephony'
        end as calls_lost_state,
        coalesce(disruptions.calls_lost_count, 0) as calls_lost_low,
        case
            when disruptions.calls_lost_count is not null then disruptions.calls_lost_count
            when struck.disruption_key is null then 0
            when telephony.usual_presented_count > telephony.presented_count
                then cast(ceil(telephony.usual_presented_count - telephony.presented_count) as bigint)
            when telephony.usual_presented_count is not null then 0
        end as calls_lost_high
    from disruptions
    left join struck on disruptions.disruption_key = struck.disruption_key
    left join telephony on disruptions.disruption_key = telephony.disruption_key
),

final as (
    select
        disruption_key,
        {{ to_instant('started_at') }} as started_at,
        {{ to_local('started_at') }} as started_at_local,
        {{ to_local_date('started_at') }} as started_date,
        {{ to_instant('ended_at') }} as ended_at,
        {{ to_local('ended_at') }} as ended_at_local,
        {{ to_instant('restored_at') }} as restored_at,
        {{ seconds_between('started_at', 'ended_at') }} as duration_seconds,
        systems,
        lines,
        is_telephony,
        calls_lost_count as calls_lost,
        calls_lost_state,
        cast(calls_lost_low as bigint) as calls_lost_low,
        cast(calls_lost_high as bigint) as calls_lost_high,
        diverted_to,
        note,
        _delivery_id,
        _source_row
    from judged
)

select * from final
