-- How long a victim or witness had to wait for the slot first offered: the median per period, diary and area.

{%- set says -%}
indicators:
  - kpi_id: diary_days_waiting
    label: Days from report to the slot first offered, median
    definition: Median days (of 24 hours) from the creation of the incident to the start of the slot of the appointment's first version, of all appointments for which both are known in that order, by the local day on which the slot of the latest version ends, also one that lies ahead in the running period; by diary and the appointment's area too.
    formula: "median of SLOT_START of the first version - CREATED, in days, where it is not negative"
    limits: "The wait that was offered, not the one that was kept: moves and failures make it longer. By the day of the slot, so long waits show late. Where the first version was never delivered the first one that was is taken, and the wait reads too long."
    subject: appointments
    statistic: statistic
    unit: days
    better: lower
    owner: Diary and appointments manager
    version: "1"
    inputs: diary_incidents
    columns:
      saab_diary: [incident_ref, slot_start_at, slot_end_at, diary, lpa]
      saab_incidents: [created_at]
    percentile: 0.5
{%- endset -%}
{%- set says = fromyaml(says) -%}
{%- set indicator = says.indicators | first -%}

{{ config(materialized='ephemeral', meta=says) }}

with

appointments as (

    select * from {{ ref('fct_diary_appointments') }}

),

period_days as (

    select * from {{ ref('kpi_period_days') }} where input_set = {{ sql_text(indicator.inputs) }}

),

-- Whole seconds until the very end: percentiles of fractions would be rounded. `other_` is that of a slot outside every disruption.
in_periods as (

    select
        period_days.period_type,
        period_days.period_start,
        appointments.diary_code,
        appointments.area_code,
        appointments.seconds_from_report,
        case when period_days.is_disrupted and appointments.disruption_key is null then appointments.seconds_from_report end
            as other_seconds_from_report
    from appointments
    inner join period_days on appointments.appointment_date = period_days.local_date

),

final as (

    select
        {{ sql_text(indicator.kpi_id) }} as kpi_id,
        period_type,
        period_start,
        case
            when grouping(diary_code) = 0 then 'diary'
            when grouping(area_code) = 0 then 'area'
            else 'force'
        end as scope_type,
        case
            when grouping(diary_code) = 0 then diary_code
            when grouping(area_code) = 0 then area_code
            else 'FORCE'
        end as scope_code,
        {{ statistic_of(indicator, 'seconds_from_report') }} / cast({{ 24 * 3600 }} as double) as statistic,
        {{ statistic_of(indicator, 'other_seconds_from_report') }} / cast({{ 24 * 3600 }} as double) as other_statistic,
        cast(count(seconds_from_report) as bigint) as measured_count,
        cast(count(*) as bigint) as eligible_count
    from in_periods
    group by grouping sets (
        (period_type, period_start),
        (period_type, period_start, diary_code),
        (period_type, period_start, area_code)
    )

)

select * from final
