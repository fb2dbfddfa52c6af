{{ config(
    materialized='incremental',
    incremental_strategy='affected_units',
    unique_key='incident_key',
    meta={'affected': 'int_affected_domestic_abuse'},
) }}

with

affected_incidents as (
    select * from {{ ref('int_affected_domestic_abuse') }}
),

incidents as (
    select *
    from {{ ref('fct_incidents') }}
    where is_domestic_abuse
    {% if is_incremental() %}
        and incident_key in (select incident_key from affected_incidents)
    {% endif %}
),

outcomes as (
    select * from {{ ref('stg_da_outcomes') }}
),

legacy_versions as (
    select code as system_version from {{ ref('system_versions') }} where export = 'legacy_incidents'
),

pilot_design as (
    select * from {{ ref('da_pilot_design') }}
),

pilot_areas as (
    select distinct area_code from pilot_design
),

pilot_dates as (
    select distinct incidents.created_date
    from incidents
    inner join pilot_design
        on incidents.created_date >= pilot_design.starts_on
        and (incidents.created_date <= pilot_design.ends_on or pilot_design.ends_on is null)
),

joined as (
    select
        incidents.*,
        legacy_versions.system_version is not null as is_legacy,
        coalesce(incidents.response_seconds <= {{ 24 * 3600 }}, false) as is_attended_24h,
        outcomes.incident_key is not null as has_outcome,
        outcomes.crime_ref is not null as has_crime,
        outcomes.victim_token,
        outcomes.is_suspect_present,
        outcomes.arrest_at,
        outcomes.arrest_at is not null as is_arrested,
        outcomes.risk_tool,
        outcomes.risk_grade,
        outcomes.risk_grade is not null as is_risk_assessed,
        coalesce(outcomes.has_positive_action, false) as is_positive_action,
        coalesce(outcomes.has_body_worn_video, false) as is_body_worn_video,
        coalesce(outcomes.has_protective_order, false) as has_protective_order,
        coalesce(outcomes.is_victim_supporting, false) as victim_supports,
        outcomes.outcome_code,
        pilot_areas.area_code is not null as is_pilot_area,
        pilot_dates.created_date is not null as is_pilot_period
    from incidents
    left join outcomes on incidents.incident_key = outcomes.incident_key
    left join legacy_versions on incidents.system_version = legacy_versions.system_version
    left join pilot_areas on incidents.area_code = pilot_areas.area_code
    left join pilot_dates on incidents.created_date = pilot_dates.created_date
),

-- When something happened to each victim. A duplicate is not another incident, the system before SAAB Safe names no victims.
victim_instants as (
    select
        victim_token,
        created_at,
        max(case when not is_duplicate then created_at end) as counted_at
    from joined
    where victim_token is not null and not is_legacy
    group by victim_token, created_at
),

earlier_instants as (
    select
        victim_token,
        created_at,
        max(counted_at) over (
            partition by victim_token order by created_at rows between unbounded preceding and 1 preceding
        ) as earlier_at
    from victim_instants
),

repeats as (
    select
        victim_token,
        created_at,
        {{ seconds_between('earlier_at', 'created_at') }} as seconds_since_earlier
    from earlier_instants
),

final as (
    select
        joined.incident_key,
        joined.system_version,
        joined.is_legacy,
        joined.created_at,
        joined.created_at_local,
        joined.created_date,
        joined.area_code,
        joined.grade_final,
        joined.is_duplicate,
        joined.is_back_record,
        joined.is_attended,
        joined.first_at_scene_at,
        joined.response_seconds,
        joined.is_attended_24h,
        joined.has_outcome,
        joined.has_crime,
        joined.victim_token,
        joined.is_suspect_present as suspect_present,
        {{ to_instant('joined.arrest_at') }} as arrest_at,
        joined.is_arrested,
        joined.risk_tool,
        joined.risk_grade,
        joined.is_risk_assessed,
        joined.is_positive_action,
        joined.is_body_worn_video,
        joined.has_protective_order,
        joined.victim_supports,
        joined.outcome_code,
        coalesce(not joined.is_legacy and repeats.seconds_since_earlier <= {{ 28 * 24 * 3600 }}, false) as is_repeat_28d,
        coalesce(not joined.is_legacy and repeats.seconds_since_earlier <= {{ 365 * 24 * 3600 }}, false) as is_repeat_365d,
        joined.is_pilot_area,
        joined.is_pilot_period,
        joined.disruption_key,
        joined._delivery_id,
        joined._source_row
    from joined
    left join repeats on joined.victim_token = repeats.victim_token and joined.created_at = repeats.created_at
)

select * from final
