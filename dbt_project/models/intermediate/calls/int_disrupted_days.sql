-- Disruptions by local day, so that a fact finds its disruption by its date and not by comparing every instant.

with

disruptions as (
    select * from {{ ref('stg_service_disruptions') }} where started_at is not null
),

as_of as (
    select max(as_of_date) as as_of_date from {{ ref('int_as_of') }}
),

spans as (
    select
        disruptions.disruption_key,
        disruptions.started_at,
        disruptions.ended_at,
        {{ to_local_date('disruptions.started_at') }} as first_date,
        coalesce({{ to_local_date('disruptions.ended_at') }}, as_of.as_of_date) as last_date
    from disruptions
    cross join as_of
),

final as (
    select
        disruption_key,
        started_at,
        ended_at,
        {{ days_of('first_date', 'last_date') }} as local_date
    from spans
)

select * from final
