{# A table is made beside the former one, for a model may read what it was, and put in its place by the same statement and
   transaction. dbt's own way (renames and drops, each through an adapter's macro) costs a day more than most of its queries. #}
{% materialization table, adapter='duckdb' %}
    {%- set former = load_cached_relation(this) -%}
    {%- set made = this.incorporate(type='table') -%}
    {%- set beside = make_intermediate_relation(made) -%}
    {% call statement('main') -%}
        drop table if exists {{ beside }};
        {{ create_table_as(False, beside, compiled_code) }};
        {% if former is not none -%}
            drop {{ former.type }} if exists {{ former }};
        {%- endif %}
        alter table {{ beside }} rename to {{ adapter.quote(made.identifier) }};
    {%- endcall %}
    {% do adapter.commit() %}
    {{ return({'relations': [made]}) }}
{% endmaterialization %}
