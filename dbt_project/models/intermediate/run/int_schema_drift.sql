-- What changed in the layout of each export, and for how long: one row per unbroken stretch of days. Compared by business date,
-- with what the export began with or with what its contract says: when a file arrived changes nothing.

with

deliveries as (
    select * from {{ source('landing', 'deliveries') }}
),

contents as (
    select * from {{ source('landing', 'contents') }}
),

delivered_columns as (
    select * from {{ source('landing', 'delivered_columns') }}
),

contract_columns as (
    select * from {{ source('landing', 'contract_columns') }}
),

quarantined_rows as (
    select * from {{ source('landing', 'quarantined_rows') }}
),

kinds as (
    select * from {{ source('landing', 'drift_kinds') }}
),

judged_codes as (
    select * from {{ ref('int_columns_judged') }} where filled_count > 0
),

limits as (
    select
        cast({{ newest_parameter('judged_rows_minimum') }} as double) as judged_rows_minimum,
        cast({{ newest_parameter('emptied_column_ratio') }} as double) as emptied_column_ratio,
        cast({{ newest_parameter('quarantined_limit_ratio') }} as double) as quarantined_limit_ratio
),

-- Files that are not the same bytes again, each with its place among those of its export.
files as (
    select
        delivery_id,
        name,
        export,
        contract,
        coalesce(contract_version, '') as contract_version,
        business_date,
        coalesce(suffix_time, '') as suffix_time,
        is_counted,
        cast(rows_read as bigint) as rows_read,
        drift_kind,
        drift_column,
        drift_after,
        encoding,
        delimiter,
        column_order,
        row_number() over (
            partition by export order by business_date, suffix_time, name_version, sha256, delivery_id
        ) as delivery_rank
    from deliveries
    where export is not null
        and business_date is not null
        and (is_counted or is_quarantined)
),

-- How each file is written. Text in ASCII alone could be any encoding but UTF-16, and is taken for UTF-8 where nothing else was before.
layouts as (
    select export, 'version_changed' as kind, '' as compared_within, contract_version as layout, delivery_id, delivery_rank
    from files
    where is_counted
    union all
    select export, 'delimiter_changed', contract_version, delimiter, delivery_id, delivery_rank
    from files
    where is_counted and delimiter is not null
    union all
    select export, 'column_reordered', contract_version, column_order, delivery_id, delivery_rank
    from files
    where is_counted and column_order is not null
    union all
    select export, 'encoding_changed', contract_version, encoding, delivery_id, delivery_rank
    from files
    where is_counted and encoding is not null
),

first_told as (
    select export, kind, compared_within, min(delivery_rank) as delivery_rank
    from layouts
    group by export, kind, compared_within
),

began_with as (
    select
        layouts.export,
        layouts.kind,
        layouts.compared_within,
        case when layouts.layout = 'ASCII' then 'UTF-8' else layouts.layout end as layout
    from first_told
    inner join layouts
        on first_told.export = layouts.export
        and first_told.kind = layouts.kind
        and first_told.compared_within = layouts.compared_within
        and first_told.delivery_rank = layouts.delivery_rank
),

layouts_changed as (
    select
        layouts.export,
        layouts.kind,
        '' as column_name,
        '' as landing_column,
        case when layouts.kind = 'column_reordered' then '' else began_with.layout end as changed_from,
        case when layouts.kind = 'column_reordered' then '' else layouts.layout end as changed_to,
        layouts.delivery_id,
        files.rows_read as concerned_count
    from layouts
    inner join began_with
        on layouts.export = began_with.export
        and layouts.kind = began_with.kind
        and layouts.compared_within = began_with.compared_within
    inner join files on layouts.delivery_id = files.delivery_id
    where layouts.layout <> began_with.layout
        and not (layouts.layout = 'ASCII' and began_with.layout <> 'UTF-16')
),

-- Files set aside whole: landing says what became of their header.
files_unfit as (
    select
        export,
        drift_kind as kind,
        coalesce(drift_column, '') as column_name,
        '' as landing_column,
        '' as changed_from,
        coalesce(drift_after, '') as changed_to,
        delivery_id,
        rows_read as concerned_count
    from files
    where drift_kind is not null and not is_counted
),

columns_added as (
    select
        files.export,
        'column_added' as kind,
        delivered_columns.header as column_name,
        '' as landing_column,
        '' as changed_from,
        '' as changed_to,
        files.delivery_id,
        delivered_columns.filled_count as concerned_count
    from files
    inner join delivered_columns on files.delivery_id = delivered_columns.delivery_id
    where not delivered_columns.is_known
),

