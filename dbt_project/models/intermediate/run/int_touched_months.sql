-- The months of the large facts that this run may have changed: publish writes those and shares the others. More than needed
-- does no harm; a full run writes all.

with

segments as (
    select
        {{ hash_of(['_business_date', 'call_id']) }} as call_hash,
        _business_date as call_date,
        {{ to_local_date('segment_start_at') }} as segment_start_date
    from {{ ref('base_acd_segments') }}
),

affected_calls as (
    select * from {{ ref('int_affected_calls') }}
),

affected_dates as (
    select * from {{ ref('int_affected_dates') }}
),

resource_days as (
    select * from {{ ref('int_affected_resource_days') }}
),

state_dates as (
    select * from {{ ref('int_affected_state_dates') }}
),

agent_days as (
    select * from {{ ref('int_affected_agent_days') }}
),

call_dates as (
    select distinct segment_start_date
    from segments
    {% if not is_full_run() %}
    where call_hash in (select call_hash from affected_calls)
        and call_date in (select {{ date_of_digits('substr(call_key, 1, 8)') }} from affected_calls)
    {% endif %}
),

-- An event of the doubled hour may be resolved an hour later than delivered, over midnight in some time zones.
event_dates as (
    select affected_date from affected_dates where subject = 'incident_events'
    union
    select {{ plus_days('affected_date', 1) }} as affected_date from affected_dates where subject = 'incident_events'
),

changed as (
    select 'fct_calls' as table_name, segment_start_date as changed_date from call_dates
    union all
    select 'fct_call_segments' as table_name, segment_start_date as changed_date from call_dates
    union all
    select 'fct_incidents' as table_name, affected_date as changed_date from affected_dates where subject = 'incidents'
    union all
    select 'fct_incident_events' as table_name, affected_date as changed_date from event_dates
    union all
    select 'fct_incident_states' as table_name, affected_date as changed_date from state_dates where subject = 'states'
    union all
    select 'fct_unresourced_hourly' as table_name, affected_date as changed_date from state_dates where subject = 'hours'
    union all
    select 'fct_resource_statuses' as table_name, started_date as changed_date from resource_days
    union all
    select 'fct_agent_intervals' as table_name, interval_date as changed_date from agent_days
),

final as (
    select distinct table_name, {{ first_of_month('changed_date') }} as month
    from changed
)

select * from final
