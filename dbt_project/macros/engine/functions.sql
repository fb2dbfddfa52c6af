{# dbt's own cross-engine functions, where its form for Spark cannot take a null, loses the order or is many calls deep. #}


{# A timestamp so much later; of a date, its midnight. #}
{% macro spark__dateadd(datepart, interval, from_date_or_timestamp) -%}
    timestampadd({{ datepart }}, {{ interval }}, {{ from_date_or_timestamp }})
{%- endmacro %}


{# Days between dates, or the whole seconds that passed between instants. #}
{% macro spark__datediff(first_date, second_date, datepart) -%}
    {%- if datepart == 'day' -%}
        cast(datediff({{ second_date }}, {{ first_date }}) as bigint)
    {%- elif datepart == 'second' -%}
        ({{ epoch_seconds(second_date) }} - {{ epoch_seconds(first_date) }})
    {%- else -%}
        {{ exceptions.raise_compiler_error('datediff by ' ~ datepart ~ ' is not written for Spark') }}
    {%- endif -%}
{%- endmacro %}


{# The texts of a group, in order, with a text between them; a null takes no part. #}
{% macro spark__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
    listagg({{ measure }}, {{ delimiter_text }}) within group ({{ order_by_clause }})
{%- endmacro %}


{# Of a model that carries its table on, Spark only ever builds the whole: to take units out and put others in asks for a table
   format of its own. A build that is not from nothing stops here. #}
{% macro dbt_spark_validate_get_incremental_strategy(raw_strategy, file_format) -%}
    {%- if not should_full_refresh() -%}
        {{ exceptions.raise_compiler_error('on Spark everything is built from nothing: call dbt with --full-refresh') }}
    {%- endif -%}
    {{ return('append') }}
{%- endmacro %}


{# A text as it stands between single quotes; in Spark a backslash escapes too. #}
{% macro spark__escape_single_quotes(expression) -%}
    {{- expression.replace('\\', '\\\\').replace("'", "\\'") -}}
{%- endmacro %}
