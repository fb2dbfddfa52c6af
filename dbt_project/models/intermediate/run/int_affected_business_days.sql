-- The business days of which this run changes what stands: those of every version of a touched row. Empty in a full run.

{%- set exports = [
    'saab_incidents', 'saab_incident_log', 'saab_resource_status', 'saab_diary', 'legacy_incidents', 'acd_segments',
    'acd_agent_intervals', 'digital_contacts', 'workforce', 'recruitment', 'da_outcomes',
] %}

with

final as (
    {% for export in exports %}
    select distinct
        '{{ export }}' as export,
        _business_date as business_date
    from {{ ref('base_' ~ export) }}
    where {{ 'false' if is_full_run() else 'true' }}
        and _key in {{ touched_keys(ref('base_' ~ export), export) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
