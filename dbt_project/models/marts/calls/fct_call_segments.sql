{{ config(
    materialized='incremental',
    incremental_strategy='affected_units',
    unique_key='call_key',
    meta={'affected': 'int_affected_calls', 'affected_where': 'is_touched'},
) }}

with

affected_calls as (
    select * from {{ ref('int_affected_calls') }}
),

segments as (
    select *
    from {{ ref('stg_acd_segments') }}
    {% if is_incremental() %}
    where call_hash in (select call_hash from affected_calls where is_touched)
        and call_date in (select {{ date_of_digits('substr(call_key, 1, 8)') }} from affected_calls where is_touched)
    {% endif %}
),

final as (
    select
        {{ call_key('call_date', 'call_id') }} as call_key,
        segment as segment_no,
        call_date,
        {{ to_instant('segment_start_at') }} as segment_start_at,
        {{ to_local('segment_start_at') }} as segment_start_at_local,
        segment_start_date,
        {{ to_instant('segment_end_at') }} as segment_end_at,
        line,
        queue,
        disposition as disposition_code,
        ivr_seconds,
        queue_seconds,
        ring_seconds,
        talk_seconds,
        hold_seconds,
        wrap_seconds,
        agent_token,
        team,
        caller_token,
        is_withheld,
        wrap_code,
        _delivery_id,
        _source_row
    from segments
)

select * from final
