-- The log times that fall into the doubled hour of October, resolved in the order the events were keyed: the second pass, if
-- the first lies before the previous event's and the second does not. Only incidents with such a time are walked through.

{{ config(
    materialized='incremental',
    incremental_strategy='affected_units',
    unique_key='incident_key',
    meta={'affected': 'int_affected_incidents'},
) }}

with recursive

affected_incidents as (
    select * from {{ ref('int_affected_incidents') }}
),

events as (
    select *
    from {{ ref('stg_saab_incident_log') }}
    {% if is_incremental() %}
    where incident_key in (select incident_key from affected_incidents)
    {% endif %}
),

ambiguous_incidents as (
    select distinct incident_hash
    from events
    where is_event_at_ambiguous or is_recorded_at_ambiguous
),

ordered as (
    select
        incident_key,
        incident_hash,
        event_no,
        event_at,
        is_event_at_ambiguous,
        recorded_at,
        is_recorded_at_ambiguous,
        row_number() over (partition by incident_key order by event_no) as step
    from events
    where incident_hash in (select incident_hash from ambiguous_incidents)
),

-- One event after the other; what was resolved before decides. A recorded time that is missing is passed over.
walked as (
    {{ walked_through_doubled_hour('ordered') }}
),

final as (
    select incident_key, incident_hash, event_no, event_at, recorded_at from walked
)

select * from final
