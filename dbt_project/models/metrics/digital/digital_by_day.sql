-- Digital engagements per local day and channel. Two calendars, side by side: the elapsed days of a period and its Mondays to Fridays.

{%- set says -%}
inputs:
  digital:
    dated_by: [digital_contacts]
    months: true
    supplied_by:
      digital: {needs: [digital_contacts]}
# `denominator` is a count of days of the model: those that were delivered, and of these the Mondays to Fridays. A channel has the
# days of the force, also those before it opened: else the channels of a period would not add up to the force.
indicators:
  - kpi_id: digital_engagements_per_day
    label: Digital engagements per elapsed day
    definition: Contacts that the public opened on a digital channel, by local day of opening, for each elapsed day of the period that was delivered, Saturdays and Sundays too.
    subject: digital
    statistic: ratio
    unit: contacts per day
    better: neither
    owner: &owner Head of digital contact
    version: "1"
    inputs: digital
    formula: "IN contacts opened / delivered days of the period up to the as-of date"
    limits: Not comparable with calls, a contact may hold many messages; the minutes' 312 per day is the reading per weekday. Of a day that a disruption of the digital system touches both contacts and day are left out of the value without disruptions.
    columns: {digital_contacts: [channel, direction, opened_at]}
    numerator: inbound_count
    denominator: day_count
  - kpi_id: digital_engagements_per_weekday
    label: Digital engagements per weekday
    definition: Contacts that the public opened on a digital channel, by local day of opening, those of Saturdays and Sundays too, for each Monday to Friday of the period that was delivered.
    subject: digital
    statistic: ratio
    unit: contacts per weekday
    better: neither
    owner: *owner
    version: "1"
    inputs: digital
    formula: "IN contacts opened / delivered Mondays to Fridays of the period up to the as-of date"
    limits: Bank holidays are weekdays here, they are not taken out. Contacts of Saturdays and Sundays do count, so a Saturday has a numerator and no value. Says more of a desk that works on weekdays than of a web form.
    columns: {digital_contacts: [channel, direction, opened_at]}
    numerator: inbound_count
    denominator: weekday_count
  - kpi_id: digital_outbound
    label: Digital messages sent
    definition: Messages that the force sent on a digital channel of its own accord, by local day of sending.
    subject: digital
    statistic: count
    unit: messages
    better: neither
    owner: *owner
    version: "1"
    inputs: digital
    formula: "OUT contacts"
    limits: A reply within a contact is no message of its own. Says nothing of how many people it reached.
    columns: {digital_contacts: [channel, direction, opened_at]}
    numerator: outbound_count
{%- endset -%}
{%- set says = fromyaml(says) -%}
{%- set indicators = says.indicators -%}

{{ config(materialized='ephemeral', meta=says) }}

with

contacts as (

    select * from {{ ref('fct_digital_contacts') }}

),

disruptions as (

    select * from {{ ref('fct_disruptions') }}

),

exports as (

    select * from {{ ref('exports') }} where export = 'digital_contacts'

),

channels as (

    select distinct means as channel_code from {{ ref('channels') }} where code = means

),

days as (

    select distinct local_date from {{ ref('kpi_period_days') }} where input_set = 'digital'

),

delivered_days as (

    select business_date from {{ ref('int_delivered_days') }} where export = 'digital_contacts' and is_delivered

),

disrupted_days as (

    select distinct days.local_date
    from days
    inner join disruptions
        on days.local_date >= cast(disruptions.started_at_local as date)
        and (
            days.local_date <= cast({{ dbt.dateadd('microsecond', -1, 'disruptions.ended_at_local') }} as date)
            or disruptions.ended_at_local is null
        )
    inner join exports on {{ disruption_touches('disruptions.systems', 'exports.system') }}

),

calendar as (

    select
        days.local_date,
        disrupted_days.local_date is not null as is_disrupted,
        case when delivered_days.business_date is not null then 1 else 0 end as day_count,
        case when delivered_days.business_date is not null and {{ weekday_number('days.local_date') }} < 6 then 1 else 0 end
            as weekday_count
    from days
    left join delivered_days on days.local_date = delivered_days.business_date
    left join disrupted_days on days.local_date = disrupted_days.local_date

),

counts as (

    select
        opened_date as local_date,
        channel_code,
        sum(case when is_inbound then 1 else 0 end) as inbound_count,
        sum(case when is_outbound then 1 else 0 end) as outbound_count
    from contacts
    group by opened_date, channel_code

),

scopes as (

    select 'channel' as scope_type, channel_code as scope_code, channel_code from channels
    union all
    select 'force' as scope_type, 'FORCE' as scope_code, channel_code from channels

),

-- Every scope has every day, so that days without a contact stand in the denominator.
scoped as (

    select
        calendar.local_date,
        calendar.is_disrupted,
        scopes.scope_type,
        scopes.scope_code,
        min(calendar.day_count) as day_count,
        min(calendar.weekday_count) as weekday_count,
        sum(coalesce(counts.inbound_count, 0)) as inbound_count,
        sum(coalesce(counts.outbound_count, 0)) as outbound_count
    from calendar
    cross join scopes
    left join counts on calendar.local_date = counts.local_date and scopes.channel_code = counts.channel_code
    group by calendar.local_date, calendar.is_disrupted, scopes.scope_type, scopes.scope_code

),

final as (

    {% for indicator in indicators %}
    select
        {{ sql_text(indicator.kpi_id) }} as kpi_id,
        local_date,
        is_disrupted,
        scope_type,
        scope_code,
        cast({{ indicator.numerator }} as bigint) as numerator,
        cast({{ indicator.get('denominator', 'null') }} as bigint) as denominator,
        cast({{ indicator.numerator }} as bigint) as measured_count,
        cast({{ indicator.numerator }} as bigint) as eligible_count
    from scoped
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
