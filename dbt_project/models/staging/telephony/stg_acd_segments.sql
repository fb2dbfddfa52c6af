-- The standing segment of each call, with known codes and durations that can be true.

with

delivered as (
    select * from {{ ref('base_acd_segments') }}
),

queues as (
    select distinct code, means from {{ ref('queues') }}
),

dispositions as (
    select distinct code, means, is_answer, is_test, is_transfer from {{ ref('dispositions') }}
),

lines as (
    select distinct code, means from {{ ref('lines') }}
),

wrap_codes as (
    select distinct code, means from {{ ref('wrap_codes') }}
),

standing as (
    select * from delivered where _outcome = 'loaded'
),

final as (
    select
        {{ hash_of(['standing._business_date', 'standing.call_id']) }} as call_hash,
        standing._business_date as call_date,
        standing.call_id,
        standing.segment,
        standing.segment_start_at,
        {{ to_local_date('standing.segment_start_at') }} as segment_start_date,
        standing.segment_end_at,
        coalesce(lines.means, 'OTHER') as line,
        case when standing.queue is not null then coalesce(queues.means, 'UNKNOWN') end as queue,
        coalesce(dispositions.means, 'UNKNOWN') as disposition,
        coalesce(dispositions.is_answer, false) as is_answered,
        coalesce(dispositions.is_test, false) as is_test,
        coalesce(dispositions.is_transfer, false) as is_transfer,
        case when standing.ivr_seconds >= 0 then standing.ivr_seconds end as ivr_seconds,
        case when standing.queue_seconds >= 0 then standing.queue_seconds end as queue_seconds,
        case when standing.ring_seconds >= 0 then standing.ring_seconds end as ring_seconds,
        case when standing.talk_seconds >= 0 then standing.talk_seconds end as talk_seconds,
        case when standing.hold_seconds >= 0 then standing.hold_seconds end as hold_seconds,
        case when standing.wrap_seconds >= 0 then standing.wrap_seconds end as wrap_seconds,
        standing.agent_token,
        standing.team,
        standing.caller_token,
        coalesce(standing.is_withheld = 'Y', false) as is_withheld,
        case when standing.wrap_code is not null then coalesce(wrap_codes.means, 'UNKNOWN') end as wrap_code,
        standing._delivery_id,
        standing._source_row
    from standing
    left join lines on standing.dialled = lines.code
    left join queues on standing.queue = queues.code
    left join dispositions on standing.disposition = dispositions.code
    left join wrap_codes on standing.wrap_code = wrap_codes.code
)

select * from final
