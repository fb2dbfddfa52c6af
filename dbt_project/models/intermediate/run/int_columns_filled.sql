-- How full the columns are that indicators cannot do without, and how many codes are unknown: one pass over each export.
-- Counted on the rows that stand, by the delivery that brought them and by the day they are about.

{{ config(
    materialized='incremental',
    incremental_strategy='affected_units',
    unique_key=['export', 'business_date'],
    meta={'affected': 'int_affected_business_days'},
) }}

{#- By what a row is dated; none: its day is no other than the ones that its delivery covers. -#}
{%- set exports = {
    'saab_incidents': 'created_at',
    'saab_incident_log': none,
    'saab_resource_status': none,
    'saab_diary': 'slot_end_at',
    'legacy_incidents': 'created_at',
    'acd_segments': none,
    'acd_agent_intervals': none,
    'digital_contacts': 'opened_at',
    'workforce': none,
    'recruitment': none,
    'da_outcomes': none,
} %}

with

affected as (
    select * from {{ ref('int_affected_business_days') }}
),

codes as (
    select * from {{ ref('stg_codes') }}
),

{% for export, dated_by in exports.items() %}
{%- set columns = counted_columns(export) %}
{%- set code_columns = [] %}
{%- for column in columns if code_list_of(export, column) %}
{%- do code_columns.append(column) %}
{{ export }}_{{ column }} as (
    select code from codes where list_name = '{{ code_list_of(export, column) }}'
),

{% endfor -%}
{{ export }} as (
    select
        landed._business_date as business_date,
        {{ to_local_date('landed.' ~ dated_by) if dated_by else 'cast(null as date)' }} as row_date,
        {%- for column in columns %}
        count(landed.{{ column }}) as {{ column }}_filled,
        {{ 'sum(case when landed.' ~ column ~ ' is not null and ' ~ export ~ '_' ~ column ~ '.code is null then 1 else 0 end)'
            if column in code_columns else '0' }} as {{ column }}_unknown,
        {%- endfor %}
        count(*) as row_count
    from {{ ref('base_' ~ export) }} as landed
    {%- for column in code_columns %}
    left join {{ export }}_{{ column }} on landed.{{ column }} = {{ export }}_{{ column }}.code
    {%- endfor %}
    where landed._outcome = 'loaded'
    {%- if is_incremental() %}
        and landed._business_date in (select business_date from affected where export = '{{ export }}')
    {%- endif %}
    group by {{ '1, 2' if dated_by else '1' }}
),

{% endfor -%}
counted as (
    {% for export in exports %}
    {%- for column in counted_columns(export) %}
    select
        '{{ export }}' as export,
        business_date,
        row_date,
        '{{ column }}' as column_name,
        row_count,
        {{ column }}_filled as filled_count,
        {{ column }}_unknown as unknown_count
    from {{ export }}
    union all
    {% endfor -%}
    {%- endfor %}
    select
        cast(null as string) as export,
        cast(null as date) as business_date,
        cast(null as date) as row_date,
        cast(null as string) as column_name,
        0 as row_count,
        0 as filled_count,
        0 as unknown_count
),

final as (
    select
        export,
        business_date,
        row_date,
        column_name,
        cast(row_count as bigint) as row_count,
        cast(filled_count as bigint) as filled_count,
        cast(unknown_count as bigint) as unknown_count
    from counted
    where export is not null
)

select * from final
