{# Every record read of every file is loaded, superseded, duplicate, quarantined or erased. A failure means that a row was lost or counted
   twice between landing and staging: nothing may be published. #}

{% test rows_are_accounted_for(model) %}

select *
from {{ model }}
where rows_read <> rows_loaded + rows_superseded + rows_duplicate + rows_quarantined + rows_erased

{% endtest %}
