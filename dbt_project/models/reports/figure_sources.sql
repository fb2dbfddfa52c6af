-- The deliveries behind each indicator's figure of the newest month that is over.

with

months as (
    select * from {{ ref('kpi_latest_months') }}
),

kpi_exports as (
    select * from {{ ref('kpi_exports') }}
),

deliveries as (
    select * from {{ ref('deliveries') }} where status in ('LOADED', 'SUPERSEDED')
),

exports as (
    select * from {{ ref('export_spans') }}
),

incidents as (
    select * from {{ ref('fct_incidents') }}
),

periods as (
    select distinct period_start, period_end from months
),

covering as (
    select deliveries.delivery_id, periods.period_start, false as is_later
    from deliveries
    inner join exports on deliveries.export = exports.export
    inner join periods
        on deliveries.business_date <= periods.period_end
        and case exports.cadence
            when 'month' then {{ plus_days(dbt.dateadd('month', 1, 'deliveries.business_date'), -1) }}
            when 'week' then {{ plus_days('deliveries.business_date', 6) }}
            else deliveries.business_date
        end >= periods.period_start
),

-- An incident stands as it was last sent, which may be long after the month that it counts for.
holding as (
    select distinct incidents._delivery_id as delivery_id, periods.period_start
    from incidents
    inner join periods on incidents.created_date between periods.period_start and periods.period_end
),

behind as (
    select * from covering
    union all
    select holding.delivery_id, holding.period_start, true as is_later
    from holding
    left join covering on holding.delivery_id = covering.delivery_id and holding.period_start = covering.period_start
    where covering.delivery_id is null
),

-- An export may enter by several ways and in several roles: the gravest is told.
entering as (
    select
        kpi_exports.kpi_id,
        deliveries.delivery_id,
        min(case kpi_exports.role when 'needs' then 1 when 'helps' then 2 else 3 end) as role_place
    from kpi_exports
    inner join deliveries
        on kpi_exports.export = deliveries.export
        and (kpi_exports.only_version = '' or deliveries.contract_version = kpi_exports.only_version)
        and (kpi_exports.not_version = '' or deliveries.contract_version <> kpi_exports.not_version)
    where deliveries.delivery_id in (select delivery_id from behind)
    group by kpi_exports.kpi_id, deliveries.delivery_id
),

final as (
    select
        months.kpi_id,
        months.period_start,
        deliveries.export,
        case entering.role_place when 1 then 'needs' when 2 then 'helps' else 'estimates' end as role,
        deliveries.delivery_id,
        deliveries.name,
        deliveries.business_date,
        deliveries.sha256,
        deliveries.contract,
        deliveries.contract_version,
        deliveries.status,
        deliveries.rows_read,
        deliveries.rows_loaded,
        behind.is_later
    from months
    inner join entering on months.kpi_id = entering.kpi_id
    inner join behind on entering.delivery_id = behind.delivery_id and months.period_start = behind.period_start
    inner join deliveries on entering.delivery_id = deliveries.delivery_id
)

select * from final
