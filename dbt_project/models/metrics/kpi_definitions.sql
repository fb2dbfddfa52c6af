-- The indicators as rows: what each model of this folder says of its own under `meta.indicators`, and nothing else.

{{ config(materialized='ephemeral') }}

with

final as (
    {% for indicator in indicators() %}
    select
        {{ sql_text(indicator.kpi_id) }} as kpi_id,
        {{ sql_text(indicator.subject) }} as subject,
        {{ sql_text(indicator.label) }} as label,
        {{ sql_text(indicator.definition) }} as definition,
        {{ sql_text(indicator.statistic) }} as statistic,
        {{ sql_text(indicator.unit) }} as unit,
        {{ sql_text(indicator.better) }} as better,
        {{ sql_text(indicator.owner) }} as owner,
        {{ sql_text(indicator.inputs) }} as input_set,
        {{ indicator.get('has_force_rows', true) }} as has_force_rows,
        {{ sql_list(indicator.get('period_types')) }} as period_types,
        {{ sql_list(indicator.get('lines')) }} as lines,
        {{ sql_number(indicator.get('fixed_denominator')) }} as fixed_denominator,
        {{ sql_text(indicator.get('formula')) }} as formula,
        {{ sql_text(indicator.get('limits')) }} as limits,
        {{ sql_number(indicator.get('coverage_limit')) }} as coverage_limit,
        {{ sql_text(indicator.get('needs_target_of_grade')) }} as needs_target_of_grade,
        {{ sql_text(indicator.version) }} as definition_version
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
