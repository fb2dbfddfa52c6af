with

disruptions as (
    select * from {{ ref('stg_service_disruptions') }}
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
        calls_lost_count as calls_lost,
        diverted_to,
        note,
        _delivery_id,
        _source_row
    from disruptions
)

select * from final
