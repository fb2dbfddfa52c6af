-- What a briefing rests on: for each export how many of the files of its period came.

with

periods as (
    select * from {{ ref('brief_periods') }}
),

exports as (
    select * from {{ ref('export_spans') }}
),

expected as (
    select * from {{ ref('export_periods') }}
),

deliveries as (
    select * from {{ ref('deliveries') }} where export is not null and business_date is not null
),

came as (
    select
        export,
        business_date,
        max(case when status in ('LOADED', 'SUPERSEDED') then 1 else 0 end) as counted,
        max(case when status = 'QUARANTINED' then 1 else 0 end) as set_aside,
        sum(case when status in ('LOADED', 'SUPERSEDED') then rows_quarantined end) as rows_quarantined
    from deliveries
    group by export, business_date
),

-- Nothing is expected of an export before its first file, nor after what its system reached, so nothing of that is missing.
counted as (
    select
        periods.brief,
        periods.period_start,
        periods.period_end,
        expected.export,
        count(*) as expected_count,
        sum(case when expected.is_due or came.counted = 1 then 1 else 0 end) as due_count,
        sum(case when came.counted = 1 then 1 else 0 end) as delivered_count,
        sum(case when expected.is_due and coalesce(came.counted, 0) = 0 then 1 else 0 end) as missing_count,
        sum(case when coalesce(came.counted, 0) = 0 and came.set_aside = 1 then 1 else 0 end) as set_aside_count,
        sum(came.rows_quarantined) as rows_quarantined,
        min(case when expected.is_due and coalesce(came.counted, 0) = 0 then expected.business_date end) as first_missing_date,
        max(case when expected.is_due and coalesce(came.counted, 0) = 0 then expected.business_date end) as last_missing_date
    from periods
    inner join expected on expected.business_date <= periods.period_end and expected.period_end >= periods.period_start
    left join came on expected.export = came.export and expected.business_date = came.business_date
    group by periods.brief, periods.period_start, periods.period_end, expected.export
),

final as (
    select
        counted.brief,
        counted.period_start,
        counted.period_end,
        counted.export,
        exports.label,
        exports.system,
        exports.cadence,
        exports.newest_business_date,
        cast(counted.expected_count as bigint) as expected_count,
        cast(counted.due_count as bigint) as due_count,
        cast(counted.delivered_count as bigint) as delivered_count,
        cast(counted.missing_count as bigint) as missing_count,
        cast(counted.set_aside_count as bigint) as set_aside_count,
        cast(coalesce(counted.rows_quarantined, 0) as bigint) as rows_quarantined,
        counted.first_missing_date,
        counted.last_missing_date,
        case
            when counted.delivered_count = 0 and counted.due_count > 0 then 'NOT_DELIVERED'
            when counted.missing_count > 0 then 'PARTLY_DELIVERED'
            when counted.due_count = 0 then 'NOT_DUE'
            else 'DELIVERED'
        end as state
    from counted
    inner join exports on counted.export = exports.export
)

select * from final
