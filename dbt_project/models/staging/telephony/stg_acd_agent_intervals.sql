-- The standing row of each team and half hour, with durations that can be true.

with

delivered as (
    select * from {{ ref('base_acd_agent_intervals') }}
),

standing as (
    select * from delivered where _outcome = 'loaded'
),

final as (
    select
        interval_start_at as interval_at,
        team,
        case when staffed_seconds >= 0 then staffed_seconds end as staffed_seconds,
        case when available_seconds >= 0 then available_seconds end as available_seconds,
        case when talk_seconds >= 0 then talk_seconds end as talk_seconds,
        case when hold_seconds >= 0 then hold_seconds end as hold_seconds,
        case when wrap_seconds >= 0 then wrap_seconds end as wrap_seconds,
        case when aux_seconds >= 0 then aux_seconds end as aux_seconds,
        case when planned_heads >= 0 then planned_heads end as planned_heads_count,
        _delivery_id,
        _source_row
    from standing
)

select * from final