-- How full each column of each file is, also of files of several versions that call it differently.
columns_of_files as (
    select
        files.export,
        files.business_date,
        files.delivery_id,
        files.rows_read,
        delivered_columns.filled_count,
        delivered_columns.header,
        coalesce(contract_columns.column_name, delivered_columns.header) as landing_column
    from files
    inner join delivered_columns on files.delivery_id = delivered_columns.delivery_id and delivered_columns.is_known
    inner join contract_columns
        on files.contract = contract_columns.contract and delivered_columns.header = contract_columns.header
    where not contract_columns.is_needed
),

column_days as (
    select
        export,
        landing_column,
        business_date,
        cast(sum(rows_read) as double) as rows_read,
        cast(sum(filled_count) as double) as filled_count
    from columns_of_files
    group by export, landing_column, business_date
),

columns_usually as (
    select
        export,
        landing_column,
        sum(filled_count) / nullif(sum(case when filled_count > 0 then rows_read end), 0) as usual_ratio
    from column_days
    group by export, landing_column
),

-- As int_columns_judged judges them, but every column, and as delivered.
column_days_judged as (
    select
        column_days.export,
        column_days.landing_column,
        column_days.business_date,
        columns_usually.usual_ratio,
        coalesce(
            columns_usually.usual_ratio * column_days.rows_read * 2 >= limits.judged_rows_minimum
            and column_days.filled_count < limits.emptied_column_ratio * columns_usually.usual_ratio * column_days.rows_read,
            false
        ) as is_emptied
    from column_days
    inner join columns_usually
        on column_days.export = columns_usually.export and column_days.landing_column = columns_usually.landing_column
    cross join limits
    where column_days.rows_read >= limits.judged_rows_minimum
),

-- A column that was never filled before has not been emptied.
columns_first_filled as (
    select export, landing_column, min(business_date) as business_date
    from column_days
    where filled_count > 0
    group by export, landing_column
),

columns_emptied as (
    select
        columns_of_files.export,
        'column_emptied' as kind,
        columns_of_files.header as column_name,
        columns_of_files.landing_column,
        cast(cast(round(100 * column_days_judged.usual_ratio) as integer) as string) || ' %' as changed_from,
        '' as changed_to,
        columns_of_files.delivery_id,
        columns_of_files.rows_read - columns_of_files.filled_count as concerned_count
    from columns_of_files
    inner join column_days_judged
        on columns_of_files.export = column_days_judged.export
        and columns_of_files.landing_column = column_days_judged.landing_column
        and columns_of_files.business_date = column_days_judged.business_date
    inner join columns_first_filled
        on columns_of_files.export = columns_first_filled.export
        and columns_of_files.landing_column = columns_first_filled.landing_column
        and columns_of_files.business_date > columns_first_filled.business_date
    where column_days_judged.is_emptied
),

-- Values set aside, by column: what stands empty where nothing may be empty shows no value.
values_set_aside as (
    select
        files.export,
        case
            when quarantined_rows.value is null then 'key_emptied'
            when contract_columns.is_timed then 'date_format_changed'
            else 'column_retyped'
        end as kind,
        quarantined_rows.column_name,
        coalesce(contract_columns.column_name, quarantined_rows.column_name) as landing_column,
        files.business_date,
        files.delivery_id,
        files.rows_read,
        count(distinct quarantined_rows.row_number) as concerned_count
    from files
    inner join quarantined_rows on files.delivery_id = quarantined_rows.delivery_id
    inner join contract_columns
        on files.contract = contract_columns.contract and quarantined_rows.column_name = contract_columns.header
    where files.is_counted
    group by 1, 2, 3, 4, 5, 6, 7
),

rows_of_days as (
    select export, business_date, sum(rows_read) as rows_read
    from files
    where is_counted
    group by export, business_date
),

-- A slip is a row or two; a change of format is more of them than a slip explains, or the whole of a short file.
values_changed_days as (
    select values_set_aside.export, values_set_aside.kind, values_set_aside.column_name, values_set_aside.business_date
    from values_set_aside
    inner join rows_of_days
        on values_set_aside.export = rows_of_days.export and values_set_aside.business_date = rows_of_days.business_date
    cross join limits
    group by
        values_set_aside.export, values_set_aside.kind, values_set_aside.column_name, values_set_aside.business_date,
        rows_of_days.rows_read, limits.judged_rows_minimum, limits.quarantined_limit_ratio
    having sum(values_set_aside.concerned_count) >= 3
        and sum(values_set_aside.concerned_count) >= least(limits.judged_rows_minimum, rows_of_days.rows_read)
        and sum(values_set_aside.concerned_count) > limits.quarantined_limit_ratio * rows_of_days.rows_read
),

