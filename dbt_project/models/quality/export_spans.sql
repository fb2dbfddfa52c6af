-- From when to when each export was delivered, how often it comes, and when it is due. What an erasure by period took is not expected.

with

exports as (
    select * from {{ source('landing', 'exports') }}
),

labels as (
    select * from {{ ref('exports') }}
),

deliveries as (
    select * from {{ source('landing', 'deliveries') }}
),

contents as (
    select * from {{ source('landing', 'contents') }}
),

kept_from as (
    select export, first_date from {{ source('landing', 'kept_from') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

-- A file without rows covers its day, but neither begins nor ends the stretch.
spans as (
    select
        contents.export,
        min(
            case when kept_from.first_date > contents.business_date then kept_from.first_date else contents.business_date end
        ) as first_business_date,
        max(contents.business_date) as newest_business_date,
        max(coalesce(contents.covered_until, contents.business_date)) as covered_until_date
    from contents
    inner join deliveries on contents.delivery_id = deliveries.delivery_id
    left join kept_from on contents.export = kept_from.export
    where contents.business_date is not null
        and deliveries.rows_read > 0
        and (kept_from.first_date is null or coalesce(contents.covered_until, contents.business_date) >= kept_from.first_date)
    group by contents.export
),

listed as (
    select
        exports.export,
        coalesce(labels.label, exports.export) as label,
        exports.system,
        exports.cadence,
        cast(labels.due_days as integer) as due_days,
        spans.first_business_date,
        spans.newest_business_date,
        spans.covered_until_date,
        as_of.as_of_date as system_as_of_date
    from exports
    left join labels on exports.export = labels.export
    left join spans on exports.export = spans.export
    left join as_of on exports.system = as_of.system
),

-- A month that is delivered before it is over would take the as-of date past the days that anything is known of.
newest as (
    select
        coalesce(max(case when cadence = 'day' then covered_until_date end), max(covered_until_date)) as as_of_date,
        coalesce(min(case when cadence = 'day' then first_business_date end), min(first_business_date)) as first_date
    from listed
),

final as (
    select
        listed.export,
        listed.label,
        listed.system,
        listed.cadence,
        listed.due_days,
        listed.first_business_date,
        listed.newest_business_date,
        listed.covered_until_date,
        listed.system_as_of_date,
        newest.as_of_date,
        newest.first_date as first_date_of_any
    from listed
    cross join newest
)

select * from final
