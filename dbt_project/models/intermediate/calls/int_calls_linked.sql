-- The incident each call led to: of several that name it the first created that duplicates no other.

with

calls as (
    select call_key from {{ ref('int_segments_collapsed') }}
),

incidents as (
    select * from {{ ref('stg_saab_incidents') }} where call_ref is not null
),

ranked as (
    select
        calls.call_key,
        incidents.incident_key,
        row_number() over (
            partition by calls.call_key
            order by incidents.is_duplicate, incidents.created_at, incidents.incident_key
        ) as place
    from incidents
    inner join calls on incidents.call_ref = calls.call_key
),

final as (
    select call_key, incident_key from ranked where place = 1
)

select * from final
