{# What a lake needs, where several people write and read at once. #}


{# Reference data are replaced in one commit, so that whoever reads them meanwhile finds those of before: dbt drops the table in a
   commit of its own. #}
{% macro duckdb__reset_csv_table(model, full_refresh, old_relation, agate_table) -%}
    {%- if not (full_refresh and adapter.is_ducklake(old_relation)) -%}
        {{ return(default__reset_csv_table(model, full_refresh, old_relation, agate_table)) }}
    {%- endif -%}
    {%- call statement('drop_in_the_same_transaction') -%}
        drop table if exists {{ old_relation }}
    {%- endcall -%}
    {{ return(create_csv_table(model, agate_table)) }}
{%- endmacro %}
