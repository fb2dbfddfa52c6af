-- The disruptions that fall into the period of a briefing, whole or in part, and what each did.

with

periods as (
    select * from {{ ref('brief_periods') }}
),

disruptions as (
    select * from {{ ref('fct_disruptions') }} where started_at is not null
),

effects as (
    select * from {{ ref('disruption_effects') }}
),

dates as (
    select * from {{ ref('dim_dates') }}
),

spans as (
    select
        periods.brief,
        periods.period_start,
        periods.period_end,
        starts.starts_at,
        ends.ends_at
    from periods
    inner join dates as starts on periods.period_start = starts.local_date
    inner join dates as ends on periods.period_end = ends.local_date
),

final as (
    select
        spans.brief,
        spans.period_start,
        spans.period_end,
        disruptions.disruption_key,
        -- Else it was over, and full function was not back yet.
        disruptions.ended_at is null or disruptions.ended_at > spans.starts_at as is_in_period,
        disruptions.started_at,
        disruptions.started_at_local,
        disruptions.ended_at,
        disruptions.ended_at_local,
        disruptions.restored_at,
        disruptions.duration_seconds,
        disruptions.systems,
        disruptions.lines,
        disruptions.diverted_to,
        disruptions.note,
        effects.line,
        effects.presented_count,
        effects.usual_presented_count,
        effects.usual_day_count,
        effects.not_received_count,
        effects.calls_lost,
        effects.calls_lost_state,
        effects.calls_lost_low,
        effects.calls_lost_high,
        effects.incident_count,
        effects.back_keyed_count,
        effects.back_key_delay_median_seconds,
        effects.back_key_delay_max_seconds,
        effects.incident_reassessed_count,
        effects.open_at_end_count,
        effects.reassessed_count
    from spans
    inner join disruptions
        on disruptions.started_at < spans.ends_at
        and (
            disruptions.ended_at > spans.starts_at
            or disruptions.ended_at is null
            or disruptions.restored_at > spans.starts_at
        )
    left join effects on disruptions.disruption_key = effects.disruption_key
)

select * from final
