-- What each set of inputs asks for, by what supplies it: the `inputs` of the models of this folder as rows.

{{ config(materialized='ephemeral') }}

with

final as (
    {% for input in indicator_inputs() %}
    select
        {{ sql_text(input.input_set) }} as input_set,
        {{ sql_text(input.supplied_by) }} as supplied_by,
        {{ sql_text(input.role) }} as role,
        {{ sql_text(input.export) }} as export,
        {{ sql_text(input.get('only_version', '')) }} as only_version,
        {{ sql_text(input.get('not_version', '')) }} as not_version,
        {{ input.get('history_days', 0) }} as history_days,
        {{ sql_text(input.get('says')) }} as says
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
