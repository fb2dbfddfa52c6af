-- Where the time goes: the median of each stage per period, for the force and by final grade. A stage runs from one
-- instant of the chain to the next and is measured only where both are known and in that order.

{%- set says -%}
inputs:
  stage_calls:
    dated_by: [saab_incidents, legacy_incidents]
    supplied_by:
      saab: {needs: [saab_incidents, acd_segments]}
  stage_log:
    dated_by: [saab_incidents, legacy_incidents]
    supplied_by:
      saab: {needs: [saab_incidents, saab_incident_log]}
  stage_travel:
    dated_by: [saab_incidents, legacy_incidents]
    supplied_by:
      saab: {needs: [saab_incidents, saab_incident_log, saab_resource_status]}
  stage_status:
    dated_by: [saab_incidents, legacy_incidents]
    supplied_by:
      saab: {needs: [saab_incidents, saab_resource_status]}
  stage_close:
    dated_by: [saab_incidents, legacy_incidents]
    supplied_by:
      # Version 5 sends no at-scene time: without the officers' status presses it knows no arrival.
      version 5:
        says: "the incident export of version 5 has no at-scene time: it is won back from the officers' status presses"
        needs:
          - {export: saab_incidents, only_version: "5"}
          - saab_resource_status
        helps: [saab_incident_log]
      later versions:
        needs:
          - {export: saab_incidents, not_version: "5"}
        helps: [saab_incident_log, saab_resource_status]
      legacy: {needs: [legacy_incidents]}
# `begins` and `ends` are the instants of the chain that the stage lies between. Eligible are all incidents, and many never come to a
# stage (no call, no resource needed), so coverage is low by nature: its limit only tells that a stage is gone.
indicators:
  - kpi_id: response_stage_answer_median
    label: Wait until the call was answered, median
    definition: Median seconds from the offering of the call to its answering, of incidents that have both in that order, neither duplicate nor back-keyed, by the day they were created.
    formula: "percentile 0.5 of call answered - call offered, of incidents that have both in that order, no duplicates, not back-keyed"
    limits: "Medians of stages do not add up to that of the whole, since each stage has incidents of its own; those without one of its instants are left out, as the coverage says. Times are as keyed or pressed."
    subject: incidents
    statistic: statistic
    unit: seconds
    better: lower
    owner: &occ Head of the Operations Control Centre
    version: "1"
    inputs: stage_calls
    coverage_limit: 0.2
    columns: {saab_incidents: [call_ref, grade_current], acd_segments: [queue, disposition, queue_seconds, ring_seconds]}
    begins: offered_at
    ends: answered_at
    percentile: 0.5
  - kpi_id: response_stage_create_median
    label: From answering to the incident, median
    definition: Median seconds from the answering of the call to the creation of the incident, of incidents that have both in that order, neither duplicate nor back-keyed, by the day they were created.
    formula: "percentile 0.5 of created - call answered, of incidents that have both in that order, no duplicates, not back-keyed"
    limits: "Medians of stages do not add up to that of the whole, since each stage has incidents of its own; those without one of its instants are left out, as the coverage says. Times are as keyed or pressed."
    subject: incidents
    statistic: statistic
    unit: seconds
    better: lower
    owner: *occ
    version: "1"
    inputs: stage_calls
    coverage_limit: 0.2
    columns: {saab_incidents: [call_ref, grade_current], acd_segments: [queue, disposition, queue_seconds, ring_seconds]}
    begins: answered_at
    ends: created_at
    percentile: 0.5
  - kpi_id: response_stage_grade_median
    label: From creation to the first grade, median
    definition: Median seconds from the creation to the first grading, of incidents that have both in that order, neither duplicate nor back-keyed, by the day they were created.
    formula: "percentile 0.5 of first GRADED - created, of incidents that have both in that order, no duplicates, not back-keyed"
    limits: "Medians of stages do not add up to that of the whole, since each stage has incidents of its own; those without one of its instants are left out, as the coverage says. Times are as keyed or pressed."
    subject: incidents
    statistic: statistic
    unit: seconds
    better: lower
    owner: *occ
    version: "1"
    inputs: stage_log
    coverage_limit: 0.5
    columns: {saab_incidents: [grade_current], saab_incident_log: [event_code]}
    begins: created_at
    ends: first_graded_at
    percentile: 0.5
  - kpi_id: response_stage_assign_median
    label: From the first grade to the first resource assigned, median
    definition: Median seconds from the first grading to the first assignment, of incidents that have both in that order, neither duplicate nor back-keyed, by the day they were created.
    formula: "percentile 0.5 of first ASSIGNED - first GRADED, of incidents that have both in that order, no duplicates, not back-keyed"
    limits: "Medians of stages do not add up to that of the whole, since each stage has incidents of its own; those without one of its instants are left out, as the coverage says. Times are as keyed or pressed."
    subject: incidents
    statistic: statistic
    unit: seconds
    better: lower
    owner: *occ
    version: "1"
    inputs: stage_log
    coverage_limit: 0.2
    columns: {saab_incidents: [grade_current], saab_incident_log: [event_code]}
    begins: first_graded_at
    ends: first_assigned_at
    percentile: 0.5
  - kpi_id: response_stage_en_route_median
    label: From assignment to en route, median
    definition: Median seconds from the first assignment to the first resource en route, of incidents that have both in that order, neither duplicate nor back-keyed, by the day they were created.
    formula: "percentile 0.5 of first status 5 - first ASSIGNED, of incidents that have both in that order, no duplicates, not back-keyed"
    limits: "Medians of stages do not add up to that of the whole, since each stage has incidents of its own; those without one of its instants are left out, as the coverage says. Times are as keyed or pressed."
    subject: incidents
    statistic: statistic
    unit: seconds
    better: lower
    owner: &response Head of Response Policing
    version: "1"
    inputs: stage_travel
    coverage_limit: 0.1
    columns: {saab_incidents: [grade_current], saab_incident_log: [event_code], saab_resource_status: [status_code, incident_ref]}
    begins: first_assigned_at
    ends: first_en_route_at
    percentile: 0.5
  - kpi_id: response_stage_scene_median
    label: From en route to at scene, median
    definition: Median seconds from the first resource en route to the first resource at scene, of incidents that have both in that order, neither duplicate nor back-keyed, by the day they were created.
    formula: "percentile 0.5 of first at scene - first status 5, of incidents that have both in that order, no duplicates, not back-keyed"
    limits: "Medians of stages do not add up to that of the whole, since each stage has incidents of its own; those without one of its instants are left out, as the coverage says. Times are as keyed or pressed."
    subject: incidents
    statistic: statistic
    unit: seconds
    better: lower
    owner: *response
    version: "1"
    inputs: stage_status
    coverage_limit: 0.1
    columns: {saab_incidents: [grade_current], saab_resource_status: [status_code, incident_ref]}
    begins: first_en_route_at
    ends: first_at_scene_at
    percentile: 0.5
  - kpi_id: response_stage_close_median
    label: From at scene to closed, median
    definition: Median seconds from the first resource at scene to the closing, of incidents that have both in that order, neither duplicate nor back-keyed, by the day they were created.
    formula: "percentile 0.5 of closed - first at scene, of incidents that have both in that order, no duplicates, not back-keyed"
    limits: "Medians of stages do not add up to that of the whole, since each stage has incidents of its own; those without one of its instants are left out, as the coverage says. Times are as keyed or pressed."
    subject: incidents
    statistic: statistic
    unit: seconds
    better: lower
    owner: *response
    version: "1"
    inputs: stage_close
    coverage_limit: 0.2
    columns: {saab_incidents: [status, grade_current], saab_incident_log: [event_code], saab_resource_status: [status_code, incident_ref], legacy_incidents: [first_at_scene_at, closed_at]}
    begins: first_at_scene_at
    ends: closed_at
    percentile: 0.5
{%- endset -%}
{%- set says = fromyaml(says) -%}
{%- set indicators = says.indicators -%}

