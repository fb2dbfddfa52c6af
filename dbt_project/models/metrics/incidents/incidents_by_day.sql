-- Incidents created, and those keyed in late, per local day of creation.

{%- set says -%}
inputs:
  incidents:
    dated_by: [saab_incidents, legacy_incidents]
    supplied_by:
      saab: {needs: [saab_incidents]}
      legacy: {needs: [legacy_incidents]}
  # The system before SAAB did not say when an incident was keyed in.
  recorded:
    dated_by: [saab_incidents]
    supplied_by:
      saab: {needs: [saab_incidents]}
indicators:
  - kpi_id: incidents_created
    label: Incidents created
    definition: Incidents of SAAB and of the system before it, neither duplicates nor administrative, by the local day they were created; by source, final grade and area too.
    formula: "incidents, less duplicates (linked to another) and those whose closing category, else opening one, is administrative"
    limits: "A count of what was keyed in, not of what happened: back-keyed incidents count on the day they happened, so recent days still grow. The system before SAAB knew neither duplicates nor sources as SAAB does: do not compare across the go-live."
    subject: incidents
    statistic: count
    unit: incidents
    better: neither
    owner: Head of the Operations Control Centre
    version: "1"
    inputs: incidents
    columns:
      saab_incidents: [opening_code, source, grade_current, lpa]
      legacy_incidents: [category, source, grade, lpa]
    numerator: created_count
    scopes: [force, source, grade, area]
  - kpi_id: records_back_keyed
    label: Incidents keyed in late
    definition: Of the incidents of SAAB, duplicates too, the share marked as back-keyed or recorded more than the limit in force (3,600 seconds) after they were created, by the local day they were created.
    formula: "BACK_RECORD = Y or RECORDED - CREATED > back_key_seconds / incidents with BACK_RECORD = Y or a known RECORDED"
    limits: "Says how often the record came later than the incident, not why: an outage and a quiet patrol look alike. Response times leave out only those marked by hand. Exactly the limit is not late."
    subject: incidents
    statistic: ratio
    unit: ratio
    better: lower
    owner: Incident data steward
    version: "1"
    inputs: recorded
    columns: {saab_incidents: [recorded_at, is_back_record]}
    numerator: back_keyed_count
    denominator: recorded_count
    eligible: saab_count
    scopes: [force]
{%- endset -%}
{%- set says = fromyaml(says) -%}
{%- set indicators = says.indicators -%}

{{ config(materialized='ephemeral', meta=says) }}

with

incidents as (

    select * from {{ ref('fct_incidents') }}

),

days as (

    select distinct local_date
    from {{ ref('kpi_period_days') }}
    where input_set in ({% for input_set in says.inputs %}{{ sql_text(input_set) }}{{ ', ' if not loop.last }}{% endfor %})

),

saab_versions as (

    select distinct system_version from {{ ref('dim_system_versions') }} where export = 'saab_incidents'

),

limits as (

    select cast(value as bigint) as limit_seconds, valid_from, valid_to
    from {{ ref('parameters') }}
    where parameter = 'back_key_seconds'

),

-- An incident counts for the day it was created, by the limit that was in force on it.
judged as (

    select
        incidents.created_date,
        incidents.disruption_key is not null as is_disrupted,
        incidents.source_code,
        coalesce(incidents.grade_final, 'UNGRADED') as grade_code,
        incidents.area_code,
        not incidents.is_duplicate and not incidents.is_admin as is_counted,
        saab_versions.system_version is not null as is_saab,
        incidents.is_back_record or incidents.recorded_at is not null as is_known,
        incidents.is_back_record
        or coalesce({{ dbt.datediff('incidents.created_at', 'incidents.recorded_at', 'second') }} > limits.limit_seconds, false)
            as is_back_keyed
    from incidents
    inner join days on incidents.created_date = days.local_date
    left join saab_versions on incidents.system_version = saab_versions.system_version
    left join limits
        on incidents.created_date >= limits.valid_from
        and (incidents.created_date < limits.valid_to or limits.valid_to is null)

),

by_scope as (

    select
        created_date as local_date,
        is_disrupted,
        case
            when grouping(source_code) = 0 then 'source'
            when grouping(grade_code) = 0 then 'grade'
            when grouping(area_code) = 0 then 'area'
            else 'force'
        end as scope_type,
        case
            when grouping(source_code) = 0 then source_code
            when grouping(grade_code) = 0 then grade_code
            when grouping(area_code) = 0 then area_code
            else 'FORCE'
        end as scope_code,
        sum(case when is_counted then 1 else 0 end) as created_count,
        sum(case when is_saab then 1 else 0 end) as saab_count,
        sum(case when is_saab and is_known then 1 else 0 end) as recorded_count,
        sum(case when is_saab and is_back_keyed then 1 else 0 end) as back_keyed_count
    from judged
    group by grouping sets (
        (created_date, is_disrupted),
        (created_date, is_disrupted, source_code),
        (created_date, is_disrupted, grade_code),
        (created_date, is_disrupted, area_code)
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
        cast({{ indicator.numerator }} as bigint) as numerator,
        cast({{ indicator.get('denominator', 'null') }} as bigint) as denominator,
        cast({{ indicator.get('denominator', indicator.numerator) }} as bigint) as measured_count,
        cast({{ indicator.get('eligible', indicator.numerator) }} as bigint) as eligible_count
    from by_scope
    where scope_type in ({% for scope in indicator.scopes %}{{ sql_text(scope) }}{{ ', ' if not loop.last }}{% endfor %})
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
