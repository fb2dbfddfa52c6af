-- Response times per period and scope: percentiles of attended incidents by final grade.

{{ config(materialized='ephemeral') }}

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
        {%- for grade in indicators_of('response_times') | map(attribute='grade') | unique %}{{ ', ' if not loop.first }}{{ sql_text(grade) }}{% endfor -%}
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
        {%- for percentile in indicators_of('response_times') | map(attribute='percentile') | unique %}
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

    {%- set percentiles = indicators_of('response_times') | map(attribute='percentile') | unique | list %}
    {% for indicator in indicators_of('response_times') %}
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
