{# No two rows of a model have the same grain. A failure means that a join or a key doubled rows: nothing may be published.
   Rows of a unit that a run did not touch were proved when it last was, so a run that carries tables on looks at its own units:
   `affected` names the model that lists them and `unit` its columns. #}

{% test grain_is_unique(model, columns, affected=none, unit=none) %}

{%- set touched = ref(affected) if affected else none %}
select {{ columns | join(', ') }}, count(*) as row_count
from {{ model }}
{% if touched and not is_full_run() %}
where ({{ unit | join(', ') }}) in (select {{ unit | join(', ') }} from {{ touched }})
{% endif %}
group by {{ columns | join(', ') }}
having count(*) > 1

{% endtest %}
