-- What became of the rows of each delivery.

with

{% set exports = [
    'saab_incidents', 'saab_incident_log', 'saab_resource_status', 'saab_diary', 'legacy_incidents', 'acd_segments',
    'acd_agent_intervals', 'digital_contacts', 'workforce', 'recruitment', 'da_outcomes', 'service_disruptions', 'bt_999_national',
] %}

counted as (
    {% for export in exports %}
    select
        _content_no as content_no,
        _outcome as outcome,
        count(*) as row_count
    from {{ ref('base_' ~ export) }}
    group by _content_no, _outcome
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select
        content_no,
        sum(case when outcome = 'loaded' then row_count else 0 end) as rows_loaded,
        sum(case when outcome = 'superseded' then row_count else 0 end) as rows_superseded,
        sum(case when outcome = 'duplicate' then row_count else 0 end) as rows_duplicate
    from counted
    group by content_no
)

select * from final
