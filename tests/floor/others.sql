-- The smaller facts: disruptions (which calls and incidents look up), half hours of the teams, monthly exports.

create table marts.fct_disruptions as
select
    DISRUPTION_ID as disruption_key,
    to_instant(to_utc(STARTED)) as started_at,
    STARTED as started_at_local,
    STARTED::date as started_date,
    to_instant(to_utc(ENDED)) as ended_at,
    ENDED as ended_at_local,
    to_instant(to_utc(RESTORED_AT)) as restored_at,
    seconds_between(to_utc(STARTED), to_utc(ENDED)) as duration_seconds,
    SYSTEMS as systems,
    LINES as lines,
    not_negative(CALLS_LOST) as calls_lost,
    DIVERTED_TO as diverted_to,
    NOTE as note
from
    read_csv(
        getvariable('service_disruptions_v1_files'),
        columns = {
            'DISRUPTION_ID': 'varchar', 'STARTED': 'timestamp', 'ENDED': 'timestamp', 'SYSTEMS': 'varchar', 'LINES': 'varchar',
            'CALLS_LOST': 'bigint', 'DIVERTED_TO': 'varchar', 'RESTORED_AT': 'timestamp', 'NOTE': 'varchar'
        },
        header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', timestampformat = '%d/%m/%Y %H:%M:%S'
    )
qualify row_number() over (
    partition by DISRUPTION_ID order by getvariable('service_disruptions_v1_ranks')[file_index::bigint + 1] desc
) = 1;

create table marts.fct_agent_intervals as
select
    to_instant(INTERVAL_START) as interval_at,
    to_local(INTERVAL_START) as interval_at_local,
    interval_at_local::date as interval_date,
    TEAM as team,
    not_negative(STAFFED_SECS) as staffed_seconds,
    not_negative(AVAILABLE_SECS) as available_seconds,
    not_negative(TALK_SECS) as talk_seconds,
    not_negative(HOLD_SECS) as hold_seconds,
    not_negative(WRAP_SECS) as wrap_seconds,
    not_negative(AUX_SECS) as aux_seconds,
    not_negative(PLANNED_HEADS) as planned_heads
from
    read_csv(
        getvariable('acd_agent_intervals_v1_files'),
        columns = {
            'INTERVAL_START': 'timestamp', 'TEAM': 'varchar', 'STAFFED_SECS': 'bigint', 'AVAILABLE_SECS': 'bigint',
            'TALK_SECS': 'bigint', 'HOLD_SECS': 'bigint', 'WRAP_SECS': 'bigint', 'AUX_SECS': 'bigint', 'PLANNED_HEADS': 'bigint'
        },
        header = true, auto_detect = false, delim = ',', quote = '"', escape = '"'
    )
qualify row_number() over (
    partition by INTERVAL_START, TEAM order by getvariable('acd_agent_intervals_v1_ranks')[file_index::bigint + 1] desc
) = 1;

create table marts.fct_digital_contacts as
select
    CONTACT_ID as contact_key,
    coalesce(channels.means, 'UNKNOWN') as channel_code,
    PLATFORM as platform,
    if(DIRECTION in ('IN', 'OUT'), DIRECTION, 'UNKNOWN') as direction,
    coalesce(DIRECTION = 'IN', false) as is_inbound,
    coalesce(DIRECTION = 'OUT', false) as is_outbound,
    to_instant(to_utc(OPENED)) as opened_at,
    OPENED as opened_at_local,
    OPENED::date as opened_date,
    coalesce(isodow(OPENED) < 6, false) as is_opened_on_weekday,
    to_instant(to_utc(FIRST_REPLY)) as first_reply_at,
    FIRST_REPLY as first_reply_at_local,
    FIRST_REPLY::date as first_reply_date,
    to_instant(to_utc(CLOSED)) as closed_at,
    CLOSED as closed_at_local,
    CLOSED::date as closed_date,
    seconds_between(to_utc(OPENED), to_utc(FIRST_REPLY)) as first_reply_seconds,
    seconds_between(to_utc(OPENED), to_utc(CLOSED)) as closed_seconds,
    TOPIC as topic,
    INC_REF as incident_key
