-- What each set of inputs asks for, by what supplies it: the `inputs` of the models of this folder as rows.

{{ config(materialized='ephemeral') }}

with

final as (
    select *
    from (
        values
        {% for input in indicator_inputs() %}
        (
            {{ sql_text(input.input_set) }},
            {{ sql_text(input.supplied_by) }},
            {{ sql_text(input.role) }},
            {{ sql_text(input.export) }},
            {{ sql_text(input.get('only_version', '')) }},
            {{ sql_text(input.get('not_version', '')) }},
            {{ input.get('history_days', 0) }},
            {{ input.get('estimated_days_after_gap', 0) }},
            {{ sql_text(input.get('says')) }}
        ){{ ',' if not loop.last }}
        {% endfor %}
    ) as listed (input_set, supplied_by, role, export, only_version, not_version, history_days, estimated_days_after_gap, says)
)

select * from final
