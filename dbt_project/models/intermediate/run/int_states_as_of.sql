-- Until when states of incidents are known: the older of the newest days of the incidents and of their log, now and in the
-- generation that is out. Null while one of the two never came.

with

deliveries as (
    select * from {{ source('landing', 'deliveries') }}
),

contents as (
    select * from {{ source('landing', 'contents') }}
),

counted as (
    select contents.export, contents.business_date, contents.is_pending
    from contents
    inner join deliveries on contents.delivery_id = deliveries.delivery_id
    where deliveries.rows_read > 0
        and contents.business_date is not null
        and contents.export in ('saab_incidents', 'saab_incident_log')
),

newest as (
    select
        export,
        max(business_date) as as_of_date,
        max(case when not is_pending then business_date end) as published_as_of_date
    from counted
    group by export
),

older as (
    select
        case when count(as_of_date) = 2 then min(as_of_date) end as as_of_date,
        case when count(published_as_of_date) = 2 then min(published_as_of_date) end as published_as_of_date
    from newest
),

final as (
    select
        as_of_date,
        {{ to_utc(plus_days('as_of_date', 1)) }} as as_of_at,
        published_as_of_date,
        {{ to_utc(plus_days('published_as_of_date', 1)) }} as published_as_of_at
    from older
)

select * from final
