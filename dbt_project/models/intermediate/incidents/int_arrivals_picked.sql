-- When resources set off for each incident and first arrived, from their statuses. An arrival before the incident was created
-- is not valid: it is left out before the earliest is taken, and counted. Only the incidents this run works out.

with

affected_incidents as (
    select * from {{ ref('int_affected_incidents') }}
),

statuses as (
    select incident_hash, status_at, is_en_route, is_at_scene
    from {{ ref('stg_saab_resource_status') }}
    where incident_key is not null and (is_en_route or is_at_scene)
    {% if not is_full_run() %}
        and incident_key in (select incident_key from affected_incidents)
    {% endif %}
),

incidents as (
    select incident_hash, created_at
    from {{ ref('stg_saab_incidents') }}
    {% if not is_full_run() %}
    where incident_key in (select incident_key from affected_incidents)
    {% endif %}
),

final as (
    select
        statuses.incident_hash,
        min(case when statuses.is_en_route then statuses.status_at end) as first_en_route_at,
        min(case when statuses.is_at_scene and statuses.status_at >= incidents.created_at then statuses.status_at end)
            as first_at_scene_at,
        count(case when statuses.is_at_scene and statuses.status_at < incidents.created_at then 1 end) as invalid_at_scene_count
    from statuses
    inner join incidents on statuses.incident_hash = incidents.incident_hash
    group by statuses.incident_hash
)

select * from final
