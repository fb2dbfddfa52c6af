-- What was delivered of what was expected, per export and business date; of monthly exports per month, on its first day.

{%- set says -%}
# Every day is there: that nothing came is what the figure says. The exports belong to several systems, so no disruption of
# one of them marks it. An export that is sent when something changed (service_disruptions) has no dates to be expected.
inputs:
  deliveries:
    dated_by:
      - saab_incidents
      - saab_incident_log
      - saab_resource_status
      - saab_diary
      - legacy_incidents
      - acd_segments
      - acd_agent_intervals
      - digital_contacts
      - workforce
      - recruitment
      - da_outcomes
      - bt_999_national
    supplied_by: {}
# `by_month`: one date a month is expected. `ended`: the export of a system that is no more is expected up to its own newest
# date, the others up to the newest of their system.
indicators:
  - kpi_id: source_completeness
    label: Business dates delivered
    definition: Of the business dates (of monthly exports, the months) from an export's first to the newest of its system, the share that was delivered, by the business date; a month counts on its first day.
    formula: "business dates delivered / business dates expected from the export's first to its system's newest (legacy: to its own newest)"
    limits: "Says that a file came, not that it was whole or right: an empty file counts as delivered. A system whose exports all stopped looks complete to its last day; that it is late is told by the rules on deliveries."
    subject: completeness
    statistic: ratio
    unit: ratio
    better: higher
    owner: Data platform engineer
    version: "1"
    inputs: deliveries
    has_force_rows: false
    by_month: [legacy_incidents, digital_contacts, workforce, recruitment, da_outcomes, bt_999_national]
    ended: [legacy_incidents]
{%- endset -%}
{%- set says = fromyaml(says) -%}
{%- set indicator = says.indicators | first -%}

{{ config(materialized='ephemeral', meta=says) }}

with

delivered_days as (

    select *
    from {{ ref('int_delivered_days') }}
    where export in ({% for export in says.inputs.deliveries.dated_by %}{{ sql_text(export) }}{{ ', ' if not loop.last }}{% endfor %})

),

days as (

    select distinct local_date from {{ ref('kpi_period_days') }} where input_set = 'deliveries'

),

newest as (

    select export, max(business_date) as newest_date
    from delivered_days
    where has_rows
    group by export

),

expected as (

    select
        delivered_days.export,
        case
            when delivered_days.export in (
                {%- for export in indicator.by_month %}{{ sql_text(export) }}{{ ', ' if not loop.last }}{% endfor -%}
            )
                then {{ first_of_month('delivered_days.business_date') }}
            else delivered_days.business_date
        end as local_date,
        delivered_days.is_delivered
    from delivered_days
    inner join newest on delivered_days.export = newest.export
    where delivered_days.business_date <= newest.newest_date
        or delivered_days.export not in (
            {%- for export in indicator.ended %}{{ sql_text(export) }}{{ ', ' if not loop.last }}{% endfor -%}
        )

),

-- A monthly file covers every day of its month.
dates as (

    select
        export,
        local_date,
        max(case when is_delivered then 1 else 0 end) as delivered_count
    from expected
    group by export, local_date

),

final as (

    select
        {{ sql_text(indicator.kpi_id) }} as kpi_id,
        dates.local_date,
        false as is_disrupted,
        'export' as scope_type,
        dates.export as scope_code,
        cast(dates.delivered_count as bigint) as numerator,
        cast(1 as bigint) as denominator,
        cast(1 as bigint) as measured_count,
        cast(1 as bigint) as eligible_count
    from dates
    inner join days on dates.local_date = days.local_date

)

select * from final
