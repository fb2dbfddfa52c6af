-- Segments collapsed to calls: line, outcome, wait and the other durations. Only the calls this run works out.

with

affected_calls as (
    select * from {{ ref('int_affected_calls') }}
),

segments as (
    select *
    from {{ ref('stg_acd_segments') }}
    {% if not is_full_run() %}
    where call_hash in (select call_hash from affected_calls)
        and call_date in (select {{ date_of_digits('substr(call_key, 1, 8)') }} from affected_calls)
    {% endif %}
),

measuring_queues as (
    select distinct line, queue from {{ ref('measuring_queues') }}
),

dispositions as (
    select distinct means as disposition, call_outcome from {{ ref('dispositions') }} where code = means
),

wrap_codes as (
    select distinct means as wrap_code, demand_type, demand_order from {{ ref('wrap_codes') }} where code = means
),

lines as (
    select distinct means as line, demand_type, demand_order from {{ ref('lines') }} where code = means
),

-- The lowest segment says which line it is, and so which queues measure; the last one how it ended.
ends as (
    select
        call_hash,
        {{ value_at_min('line', 'segment') }} as line,
        min(segment) as first_segment,
        max(segment) as last_segment,
        count(*) as segment_count
    from segments
    group by call_hash
),

queued as (
    select
        segments.call_hash,
        segments.segment,
        segments.segment_start_at,
        segments.queue,
        segments.disposition,
        segments.is_answered,
        segments.is_test,
        segments.is_transfer,
        segments.ivr_seconds,
        segments.queue_seconds,
        segments.ring_seconds,
        segments.talk_seconds,
        segments.hold_seconds,
        segments.wrap_seconds,
        segments.team,
        segments.wrap_code,
        segments.segment = ends.last_segment as is_last,
        segments.queue is not null and (measuring.queue is not null or any_queue.queue is not null) as is_measuring
    from segments
    inner join ends on segments.call_hash = ends.call_hash
    left join measuring_queues as measuring on ends.line = measuring.line and segments.queue = measuring.queue
    left join measuring_queues as any_queue on ends.line = any_queue.line and any_queue.queue = '*'
),

first_answers as (
    select
        call_hash,
        min(case when is_measuring then segment end) as measured_segment,
        min(segment) as any_segment
    from queued
    where is_answered and queue is not null
    group by call_hash
),

placed as (
    select
        queued.*,
        queued.segment = first_answers.measured_segment as is_answer,
        queued.segment = first_answers.any_segment as is_first_answer,
        queued.is_measuring and (first_answers.measured_segment is null or queued.segment <= first_answers.measured_segment)
            as is_waiting
    from queued
    left join first_answers on queued.call_hash = first_answers.call_hash
),

-- A sum is unknown as soon as one of its parts is.
summed as (
    select
        call_hash,
        max(case when is_last then disposition end) as last_disposition,
        bool_or(is_last and is_measuring) as ends_in_measuring_queue,
        bool_or(is_test) as is_test,
        bool_or(is_transfer) as was_transferred,
        bool_or(is_answer) as is_answered,
        bool_or(is_first_answer) as is_answered_anywhere,
        max(case when is_answer then team end) as team_answered,
        max(case when is_answer then {{ plus_seconds('segment_start_at', 'ivr_seconds + queue_seconds + ring_seconds') }} end)
            as answered_at,
        max(case when is_first_answer then wrap_code end) as wrap_code,
        case when count(ivr_seconds) = count(*) then sum(ivr_seconds) end as ivr_seconds,
        case
            when not bool_or(is_waiting and queue_seconds + ring_seconds is null)
                then sum(case when is_waiting then queue_seconds + ring_seconds end)
        end as wait_seconds,
        case when count(talk_seconds) = count(*) then sum(talk_seconds) end as talk_seconds,
        case when count(hold_seconds) = count(*) then sum(hold_seconds) end as hold_seconds,
        case when count(wrap_seconds) = count(*) then sum(wrap_seconds) end as wrap_seconds
    from placed
    group by call_hash
),

calls as (
    select
        segments.call_date,
        segments.call_id,
        segments.segment_start_at as offered_at,
        segments.caller_token,
        segments._delivery_id,
        segments._source_row,
        ends.line,
        ends.segment_count,
        summed.*
    from segments
    inner join ends on segments.call_hash = ends.call_hash and segments.segment = ends.first_segment
    inner join summed on segments.call_hash = summed.call_hash
),

final as (
    select
        {{ call_key('calls.call_date', 'calls.call_id') }} as call_key,
        calls.line,
        calls.offered_at,
        {{ to_local('calls.offered_at') }} as offered_at_local,
        case
            when calls.is_test then 'test'
            when calls.is_answered then 'answered'
            when calls.is_answered_anywhere and not calls.ends_in_measuring_queue then 'answered_elsewhere'
            else coalesce(dispositions.call_outcome, 'unknown')
        end as outcome,
        cast(calls.ivr_seconds as bigint) as ivr_seconds,
        cast(calls.wait_seconds as bigint) as wait_seconds,
        calls.answered_at,
        cast(calls.talk_seconds as bigint) as talk_seconds,
        cast(calls.hold_seconds as bigint) as hold_seconds,
        cast(calls.wrap_seconds as bigint) as wrap_seconds,
        calls.team_answered,
        calls.segment_count,
        calls.was_transferred,
        calls.caller_token,
        calls.wrap_code,
        case
            when coalesce(wrap_codes.demand_order, 99) <= coalesce(lines.demand_order, 99)
                then coalesce(wrap_codes.demand_type, 'unknown')
            else coalesce(lines.demand_type, 'unknown')
        end as demand_type,
        calls._delivery_id,
        calls._source_row
    from calls
    left join dispositions on calls.last_disposition = dispositions.disposition
    left join wrap_codes on calls.wrap_code = wrap_codes.wrap_code
    left join lines on calls.line = lines.line
)

select * from final
