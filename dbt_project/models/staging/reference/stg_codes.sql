-- The known codes of each list: the reference tables, and the values of columns that none of them lists. Whatever else stands in
-- a column of codes is an unknown one.

{{ config(materialized='ephemeral') }}

with

final as (
    {% for list in [
        'appointment_statuses', 'areas', 'categories', 'channels', 'diaries', 'dispositions', 'event_codes', 'grades', 'lines', 'queues',
        'recruitment_stages', 'sources', 'status_codes', 'thrive_risks', 'wrap_codes',
    ] %}
    select '{{ list }}' as list_name, code from (select distinct code from {{ ref(list) }}) as {{ list }}
    union all
    {% endfor %}
    {% for list, codes in {'flags': ['Y', 'N'], 'directions': ['IN', 'OUT'], 'incident_statuses': ['OPEN', 'CLOSED']}.items() -%}
    {% set is_last = loop.last -%}
    {% for code in codes -%}
    select '{{ list }}' as list_name, '{{ code }}' as code
    {{ 'union all' if not (is_last and loop.last) }}
    {% endfor -%}
    {% endfor %}
)

select * from final
