-- Each assignment of a resource to an incident: from ASSIGNED to UNASSIGNED, to being assigned anew, or to the closing, and when
-- it was first en route and at scene. A status of that resource for that incident counts from the instant of ASSIGNED to that
-- of UNASSIGNED, exclusive; an assignment without length has no status. Each assignment starts afresh.

with

steps as (
    select
        incident_hash,
        {{ hash_of(['incident_hash', 'resource']) }} as assigned_hash,
        event_no,
        effective_at,
        place,
        is_assigning
    from {{ ref('int_log_steps_ordered') }}
    where resource is not null
),

stretches as (
    select * from {{ ref('int_closings_paired') }}
),

as_of as (
    select * from {{ ref('int_states_as_of') }}
),

followed as (
    select
        *,
        lead(effective_at) over (partition by assigned_hash order by place) as next_at
    from steps
),

assignments as (
    select
        followed.incident_hash,
        followed.assigned_hash,
        followed.event_no,
        followed.effective_at as assigned_at,
        followed.place,
        case when stretches.closed_at <= followed.next_at then stretches.closed_at else coalesce(followed.next_at, stretches.closed_at) end
            as released_at
    from followed
    inner join stretches
        on followed.incident_hash = stretches.incident_hash
        and followed.place > stretches.opened_place
        and (followed.place < stretches.closed_place or stretches.closed_place is null)
    where followed.is_assigning
),

statuses as (
    select
        {{ hash_of(['incident_hash', 'resource']) }} as assigned_hash,
        status_at,
        is_at_scene,
        _row_id
    from {{ ref('stg_saab_resource_status') }}
    where incident_key is not null and (is_en_route or is_at_scene)
        and {{ hash_of(['incident_hash', 'resource']) }} in (select assigned_hash from assignments)
),

pressed as (
    select
        assignments.assigned_hash,
        assignments.event_no,
        min(case when not statuses.is_at_scene then statuses.status_at end) as en_route_at,
        min(case when statuses.is_at_scene then statuses.status_at end) as at_scene_at,
        max(case when statuses.is_at_scene then statuses.status_at end) as last_at_scene_at,
        {{ value_at_min('statuses._row_id', 'case when not statuses.is_at_scene then statuses.status_at end') }} as en_route_row_id,
        {{ value_at_min('statuses._row_id', 'case when statuses.is_at_scene then statuses.status_at end') }} as at_scene_row_id
    from assignments
    inner join statuses
        on assignments.assigned_hash = statuses.assigned_hash
        and statuses.status_at >= assignments.assigned_at
        and (statuses.status_at < assignments.released_at or assignments.released_at is null)
    inner join as_of on statuses.status_at < as_of.as_of_at
    group by assignments.assigned_hash, assignments.event_no
),

final as (
    select
        assignments.incident_hash,
        assignments.assigned_hash,
        assignments.event_no,
        assignments.assigned_at,
        assignments.released_at,
        pressed.en_route_at,
        pressed.at_scene_at,
        pressed.last_at_scene_at,
        pressed.en_route_row_id,
        pressed.at_scene_row_id
    from assignments
    left join pressed
        on assignments.assigned_hash = pressed.assigned_hash and assignments.event_no = pressed.event_no
    where assignments.released_at is null or assignments.released_at > assignments.assigned_at
)

select * from final
