-- The standing row of each incident of the system before SAAB Safe, under a key that no SAAB incident can have.

with

delivered as (
    select * from {{ ref('base_legacy_incidents') }}
),

contents as (
    select * from {{ source('landing', 'contents') }}
),

system_versions as (
    select * from {{ ref('system_versions') }} where export = 'legacy_incidents'
),

content_versions as (
    {{ system_version_of_contents('legacy_incidents') }}
),

grades as (
    select distinct code, means from {{ ref('grades') }}
),

areas as (
    select distinct code, means from {{ ref('areas') }}
),

categories as (
    select distinct code, means from {{ ref('categories') }}
),

sources as (
    select distinct code, means from {{ ref('sources') }}
),

standing as (
    select * from delivered where _outcome = 'loaded'
),

final as (
    select
        {{ legacy_key('standing.incident_date', 'standing.incident_no') }} as incident_key,
        content_versions.system_version,
        standing.created_at,
        coalesce(sources.means, 'UNKNOWN') as source_code,
        case when standing.category is not null then coalesce(categories.means, 'UNKNOWN') end as category_code,
        case when standing.grade is not null then coalesce(grades.means, 'UNKNOWN') end as grade,
        coalesce(areas.means, 'UNKNOWN') as area_code,
        coalesce(standing.is_domestic_abuse = 'Y', false) as is_domestic_abuse,
        standing.first_assigned_at,
        standing.first_at_scene_at,
        standing.closed_at,
        standing._delivery_id,
        standing._source_row
    from standing
    inner join content_versions on standing._content_no = content_versions.content_no
    left join grades on standing.grade = grades.code
    left join areas on standing.lpa = areas.code
    left join categories on standing.category = categories.code
    left join sources on standing.source = sources.code
)

select * from final
