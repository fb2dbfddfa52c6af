{# Text as people type it. #}


{# The words of a text in capitals, each between bars: 'Saab-Safe, anpr' is '|SAAB|SAFE|ANPR|'. Whatever is no letter or digit parts them. #}
{% macro words_of(text) -%}
    {{ return(adapter.dispatch('words_of', 'control_room')(text)) }}
{%- endmacro %}

{% macro default__words_of(text) -%}
    regexp_replace('|' || upper({{ text }}) || '|', '[^A-Z0-9]+', '|')
{%- endmacro %}

{% macro duckdb__words_of(text) -%}
    regexp_replace('|' || upper({{ text }}) || '|', '[^A-Z0-9]+', '|', 'g')
{%- endmacro %}
