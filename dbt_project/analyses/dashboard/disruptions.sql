-- What each disruption did, by line.
-- Answers: Q18.
-- Shows: Calls received beside the usual ones, calls lost, incidents keyed in late.
with

final as (
    select
        disruptions.disruption_key, disruptions.started_at_local, disruptions.ended_at_local, disruptions.systems, disruptions.note,
        lines.line, lines.presented_count, lines.usual_presented_count,
        lines.usual_presented_count - lines.presented_count as not_received_count,
        disruptions.calls_lost, disruptions.calls_lost_state
    from marts.fct_disruptions as disruptions
    left join marts.fct_disruption_lines as lines on disruptions.disruption_key = lines.disruption_key
)

select * from final order by started_at_local desc, line
