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
),

ambiguous_incidents as (
    select distinct incident_hash
    from events
    where (is_event_at_ambiguous or is_recorded_at_ambiguous)
    {% if is_incremental() %}
        and incident_key in (select incident_key from affected_incidents)
    {% endif %}
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
    select incident_key, incident_hash, event_no, step, event_at, recorded_at, recorded_at as last_recorded_at
    from ordered
    where step = 1

    union all

    select
        ordered.incident_key,
        ordered.incident_hash,
        ordered.event_no,
        ordered.step,
        {{ second_pass_if_later('ordered.event_at', 'ordered.is_event_at_ambiguous', 'walked.event_at') }} as event_at,
        {{ second_pass_if_later('ordered.recorded_at', 'ordered.is_recorded_at_ambiguous', 'walked.last_recorded_at') }} as recorded_at,
        coalesce(
            {{ second_pass_if_later('ordered.recorded_at', 'ordered.is_recorded_at_ambiguous', 'walked.last_recorded_at') }},
            walked.last_recorded_at
        ) as last_recorded_at
    from walked
    inner join ordered on walked.incident_key = ordered.incident_key and walked.step + 1 = ordered.step
),

final as (
    select incident_key, incident_hash, event_no, event_at, recorded_at from walked
)

select * from final
