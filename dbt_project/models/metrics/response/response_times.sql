-- Response times per period and scope: percentiles of attended incidents by final grade.

{%- set says -%}
inputs:
  response:
    dated_by: [saab_incidents, legacy_incidents]
    supplied_by:
      # Version 5 sends no at-scene time: without the officers' status presses it knows no response.
      version 5:
        says: "the incident export of version 5 has no at-scene time: it is won back from the officers' status presses"
        needs:
          - {export: saab_incidents, only_version: "5"}
          - saab_resource_status
      later versions:
        says: "at-scene times of the incident export, and of the status presses where it has none"
        needs:
          - {export: saab_incidents, not_version: "5"}
        helps: [saab_resource_status]
      legacy: {needs: [legacy_incidents]}
indicators:
  - kpi_id: response_grade1_median
    label: Emergency response time, median
    definition: Median seconds from creation to the first resource at scene, of attended incidents of final grade 1, neither duplicate nor back-keyed, by the day they were created.
    formula: "percentile 0.5 of first at scene - created, of attended grade 1 incidents, no duplicates, not back-keyed"
    limits: "Attended incidents only, and of these those with a valid arrival: see the coverage. In version 5 the arrival is when an officer pressed the status, which can be missing or late; do not compare across a change of version without saying so. Not a measure of any officer."
    subject: incidents
    statistic: statistic
    unit: seconds
    better: lower
    owner: &response Head of Response Policing
    version: "1"
    inputs: response
    columns: {saab_incidents: [grade_current, lpa, is_urban], saab_resource_status: [status_code, incident_ref], legacy_incidents: [grade, first_at_scene_at]}
    grade: "1"
    percentile: 0.5
  - kpi_id: response_grade1_p90
    label: Emergency response time, 90th percentile
    definition: The seconds from creation to the first resource at scene that nine of ten attended incidents of final grade 1 did not exceed, neither duplicate nor back-keyed, by the day they were created.
    formula: "percentile 0.9 of first at scene - created, of attended grade 1 incidents, no duplicates, not back-keyed"
    limits: "Attended incidents only, and of these those with a valid arrival: see the coverage. In version 5 the arrival is when an officer pressed the status, which can be missing or late; do not compare across a change of version without saying so. Not a measure of any officer. Of few incidents it is hardly more than the longest."
    subject: incidents
    statistic: statistic
    unit: seconds
    better: lower
    owner: *response
    version: "1"
    inputs: response
    columns: {saab_incidents: [grade_current, lpa, is_urban], saab_resource_status: [status_code, incident_ref], legacy_incidents: [grade, first_at_scene_at]}
    grade: "1"
    percentile: 0.9
  - kpi_id: response_grade2_median
    label: Priority response time, median
    definition: Median seconds from creation to the first resource at scene, of attended incidents of final grade 2, neither duplicate nor back-keyed, by the day they were created.
    formula: "percentile 0.5 of first at scene - created, of attended grade 2 incidents, no duplicates, not back-keyed"
    limits: "Attended incidents only, and of these those with a valid arrival: see the coverage. In version 5 the arrival is when an officer pressed the status, which can be missing or late; do not compare across a change of version without saying so. Not a measure of any officer."
    subject: incidents
    statistic: statistic
    unit: seconds
    better: lower
    owner: *response
    version: "1"
    inputs: response
    columns: {saab_incidents: [grade_current, lpa, is_urban], saab_resource_status: [status_code, incident_ref], legacy_incidents: [grade, first_at_scene_at]}
    grade: "2"
    percentile: 0.5
  - kpi_id: response_grade2_p90
    label: Priority response time, 90th percentile
    definition: The seconds from creation to the first resource at scene that nine of ten attended incidents of final grade 2 did not exceed, neither duplicate nor back-keyed, by the day they were created.
    formula: "percentile 0.9 of first at scene - created, of attended grade 2 incidents, no duplicates, not back-keyed"
    limits: "Attended incidents only, and of these those with a valid arrival: see the coverage. In version 5 the arrival is when an officer pressed the status, which can be missing or late; do not compare across a change of version without saying so. Not a measure of any officer. Of few incidents it is hardly more than the longest."
    subject: incidents
    statistic: statistic
    unit: seconds
    better: lower
    owner: *response
    version: "1"
    inputs: response
    columns: {saab_incidents: [grade_current, lpa, is_urban], saab_resource_status: [status_code, incident_ref], legacy_incidents: [grade, first_at_scene_at]}
    grade: "2"
    percentile: 0.9
{%- endset -%}
{%- set says = fromyaml(says) -%}
{%- set indicators = says.indicators -%}

{{ config(materialized='ephemeral', meta=says) }}

with

incidents as (

    select * from {{ ref('fct_incidents') }} where is_attended and not is_duplicate and not is_back_record

),

period_days as (

    select * from {{ ref('kpi_period_days') }} where input_set = 'response'

),

-- `other_response_seconds` is that of an incident outside every disruption, filled only in periods that have one.
attended as (

    select
        period_days.period_type,
        period_days.period_start,
        incidents.grade_final,
        incidents.area_code,
        case when incidents.is_urban then 'Y' else 'N' end as urban_code,
        incidents.response_seconds,
        case when period_days.is_disrupted and incidents.disruption_key is null then incidents.response_seconds end
            as other_response_seconds
    from incidents
    inner join period_days on incidents.created_date = period_days.local_date
    where incidents.grade_final in (
        {%- for grade in indicators | map(attribute='grade') | unique %}{{ ', ' if not loop.first }}{{ sql_text(grade) }}{% endfor -%}
    )

),

by_scope as (

    select
        period_type,
        period_start,
        grade_final,
        case
            when grouping(area_code) = 0 and grouping(urban_code) = 0 then 'area_urban'
            when grouping(area_code) = 0 then 'area'
            when grouping(urban_code) = 0 then 'urban'
            else 'force'
        end as scope_type,
        case
            when grouping(area_code) = 0 and grouping(urban_code) = 0 then area_code || '/' || urban_code
            when grouping(area_code) = 0 then area_code
            when grouping(urban_code) = 0 then urban_code
            else 'FORCE'
        end as scope_code,
        {%- for percentile in indicators | map(attribute='percentile') | unique %}
        {{ statistic_of({'percentile': percentile}, 'response_seconds') }} as statistic_{{ loop.index0 }},
        {{ statistic_of({'percentile': percentile}, 'other_response_seconds') }} as other_statistic_{{ loop.index0 }},
        {%- endfor %}
        count(response_seconds) as measured_count,
        count(*) as eligible_count
    from attended
    group by grouping sets (
        (period_type, period_start, grade_final),
        (period_type, period_start, grade_final, area_code),
        (period_type, period_start, grade_final, urban_code),
        (period_type, period_start, grade_final, area_code, urban_code)
    )

),

final as (

    {%- set percentiles = indicators | map(attribute='percentile') | unique | list %}
    {% for indicator in indicators %}
    select
        {{ sql_text(indicator.kpi_id) }} as kpi_id,
        period_type,
        period_start,
        scope_type,
        scope_code,
        cast(statistic_{{ percentiles.index(indicator.percentile) }} as double) as statistic,
        cast(other_statistic_{{ percentiles.index(indicator.percentile) }} as double) as other_statistic,
        cast(measured_count as bigint) as measured_count,
        cast(eligible_count as bigint) as eligible_count
    from by_scope
    where grade_final = {{ sql_text(indicator.grade) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
