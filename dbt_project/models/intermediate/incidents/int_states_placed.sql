-- Each interval with what its incident says of it: where, how risky, and within what time its grade must be responded to. Area,
-- risk and flags are those of the incident as it now stands. Only the incidents this run works out.

{{ config(materialized='ephemeral') }}

with

affected_incidents as (
    select * from {{ ref('int_affected_incidents') }}
),

states as (
    select * from {{ ref('int_states_derived') }}
),

incidents as (
    select
        incident_hash,
        incident_key,
        area_code,
        is_urban,
        thrive_risk,
        is_high_risk,
        is_domestic_abuse,
        is_duplicate,
        {{ to_local_date('created_at') }} as created_date,
        _row_id
    from {{ ref('stg_saab_incidents') }}
    {% if not is_full_run() %}
    where incident_key in (select incident_key from affected_incidents)
    {% endif %}
),

response_targets as (
    select grade, is_urban, target_minutes * 60 as target_seconds, valid_from, valid_to from {{ ref('response_targets') }}
),

final as (
    select
        incidents.incident_key,
        states.state_no,
        states.state,
        states.started_at,
        states.ended_at,
        states.grade,
        incidents.area_code,
        states.kind,
        states.diary_code,
        states.appointment_key,
        states.spell_started_at,
        response_targets.target_seconds as response_target_seconds,
        incidents.is_duplicate,
        incidents.is_domestic_abuse,
        incidents.thrive_risk,
        incidents.is_high_risk,
        coalesce(states.row_id, incidents._row_id) as row_id
    from states
    inner join incidents on states.incident_hash = incidents.incident_hash
    left join response_targets
        on states.grade = response_targets.grade
        and incidents.is_urban = response_targets.is_urban
        and incidents.created_date >= response_targets.valid_from
        and (incidents.created_date < response_targets.valid_to or response_targets.valid_to is null)
)

select * from final
