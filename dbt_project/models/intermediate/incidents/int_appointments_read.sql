-- What the diary says of each appointment for the state of its incident: when it was attended and when it was cancelled. The
-- highest version says whether it was attended, the first cancelling one when it was cancelled. Only the appointments of the
-- incidents this run works out, and those that their logs name.

with

affected_incidents as (
    select * from {{ ref('int_affected_incidents') }}
),

steps as (
    select * from {{ ref('int_log_steps_ordered') }}
),

versions as (
    select * from {{ ref('stg_saab_diary') }}
),

wanted as (
    select appointment_key from steps where appointment_key is not null
    {% if not is_full_run() %}
    union
    select appointment_key from versions where incident_hash in (select incident_hash from affected_incidents)
    {% endif %}
),

standing as (
    select *
    from versions
    {% if not is_full_run() %}
    where appointment_key in (select appointment_key from wanted)
    {% endif %}
),

latest as (
    select
        appointment_key,
        max(version) as version,
        min(case when is_cancelled then version end) as cancelling_version
    from standing
    group by appointment_key
),

final as (
    select
        latest.appointment_key,
        standing.incident_hash,
        standing.diary_code,
        case when standing.is_attended then standing.attended_at end as attended_at,
        standing._row_id as attended_row_id,
        cancelling.updated_at as cancelled_at,
        cancelling._row_id as cancelled_row_id
    from latest
    inner join standing on latest.appointment_key = standing.appointment_key and latest.version = standing.version
    left join standing as cancelling
        on latest.appointment_key = cancelling.appointment_key and latest.cancelling_version = cancelling.version
)

select * from final
