-- Until when each system's deliveries reach, and until when they reached in the generation that is out.

with

deliveries as (
    select * from {{ source('landing', 'deliveries') }}
),

contents as (
    select * from {{ source('landing', 'contents') }}
),

cadences as (
    {{ cadences() }}
),

counted as (
    select
        deliveries.system,
        contents.is_pending,
        {{ last_day_covered('contents.business_date', 'cadences.cadence') }} as last_date
    from contents
    inner join deliveries on contents.delivery_id = deliveries.delivery_id
    inner join cadences on contents.export = cadences.export
    where deliveries.rows_read > 0 and contents.business_date is not null
),

newest as (
    select
        system,
        max(last_date) as as_of_date,
        max(case when not is_pending then last_date end) as published_as_of_date
    from counted
    group by system
),

final as (
    select
        system,
        as_of_date,
        {{ to_utc(plus_days('as_of_date', 1)) }} as as_of_at,
        published_as_of_date,
        {{ to_utc(plus_days('published_as_of_date', 1)) }} as published_as_of_at
    from newest
)

select * from final
