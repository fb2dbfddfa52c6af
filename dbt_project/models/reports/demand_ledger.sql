-- Demand across all channels in one ledger: what came in by which way, what was answered, what it was about, what became an incident.
--
-- Lines are counted by their calls, digital channels by the contacts that the public opened, other ways in by their incidents, as
-- nothing but the incident is recorded of them. A contact and a call are different things: compare a channel with itself over time,
-- and channels with care.

with

calls as (
    select * from {{ ref('fct_calls') }}
),

contacts as (
    select * from {{ ref('fct_digital_contacts') }}
),

incidents as (
    select * from {{ ref('fct_incidents') }}
),

dates as (
    select local_date, week_start_date, month_start_date from {{ ref('dim_dates') }}
),

lines as (
    select distinct line from {{ ref('dim_lines') }}
),

digital_channels as (
    select distinct channel_code from {{ ref('dim_channels') }}
),

sources as (
    select distinct source_code from {{ ref('dim_sources') }}
),

-- How many days of each period were delivered, as the indicators have counted them: by the indicator that counts the same rows.
covered_periods as (
    select
        case kpi_id when 'calls_presented' then 'line' when 'digital_outbound' then 'digital' else 'source' end as channel_kind,
        period_type,
        period_start,
        period_end,
        day_count,
        delivered_day_count,
        disruption_keys
    from {{ ref('kpi_results') }}
    where kpi_id in ('calls_presented', 'digital_outbound', 'incidents_created')
        and period_type in ('week', 'month')
        and scope_type = 'force'
),

channels as (
    select 'line' as channel_kind, line as channel_code from lines
    union all
    select 'digital' as channel_kind, channel_code from digital_channels
    union all
    -- What is neither a line nor a digital channel; a source nobody knows is a way in of its own.
    select 'source' as channel_kind, sources.source_code as channel_code
    from sources
    left join lines on sources.source_code = lines.line
    left join digital_channels on sources.source_code = digital_channels.channel_code
    where sources.source_code = 'UNKNOWN' or (lines.line is null and digital_channels.channel_code is null)
),

calls_by_day as (
    select
        'line' as channel_kind,
        line as channel_code,
        offered_date as local_date,
        sum(case when outcome <> 'test' then 1 else 0 end) as presented_count,
        sum(case when outcome not in ('test', 'abandoned_in_menu', 'ended_by_menu', 'answered_elsewhere') then 1 else 0 end)
            as offered_count,
        sum(case when outcome = 'answered' then 1 else 0 end) as answered_count,
        0 as outbound_count,
        sum(case when outcome = 'answered' and demand_type = 'service' then 1 else 0 end) as service_count,
        sum(case when outcome = 'answered' and demand_type = 'failure' then 1 else 0 end) as failure_count,
        sum(case when outcome = 'answered' and demand_type = 'internal' then 1 else 0 end) as internal_count,
        sum(case when outcome = 'answered' and demand_type = 'other_agency' then 1 else 0 end) as other_agency_count,
        sum(case when outcome = 'answered' and demand_type = 'nuisance' then 1 else 0 end) as nuisance_count,
        sum(case when outcome <> 'test' and incident_key is not null then 1 else 0 end) as led_to_incident_count
    from calls
    group by line, offered_date
),

contacts_by_day as (
    select
        'digital' as channel_kind,
        channel_code,
        opened_date as local_date,
        sum(case when is_inbound then 1 else 0 end) as presented_count,
        sum(case when is_inbound then 1 else 0 end) as offered_count,
        sum(case when is_inbound and first_reply_at is not null then 1 else 0 end) as answered_count,
        sum(case when is_outbound then 1 else 0 end) as outbound_count,
        sum(case when is_inbound and incident_key is not null then 1 else 0 end) as led_to_incident_count
    from contacts
    group by channel_code, opened_date
),

placed_incidents as (
    select
        coalesce(channels.channel_kind, 'source') as channel_kind,
        incidents.source_code as channel_code,
        incidents.created_date,
        not incidents.is_duplicate and not incidents.is_admin as is_counted
    from incidents
    left join channels
        on incidents.source_code = channels.channel_code
        and (channels.channel_kind = 'source' or channels.channel_code <> 'UNKNOWN')
),

incidents_by_day as (
    select
        channel_kind,
        channel_code,
        created_date as local_date,
        count(*) as incident_count,
        sum(case when is_counted then 1 else 0 end) as incidents_created_count
    from placed_incidents
    group by channel_kind, channel_code, created_date
),

