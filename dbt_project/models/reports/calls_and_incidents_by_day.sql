-- Calls and incidents held against each other by CALL_REF, whenever either was delivered: what matches, and what does not, on both sides.

with

calls as (
    select * from {{ ref('fct_calls') }}
),

incidents as (
    select * from {{ ref('fct_incidents') }}
),

wrap_codes as (
    select distinct wrap_code, is_new_incident from {{ ref('dim_wrap_codes') }}
),

-- The code of a source that is a line is the line's.
sources as (
    select distinct source_code from {{ ref('dim_sources') }} where is_telephony
),

counted_calls as (
    select
        calls.offered_date as local_date,
        calls.line,
        sum(case when calls.outcome <> 'test' then 1 else 0 end) as presented_count,
        sum(case when calls.outcome = 'answered' then 1 else 0 end) as answered_count,
        sum(case when calls.outcome = 'answered' and calls.incident_key is not null then 1 else 0 end) as answered_with_incident_count,
        sum(case when calls.outcome <> 'answered' and calls.incident_key is not null then 1 else 0 end)
            as not_answered_with_incident_count,
        sum(case when wrap_codes.is_new_incident then 1 else 0 end) as new_incident_wrap_count,
        sum(case when wrap_codes.is_new_incident and calls.incident_key is null then 1 else 0 end) as new_incident_without_incident_count
    from calls
    left join wrap_codes on calls.wrap_code = wrap_codes.wrap_code
    group by calls.offered_date, calls.line
),

counted_incidents as (
    select
        incidents.created_date as local_date,
        incidents.source_code as line,
        count(*) as incident_count,
        count(incidents.call_key) as incident_with_call_ref_count,
        count(calls.call_key) as incident_whose_call_came_count
    from incidents
    inner join sources on incidents.source_code = sources.source_code
    left join calls on incidents.call_key = calls.call_key
    group by incidents.created_date, incidents.source_code
),

cells as (
    select local_date, line from counted_calls
    union
    select local_date, line from counted_incidents
),

final as (
    select
        cells.local_date,
        cells.line,
        cast(coalesce(counted_calls.presented_count, 0) as bigint) as presented_count,
        cast(coalesce(counted_calls.answered_count, 0) as bigint) as answered_count,
        cast(coalesce(counted_calls.answered_with_incident_count, 0) as bigint) as answered_with_incident_count,
        cast(coalesce(counted_calls.not_answered_with_incident_count, 0) as bigint) as not_answered_with_incident_count,
        cast(coalesce(counted_calls.new_incident_wrap_count, 0) as bigint) as new_incident_wrap_count,
        cast(coalesce(counted_calls.new_incident_without_incident_count, 0) as bigint) as new_incident_without_incident_count,
        cast(coalesce(counted_incidents.incident_count, 0) as bigint) as incident_count,
        cast(coalesce(counted_incidents.incident_with_call_ref_count, 0) as bigint) as incident_with_call_ref_count,
        cast(coalesce(counted_incidents.incident_whose_call_came_count, 0) as bigint) as incident_whose_call_came_count,
        cast(
            coalesce(counted_incidents.incident_with_call_ref_count - counted_incidents.incident_whose_call_came_count, 0) as bigint
        ) as incident_whose_call_never_came_count,
        cast(coalesce(counted_incidents.incident_count - counted_incidents.incident_with_call_ref_count, 0) as bigint)
            as incident_without_call_ref_count
    from cells
    left join counted_calls on cells.local_date = counted_calls.local_date and cells.line = counted_calls.line
    left join counted_incidents on cells.local_date = counted_incidents.local_date and cells.line = counted_incidents.line
)

select * from final
