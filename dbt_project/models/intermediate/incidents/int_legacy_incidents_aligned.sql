-- Incidents of the system before SAAB Safe in the shape of SAAB's. One grade is the first and the last; what that system did not
-- record is null, and a flag it did not have is false. Only the incidents this run works out.

{{ config(materialized='ephemeral') }}

with

affected_incidents as (
    select * from {{ ref('int_affected_incidents') }}
),

legacy as (
    select *
    from {{ ref('stg_legacy_incidents') }}
    {% if not is_full_run() %}
    where incident_key in (select incident_key from affected_incidents)
    {% endif %}
),

final as (
    select
        incident_key,
        system_version,
        created_at,
        source_code,
        category_code,
        grade,
        area_code,
        is_domestic_abuse,
        first_assigned_at,
        case when first_at_scene_at >= created_at then first_at_scene_at end as first_at_scene_at,
        case when first_at_scene_at < created_at then 1 else 0 end as invalid_at_scene_count,
        closed_at,
        _delivery_id,
        _source_row
    from legacy
)

select * from final
