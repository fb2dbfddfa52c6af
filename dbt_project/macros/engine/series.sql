{# Series of days and half hours, and aggregates that engines spell differently. #}


{# A relation of every day from first to last, column `day`. #}
{% macro days_between(first, last) -%}
    {{ return(adapter.dispatch('days_between', 'control_room')(first, last)) }}
{%- endmacro %}

{% macro default__days_between(first, last) -%}
    (select explode(sequence({{ first }}, {{ last }}, interval 1 day)) as day)
{%- endmacro %}

{% macro duckdb__days_between(first, last) -%}
    (select cast(day as date) as day from (select unnest(generate_series({{ first }}, {{ last }}, interval 1 day)) as day))
{%- endmacro %}


{# Every whole number from 0 to less than count, column `number`. #}
{% macro numbers_below(count) -%}
    {{ return(adapter.dispatch('numbers_below', 'control_room')(count)) }}
{%- endmacro %}

{% macro default__numbers_below(count) -%}
    (select id as number from range({{ count }}))
{%- endmacro %}

{% macro duckdb__numbers_below(count) -%}
    (select range as number from range({{ count }}))
{%- endmacro %}


{# The days from first to last of each row, one array per row: unnest with `unnested`. #}
{% macro days_of(first, last) -%}
    {{ return(adapter.dispatch('days_of', 'control_room')(first, last)) }}
{%- endmacro %}

{% macro default__days_of(first, last) -%}
    explode(sequence({{ first }}, {{ last }}, interval 1 day))
{%- endmacro %}

{% macro duckdb__days_of(first, last) -%}
    unnest(cast(generate_series({{ first }}, {{ last }}, interval 1 day) as date[]))
{%- endmacro %}


{# The value of the row with the lowest (highest) order. Only where orders are unique within a group: else it is left to chance. #}
{% macro value_at_min(value, by) -%}
    {{ return(adapter.dispatch('value_at_min', 'control_room')(value, by)) }}
{%- endmacro %}

{% macro default__value_at_min(value, by) -%}
    min_by({{ value }}, {{ by }})
{%- endmacro %}

{% macro duckdb__value_at_min(value, by) -%}
    arg_min_null({{ value }}, {{ by }})
{%- endmacro %}

{% macro value_at_max(value, by) -%}
    {{ return(adapter.dispatch('value_at_max', 'control_room')(value, by)) }}
{%- endmacro %}

{% macro default__value_at_max(value, by) -%}
    max_by({{ value }}, {{ by }})
{%- endmacro %}

{% macro duckdb__value_at_max(value, by) -%}
    arg_max_null({{ value }}, {{ by }})
{%- endmacro %}


{# The last value of a window that is not null; the window (`over (...)`) follows. #}
{% macro last_known(expression) -%}
    {{ return(adapter.dispatch('last_known', 'control_room')(expression)) }}
{%- endmacro %}

{% macro default__last_known(expression) -%}
    last_value({{ expression }}) ignore nulls
{%- endmacro %}

{% macro duckdb__last_known(expression) -%}
    last_value({{ expression }} ignore nulls)
{%- endmacro %}


{# The whole numbers from first to last of each row (first not above last), one array per row, unnested. #}
{% macro numbers_of(first, last) -%}
    {{ return(adapter.dispatch('numbers_of', 'control_room')(first, last)) }}
{%- endmacro %}

{% macro default__numbers_of(first, last) -%}
    explode(sequence({{ first }}, {{ last }}))
{%- endmacro %}

{% macro duckdb__numbers_of(first, last) -%}
    unnest(generate_series({{ first }}, {{ last }}))
{%- endmacro %}
