{{ config(
    materialized='incremental',
    incremental_strategy='affected_units',
    unique_key='incident_key',
    meta={'affected': 'int_affected_incidents'},
) }}

with

affected_incidents as (
    select * from {{ ref('int_affected_incidents') }}
),

saab_incidents as (
    select * from {{ ref('int_saab_incidents_enriched') }}
),

legacy_incidents as (
    select *
    from {{ ref('stg_legacy_incidents') }}
    {% if is_incremental() %}
    where incident_key in (select incident_key from affected_incidents)
    {% endif %}
),

categories as (
    select distinct means as category, is_admin from {{ ref('categories') }} where code = means
),

response_targets as (
    select grade, is_urban, target_minutes * 60 as target_seconds, valid_from, valid_to from {{ ref('response_targets') }}
),

-- Of the incident systems alone: an outage of telephony says nothing of an incident that an officer keyed in.
disrupted_days as (
    select *
    from {{ ref('int_disrupted_days') }}
    where system_code in (select system from {{ ref('exports') }} where export = 'saab_incidents')
),

incidents as (
    select
        incident_key,
        system_version,
        created_at,
        recorded_at,
        source_code,
        call_ref as call_key,
        opening_category,
        closing_category,
        qualifiers,
        grade_initial,
        grade_final,
        area_code,
        beat_code,
        is_urban,
        thrive_risk,
        is_domestic_abuse,
        is_repeat_victim,
        is_back_record,
        is_duplicate,
        linked_incident_key,
        first_graded_at,
        first_tasked_at,
        first_assigned_at,
        first_en_route_at,
        first_at_scene_at,
        at_scene_source,
        invalid_at_scene_count,
        closed_at,
        is_attended,
        appointment_count,
        has_every_slot_passed,
        updated_at,
        _delivery_id,
        _source_row
    from saab_incidents

    union all

    -- The system before SAAB: one grade is the first and the last; what it did not record is null, a flag it did not have is false.
    select
        incident_key,
        system_version,
        created_at,
        cast(null as timestamp) as recorded_at,
        source_code,
        cast(null as string) as call_key,
        category_code as opening_category,
        cast(null as string) as closing_category,
        cast(null as string) as qualifiers,
        grade as grade_initial,
        grade as grade_final,
        area_code,
        cast(null as string) as beat_code,
        false as is_urban,
        cast(null as string) as thrive_risk,
        is_domestic_abuse,
        false as is_repeat_victim,
        false as is_back_record,
        false as is_duplicate,
        cast(null as string) as linked_incident_key,
        cast(null as timestamp) as first_graded_at,
        cast(null as timestamp) as first_tasked_at,
        first_assigned_at,
        cast(null as timestamp) as first_en_route_at,
        case when first_at_scene_at >= created_at then first_at_scene_at end as first_at_scene_at,
        case when first_at_scene_at >= created_at then 'legacy_export' end as at_scene_source,
        case when first_at_scene_at < created_at then 1 else 0 end as invalid_at_scene_count,
        closed_at,
        coalesce(first_at_scene_at >= created_at, false) as is_attended,
        0 as appointment_count,
        false as has_every_slot_passed,
        cast(null as timestamp) as updated_at,
        _delivery_id,
        _source_row
    from legacy_incidents
),

timed as (
    select
        *,
        {{ to_local('created_at') }} as created_at_local,
        {{ to_local_date('created_at') }} as created_date,
        {{ seconds_between('created_at', 'first_at_scene_at') }} as response_seconds
    from incidents
),

disrupted as (
    select
        timed.incident_key,
        min(disrupted_days.disruption_key) as disruption_key
    from timed
    inner join disrupted_days
        on timed.created_date = disrupted_days.local_date
        and timed.created_at >= disrupted_days.started_at
        and (timed.created_at < disrupted_days.ended_at or disrupted_days.ended_at is null)
    group by timed.incident_key
),

final as (
    select
        timed.incident_key,
        timed.system_version,
        {{ to_instant('timed.created_at') }} as created_at,
        timed.created_at_local,
        timed.created_date,
        {{ to_instant('timed.recorded_at') }} as recorded_at,
        timed.source_code,
        timed.call_key,
        timed.opening_category,
        timed.closing_category,
        timed.qualifiers,
        timed.grade_initial,
        timed.grade_final,
        timed.area_code,
        timed.beat_code,
        timed.is_urban,
        timed.thrive_risk,
        timed.is_domestic_abuse,
        timed.is_repeat_victim,
        timed.is_back_record,
        coalesce(categories.is_admin, false) as is_admin,
        timed.is_duplicate,
        timed.linked_incident_key,
        {{ to_instant('timed.first_graded_at') }} as first_graded_at,
        {{ to_instant('timed.first_tasked_at') }} as first_tasked_at,
        {{ to_instant('timed.first_assigned_at') }} as first_assigned_at,
        {{ to_instant('timed.first_en_route_at') }} as first_en_route_at,
        {{ to_instant('timed.first_at_scene_at') }} as first_at_scene_at,
        timed.at_scene_source,
        cast(timed.invalid_at_scene_count as bigint) as invalid_at_scene_count,
        {{ to_instant('timed.closed_at') }} as closed_at,
        timed.closed_at is null as is_open,
        timed.response_seconds,
        response_targets.target_seconds as response_target_seconds,
        timed.response_seconds <= response_targets.target_seconds as is_within_target,
        timed.is_attended,
        cast(timed.appointment_count as bigint) as appointment_count,
        timed.appointment_count > 0 and not timed.is_attended and (timed.closed_at is not null or timed.has_every_slot_passed)
            as never_attended_after_diary,
        disrupted.disruption_key,
        {{ to_instant('timed.updated_at') }} as updated_at,
        timed._delivery_id,
        timed._source_row
    from timed
    left join categories on coalesce(timed.closing_category, timed.opening_category) = categories.category
    left join response_targets
        on timed.grade_final = response_targets.grade
        and timed.is_urban = response_targets.is_urban
        and timed.created_date >= response_targets.valid_from
        and (timed.created_date < response_targets.valid_to or response_targets.valid_to is null)
    left join disrupted on timed.incident_key = disrupted.incident_key
)

select * from final