-- One row per day, channel and what was counted; of other ways in the incident is the contact, and nobody asks what it was about.
by_day as (
    select
        channel_kind, channel_code, local_date, presented_count, offered_count, answered_count, outbound_count, service_count,
        failure_count, internal_count, other_agency_count, nuisance_count, led_to_incident_count,
        0 as incident_count, 0 as incidents_created_count
    from calls_by_day
    union all
    select
        channel_kind, channel_code, local_date, presented_count, offered_count, answered_count, outbound_count, 0, 0, 0, 0, 0,
        led_to_incident_count, 0, 0
    from contacts_by_day
    union all
    select
        channel_kind, channel_code, local_date,
        case when channel_kind = 'source' then incident_count else 0 end,
        case when channel_kind = 'source' then incident_count else 0 end,
        case when channel_kind = 'source' then incident_count else 0 end,
        0, 0, 0, 0, 0, 0,
        case when channel_kind = 'source' then incident_count else 0 end,
        incident_count,
        incidents_created_count
    from incidents_by_day
),

added_up as (
    {% for period_type in ['week', 'month'] %}
    select
        '{{ period_type }}' as period_type,
        dates.{{ period_type }}_start_date as period_start,
        by_day.channel_kind,
        by_day.channel_code,
        {% for column in ['presented', 'offered', 'answered', 'outbound', 'service', 'failure', 'internal', 'other_agency', 'nuisance', 'led_to_incident', 'incident', 'incidents_created'] %}
        sum(by_day.{{ column }}_count) as {{ column }}_count{{ ',' if not loop.last }}
        {% endfor %}
    from by_day
    inner join dates on by_day.local_date = dates.local_date
    group by dates.{{ period_type }}_start_date, by_day.channel_kind, by_day.channel_code
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- A channel has a row for every period in which its kind or incidents were due, so that a period without anything says so.
periods as (
    select distinct channels.channel_kind, channels.channel_code, covered_periods.period_type, covered_periods.period_start
    from channels
    inner join covered_periods on covered_periods.channel_kind in (channels.channel_kind, 'source')
),

final as (
    select
        periods.period_type,
        periods.period_start,
        coalesce(own.period_end, of_incidents.period_end) as period_end,
        periods.channel_kind,
        periods.channel_code,
        {% for column in ['presented', 'offered', 'answered', 'outbound', 'service', 'failure', 'internal', 'other_agency', 'nuisance'] %}
        case when own.delivered_day_count > 0 or added_up.{{ column }}_count > 0
            then cast(coalesce(added_up.{{ column }}_count, 0) as bigint) end as {{ column }}_count,
        {% endfor %}
        case when own.delivered_day_count > 0 or added_up.answered_count > 0
            then cast(coalesce(
                added_up.answered_count - added_up.service_count - added_up.failure_count - added_up.internal_count
                - added_up.other_agency_count - added_up.nuisance_count, 0
            ) as bigint) end as unknown_count,
        case when own.delivered_day_count > 0 or added_up.led_to_incident_count > 0
            then cast(coalesce(added_up.led_to_incident_count, 0) as bigint) end as led_to_incident_count,
        case when of_incidents.delivered_day_count > 0 or added_up.incident_count > 0
            then cast(coalesce(added_up.incident_count, 0) as bigint) end as incident_count,
        case when of_incidents.delivered_day_count > 0 or added_up.incident_count > 0
            then cast(coalesce(added_up.incidents_created_count, 0) as bigint) end as incidents_created_count,
        cast(coalesce(own.day_count, of_incidents.day_count) as bigint) as day_count,
        cast(coalesce(own.delivered_day_count, 0) as bigint) as delivered_day_count,
        cast(coalesce(of_incidents.delivered_day_count, 0) as bigint) as incidents_delivered_day_count,
        own.disruption_keys
    from periods
    left join added_up
        on periods.channel_kind = added_up.channel_kind
        and periods.channel_code = added_up.channel_code
        and periods.period_type = added_up.period_type
        and periods.period_start = added_up.period_start
    left join covered_periods as own
        on periods.channel_kind = own.channel_kind
        and periods.period_type = own.period_type
        and periods.period_start = own.period_start
    left join covered_periods as of_incidents
        on of_incidents.channel_kind = 'source'
        and periods.period_type = of_incidents.period_type
        and periods.period_start = of_incidents.period_start
)

select * from final
