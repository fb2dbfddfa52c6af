-- The landing columns that each indicator cannot do without: what the models of this folder say under `columns`.

{{ config(materialized='ephemeral') }}

with

listed as (
    select *
    from (
        values
        {% for indicator in indicators() %}
        {%- for export, columns in indicator.get('columns', {}).items() %}
        {%- for column in columns %}
        ({{ sql_text(indicator.kpi_id) }}, {{ sql_text(export) }}, {{ sql_text(column) }}),
        {%- endfor %}
        {%- endfor %}
        {%- endfor %}
        (cast(null as string), cast(null as string), cast(null as string))
    ) as named (kpi_id, export, column_name)
),

final as (
    select kpi_id, export, column_name from listed where kpi_id is not null
)

select * from final
