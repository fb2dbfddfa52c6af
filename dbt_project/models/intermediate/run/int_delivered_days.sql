-- Which business days each export covers, from its first to the newest of its system.

with

deliveries as (
    select * from {{ source('landing', 'deliveries') }}
),

contents as (
    select * from {{ source('landing', 'contents') }}
),

as_of as (
    select * from {{ ref('int_as_of') }}
),

-- What is older than an export's period was erased: of its days nothing is known any more, and nothing is expected.
kept_from as (
    select export, first_date from {{ source('landing', 'kept_from') }}
),

counted as (
    select
        contents.export,
        deliveries.system,
        contents.contract_version,
        deliveries.rows_read,
        deliveries.rows_quarantined,
        case
            when kept_from.first_date > contents.business_date then kept_from.first_date else contents.business_date
        end as first_date,
        coalesce(contents.covered_until, contents.business_date) as last_date
    from contents
    inner join deliveries on contents.delivery_id = deliveries.delivery_id
    left join kept_from on contents.export = kept_from.export
    where contents.business_date is not null
        and (kept_from.first_date is null or coalesce(contents.covered_until, contents.business_date) >= kept_from.first_date)
),

covered as (
    select
        export,
        contract_version,
        rows_read,
        rows_quarantined,
        {{ days_of('first_date', 'last_date') }} as business_date
    from counted
),

delivered as (
    select
        export,
        business_date,
        max(contract_version) as contract_version,
        sum(rows_read) as rows_read,
        sum(rows_quarantined) as rows_quarantined
    from covered
    group by export, business_date
),

-- A file without rows covers its day, but neither begins nor ends the stretch that is expected.
spans as (
    select
        counted.export,
        counted.system,
        min(counted.first_date) as first_date,
        max(as_of.as_of_date) as last_date
    from counted
    inner join as_of on counted.system = as_of.system
    where counted.rows_read > 0
    group by counted.export, counted.system
),

expected as (
    select
        export,
        system,
        {{ days_of('first_date', 'last_date') }} as business_date
    from spans
),

final as (
    select
        expected.export,
        expected.system,
        expected.business_date,
        delivered.business_date is not null as is_delivered,
        coalesce(delivered.rows_read > 0, false) as has_rows,
        cast(coalesce(delivered.rows_read, 0) as bigint) as read_count,
        cast(coalesce(delivered.rows_quarantined, 0) as bigint) as quarantined_count,
        delivered.contract_version
    from expected
    left join delivered
        on expected.export = delivered.export
        and expected.business_date = delivered.business_date
)

select * from final
