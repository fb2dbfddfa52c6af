{# Types and tables: what dbt itself writes for an engine. A contract names its types once, as DuckDB spells them. #}


{# The type of the engine that a type of a contract stands for. Spark has no time of day: it is text, HH:MM:SS. #}
{% macro engine_type(name) -%}
    {{ return(adapter.dispatch('engine_type', 'control_room')(name)) }}
{%- endmacro %}

{% macro duckdb__engine_type(name) -%}
    {{ return(name) }}
{%- endmacro %}

{% macro default__engine_type(name) -%}
    {%- set kind = name | lower | trim -%}
    {%- set known = {
        'varchar': 'string', 'time': 'string', 'timestamp': 'timestamp_ntz', 'timestamp with time zone': 'timestamp',
        'timestamptz': 'timestamp', 'integer': 'int', 'hugeint': 'decimal(38,0)', 'ubigint': 'bigint',
    } -%}
    {%- if kind.endswith('[]') -%}
        {{ return('array<' ~ engine_type(kind[:-2]) ~ '>') }}
    {%- endif -%}
    {{ return(known.get(kind, kind)) }}
{%- endmacro %}


{# An empty query of the columns of a contract, with which dbt compares what a model gives. #}
{% macro spark__get_empty_schema_sql(columns) -%}
    select
        {% for column in columns.values() -%}
        cast(null as {{ engine_type(column['data_type']) }}) as {{ column['name'] }}{{ ',' if not loop.last }}
        {% endfor -%}
{%- endmacro %}


{# The rooms whose tables are published. #}
{% macro is_published(schema) -%}
    {{ return(schema in ['marts', 'metrics', 'quality', 'reports']) }}
{%- endmacro %}


{# Where a table lies: the rooms side by side below one folder, so that whoever reads Parquet finds it; what is not published apart. #}
{% macro spark__location_clause() -%}
    {%- set folder = env_var('OCC_SPARK_TABLES') if is_published(model.schema) else env_var('OCC_SPARK_SCRATCH') -%}
    location '{{ folder }}/{{ model.schema }}/{{ model.alias }}'
{%- endmacro %}


{# The format that tables are written in. #}
{% macro spark__file_format_clause() -%}
    using parquet
{%- endmacro %}


{# The constraints of a contract. Parquet holds none, so the rows that were written are looked at. #}
{% macro spark__persist_constraints(relation, model) -%}
    {%- set nulls = [] -%}
    {%- for column in model.columns.values() -%}
        {%- for constraint in column.constraints -%}
            {%- if constraint.type != 'not_null' -%}
                {{ exceptions.raise_compiler_error('a constraint of type ' ~ constraint.type ~ ' is not looked at on Spark') }}
            {%- endif -%}
            {%- do nulls.append('sum(case when ' ~ column.name ~ ' is null then 1 else 0 end) as ' ~ column.name) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if model.config.contract.enforced and nulls -%}
        {%- set found = run_query('select ' ~ nulls | join(', ') ~ ' from ' ~ relation) -%}
        {%- for column in found.column_names if (found.rows[0][column] or 0) > 0 -%}
            {{ exceptions.raise_compiler_error(relation ~ ': ' ~ column ~ ' is null in ' ~ found.rows[0][column] ~ ' rows, and its contract says not_null') }}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}


{# Who reads Parquet finds no view: on Spark what is published is written, and only what is not may be a view. #}
{% materialization view, adapter='spark' -%}
    {%- if is_published(model.schema) -%}
        {{ return(dbt.materialization_table_spark()) }}
    {%- endif -%}
    {{ return(dbt.materialization_view_spark()) }}
{%- endmaterialization %}
