-- The standing row of each status pressed, with known codes.

with

delivered as (
    select * from {{ ref('base_saab_resource_status') }}
),

status_codes as (
    select distinct code, means, milestone from {{ ref('status_codes') }}
),

areas as (
    select distinct code, means from {{ ref('areas') }}
),

standing as (
    select * from delivered where _outcome = 'loaded'
),

final as (
    select
        {{ hash_of(['standing.incident_ref']) }} as incident_hash,
        standing.incident_ref as incident_key,
        standing.callsign as resource,
        standing.status_at,
        {{ to_local_date('standing.status_at') }} as status_date,
        coalesce(standing.status_at_is_ambiguous, false) as is_status_at_ambiguous,
        standing.status_code as delivered_status_code,
        coalesce(status_codes.means, 'UNKNOWN') as status_code,
        coalesce(status_codes.milestone = 'EN_ROUTE', false) as is_en_route,
        coalesce(status_codes.milestone = 'AT_SCENE', false) as is_at_scene,
        coalesce(areas.means, 'UNKNOWN') as area_code,
        {{ packed('standing._content_no', 'standing._source_row') }} as _row_id,
        standing._delivery_id,
        standing._source_row
    from standing
    left join status_codes on standing.status_code = status_codes.code
    left join areas on standing.lpa = areas.code
)

select * from final
