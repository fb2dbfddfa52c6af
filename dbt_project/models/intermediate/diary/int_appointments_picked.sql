-- Each appointment by its highest version, with what only its first one knows: when it was booked and for which slot. Only the
-- appointments this run works out.

with

affected_appointments as (
    select * from {{ ref('int_affected_appointments') }}
),

versions as (
    select *
    from {{ ref('stg_saab_diary') }}
    {% if not is_full_run() %}
    where appointment_key in (select appointment_key from affected_appointments)
    {% endif %}
),

appointment_statuses as (
    select distinct means as status, outcome from {{ ref('appointment_statuses') }} where code = means
),

ends as (
    select
        appointment_key,
        min(version) as first_version,
        max(version) as last_version,
        sum(case when is_moved then 1 else 0 end) as moves_count
    from versions
    group by appointment_key
),

-- Attended by the end of the slot is kept, to the second; without either time nobody can tell.
final as (
    select
        latest.appointment_key,
        latest.incident_hash,
        latest.incident_key,
        latest.diary_code,
        latest.area_code,
        latest.version,
        earliest.booked_at,
        earliest.slot_start_at as first_slot_start_at,
        latest.slot_start_at,
        latest.slot_end_at,
        latest.status,
        latest.attended_at,
        case
            when not latest.is_attended then appointment_statuses.outcome
            when latest.attended_at <= latest.slot_end_at then 'KEPT'
            when latest.attended_at > latest.slot_end_at then 'LATE'
        end as outcome,
        ends.moves_count,
        latest.resource,
        latest.updated_at,
        latest._delivery_id,
        latest._source_row
    from ends
    inner join versions as latest on ends.appointment_key = latest.appointment_key and ends.last_version = latest.version
    inner join versions as earliest on ends.appointment_key = earliest.appointment_key and ends.first_version = earliest.version
    left join appointment_statuses on latest.status = appointment_statuses.status
)

select * from final
