-- The landing columns that each indicator cannot do without: what the models of this folder say under `columns`.

{{ config(materialized='ephemeral') }}

with

final as (
    {% for indicator in indicators() %}
    {%- for export, columns in indicator.get('columns', {}).items() %}
    {%- for column in columns %}
    select
        {{ sql_text(indicator.kpi_id) }} as kpi_id,
        {{ sql_text(export) }} as export,
        {{ sql_text(column) }} as column_name
    union all
    {% endfor -%}
    {%- endfor -%}
    {%- endfor %}
    select
        cast(null as varchar) as kpi_id,
        cast(null as varchar) as export,
        cast(null as varchar) as column_name
)

select * from final
