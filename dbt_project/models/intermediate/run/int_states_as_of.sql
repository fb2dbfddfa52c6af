-- Since when and until when states of incidents are known, now and in the generation that is out. They begin with the first day
-- of the exports they are made from and reach to the older of the newest days of the incidents and of their log; null while one
-- of these two never came.

with

deliveries as (
    select * from {{ source('landing', 'deliveries') }}
),

contents as (
    select * from {{ source('landing', 'contents') }}
),

counted as (
    select
        contents.export,
        contents.business_date,
        contents.is_pending,
        contents.export in ('saab_incidents', 'saab_incident_log') as is_needed
    from contents
    inner join deliveries on contents.delivery_id = deliveries.delivery_id
    where deliveries.rows_read > 0
        and contents.business_date is not null
        and contents.export in ('saab_incidents', 'saab_incident_log', 'saab_resource_status', 'saab_diary')
),

spans as (
    select
        export,
        is_needed,
        min(business_date) as first_date,
        max(business_date) as last_date,
        min(case when not is_pending then business_date end) as published_first_date,
        max(case when not is_pending then business_date end) as published_last_date
    from counted
    group by export, is_needed
),

spanned as (
    select
        min(first_date) as first_date,
        case when count(case when is_needed then last_date end) = 2 then min(case when is_needed then last_date end) end
            as as_of_date,
        min(published_first_date) as published_first_date,
        case
            when count(case when is_needed then published_last_date end) = 2
                then min(case when is_needed then published_last_date end)
        end as published_as_of_date
    from spans
),

final as (
    select
        first_date,
        {{ to_utc('first_date') }} as first_at,
        as_of_date,
        {{ to_utc(plus_days('as_of_date', 1)) }} as as_of_at,
        published_first_date,
        published_as_of_date,
        {{ to_utc(plus_days('published_as_of_date', 1)) }} as published_as_of_at
    from spanned
)

select * from final
