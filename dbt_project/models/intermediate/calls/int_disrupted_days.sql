-- Disruptions by local day and system they touch, so that a fact finds its disruption by its date and not by comparing every instant.

with

disruptions as (
    select * from {{ ref('stg_service_disruptions') }} where started_at is not null
),

as_of as (
    select max(as_of_date) as as_of_date from {{ ref('int_as_of') }}
),

systems as (
    select distinct system as system_code from {{ ref('exports') }}
),

spans as (
    select
        disruptions.disruption_key,
        disruptions.started_at,
        disruptions.ended_at,
        disruptions.systems,
        disruptions.lines,
        {{ to_local_date('disruptions.started_at') }} as first_date,
        coalesce({{ to_local_date('disruptions.ended_at') }}, as_of.as_of_date) as last_date
    from disruptions
    cross join as_of
),

days as (
    select
        disruption_key,
        started_at,
        ended_at,
        systems,
        lines,
        {{ days_of('first_date', 'last_date') }} as local_date
    from spans
),

final as (
    select
        days.disruption_key,
        days.started_at,
        days.ended_at,
        days.lines,
        systems.system_code,
        days.local_date
    from days
    inner join systems on {{ disruption_touches('days.systems', 'systems.system_code') }}
)

select * from final
