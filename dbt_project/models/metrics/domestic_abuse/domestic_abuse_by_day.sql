-- What was done for victims of domestic abuse, per local day the incident was created and area.

{%- set says -%}
inputs:
  # Outcomes come monthly from another system: until they reach a day its figures still move.
  da_outcomes:
    dated_by: [saab_incidents]
    supplied_by:
      saab:
        needs: [saab_incidents]
        helps: [da_outcomes]
  da_repeats:
    dated_by: [saab_incidents]
    history_days: 28
    supplied_by:
      saab:
        needs: [saab_incidents]
        helps: [da_outcomes]
indicators:
  - kpi_id: da_attended_24h
    restricted: true
    label: Domestic abuse attended within 24 hours
    definition: Of domestic-abuse incidents of SAAB, no duplicates, the share at which the first resource was at scene within 86,400 seconds of creation, by the local day they were created; by area too.
    formula: "response_seconds <= 86400 / domestic-abuse incidents of SAAB, no duplicates"
    limits: "An incident without a known arrival counts as not attended within 24 hours; the coverage says how many have one, so compare areas only where it is alike. Back-keyed incidents count: their creation is the paper's."
    subject: &subject domestic_abuse
    statistic: ratio
    unit: ratio
    better: higher
    owner: &owner Head of Public Protection
    version: "1"
    inputs: da_attendance
    columns:
      saab_incidents: [is_domestic_abuse, lpa]
      saab_resource_status: [status_code, incident_ref]
    numerator: attended_24h_count
    measured: timed_count
  - kpi_id: da_arrest
    restricted: true
    label: Arrests for domestic abuse
    definition: Of domestic-abuse incidents of SAAB, no duplicates, the share with an arrest, by the local day they were created; by area too.
    formula: "outcomes with ARREST_AT / domestic-abuse incidents of SAAB, no duplicates"
    limits: "An incident whose outcome has not come counts as no arrest, so the newest month reads low until its outcomes are in: see the coverage. Not every incident is a crime, nor has a suspect; not a measure of any officer."
    subject: *subject
    statistic: ratio
    unit: ratio
    better: higher
    owner: *owner
    version: "1"
    inputs: da_outcomes
    columns:
      saab_incidents: [is_domestic_abuse, lpa]
      da_outcomes: [arrest_at]
    numerator: arrested_count
    measured: outcome_count
  - kpi_id: da_risk_assessed
    restricted: true
    label: Domestic abuse with a risk assessment
    definition: Of domestic-abuse incidents of SAAB, no duplicates, the share whose risk assessment has a result, by the local day they were created; by area too.
    formula: "outcomes with RISK_GRADE / domestic-abuse incidents of SAAB, no duplicates"
    limits: "An incident whose outcome has not come counts as not assessed: see the coverage. Says that an assessment was made, with whichever tool, not that it was good."
    subject: *subject
    statistic: ratio
    unit: ratio
    better: higher
    owner: *owner
    version: "1"
    inputs: da_outcomes
    columns:
      saab_incidents: [is_domestic_abuse, lpa]
      da_outcomes: [risk_grade]
    numerator: risk_assessed_count
    measured: outcome_count
  - kpi_id: da_positive_action
    restricted: true
    label: Positive action on domestic abuse
    definition: Of domestic-abuse incidents of SAAB, no duplicates, the share with positive action, by the local day they were created; by area too.
    formula: "outcomes with POSITIVE_ACTION = Y / domestic-abuse incidents of SAAB, no duplicates"
    limits: "An incident whose outcome has not come, or whose flag was not filled in, counts as none: see the coverage, which tells of the former alone. What counts as positive action is the officer's judgement."
    subject: *subject
    statistic: ratio
    unit: ratio
    better: higher
    owner: *owner
    version: "1"
    inputs: da_outcomes
    columns:
      saab_incidents: [is_domestic_abuse, lpa]
      da_outcomes: [positive_action]
    numerator: positive_action_count
    measured: outcome_count
  - kpi_id: da_victim_supports
    restricted: true
    label: Victims of domestic abuse who support the investigation
    definition: Of domestic-abuse incidents of SAAB, no duplicates, the share whose victim supports the investigation, by the local day they were created; by area too.
    formula: "outcomes with VICTIM_SUPPORTS = Y / domestic-abuse incidents of SAAB, no duplicates"
    limits: "An incident whose outcome has not come, or whose flag was not filled in, counts as no: see the coverage, which tells of the former alone. A victim may change their mind; the last word stands."
    subject: *subject
    statistic: ratio
    unit: ratio
    better: higher
    owner: *owner
    version: "1"
    inputs: da_outcomes
    columns:
      saab_incidents: [is_domestic_abuse, lpa]
      da_outcomes: [victim_supports]
    numerator: victim_supports_count
    measured: outcome_count
  - kpi_id: da_repeat_28d
    restricted: true
    label: Repeat domestic abuse within 28 days
    definition: Of domestic-abuse incidents of SAAB, no duplicates, the share whose victim had an earlier one in the 28 days before, by the local day the later one was created; by area too.
    formula: "incidents with another domestic-abuse incident of SAAB, no duplicate, of the same victim created from 28 x 86,400 seconds before up to, not at, their creation / domestic-abuse incidents of SAAB, no duplicates"
    limits: "Victims are told by the identifier in the outcome: an incident without one counts as no repeat, and the coverage says how many have one. The first 28 days of the data lack their history. More repeats may mean more trust to report."
    subject: *subject
    statistic: ratio
    unit: ratio
    better: lower
    owner: *owner
    version: "1"
    inputs: da_repeats
    columns:
      saab_incidents: [is_domestic_abuse, lpa]
      da_outcomes: [victim_token]
    numerator: repeat_28d_count
    measured: victim_count
{%- endset -%}
{%- set says = fromyaml(says) -%}
{%- set indicators = says.indicators -%}

