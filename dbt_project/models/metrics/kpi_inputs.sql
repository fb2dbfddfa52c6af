-- What each set of inputs asks for, by version of the system that supplies it: `meta.inputs` of the models of this folder as rows.

{{ config(materialized='ephemeral') }}

with

final as (
    {% for input in indicator_inputs() %}
    select
        {{ sql_text(input.input_set) }} as input_set,
        {{ sql_text(input.supplied_by) }} as supplied_by,
        {{ sql_text(input.export) }} as export,
        {{ sql_text(input.only_version) }} as only_version,
        {{ sql_text(input.not_version) }} as not_version,
        {{ input.is_needed }} as is_needed,
        {{ input.dates_series }} as dates_series
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
