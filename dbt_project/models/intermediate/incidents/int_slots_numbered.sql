-- The slots an appointment had, in order: number 0 is that of its first version, number n that of its n-th version MOVED.
-- Only the appointments that the logs of the incidents this run works out name.

with

steps as (
    select distinct appointment_key from {{ ref('int_log_steps_ordered') }} where appointment_key is not null
),

versions as (
    select appointment_key, version, is_moved, slot_end_at, _row_id
    from {{ ref('stg_saab_diary') }}
    where appointment_key in (select appointment_key from steps)
),

first_versions as (
    select appointment_key, min(version) as version from versions group by appointment_key
),

final as (
    select
        versions.appointment_key,
        cast(0 as bigint) as move_no,
        versions.slot_end_at,
        versions._row_id
    from first_versions
    inner join versions
        on first_versions.appointment_key = versions.appointment_key and first_versions.version = versions.version

    union all

    select
        appointment_key,
        row_number() over (partition by appointment_key order by version) as move_no,
        slot_end_at,
        _row_id
    from versions
    where is_moved
)

select * from final