{{ config(materialized='ephemeral', meta=says) }}

with

incidents as (

    select * from {{ ref('fct_domestic_abuse') }} where not is_legacy and not is_duplicate

),

days as (

    select distinct local_date
    from {{ ref('kpi_period_days') }}
    where input_set in (
        {%- for input_set in indicators | map(attribute='inputs') | unique %}{{ sql_text(input_set) }}{{ ', ' if not loop.last }}{% endfor -%}
    )

),

dated as (

    select
        incidents.*,
        incidents.disruption_key is not null as is_disrupted
    from incidents
    inner join days on incidents.created_date = days.local_date

),

by_scope as (

    select
        created_date as local_date,
        is_disrupted,
        case when grouping(area_code) = 0 then 'area' else 'force' end as scope_type,
        case when grouping(area_code) = 0 then area_code else 'FORCE' end as scope_code,
        sum(case when is_attended_24h then 1 else 0 end) as attended_24h_count,
        sum(case when is_arrested then 1 else 0 end) as arrested_count,
        sum(case when is_risk_assessed then 1 else 0 end) as risk_assessed_count,
        sum(case when is_positive_action then 1 else 0 end) as positive_action_count,
        sum(case when victim_supports then 1 else 0 end) as victim_supports_count,
        sum(case when is_repeat_28d then 1 else 0 end) as repeat_28d_count,
        count(response_seconds) as timed_count,
        sum(case when has_outcome then 1 else 0 end) as outcome_count,
        count(victim_token) as victim_count,
        count(*) as incident_count
    from dated
    group by grouping sets ((created_date, is_disrupted), (created_date, is_disrupted, area_code))

),

-- What cannot be measured counts as not done, so the denominator is every incident; the coverage says how many could be.
final as (

    {% for indicator in indicators %}
    select
        {{ sql_text(indicator.kpi_id) }} as kpi_id,
        local_date,
        is_disrupted,
        scope_type,
        scope_code,
        cast({{ indicator.numerator }} as bigint) as numerator,
        cast(incident_count as bigint) as denominator,
        cast({{ indicator.measured }} as bigint) as measured_count,
        cast(incident_count as bigint) as eligible_count
    from by_scope
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
