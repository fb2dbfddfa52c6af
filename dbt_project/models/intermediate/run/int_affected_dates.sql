-- The local dates whose indicators this run may move, by subject: from every version of every touched row, and the days between
-- the as-of date of the generation that is out and now. In a full run: every date.

with

segments as (
    select * from {{ ref('base_acd_segments') }}
),

incidents as (
    select * from {{ ref('base_saab_incidents') }}
),

legacy as (
    select * from {{ ref('base_legacy_incidents') }}
),

log as (
    select * from {{ ref('base_saab_incident_log') }}
),

intervals as (
    select * from {{ ref('base_acd_agent_intervals') }}
),

contacts as (
    select * from {{ ref('base_digital_contacts') }}
),

workforce as (
    select * from {{ ref('base_workforce') }}
),

recruitment as (
    select * from {{ ref('base_recruitment') }}
),

diary as (
    select * from {{ ref('base_saab_diary') }}
),

contents as (
    select * from {{ source('landing', 'contents') }}
),

deliveries as (
    select * from {{ source('landing', 'deliveries') }}
),

exports as (
    select export from {{ ref('exports') }}
),

call_days as (
    select * from {{ ref('int_affected_call_days') }}
),

calls as (
    select * from {{ ref('int_segments_collapsed') }}
),

affected_incidents as (
    select * from {{ ref('int_affected_incidents') }}
),

state_dates as (
    select * from {{ ref('int_affected_state_dates') }} where subject in ('hours', 'waits')
),

affected_appointments as (
    select * from {{ ref('int_affected_appointments') }}
),

affected_domestic_abuse as (
    select * from {{ ref('int_affected_domestic_abuse') }}
),

delivered_days as (
    select * from {{ ref('int_delivered_days') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

subjects as (
    select 'calls' as subject, 'acd_segments' as export
    union all
    select 'agents' as subject, 'acd_agent_intervals' as export
    union all
    select 'incidents' as subject, 'saab_incidents' as export
    union all
    select 'incidents' as subject, 'saab_incident_log' as export
    union all
    select 'incidents' as subject, 'saab_resource_status' as export
    union all
    select 'incidents' as subject, 'saab_diary' as export
    union all
    select 'incident_events' as subject, 'saab_incident_log' as export
    union all
    select 'unresourced' as subject, 'saab_incidents' as export
    union all
    select 'unresourced' as subject, 'saab_incident_log' as export
    union all
    select 'digital' as subject, 'digital_contacts' as export
    union all
    select 'workforce' as subject, 'workforce' as export
    union all
    select 'recruitment' as subject, 'recruitment' as export
    union all
    select 'appointments' as subject, 'saab_diary' as export
    union all
    select 'appointments' as subject, 'saab_incidents' as export
    union all
    select 'appointments' as subject, 'saab_incident_log' as export
    union all
    select 'domestic_abuse' as subject, 'saab_incidents' as export
    union all
    select 'domestic_abuse' as subject, 'saab_resource_status' as export
    union all
    select 'domestic_abuse' as subject, 'da_outcomes' as export
    union all
    select 'completeness' as subject, export from exports
),

-- A day that arrives moves what is said of it, also where it brought no row.
arrived as (
    select subjects.subject, contents.business_date as affected_date
    from contents
    inner join subjects on contents.export = subjects.export
    where contents.is_pending and contents.business_date is not null
),

passed as (
    select subjects.subject, delivered_days.business_date as affected_date
    from delivered_days
    inner join as_of on delivered_days.system = as_of.system
    inner join subjects on delivered_days.export = subjects.export
    where delivered_days.business_date > coalesce(as_of.published_as_of_date, date '1900-01-01')
),

-- The stretch in which an export's dates are expected, in the generation that is out.
stretches as (
    select
        contents.export,
        min(contents.business_date) as first_date,
        max(coalesce(contents.covered_until, contents.business_date)) as last_date
    from contents
    inner join deliveries on contents.delivery_id = deliveries.delivery_id
    where not contents.is_pending and contents.business_date is not null and deliveries.rows_read > 0
    group by contents.export
),

newest as (
    select export, max(business_date) as newest_date
    from delivered_days
    where has_rows
    group by export
),

-- A file older than the first, or newer than the newest of an export that had ended, makes dates expected that have no file.
stretched as (
    select 'completeness' as subject, delivered_days.business_date as affected_date
    from delivered_days
    inner join newest on delivered_days.export = newest.export
    left join stretches on delivered_days.export = stretches.export
    where stretches.export is null
        or delivered_days.business_date < stretches.first_date
        or (delivered_days.business_date > stretches.last_date and delivered_days.business_date <= newest.newest_date)
),

moved as (
    select 'calls' as subject, call_date as affected_date from call_days

    union

    select 'calls' as subject, cast(offered_at_local as date) as affected_date from calls

    union

    select 'agents' as subject, {{ to_local_date('interval_start_at') }} as affected_date
    from intervals
    where _key in {{ touched_keys(ref('base_acd_agent_intervals'), 'acd_agent_intervals') }}

    union

    select 'incidents' as subject, {{ to_local_date('created_at') }} as affected_date
    from incidents
    {% if not is_full_run() %}
    where incident_ref in (select incident_key from affected_incidents)
    {% endif %}

    union

    select 'incidents' as subject, {{ to_local_date('created_at') }} as affected_date
    from legacy
    {% if not is_full_run() %}
    where {{ legacy_key('incident_date', 'incident_no') }} in (select incident_key from affected_incidents)
    {% endif %}

    union

    -- Whether an incident waited beyond its target is said of the day it was created, which may lie before its wait.
    select 'unresourced' as subject, {{ to_local_date('created_at') }} as affected_date
    from incidents
    {% if not is_full_run() %}
    where incident_ref in (select incident_key from affected_incidents)
    {% endif %}

    union

    select 'incident_events' as subject, {{ to_local_date('event_at') }} as affected_date
    from log
    {% if not is_full_run() %}
    where incident_ref in (select incident_key from affected_incidents)
    {% endif %}

    union

    select 'unresourced' as subject, affected_date from state_dates

    union

    select 'digital' as subject, {{ to_local_date('opened_at') }} as affected_date
    from contacts
    where _key in {{ touched_keys(ref('base_digital_contacts'), 'digital_contacts') }}

    union

    select 'workforce' as subject, month as affected_date
    from workforce
    where _key in {{ touched_keys(ref('base_workforce'), 'workforce') }}

    union

    select 'recruitment' as subject, month as affected_date
    from recruitment
    where _key in {{ touched_keys(ref('base_recruitment'), 'recruitment') }}

    union

    -- By every version, so the day that an appointment was moved away from too.
    select 'appointments' as subject, {{ to_local_date('slot_end_at') }} as affected_date
    from diary
    where slot_end_at is not null
    {% if not is_full_run() %}
        and appointment_id in (select appointment_key from affected_appointments)
    {% endif %}

    union

    select 'domestic_abuse' as subject, {{ to_local_date('created_at') }} as affected_date
    from incidents
    {% if not is_full_run() %}
    where incident_ref in (select incident_key from affected_domestic_abuse)
    {% endif %}
),

final as (
    select subject, affected_date from arrived
    union
    select subject, affected_date from passed
    union
    select subject, affected_date from stretched
    union
    select subject, affected_date from moved
)

select * from final