values_changed as (
    select
        values_set_aside.export,
        values_set_aside.kind,
        values_set_aside.column_name,
        values_set_aside.landing_column,
        '' as changed_from,
        '' as changed_to,
        values_set_aside.delivery_id,
        values_set_aside.concerned_count
    from values_set_aside
    inner join values_changed_days
        on values_set_aside.export = values_changed_days.export
        and values_set_aside.kind = values_changed_days.kind
        and values_set_aside.column_name = values_changed_days.column_name
        and values_set_aside.business_date = values_changed_days.business_date
),

-- Codes that were never known have not changed.
codes_first_known as (
    select export, column_name, min(business_date) as business_date
    from judged_codes
    where is_judged and not is_unknown
    group by export, column_name
),

codes_changed as (
    select
        judged_codes.export,
        'codes_changed' as kind,
        coalesce(contract_columns.header, judged_codes.column_name) as column_name,
        judged_codes.column_name as landing_column,
        '' as changed_from,
        '' as changed_to,
        contents.delivery_id,
        -- Counted by day: told once, of its first file.
        case
            when row_number() over (
                partition by judged_codes.export, judged_codes.column_name, judged_codes.business_date order by contents.delivery_id
            ) = 1 then cast(judged_codes.unknown_count as bigint)
            else 0
        end as concerned_count
    from judged_codes
    inner join codes_first_known
        on judged_codes.export = codes_first_known.export
        and judged_codes.column_name = codes_first_known.column_name
        and judged_codes.business_date > codes_first_known.business_date
    inner join contents on judged_codes.export = contents.export and judged_codes.business_date = contents.business_date
    inner join deliveries on contents.delivery_id = deliveries.delivery_id
    left join contract_columns
        on deliveries.contract = contract_columns.contract and judged_codes.column_name = contract_columns.column_name
    where judged_codes.is_unknown
),

