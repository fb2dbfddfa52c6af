-- How fresh each export is, how much of what is due came, and where all its rows went.

with

exports as (
    select * from {{ ref('export_spans') }}
),

periods as (
    select * from {{ ref('export_periods') }}
),

deliveries as (
    select *, coalesce(export, 'UNKNOWN') as export_or_unknown from {{ ref('deliveries') }}
),

came as (
    select distinct export, business_date
    from deliveries
    where status in ('LOADED', 'SUPERSEDED') and business_date is not null
),

-- A period that came before it was due counts as expected: else more would be delivered than expected.
counted as (
    select
        periods.export,
        count(case when periods.is_due or came.business_date is not null then 1 end) as expected_count,
        count(came.business_date) as delivered_count,
        count(case when periods.is_due and came.business_date is null then 1 end) as missing_count,
        min(
            case
                when periods.is_due
                    and came.business_date is null
                    and (exports.newest_business_date is null or periods.business_date > exports.newest_business_date)
                    then periods.business_date
            end
        ) as late_since_date
    from periods
    inner join exports on periods.export = exports.export
    left join came on periods.export = came.export and periods.business_date = came.business_date
    group by periods.export
),

rows_of_files as (
    select
        export_or_unknown as export,
        count(*) as files_count,
        count(case when status = 'QUARANTINED' then 1 end) as quarantined_files_count,
        cast(sum(rows_read) as bigint) as rows_read,
        cast(sum(rows_loaded) as bigint) as rows_loaded,
        cast(sum(rows_superseded) as bigint) as rows_superseded,
        cast(sum(rows_duplicate) as bigint) as rows_duplicate,
        cast(sum(rows_quarantined) as bigint) as rows_quarantined,
        cast(sum(rows_erased) as bigint) as rows_erased
    from deliveries
    group by export_or_unknown
),

final as (
    select
        coalesce(exports.export, rows_of_files.export) as export,
        coalesce(exports.label, 'Files of no known export') as label,
        exports.system,
        exports.cadence,
        exports.newest_business_date,
        exports.system_as_of_date,
        exports.as_of_date,
        case
            when exports.due_days is null then null
            when exports.covered_until_date >= exports.as_of_date then cast(0 as bigint)
            else {{ dbt.datediff('exports.covered_until_date', 'exports.as_of_date', 'day') }}
        end as days_behind,
        exports.due_days,
        counted.late_since_date is not null as is_late,
        counted.late_since_date,
        exports.first_business_date,
        coalesce(counted.delivered_count, 0) as delivered_count,
        coalesce(counted.expected_count, 0) as expected_count,
        coalesce(counted.missing_count, 0) as missing_count,
        coalesce(rows_of_files.files_count, 0) as files_count,
        coalesce(rows_of_files.quarantined_files_count, 0) as quarantined_files_count,
        coalesce(rows_of_files.rows_read, 0) as rows_read,
        coalesce(rows_of_files.rows_loaded, 0) as rows_loaded,
        coalesce(rows_of_files.rows_superseded, 0) as rows_superseded,
        coalesce(rows_of_files.rows_duplicate, 0) as rows_duplicate,
        coalesce(rows_of_files.rows_quarantined, 0) as rows_quarantined,
        coalesce(rows_of_files.rows_erased, 0) as rows_erased,
        coalesce(
            rows_of_files.rows_read - rows_of_files.rows_loaded - rows_of_files.rows_superseded - rows_of_files.rows_duplicate
            - rows_of_files.rows_quarantined - rows_of_files.rows_erased,
            0
        ) as unaccounted_count
    from exports
    full join rows_of_files on exports.export = rows_of_files.export
    left join counted on exports.export = counted.export
)

select * from final