{{ config(materialized='ephemeral', meta=says) }}

{%- set stages = indicators %}

with

incidents as (

    select * from {{ ref('fct_incidents') }} where not is_duplicate and not is_back_record

),

calls as (

    select * from {{ ref('fct_calls') }} where call_key is not null

),

period_days as (

    select * from {{ ref('kpi_period_days') }} where input_set = 'response'

),

days as (

    select distinct local_date from period_days

),

chained as (

    select
        incidents.created_date,
        coalesce(incidents.grade_final, 'UNGRADED') as grade_code,
        incidents.disruption_key,
        calls.offered_at,
        calls.answered_at,
        incidents.created_at,
        incidents.first_graded_at,
        incidents.first_assigned_at,
        incidents.first_en_route_at,
        incidents.first_at_scene_at,
        incidents.closed_at
    from incidents
    inner join days on incidents.created_date = days.local_date
    left join calls on incidents.call_key = calls.call_key

),

timed as (

    select
        created_date,
        grade_code,
        disruption_key
        {%- for stage in stages %},
        case when {{ stage.ends }} >= {{ stage.begins }} then {{ dbt.datediff(stage.begins, stage.ends, 'second') }} end
            as {{ stage.kpi_id }}
        {%- endfor %}
    from chained

),

-- `other_` is the stage of an incident outside every disruption, filled only in periods that have one.
in_periods as (

    select
        period_days.period_type,
        period_days.period_start,
        timed.grade_code
        {%- for stage in stages %},
        timed.{{ stage.kpi_id }},
        case when period_days.is_disrupted and timed.disruption_key is null then timed.{{ stage.kpi_id }} end
            as other_{{ stage.kpi_id }}
        {%- endfor %}
    from timed
    inner join period_days on timed.created_date = period_days.local_date

),

by_scope as (

    select
        period_type,
        period_start,
        case when grouping(grade_code) = 0 then 'grade' else 'force' end as scope_type,
        case when grouping(grade_code) = 0 then grade_code else 'FORCE' end as scope_code,
        count(*) as eligible_count
        {%- for stage in stages %},
        count({{ stage.kpi_id }}) as measured_{{ stage.kpi_id }},
        {{ statistic_of(stage, stage.kpi_id) }} as {{ stage.kpi_id }},
        {{ statistic_of(stage, 'other_' ~ stage.kpi_id) }} as other_{{ stage.kpi_id }}
        {%- endfor %}
    from in_periods
    group by grouping sets ((period_type, period_start), (period_type, period_start, grade_code))

),

final as (

    {% for stage in stages %}
    select
        {{ sql_text(stage.kpi_id) }} as kpi_id,
        period_type,
        period_start,
        scope_type,
        scope_code,
        cast({{ stage.kpi_id }} as double) as statistic,
        cast(other_{{ stage.kpi_id }} as double) as other_statistic,
        cast(measured_{{ stage.kpi_id }} as bigint) as measured_count,
        cast(eligible_count as bigint) as eligible_count
    from by_scope
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
