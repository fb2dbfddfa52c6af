-- Until when each system's deliveries reach, and until when they reached in the generation that is out.

with

deliveries as (
    select * from {{ source('landing', 'deliveries') }}
),

contents as (
    select * from {{ source('landing', 'contents') }}
),

counted as (
    select
        deliveries.system,
        contents.is_pending,
        coalesce(contents.covered_until, contents.business_date) as last_date
    from contents
    inner join deliveries on contents.delivery_id = deliveries.delivery_id
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
