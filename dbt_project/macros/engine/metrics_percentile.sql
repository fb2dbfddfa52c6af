{# A percentile with linear interpolation, exact: as numpy's default and PERCENTILE.INC. Nulls do not take part. #}

{% macro percentile(expression, fraction) -%}
    {{ return(adapter.dispatch('percentile', 'control_room')(expression, fraction)) }}
{%- endmacro %}

{% macro default__percentile(expression, fraction) -%}
    percentile({{ expression }}, {{ fraction }})
{%- endmacro %}

{% macro duckdb__percentile(expression, fraction) -%}
    quantile_cont({{ expression }}, {{ fraction }})
{%- endmacro %}
