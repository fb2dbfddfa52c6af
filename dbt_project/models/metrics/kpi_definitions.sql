-- The indicators as rows: what each model of this folder says of its own under `meta.indicators`, and nothing else.

{{ config(materialized='ephemeral') }}

with

-- One list of values: as many selects would each take memory of their own, in every model that reads them.
final as (
    select *
    from (
        values
        {% for indicator in indicators() %}
        (
            {{ sql_text(indicator.kpi_id) }},
            {{ sql_text(indicator.subject) }},
            {{ sql_text(indicator.label) }},
            {{ sql_text(indicator.definition) }},
            {{ sql_text(indicator.statistic) }},
            {{ sql_text(indicator.unit) }},
            {{ sql_text(indicator.better) }},
            {{ sql_text(indicator.owner) }},
            {{ sql_text(indicator.inputs) }},
            {{ indicator.get('has_force_rows', true) }},
            {{ sql_list(indicator.get('period_types')) }},
            {{ sql_list(indicator.get('lines')) }},
            {{ sql_number(indicator.get('fixed_denominator')) }},
            {{ sql_text(indicator.get('formula')) }},
            {{ sql_text(indicator.get('limits')) }},
            {{ sql_number(indicator.get('coverage_limit')) }},
            {{ sql_text(indicator.get('needs_target_of_grade')) }},
            {{ sql_text(indicator.version) }}
        ){{ ',' if not loop.last }}
        {% endfor %}
    ) as listed (
        kpi_id,
        subject,
        label,
        definition,
        statistic,
        unit,
        better,
        owner,
        input_set,
        has_force_rows,
        period_types,
        lines,
        fixed_denominator,
        formula,
        limits,
        coverage_limit,
        needs_target_of_grade,
        definition_version
    )
)

select * from final
