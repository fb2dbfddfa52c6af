{# Which landing columns the indicators cannot do without, and which codes those know. The indicators say it under `columns`. #}

{# The list of codes of a column, by its name in stg_codes; none for a column without codes. #}
{% macro code_list_of(export, column) -%}
    {{ return(code_lists().get(export, {}).get(column)) }}
{%- endmacro %}

{# {export: {column: list of codes}}. #}
{% macro code_lists() -%}
    {{ return({
        'saab_incidents': {
            'source': 'sources', 'opening_code': 'categories', 'closing_code': 'categories', 'grade_initial': 'grades',
            'grade_current': 'grades', 'lpa': 'areas', 'thrive_risk': 'thrive_risks', 'status': 'incident_statuses',
            'is_urban': 'flags', 'is_domestic_abuse': 'flags', 'is_repeat_victim': 'flags',
            'is_back_record': 'flags',
        },
        'saab_incident_log': {'event_code': 'event_codes'},
        'saab_resource_status': {'status_code': 'status_codes', 'lpa': 'areas'},
        'saab_diary': {'diary': 'diaries', 'status': 'appointment_statuses', 'lpa': 'areas'},
        'legacy_incidents': {
            'grade': 'grades', 'lpa': 'areas', 'category': 'categories', 'source': 'sources', 'is_domestic_abuse': 'flags',
        },
        'acd_segments': {'dialled': 'lines', 'queue': 'queues', 'disposition': 'dispositions', 'wrap_code': 'wrap_codes'},
        'digital_contacts': {'channel': 'channels', 'direction': 'directions'},
        'recruitment': {'stage': 'recruitment_stages'},
        'da_outcomes': {
            'positive_action': 'flags', 'victim_supports': 'flags', 'suspect_present': 'flags',
        },
    }) }}
{%- endmacro %}

{# {export: [columns]} that any indicator names, in a fixed order. #}
{% macro watched_columns() -%}
    {%- set found = {} -%}
    {%- for indicator in indicators() -%}
        {%- for export, columns in indicator.get('columns', {}).items() -%}
            {%- for column in columns if column not in found.get(export, []) -%}
                {%- do found.update({export: found.get(export, []) + [column]}) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{# The same, with every column of codes: what is counted of the rows that stand. #}
{% macro counted_columns(export) -%}
    {%- set found = watched_columns().get(export, []) -%}
    {{ return(found + (code_lists().get(export, {}).keys() | reject('in', found) | list)) }}
{%- endmacro %}

{# A value of the parameters that has no history of its own here: the newest. #}
{% macro newest_parameter(name) -%}
    (select max(value) from {{ ref('parameters') }} where parameter = '{{ name }}' and valid_to is null)
{%- endmacro %}
