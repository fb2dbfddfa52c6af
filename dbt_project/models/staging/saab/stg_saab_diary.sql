-- The standing row of each version of each appointment, with known codes. The highest version is the appointment.

with

delivered as (
    select * from {{ ref('base_saab_diary') }}
),

diaries as (
    select distinct code, means from {{ ref('diaries') }}
),

appointment_statuses as (
    select distinct code, means from {{ ref('appointment_statuses') }}
),

areas as (
    select distinct code, means from {{ ref('areas') }}
),

standing as (
    select
        delivered.*,
        coalesce(diaries.means, 'UNKNOWN') as known_diary,
        coalesce(appointment_statuses.means, 'UNKNOWN') as known_status,
        coalesce(areas.means, 'UNKNOWN') as known_area
    from delivered
    left join diaries on delivered.diary = diaries.code
    left join appointment_statuses on delivered.status = appointment_statuses.code
    left join areas on delivered.lpa = areas.code
    where delivered._outcome = 'loaded'
),

final as (
    select
        {{ hash_of(['incident_ref']) }} as incident_hash,
        incident_ref as incident_key,
        appointment_id as appointment_key,
        version,
        known_diary as diary_code,
        booked_at,
        slot_start_at,
        slot_end_at,
        known_status as status,
        known_status = 'ATTENDED' as is_attended,
        known_status = 'MOVED' as is_moved,
        known_status in ('CANCELLED_VICTIM', 'CANCELLED_POLICE') as is_cancelled,
        attended_at,
        callsign as resource,
        known_area as area_code,
        updated_at,
        {{ packed('_content_no', '_source_row') }} as _row_id,
        _delivery_id,
        _source_row
    from standing
)

select * from final