from
    read_csv(
        getvariable('digital_contacts_v1_files'),
        columns = {
            'CONTACT_ID': 'varchar', 'CHANNEL': 'varchar', 'PLATFORM': 'varchar', 'DIRECTION': 'varchar', 'OPENED': 'timestamp',
            'FIRST_REPLY': 'timestamp', 'CLOSED': 'timestamp', 'TOPIC': 'varchar', 'INC_REF': 'varchar'
        },
        header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', timestampformat = '%d/%m/%Y %H:%M:%S'
    ) as contacts
left join reference.channels on contacts.CHANNEL = channels.code
qualify row_number() over (
    partition by CONTACT_ID order by getvariable('digital_contacts_v1_ranks')[file_index::bigint + 1] desc
) = 1;

create table marts.fct_workforce as
select
    (MONTH || '-01')::date as month_date,
    UNIT as unit,
    ROLE as role,
    not_negative(ESTABLISHMENT_FTE) as establishment_fte,
    not_negative(STRENGTH_FTE) as strength_fte,
    (not_negative(ESTABLISHMENT_FTE) - not_negative(STRENGTH_FTE))::decimal(18, 4) as vacant_fte,
    not_negative(HEADCOUNT) as head_count,
    not_negative(ABSTRACTED_FTE) as abstracted_fte,
    ABSTRACTION_REASON as abstraction_reason
from
    read_csv(
        getvariable('workforce_v1_files'),
        columns = {
            'MONTH': 'varchar', 'UNIT': 'varchar', 'ROLE': 'varchar', 'ESTABLISHMENT_FTE': 'decimal(18, 4)',
            'STRENGTH_FTE': 'decimal(18, 4)', 'HEADCOUNT': 'bigint', 'ABSTRACTED_FTE': 'decimal(18, 4)',
            'ABSTRACTION_REASON': 'varchar'
        },
        header = true, auto_detect = false, delim = ',', quote = '"', escape = '"'
    )
qualify row_number() over (
    partition by MONTH, UNIT, ROLE order by getvariable('workforce_v1_ranks')[file_index::bigint + 1] desc
) = 1;

create table marts.fct_recruitment as
select
    (MONTH || '-01')::date as month_date,
    delivered.STAGE as stage,
    coalesce(stages.means, 'UNKNOWN') as stage_code,
    own.label as stage_label,
    own.stage_order,
    not_negative(COUNT) as applicant_count
from
    read_csv(
        getvariable('recruitment_v1_files'),
        columns = {'MONTH': 'varchar', 'STAGE': 'varchar', 'COUNT': 'bigint'},
        header = true, auto_detect = false, delim = ',', quote = '"', escape = '"'
    ) as delivered
left join reference.recruitment_stages as stages on delivered.STAGE = stages.code
left join reference.recruitment_stages as own on coalesce(stages.means, 'UNKNOWN') = own.code
qualify row_number() over (
    partition by MONTH, delivered.STAGE order by getvariable('recruitment_v1_ranks')[file_index::bigint + 1] desc
) = 1;

create table marts.fct_999_national as
select
    FORCE as force_name,
    (MONTH || '-01')::date as month_date,
    not_negative(CALLS) as call_count,
    not_negative(MEAN_SECONDS) as mean_seconds,
    not_negative(UNDER_10) as under_10_count,
    not_negative(FROM_10_TO_60) as from_10_to_60_count,
    not_negative(OVER_60) as over_60_count
from
    read_csv(
        getvariable('bt_999_national_v1_files'),
        columns = {
            'FORCE': 'varchar', 'MONTH': 'varchar', 'CALLS': 'bigint', 'MEAN_SECONDS': 'decimal(18, 4)', 'UNDER_10': 'bigint',
            'FROM_10_TO_60': 'bigint', 'OVER_60': 'bigint'
        },
        header = true, auto_detect = false, delim = ',', quote = '"', escape = '"'
    )
qualify row_number() over (
    partition by FORCE, MONTH order by getvariable('bt_999_national_v1_ranks')[file_index::bigint + 1] desc
) = 1;
