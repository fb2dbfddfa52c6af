-- The standing row of each incident, with known codes and flags that are never null.

with

delivered as (
    select * from {{ ref('base_saab_incidents') }}
),

contents as (
    select * from {{ source('landing', 'contents') }}
),

system_versions as (
    select * from {{ ref('system_versions') }} where export = 'saab_incidents'
),

content_versions as (
    {{ system_version_of_contents('saab_incidents') }}
),

sources as (
    select distinct code, means from {{ ref('sources') }}
),

categories as (
    select distinct code, means from {{ ref('categories') }}
),

grades as (
    select distinct code, means from {{ ref('grades') }}
),

areas as (
    select distinct code, means from {{ ref('areas') }}
),

thrive_risks as (
    select distinct code, means from {{ ref('thrive_risks') }}
),

standing as (
    select * from delivered where _outcome = 'loaded'
),

final as (
    select
        {{ hash_of(['standing.incident_ref']) }} as incident_hash,
        standing.incident_ref as incident_key,
        content_versions.system_version,
        standing.created_at,
        standing.recorded_at,
        coalesce(sources.means, 'UNKNOWN') as source_code,
        standing.call_ref,
        case when standing.opening_code is not null then coalesce(opening.means, 'UNKNOWN') end as opening_category,
        case when standing.closing_code is not null then coalesce(closing.means, 'UNKNOWN') end as closing_category,
        standing.qualifiers,
        case when standing.grade_initial is not null then coalesce(first_grade.means, 'UNKNOWN') end as grade_initial,
        case when standing.grade_current is not null then coalesce(last_grade.means, 'UNKNOWN') end as grade_final,
        coalesce(areas.means, 'UNKNOWN') as area_code,
        standing.beat as beat_code,
        coalesce(standing.is_urban = 'Y', false) as is_urban,
        case when standing.thrive_risk is not null then coalesce(thrive_risks.means, 'UNKNOWN') end as thrive_risk,
        coalesce(thrive_risks.means = 'HIGH', false) as is_high_risk,
        coalesce(standing.is_domestic_abuse = 'Y', false) as is_domestic_abuse,
        coalesce(standing.is_repeat_victim = 'Y', false) as is_repeat_victim,
        coalesce(standing.is_back_record = 'Y', false) as is_back_record,
        standing.linked_to as linked_incident_key,
        standing.linked_to is not null as is_duplicate,
        standing.status,
        coalesce(standing.status = 'CLOSED', false) as is_closed_by_status,
        standing.closed_at,
        standing.updated_at,
        standing.first_at_scene_at,
        coalesce(standing.pnc_checked = 'Y', false) as is_pnc_checked,
        {{ packed('standing._content_no', 'standing._source_row') }} as _row_id,
        standing._delivery_id,
        standing._source_row
    from standing
    inner join content_versions on standing._content_no = content_versions.content_no
    left join sources on standing.source = sources.code
    left join categories as opening on standing.opening_code = opening.code
    left join categories as closing on standing.closing_code = closing.code
    left join grades as first_grade on standing.grade_initial = first_grade.code
    left join grades as last_grade on standing.grade_current = last_grade.code
    left join areas on standing.lpa = areas.code
    left join thrive_risks on standing.thrive_risk = thrive_risks.code
)

select * from final
