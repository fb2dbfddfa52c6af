{# How the models of models/metrics read what they say of themselves: each writes its indicators and their inputs as YAML at the
   top of its SQL and hands them on as `meta`. They are written down there, once; nothing is repeated here. #}

{# Every entry of `meta.<key>` of the metric models, in a fixed order. #}
{% macro metric_meta(key) -%}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | sort(attribute='unique_id') -%}
            {%- if node.config.meta and node.config.meta.get(key) -%}
                {%- do found.append(node.config.meta[key]) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}

{# All indicators, as a list of mappings. #}
{% macro indicators() -%}
    {%- set found = [] -%}
    {%- for entries in metric_meta('indicators') -%}
        {%- do found.extend(entries) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{# All inputs, flat: one mapping per set of inputs, supplier, role and export. #}
{% macro indicator_inputs() -%}
    {%- set found = [] -%}
    {%- for sets in metric_meta('inputs') -%}
        {%- for input_set, says in sets.items() -%}
            {%- for export in says.dated_by -%}
                {%- do found.append({
                    'input_set': input_set, 'supplied_by': '', 'role': 'dates', 'export': export,
                    'history_days': says.get('history_days', 0),
                    'estimated_days_after_gap': says.get('estimated_days_after_gap', 0),
                }) -%}
            {%- endfor -%}
            {%- for export in says.get('until', []) -%}
                {%- do found.append({'input_set': input_set, 'supplied_by': '', 'role': 'until', 'export': export}) -%}
            {%- endfor -%}
            {%- for supplied_by, exports in says.supplied_by.items() -%}
                {%- for role in ['needs', 'helps', 'estimates'] -%}
                    {%- for asked in exports.get(role, []) -%}
                        {%- set input = {'export': asked} if asked is string else asked -%}
                        {%- do found.append(
                            dict(input, input_set=input_set, supplied_by=supplied_by, role=role, says=exports.get('says'))
                        ) -%}
                    {%- endfor -%}
                {%- endfor -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{# A text as an SQL literal; none is null. #}
{% macro sql_text(value) -%}
    {%- if value is none -%} cast(null as string) {%- else -%} '{{ dbt.escape_single_quotes(value | string) }}' {%- endif -%}
{%- endmacro %}

{# A number as an SQL literal; none is null. #}
{% macro sql_number(value) -%}
    {%- if value is none -%} cast(null as double) {%- else -%} cast({{ value }} as double) {%- endif -%}
{%- endmacro %}

{# A list of codes as one text in which |code| can be found; none is null. #}
{% macro sql_list(values) -%}
    {{ sql_text(none if values is none else '|' ~ values | join('|') ~ '|') }}
{%- endmacro %}

{# The statistic an indicator is: a percentile, where it names one, else the greatest value. #}
{% macro statistic_of(indicator, expression) -%}
    {%- if indicator.percentile is defined -%}
        {{ percentile(expression, indicator.percentile) }}
    {%- else -%}
        max({{ expression }})
    {%- endif -%}
{%- endmacro %}

{# The table of a model as the last run left it, or none (first run, full refresh). For what must be known before the
   model itself is built, where ref() would be a circle. #}
{% macro as_it_stands(model_name) -%}
    {%- if execute and not flags.FULL_REFRESH -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.name == model_name -%}
            {{ return(adapter.get_relation(node.database, node.schema, node.alias)) }}
        {%- endfor -%}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}
