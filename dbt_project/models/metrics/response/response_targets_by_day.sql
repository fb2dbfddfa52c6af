-- Whether attended incidents were reached within the target of their grade, per local day of creation and scope.

{%- set says -%}
indicators:
  - kpi_id: response_grade1_within_target
    label: Emergency response within target
    definition: Of attended incidents of final grade 1, neither duplicate nor back-keyed, with a valid at-scene time and a target in force when they were created, the share reached within it.
    formula: "attended grade 1 incidents with first at scene - created <= the target of grade and urban in force at creation / those with a valid arrival and a target"
    limits: "Attended incidents only, and of these those with a valid arrival: see the coverage. In version 5 the arrival is when an officer pressed the status, which can be missing or late; do not compare across a change of version without saying so. Not a measure of any officer. The targets are a working assumption where the reference data say so."
    subject: incidents
    statistic: ratio
    unit: ratio
    better: higher
    owner: &response Head of Response Policing
    version: "1"
    inputs: response
    columns: {saab_incidents: [grade_current, lpa, is_urban], saab_resource_status: [status_code, incident_ref], legacy_incidents: [grade, first_at_scene_at]}
    grade: "1"
    needs_target_of_grade: "1"
  - kpi_id: response_grade2_within_target
    label: Priority response within target
    definition: Of attended incidents of final grade 2, neither duplicate nor back-keyed, with a valid at-scene time and a target in force when they were created, the share reached within it.
    formula: "attended grade 2 incidents with first at scene - created <= the target of grade and urban in force at creation / those with a valid arrival and a target"
    limits: "Attended incidents only, and of these those with a valid arrival: see the coverage. In version 5 the arrival is when an officer pressed the status, which can be missing or late; do not compare across a change of version without saying so. Not a measure of any officer. The targets are a working assumption where the reference data say so."
    subject: incidents
    statistic: ratio
    unit: ratio
    better: higher
    owner: *response
    version: "1"
    inputs: response
    columns: {saab_incidents: [grade_current, lpa, is_urban], saab_resource_status: [status_code, incident_ref], legacy_incidents: [grade, first_at_scene_at]}
    grade: "2"
    needs_target_of_grade: "2"
{%- endset -%}
{%- set says = fromyaml(says) -%}
{%- set indicators = says.indicators -%}

{{ config(materialized='ephemeral', meta=says) }}

with

incidents as (

    select * from {{ ref('fct_incidents') }} where is_attended and not is_duplicate and not is_back_record

),

days as (

    select distinct local_date from {{ ref('kpi_period_days') }} where input_set = 'response'

),

attended as (

    select
        incidents.created_date as local_date,
        incidents.grade_final,
        incidents.area_code,
        case when incidents.is_urban then 'Y' else 'N' end as urban_code,
        incidents.disruption_key is not null as is_disrupted,
        incidents.is_within_target
    from incidents
    inner join days on incidents.created_date = days.local_date

),

by_scope as (

    select
        local_date,
        grade_final,
        is_disrupted,
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
        sum(case when is_within_target then 1 else 0 end) as within_count,
        count(is_within_target) as measured_count,
        count(*) as eligible_count
    from attended
    group by grouping sets (
        (local_date, grade_final, is_disrupted),
        (local_date, grade_final, is_disrupted, area_code),
        (local_date, grade_final, is_disrupted, urban_code),
        (local_date, grade_final, is_disrupted, area_code, urban_code)
    )

),

final as (

    {% for indicator in indicators %}
    select
        {{ sql_text(indicator.kpi_id) }} as kpi_id,
        local_date,
        is_disrupted,
        scope_type,
        scope_code,
        cast(within_count as bigint) as numerator,
        cast(measured_count as bigint) as denominator,
        cast(measured_count as bigint) as measured_count,
        cast(eligible_count as bigint) as eligible_count
    from by_scope
    where grade_final = {{ sql_text(indicator.grade) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
