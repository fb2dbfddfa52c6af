{#- Per export: the published fact its rows are for, and what makes the key of a row there. -#}
{%- set exports = {
    'saab_incidents': ['fct_incidents', ['incident_ref']],
    'saab_incident_log': ['fct_incident_events', ['incident_ref', 'event_no']],
    'saab_resource_status': ['fct_resource_statuses', ['callsign', 'status_at', 'status_code']],
    'saab_diary': ['fct_diary_appointments', ['appointment_id']],
    'legacy_incidents': ['fct_incidents', [legacy_key('incident_date', 'incident_no')]],
    'acd_segments': ['fct_call_segments', [call_key('_business_date', 'call_id'), 'segment']],
    'acd_agent_intervals': ['fct_agent_intervals', ['interval_start_at', 'team']],
    'digital_contacts': ['fct_digital_contacts', ['contact_id']],
    'workforce': ['fct_workforce', ['month', 'unit', 'role']],
    'recruitment': ['fct_recruitment', ['month', 'stage']],
    'da_outcomes': ['fct_domestic_abuse', ['incident_ref']],
    'service_disruptions': ['fct_disruptions', ['disruption_id']],
    'bt_999_national': ['fct_999_national', ['force', 'month']],
} -%}

with

as_of as (
    select as_of_at
    from {{ ref('int_as_of') }}
    where system in (select system from {{ ref('int_delivered_days') }} where export = 'saab_resource_status')
),

-- The version of each appointment that its fact row is made of; the lower ones stand behind it.
highest_versions as (
    select appointment_id, max(version) as version
    from {{ ref('base_saab_diary') }}
    where _outcome = 'loaded'
    group by appointment_id
),

lower_versions as (
    select diary._delivery_id, diary._source_row, diary._business_date, diary.appointment_id
    from {{ ref('base_saab_diary') }} as diary
    inner join highest_versions on diary.appointment_id = highest_versions.appointment_id
    where diary._outcome = 'loaded' and diary.version < highest_versions.version
),

-- Statuses from the as-of instant on have not happened yet, so they are no interval.
statuses_to_come as (
    select
        statuses._delivery_id,
        statuses._source_row,
        statuses._business_date,
        statuses.callsign,
        statuses.status_at,
        statuses.status_code
    from {{ ref('base_saab_resource_status') }} as statuses
    inner join as_of on statuses.status_at >= as_of.as_of_at
    where statuses._outcome = 'loaded'
),

found as (
    {% for export, names in exports.items() %}
    {%- set key = names[1] | join(" || '/' || ") %}
    select
        '{{ names[0] }}' as table_name,
        cast({{ key }} as string) as row_key,
        _delivery_id,
        _source_row,
        _business_date,
        _outcome as outcome
    from {{ ref('base_' ~ export) }}
    where _outcome <> 'loaded'
    union all
    {% endfor %}
    select 'fct_diary_appointments', appointment_id, _delivery_id, _source_row, _business_date, 'loaded' from lower_versions
    union all
    -- A fact row of domestic abuse is led back to its incident; the outcome stands behind it.
    select 'fct_domestic_abuse', incident_ref, _delivery_id, _source_row, _business_date, 'loaded'
    from {{ ref('base_da_outcomes') }}
    where _outcome = 'loaded'
    union all
    select
        'fct_resource_statuses',
        callsign || '/' || status_at || '/' || status_code,
        _delivery_id,
        _source_row,
        _business_date,
        'loaded'
    from statuses_to_come
),

final as (
    select
        table_name,
        row_key,
        _delivery_id as delivery_id,
        _source_row as source_row,
        _business_date as business_date,
        outcome
    from found
)

select * from final
