-- Dimensions, from the profile's reference data (schema reference, read by floor.py).

create table marts.dim_areas as
select means as area_code, label as area_label, merged_into_code, merged_into_label, valid_from, valid_to, source
from reference.areas
where code = means;

create table marts.dim_categories as
select means as category_code, label as category_label, family as category_family, is_admin, valid_from, valid_to, source
from reference.categories
where code = means;

create table marts.dim_dates as
select
    day as local_date,
    day at time zone 'Europe/London' as starts_at,
    (day + 1)::date at time zone 'Europe/London' as ends_at,
    (epoch(ends_at) - epoch(starts_at))::bigint // 3600 as hours_count,
    isodow(day) as weekday_number,
    dayname(day) as weekday_label,
    isodow(day) >= 6 as is_weekend,
    date_trunc('week', day)::date as week_start_date,
    (week_start_date + 6)::date as week_end_date,
    date_trunc('month', day)::date as month_start_date,
    month(day) as calendar_month,
    year(day) as calendar_year,
    date_trunc('quarter', day)::date as quarter_start_date,
    (month(day) + 8) % 12 // 3 + 1 as financial_quarter_number,
    (date_trunc('year', day - interval 3 month) + interval 3 month)::date as year_start_date,
    year(year_start_date)::varchar || '/' || right((year(year_start_date) + 1)::varchar, 2) as financial_year,
    holidays.label is not null as is_bank_holiday,
    holidays.label as bank_holiday_label,
    (month(day) = 12 and day(day) >= 18) or (month(day) = 1 and day(day) <= 2) as is_christmas_window
from (select unnest(generate_series(date '1990-01-01', date '2040-12-31', interval 1 day))::date as day)
left join (select holiday_date, min(label) as label from reference.bank_holidays group by holiday_date) as holidays
    on day = holiday_date;

create table marts.dim_dispositions as
select
    means as disposition_code, label as disposition_label, call_outcome, is_answer, is_test, is_transfer, valid_from, valid_to,
    source
from reference.dispositions
where code = means;

create table marts.dim_grades as
select means as grade_code, label as grade_label, is_attendance_expected, urgency, valid_from, valid_to, source
from reference.grades
where code = means;

create table marts.dim_half_hours as
select
    number as half_hour_number,
    number // 2 as hour_number,
    lpad((number // 2)::varchar, 2, '0') || if(number % 2 = 0, ':00', ':30') as starts_at_label,
    (
        select min(shift)
        from reference.shifts
        where valid_to is null and if(
            is_over_midnight,
            starts_at <= starts_at_label::time or starts_at_label::time < ends_at,
            starts_at <= starts_at_label::time and starts_at_label::time < ends_at
        )
    ) as shift
from (select range as number from range(48));

create table marts.dim_lines as
select means as line, label as line_label, target_seconds, valid_from, valid_to, source
from reference.lines
where code = means;

create table marts.dim_parameters as
select parameter as parameter_code, label as parameter_label, value, unit, valid_from, valid_to, source
from reference.parameters;

create table marts.dim_published_figures as select * from reference.published_figures;

create table marts.dim_briefing_measures as
select brief, section, place, kpi_id, scope_type, scope_code, period_type, is_first_page, source
from reference.briefing_measures;

create table marts.dim_shifts as
select
    shift, label as shift_label, starts_at as starts_at_local_time, ends_at as ends_at_local_time, is_over_midnight, valid_from,
    valid_to, source
from reference.shifts;

create table marts.dim_statuses as
select means as status_code, label as status_label, milestone, is_available, valid_from, valid_to, source
from reference.status_codes
where code = means;

create table marts.dim_system_versions as
select
    code as system_version, label as system_version_label, system, export, contract_version, live_from as valid_from,
    live_to as valid_to, source
from reference.system_versions;

create table marts.dim_targets as
select
    kpi_id || '|' || valid_from::varchar as target_key,
    'indicator' as target_type,
    kpi_id,
    line,
    null::varchar as grade_code,
    null::boolean as is_urban,
    target,
    null::bigint as target_seconds,
    plan,
    due_date,
    valid_from,
    valid_to,
    source
from reference.targets
union all
select
    'response|' || grade || '|' || if(is_urban, 'Y', 'N') || '|' || valid_from::varchar,
    'response',
    null,
    null,
    grade,
    is_urban,
    null,
    target_minutes * 60,
    basis,
    null,
    valid_from,
    valid_to,
    source
from reference.response_targets;

create table marts.dim_unresourced_limits as select * from reference.unresourced_limits;

create table marts.dim_appointment_statuses as
select means as status, label as status_label, outcome, valid_from, valid_to, source
from reference.appointment_statuses
where code = means;

create table marts.dim_channels as
select means as channel_code, label as channel_label, valid_from, valid_to, source from reference.channels where code = means;

create table marts.dim_diaries as
select means as diary_code, label as diary_label, hourly_kind, valid_from, valid_to, source
from reference.diaries
where code = means;

create table marts.dim_event_codes as
select means as event_code, label as event_label, valid_from, valid_to, source from reference.event_codes where code = means;

create table marts.dim_pilots as
select pilot, area_code, starts_on, ends_on, change, source from reference.da_pilot_design;


create table marts.dim_series_breaks as
select code as break_code, kpi_id as kpi_pattern, scope_type, scope_code, valid_from, cause, source
from reference.series_breaks;

create table marts.dim_sources as
select means as source_code, label as source_label, is_telephony, valid_from, valid_to, source
from reference.sources
where code = means;

create table marts.dim_thrive_risks as
select means as thrive_risk, label as thrive_risk_label, severity, is_high, valid_from, valid_to, source
from reference.thrive_risks
where code = means;

create table marts.dim_wrap_codes as
select
    means as wrap_code, label as wrap_code_label, demand_type, demand_order, is_new_incident, valid_from, valid_to, source
from reference.wrap_codes
where code = means;