changed as (
    {% for found in ['layouts_changed', 'files_unfit', 'columns_added', 'columns_emptied', 'values_changed', 'codes_changed'] -%}
    select export, kind, column_name, landing_column, changed_from, changed_to, delivery_id, concerned_count from {{ found }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

changed_days as (
    select
        changed.export,
        changed.kind,
        changed.column_name,
        changed.changed_to,
        max(changed.landing_column) as landing_column,
        max(changed.changed_from) as changed_from,
        files.business_date,
        min(files.name) as first_file,
        max(files.suffix_time) as last_suffix_time,
        count(distinct changed.delivery_id) as deliveries_count,
        sum(changed.concerned_count) as concerned_count,
        sum(files.rows_read) as rows_count
    from changed
    inner join files on changed.delivery_id = files.delivery_id
    group by changed.export, changed.kind, changed.column_name, changed.changed_to, files.business_date
),

changes as (
    select
        changed_days.export,
        changed_days.kind,
        changed_days.column_name,
        changed_days.changed_to,
        max(changed_days.landing_column) as landing_column,
        max(kinds.outcome) as outcome
    from changed_days
    inner join kinds on changed_days.kind = kinds.kind
    group by changed_days.export, changed_days.kind, changed_days.column_name, changed_days.changed_to
),

-- Days on which the change could have been seen: a stretch ends where it was not. A file that is set aside whole says nothing of
-- how its rows are written, a text without letters above 127 little of its encoding, a day of few rows nothing of its columns.
days_seen as (
    select changes.export, changes.kind, changes.column_name, changes.changed_to, files.business_date, files.suffix_time
    from changes
    inner join files on changes.export = files.export
    where changes.kind not in ('column_emptied', 'codes_changed')
        and (files.is_counted or changes.outcome = 'FILE_QUARANTINED')
        and (changes.kind <> 'encoding_changed' or files.encoding <> 'ASCII' or changes.changed_to in ('UTF-16', 'ASCII'))
    union all
    select changes.export, changes.kind, changes.column_name, changes.changed_to, judged.business_date, ''
    from changes
    inner join column_days_judged as judged
        on changes.export = judged.export and changes.landing_column = judged.landing_column
    where changes.kind = 'column_emptied'
    union all
    select changes.export, changes.kind, changes.column_name, changes.changed_to, judged_codes.business_date, ''
    from changes
    inner join judged_codes
        on changes.export = judged_codes.export and changes.landing_column = judged_codes.column_name
    where changes.kind = 'codes_changed' and judged_codes.is_judged
),

numbered_days as (
    select
        export,
        kind,
        column_name,
        changed_to,
        business_date,
        max(suffix_time) as last_suffix_time,
        row_number() over (partition by export, kind, column_name, changed_to order by business_date) as day_no,
        row_number() over (partition by export, kind, column_name, changed_to order by business_date desc) as days_to_newest
    from days_seen
    group by export, kind, column_name, changed_to, business_date
),

stretches as (
    select
        changed_days.*,
        numbered_days.day_no - row_number() over (
            partition by changed_days.export, changed_days.kind, changed_days.column_name, changed_days.changed_to
            order by changed_days.business_date
        ) as stretch_no,
        -- A correction that came in the old layout ends it within the day.
        numbered_days.days_to_newest = 1
            and (numbered_days.last_suffix_time = '' or changed_days.last_suffix_time >= numbered_days.last_suffix_time) as is_on
    from changed_days
    inner join numbered_days
        on changed_days.export = numbered_days.export
        and changed_days.kind = numbered_days.kind
        and changed_days.column_name = numbered_days.column_name
        and changed_days.changed_to = numbered_days.changed_to
        and changed_days.business_date = numbered_days.business_date
),

summed_up as (
    select
        export,
        kind,
        column_name,
        changed_to,
        max(landing_column) as landing_column,
        max(changed_from) as changed_from,
        min(business_date) as from_date,
        case when max(case when is_on then 1 else 0 end) = 0 then max(business_date) end as until_date,
        sum(deliveries_count) as deliveries_count,
        sum(concerned_count) as concerned_count,
        sum(rows_count) as rows_count
    from stretches
    group by export, kind, column_name, changed_to, stretch_no
),

-- A version is compared with the one that came last before it.
versions_before as (
    select summed_up.export, summed_up.changed_to, summed_up.from_date, max(files.delivery_rank) as delivery_rank
    from summed_up
    inner join files
        on summed_up.export = files.export
        and files.is_counted
        and files.business_date < summed_up.from_date
        and files.contract_version <> summed_up.changed_to
    where summed_up.kind = 'version_changed'
    group by summed_up.export, summed_up.changed_to, summed_up.from_date
),

told as (
    select
        summed_up.export,
        summed_up.kind,
        nullif(summed_up.column_name, '') as column_name,
        nullif(summed_up.landing_column, '') as landing_column,
        coalesce(file_before.contract_version, nullif(summed_up.changed_from, '')) as changed_from,
        nullif(summed_up.changed_to, '') as changed_to,
        summed_up.from_date,
        summed_up.until_date,
        changed_days.first_file,
        cast(summed_up.deliveries_count as bigint) as deliveries_count,
        cast(summed_up.concerned_count as bigint) as concerned_count,
        cast(summed_up.rows_count as bigint) as rows_count
    from summed_up
    inner join changed_days
        on summed_up.export = changed_days.export
        and summed_up.kind = changed_days.kind
        and summed_up.column_name = changed_days.column_name
        and summed_up.changed_to = changed_days.changed_to
        and summed_up.from_date = changed_days.business_date
    left join versions_before
        on summed_up.kind = 'version_changed'
        and summed_up.export = versions_before.export
        and summed_up.changed_to = versions_before.changed_to
        and summed_up.from_date = versions_before.from_date
    left join files as file_before
        on versions_before.export = file_before.export and versions_before.delivery_rank = file_before.delivery_rank
),

numbers_told as (
    select
        told.*,
        kinds.outcome,
        kinds.severity,
        kinds.remedy,
        replace(
            replace(kinds.says, '{count}', cast(told.concerned_count as string)), '{rows}', cast(told.rows_count as string)
        ) as says
    from told
    inner join kinds on told.kind = kinds.kind
),

-- What came in a header is filled in last: it may hold anything.
final as (
    select
        export,
        kind,
        column_name,
        landing_column,
        changed_from,
        changed_to,
        from_date,
        until_date,
        first_file,
        deliveries_count,
        rows_count,
        concerned_count,
        outcome,
        severity,
        replace(
            replace(replace(says, '{before}', coalesce(changed_from, '')), '{after}', coalesce(changed_to, '')),
            '{column}', coalesce(column_name, '')
        ) as what_changed,
        remedy as what_to_do
    from numbers_told
)

select * from final
