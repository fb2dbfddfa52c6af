{# A percentile with linear interpolation, exact: as numpy's default and PERCENTILE.INC. Nulls do not take part. Of whole
   numbers it has few decimals; rounding takes off what the engine's interpolation adds in the sixteenth. #}

{% macro percentile(expression, fraction) -%}
    {{ return(adapter.dispatch('percentile', 'control_room')(expression, fraction)) }}
{%- endmacro %}

{% macro default__percentile(expression, fraction) -%}
    round(percentile({{ expression }}, {{ fraction }}), 6)
{%- endmacro %}

{% macro duckdb__percentile(expression, fraction) -%}
    round(quantile_cont({{ expression }}, {{ fraction }}), 6)
{%- endmacro %}
