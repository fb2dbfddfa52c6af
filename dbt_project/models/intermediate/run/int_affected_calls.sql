-- The calls this run works out again. Empty in a full run, which works out all.

with

segments as (
    select
        {{ hash_of(['_business_date', 'call_id']) }} as call_hash,
        _business_date,
        call_id,
        {{ to_local_date('segment_start_at') }} as segment_start_date
    from {{ ref('base_acd_segments') }}
),

incidents as (
    select * from {{ ref('base_saab_incidents') }}
),

call_days as (
    select * from {{ ref('int_affected_call_days') }}
),

calls_of_days as (
    select distinct call_hash, _business_date, call_id
    from segments
    where _business_date in (select call_date from call_days) or segment_start_date in (select call_date from call_days)
),

-- A call leads to its incident, so it moves with every version of an incident that names it.
linked_calls as (
    select distinct call_ref as call_key
    from incidents
    where call_ref is not null and _key in {{ touched_keys(ref('base_saab_incidents'), 'saab_incidents') }}
),

final as (
    select
        {{ call_key('_business_date', 'call_id') }} as call_key,
        call_hash,
        true as is_touched
    from calls_of_days
    {% if is_full_run() %}where false{% endif %}

    union all

    select
        linked_calls.call_key,
        {{ hash_of([date_of_digits('substr(linked_calls.call_key, 1, 8)'), 'substr(linked_calls.call_key, 10)']) }} as call_hash,
        false as is_touched
    from linked_calls
    where {{ 'false' if is_full_run() else 'true' }}
        and {{ hash_of([date_of_digits('substr(linked_calls.call_key, 1, 8)'), 'substr(linked_calls.call_key, 10)']) }}
            not in (select call_hash from calls_of_days)
)

select * from final
