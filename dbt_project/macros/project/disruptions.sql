{# What a disruption touches: read off the lists that people typed into its register. #}


{# Whether a disruption's list of systems names this one (its code in the list of exports); one that names none touches all. Any
   separator, any case; a longer name of a system names it too: SAAB_SAFE is SAAB. #}
{% macro disruption_touches(systems, system_code) -%}
    ({{ systems }} is null or {{ words_of(systems) }} like '%' || {{ words_of(system_code) }} || '%')
{%- endmacro %}

{# Whether a disruption's list of lines names this one, by the same rule: one that names none touches all. #}
{% macro disruption_touches_line(lines, line) -%}
    {{ disruption_touches(lines, line) }}
{%- endmacro %}
