-- The hours for which this run counts unresourced incidents, from local midnight of the first day to the as-of instant,
-- exclusive: a day has 23, 24 or 25. An hour is estimated when its day's incidents or log were not delivered.

with

as_of as (
    select * from {{ ref('int_states_as_of') }} where as_of_at is not null
),

affected_days as (
    select * from {{ ref('int_affected_unresourced_days') }}
),

delivered_days as (
    select * from {{ ref('int_delivered_days') }}
),

complete_days as (
    select business_date
    from delivered_days
    where is_delivered and export in ('saab_incidents', 'saab_incident_log')
    group by business_date
    having count(*) = 2
),

days as (
    select first_at, {{ days_of('first_date', 'as_of_date') }} as hour_date from as_of
),

bounded as (
    select
        first_at,
        hour_date,
        {{ to_utc('hour_date') }} as starts_at,
        {{ to_utc(plus_days('hour_date', 1)) }} as ends_at
    from days
    {% if not is_full_run() %}
    where hour_date in (select hour_date from affected_days)
    {% endif %}
),

hours as (
    select
        bounded.first_at,
        bounded.hour_date,
        bounded.ends_at,
        {{ plus_seconds('bounded.starts_at', '3600 * numbers.number') }} as hour_at
    from bounded
    cross join {{ numbers_below(25) }} as numbers
),

final as (
    select
        {{ hours_until('hours.first_at', 'hours.hour_at') }} as hour_no,
        hours.first_at,
        hours.hour_at,
        hours.hour_date,
        complete_days.business_date is null as is_estimated
    from hours
    left join complete_days on hours.hour_date = complete_days.business_date
    where hours.hour_at < hours.ends_at
)

select * from final
