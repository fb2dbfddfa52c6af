{{ config(
    materialized='incremental',
    incremental_strategy='affected_units',
    unique_key=['resource', 'started_date'],
    meta={'affected': 'int_affected_resource_days'},
) }}

-- Each status of a resource lasts until its next one. Statuses from the as-of instant on have not happened yet. A run that carries
-- the table on works out the days of resources it touches; the first status after such a day is looked up for its last one's end.

with

affected_days as (
    select * from {{ ref('int_affected_resource_days') }}
),

statuses as (
    select *
    from {{ ref('stg_saab_resource_status') }}
),

as_of as (
    select as_of_at
    from {{ ref('int_as_of') }}
    where system in (select system from {{ ref('int_delivered_days') }} where export = 'saab_resource_status')
),

{% if is_incremental() %}
-- No zone is a day away from UTC.
bounds as (
    select {{ plus_seconds('cast(min(started_date) as timestamp)', -86400) }} as first_at
    from affected_days
),
{% endif %}

happened as (
    select statuses.*
    from statuses
    inner join as_of on statuses.status_at < as_of.as_of_at
    {% if is_incremental() %}
    inner join bounds on statuses.status_at >= bounds.first_at
    {% endif %}
),

{% if not is_incremental() %}
spanned as (
    select
        *,
        lead(status_at) over (partition by resource order by status_at, delivered_status_code) as next_status_at
    from happened
),
{% else %}
affected as (
    select happened.*
    from happened
    inner join affected_days on happened.resource = affected_days.resource and happened.status_date = affected_days.started_date
),

ends_of_days as (
    select resource, status_date, max(status_at) as last_at
    from affected
    group by resource, status_date
),

after as (
    select ends_of_days.resource, ends_of_days.status_date, min(happened.status_at) as next_status_at
    from ends_of_days
    inner join happened on ends_of_days.resource = happened.resource and happened.status_at > ends_of_days.last_at
    group by ends_of_days.resource, ends_of_days.status_date
),

spanned as (
    select
        affected.*,
        coalesce(
            lead(affected.status_at) over (
                partition by affected.resource, affected.status_date order by affected.status_at, affected.delivered_status_code
            ),
            after.next_status_at
        ) as next_status_at
    from affected
    left join after on affected.resource = after.resource and affected.status_date = after.status_date
),
{% endif %}

final as (
    select
        resource,
        status_code,
        {{ to_instant('status_at') }} as started_at,
        {{ to_local('status_at') }} as started_at_local,
        status_date as started_date,
        {{ to_instant('next_status_at') }} as ended_at,
        {{ seconds_between('status_at', 'next_status_at') }} as duration_seconds,
        delivered_status_code,
        incident_key,
        area_code,
        _delivery_id,
        _source_row
    from spanned
)

select * from final
