-- What came for each day (week, month) of each export, in the 53 weeks up to the newest delivered day.

with

exports as (
    select * from {{ ref('export_spans') }}
),

periods as (
    select * from {{ ref('export_periods') }}
),

deliveries as (
    select * from {{ ref('deliveries') }} where export is not null and business_date is not null
),

-- A file set aside for a day that lies ahead says nothing of that day; it stands among the files set aside.
came as (
    select
        deliveries.export,
        deliveries.business_date,
        count(*) as files_count,
        count(case when deliveries.status in ('LOADED', 'SUPERSEDED') then 1 end) as counted_files_count,
        count(case when deliveries.status = 'QUARANTINED' then 1 end) as quarantined_files_count,
        cast(sum(deliveries.rows_read) as bigint) as rows_read,
        cast(sum(deliveries.rows_loaded) as bigint) as rows_loaded,
        cast(sum(deliveries.rows_superseded) as bigint) as rows_superseded,
        cast(sum(deliveries.rows_duplicate) as bigint) as rows_duplicate,
        cast(sum(deliveries.rows_quarantined) as bigint) as rows_quarantined,
        cast(sum(deliveries.rows_erased) as bigint) as rows_erased
    from deliveries
    inner join exports on deliveries.export = exports.export
    where deliveries.business_date > {{ plus_days('exports.as_of_date', -371) }}
        and (deliveries.business_date <= exports.as_of_date or deliveries.business_date <= exports.newest_business_date)
    group by deliveries.export, deliveries.business_date
),

expected as (
    select periods.export, periods.business_date, periods.due_date, periods.is_due
    from periods
    inner join exports on periods.export = exports.export
    where periods.business_date > {{ plus_days('exports.as_of_date', -371) }}
),

joined as (
    select
        coalesce(expected.export, came.export) as export,
        coalesce(expected.business_date, came.business_date) as business_date,
        expected.due_date,
        case
            when came.counted_files_count > 0 and came.rows_quarantined > 0 then 'PARTLY'
            when came.counted_files_count > 1 or (came.counted_files_count > 0 and came.quarantined_files_count > 0) then 'CORRECTED'
            when came.counted_files_count > 0 then 'ARRIVED'
            when came.quarantined_files_count > 0 then 'QUARANTINED'
            when expected.is_due then 'MISSING'
            else 'NOT_DUE'
        end as state,
        coalesce(came.files_count, 0) as files_count,
        coalesce(came.counted_files_count, 0) as counted_files_count,
        coalesce(came.quarantined_files_count, 0) as quarantined_files_count,
        coalesce(came.rows_read, 0) as rows_read,
        coalesce(came.rows_loaded, 0) as rows_loaded,
        coalesce(came.rows_superseded, 0) as rows_superseded,
        coalesce(came.rows_duplicate, 0) as rows_duplicate,
        coalesce(came.rows_quarantined, 0) as rows_quarantined,
        coalesce(came.rows_erased, 0) as rows_erased
    from expected
    full join came on expected.export = came.export and expected.business_date = came.business_date
),

final as (
    select
        joined.export,
        exports.label,
        exports.system,
        exports.cadence,
        joined.business_date,
        cast({{ dbt.date_trunc('week', 'joined.business_date') }} as date) as week_start_date,
        joined.due_date,
        joined.state,
        joined.files_count,
        joined.counted_files_count,
        joined.quarantined_files_count,
        joined.rows_read,
        joined.rows_loaded,
        joined.rows_superseded,
        joined.rows_duplicate,
        joined.rows_quarantined,
        joined.rows_erased
    from joined
    inner join exports on joined.export = exports.export
)

select * from final
