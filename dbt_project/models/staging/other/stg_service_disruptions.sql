-- The standing row of each outage.

with

delivered as (
    select * from {{ ref('base_service_disruptions') }}
),

standing as (
    select * from delivered where _outcome = 'loaded'
),

final as (
    select
        disruption_id as disruption_key,
        started_at,
        ended_at,
        restored_at,
        systems,
        lines,
        case when calls_lost >= 0 then calls_lost end as calls_lost_count,
        diverted_to,
        note,
        _delivery_id,
        _source_row
    from standing
)

select * from final
