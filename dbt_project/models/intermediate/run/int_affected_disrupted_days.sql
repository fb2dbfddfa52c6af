-- The local days of every disruption that this run touches, by every version of it.

with

disruptions as (
    select * from {{ ref('base_service_disruptions') }}
),

as_of as (
    select max(as_of_date) as as_of_date from {{ ref('int_as_of') }}
),

spans as (
    select
        {{ to_local_date('disruptions.started_at') }} as first_date,
        coalesce({{ to_local_date('disruptions.ended_at') }}, as_of.as_of_date) as last_date
    from disruptions
    cross join as_of
    where disruptions.started_at is not null
        and (disruptions._key in {{ touched_keys(ref('base_service_disruptions'), 'service_disruptions') }} or disruptions.ended_at is null)
),

days as (
    select {{ days_of('first_date', 'last_date') }} as local_date
    from spans
),

final as (
    select distinct local_date from days
)

select * from final
