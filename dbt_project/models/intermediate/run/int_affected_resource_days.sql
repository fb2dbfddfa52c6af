-- The resources and local days whose statuses this run works out again: those of touched rows, those of statuses that the as-of
-- instant has passed since the generation that is out, and the day of the last status before each, as its end moves.

with

statuses as (
    select * from {{ ref('base_saab_resource_status') }}
),

as_of as (
    select
        coalesce(published_as_of_at, as_of_at) as earlier_at,
        as_of_at as later_at
    from {{ ref('int_as_of') }}
    where system in (select system from {{ ref('int_delivered_days') }} where export = 'saab_resource_status')
),

moved as (
    select callsign, status_at
    from statuses
    where _key in {{ touched_keys(ref('base_saab_resource_status'), 'saab_resource_status') }}

    union all

    select statuses.callsign, statuses.status_at
    from statuses
    inner join as_of on statuses.status_at >= as_of.earlier_at and statuses.status_at < as_of.later_at
),

touched as (
    select
        callsign as resource,
        {{ to_local_date('status_at') }} as started_date,
        min(status_at) as first_at
    from moved
    where {{ 'false' if is_full_run() else 'true' }}
    group by callsign, {{ to_local_date('status_at') }}
),

before as (
    select
        touched.resource,
        max(statuses.status_at) as last_at
    from touched
    inner join statuses on touched.resource = statuses.callsign and statuses.status_at < touched.first_at
    group by touched.resource, touched.started_date
),

final as (
    select resource, started_date from touched
    union
    select resource, {{ to_local_date('last_at') }} as started_date from before
)

select * from final
