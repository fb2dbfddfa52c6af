-- What stands against an indicator, per version of the system that its figures come from: one row per finding. Since when is the
-- first day of the unbroken stretch that lasts to the newest day; single days before it are a finding of their own.

{{ config(materialized='table', schema='intermediate') }}

with

definitions as (

    select * from {{ ref('kpi_definitions') }}

),

inputs as (

    select * from {{ ref('kpi_inputs') }}

),

versions as (

    select * from {{ ref('kpi_versions') }}

),

input_days as (

    select * from {{ ref('kpi_input_days') }}

),

lost_days as (

    select * from {{ ref('kpi_lost_days') }}

),

columns as (

    select * from {{ ref('kpi_columns') }}

),

judged_columns as (

    select * from {{ ref('int_columns_judged') }} where is_judged

),

delivered_days as (

    select * from {{ ref('int_delivered_days') }} where is_delivered

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

deliveries as (

    select * from {{ source('landing', 'deliveries') }}

),

contents as (

    select * from {{ source('landing', 'contents') }}

),

targets as (

    select * from {{ ref('dim_targets') }} where target_type = 'response' and target_seconds is not null

),

results as (

    select * from {{ ref('kpi_results') }} where period_type in ('day', 'month') and eligible_count > 0

),

limits as (

    select
        {{ newest_parameter('coverage_limit_ratio') }} as coverage_limit_ratio,
        {{ newest_parameter('judged_rows_minimum') }} as judged_rows_minimum,
        {{ newest_parameter('quarantined_limit_ratio') }} as quarantined_limit_ratio,
        cast({{ newest_parameter('late_after_days') }} as integer) as late_after_days,
        cast({{ newest_parameter('late_after_days_monthly') }} as integer) as late_after_days_monthly,
        cast({{ newest_parameter('looked_back_days') }} as integer) as looked_back_days

),

-- How each day of an indicator stands under a version.
days as (

    select
        definitions.kpi_id,
        versions.system_version,
        versions.last_date,
        input_days.local_date,
        case
            when not input_days.is_there or coalesce(lost_days.is_gone, false) then 'NOT_AVAILABLE'
            when not input_days.is_complete or lost_days.kpi_id is not null then 'PARTIAL'
            else 'AVAILABLE'
        end as status
    from definitions
    inner join versions on definitions.input_set = versions.input_set and versions.is_supplied
    inner join input_days
        on definitions.input_set = input_days.input_set
        and input_days.local_date between versions.first_date and versions.last_date
    left join lost_days on definitions.kpi_id = lost_days.kpi_id and input_days.local_date = lost_days.local_date

),

newest as (

    select kpi_id, system_version, last_date, status from days where local_date = last_date

),

breaks as (

    select
        newest.kpi_id,
        newest.system_version,
        max(case when days.status <> newest.status then days.local_date end) as break_date,
        min(days.local_date) as first_date
    from newest
    inner join days on newest.kpi_id = days.kpi_id and newest.system_version = days.system_version
    group by newest.kpi_id, newest.system_version

),

standing as (

    select
        newest.kpi_id,
        newest.system_version,
        newest.last_date,
        case newest.status when 'NOT_AVAILABLE' then 2 when 'PARTIAL' then 1 else 0 end as severity,
        coalesce({{ plus_days('breaks.break_date', 1) }}, breaks.first_date) as since
    from newest
    inner join breaks on newest.kpi_id = breaks.kpi_id and newest.system_version = breaks.system_version

),

-- Every export that an indicator asks for under a version, in the ways in which that version supplies it.
asked as (

    select
        definitions.kpi_id,
        versions.input_set,
        versions.system_version,
        versions.first_date,
        versions.last_date,
        inputs.export,
        max(case when inputs.role = 'needs' then 1 else 0 end) as is_needed
    from definitions
    inner join versions on definitions.input_set = versions.input_set and versions.last_date is not null
    inner join inputs
        on versions.input_set = inputs.input_set
        and inputs.role in ('needs', 'helps', 'estimates')
        and versions.ways like '%|' || inputs.supplied_by || '|%'
    group by
        definitions.kpi_id, versions.input_set, versions.system_version, versions.first_date, versions.last_date, inputs.export

),

export_days as (

    select
        delivered_days.export,
        delivered_days.system,
        delivered_days.business_date,
        delivered_days.has_rows,
        delivered_days.quarantined_count,
        delivered_days.read_count,
        coalesce(
            delivered_days.quarantined_count >= limits.judged_rows_minimum
            and delivered_days.quarantined_count > limits.quarantined_limit_ratio * delivered_days.read_count,
            false
        ) as is_set_aside
    from delivered_days
    cross join limits

),

export_ends as (

    select
        export_days.export,
        as_of.as_of_date,
        max(case when export_days.has_rows then export_days.business_date end) as newest_date
    from export_days
    inner join as_of on export_days.system = as_of.system
    group by export_days.export, as_of.as_of_date

),

monthly as (

    select export, max(case when covered_until > business_date then 1 else 0 end) = 1 as is_monthly
    from contents
    group by export

),

-- Whole files set aside after the last one that could be read: why nothing comes any more.
set_aside as (

    select
        deliveries.export,
        count(*) as file_count,
        min(deliveries.reason) as reason
    from deliveries
    inner join export_ends on deliveries.export = export_ends.export
    where deliveries.is_quarantined and deliveries.business_date > export_ends.newest_date
    group by deliveries.export

),

newest_of_asked as (

    select
        asked.kpi_id,
        asked.system_version,
        asked.export,
        asked.is_needed,
        asked.first_date,
        asked.last_date,
        max(case when export_days.has_rows then export_days.business_date end) as newest_date,
        max(case when export_days.has_rows and not export_days.is_set_aside then export_days.business_date end) as whole_date
    from asked
    left join export_days
        on asked.export = export_days.export
        and export_days.business_date <= asked.last_date
    group by asked.kpi_id, asked.system_version, asked.export, asked.is_needed, asked.first_date, asked.last_date

),

-- What only helps is missed once it has come; what another system sends may be behind for a while.
stopped as (

    select
        newest_of_asked.kpi_id,
        newest_of_asked.system_version,
        case when newest_of_asked.is_needed = 1 then standing.severity else 1 end as severity,
        case
            when newest_of_asked.newest_date < newest_of_asked.first_date or newest_of_asked.newest_date is null
                then newest_of_asked.first_date
            else cast({{ dbt.dateadd('day', 1, 'newest_of_asked.newest_date') }} as date)
        end as since,
        newest_of_asked.export || case
            when newest_of_asked.newest_date is null then ' never came'
            else ' has not come since '
                || cast(cast({{ dbt.dateadd('day', 1, 'newest_of_asked.newest_date') }} as date) as string)
                || ' (' || cast({{ dbt.datediff('newest_of_asked.newest_date', 'newest_of_asked.last_date', 'day') }} as string) || ' days)'
        end || coalesce('; ' || cast(set_aside.file_count as string) || ' of its files were set aside: ' || set_aside.reason, '')
            as reason,
        case
            when set_aside.export is null then 'delivery of ' || newest_of_asked.export
            else 'delivery of ' || newest_of_asked.export || ' in a layout that its contract knows, or a contract for the new one'
        end as restored_by
    from newest_of_asked
    inner join standing
        on newest_of_asked.kpi_id = standing.kpi_id and newest_of_asked.system_version = standing.system_version
    inner join versions on newest_of_asked.system_version = versions.system_version
    inner join definitions on newest_of_asked.kpi_id = definitions.kpi_id and versions.input_set = definitions.input_set
    left join export_ends on newest_of_asked.export = export_ends.export
    left join monthly on newest_of_asked.export = monthly.export
    left join set_aside on newest_of_asked.export = set_aside.export and versions.valid_to is null
    cross join limits
    where (newest_of_asked.is_needed = 1 and standing.severity > 0
            and coalesce(newest_of_asked.newest_date, {{ plus_days('newest_of_asked.first_date', -1) }}) < newest_of_asked.last_date)
        or (
            newest_of_asked.is_needed = 0
            and newest_of_asked.newest_date < newest_of_asked.last_date
            and (
                export_ends.as_of_date >= newest_of_asked.last_date
                or {{ dbt.datediff('newest_of_asked.newest_date', 'newest_of_asked.last_date', 'day') }}
                    > case when monthly.is_monthly then limits.late_after_days_monthly else limits.late_after_days end
            )
        )

),

-- Figures that end with the older of several exports end early where one of them stops.
ended_early as (

    select
        definitions.kpi_id,
        versions.system_version,
        2 as severity,
        cast({{ dbt.dateadd('day', 1, 'versions.last_date') }} as date) as since,
        'its figures end on ' || cast(versions.last_date as string) || ', as ' || inputs.export || ' has not come since'
            || coalesce('; ' || cast(set_aside.file_count as string) || ' of its files were set aside: ' || set_aside.reason, '')
            as reason,
        'delivery of ' || inputs.export as restored_by
    from definitions
    inner join versions on definitions.input_set = versions.input_set and versions.is_supplied and versions.last_date is not null
    inner join inputs on definitions.input_set = inputs.input_set and inputs.role = 'until'
    inner join export_ends on inputs.export = export_ends.export
    left join set_aside on inputs.export = set_aside.export
    where export_ends.newest_date = versions.last_date
        and export_ends.as_of_date > versions.last_date
        and (versions.valid_to is null or versions.valid_to > export_ends.as_of_date)

),

-- Rows set aside on every newest day: a value that no longer parses.
rows_set_aside as (

    select
        newest_of_asked.kpi_id,
        newest_of_asked.system_version,
        case when newest_of_asked.is_needed = 1 and standing.severity > 0 then standing.severity else 1 end as severity,
        min(export_days.business_date) as since,
        cast(cast(round(100 * sum(export_days.quarantined_count) / sum(export_days.read_count)) as integer) as string)
            || ' % of the rows of ' || newest_of_asked.export || ' are set aside since ' || cast(min(export_days.business_date) as string)
            || ': their values cannot be read' as reason,
        newest_of_asked.export || ' with values in the format of its contract (see quality.quarantined_rows), or a contract for the new one'
            as restored_by
    from newest_of_asked
    inner join standing
        on newest_of_asked.kpi_id = standing.kpi_id and newest_of_asked.system_version = standing.system_version
    inner join export_days
        on newest_of_asked.export = export_days.export
        and export_days.is_set_aside
        and export_days.business_date <= newest_of_asked.last_date
        and (export_days.business_date > newest_of_asked.whole_date or newest_of_asked.whole_date is null)
    group by
        newest_of_asked.kpi_id, newest_of_asked.system_version, newest_of_asked.export, newest_of_asked.is_needed, standing.severity

),

-- A column emptied, or of codes nobody knows, from a day to the newest.
column_days as (

    select
        asked.kpi_id,
        asked.system_version,
        asked.export,
        asked.is_needed,
        judged_columns.column_name,
        judged_columns.business_date,
        judged_columns.is_emptied,
        judged_columns.is_unknown,
        judged_columns.usual_ratio,
        judged_columns.filled_count,
        judged_columns.unknown_count,
        max(case when not (judged_columns.is_emptied or judged_columns.is_unknown) then judged_columns.business_date end) over (
            partition by asked.kpi_id, asked.system_version, asked.export, judged_columns.column_name
        ) as good_date
    from asked
    inner join columns on asked.kpi_id = columns.kpi_id and asked.export = columns.export
    inner join judged_columns
        on columns.export = judged_columns.export
        and columns.column_name = judged_columns.column_name
        and judged_columns.business_date between {{ plus_days('asked.first_date', -31) }} and asked.last_date

),

columns_gone as (

    select
        column_days.kpi_id,
        column_days.system_version,
        case when column_days.is_needed = 1 and standing.severity > 0 then standing.severity else 1 end as severity,
        min(column_days.business_date) as since,
        case
            when min(column_days.usual_ratio) is null then 'column ' || column_days.column_name || ' of ' || column_days.export || ' was never filled'
            when max(case when column_days.is_emptied then 1 else 0 end) = 1
                then 'column ' || column_days.column_name || ' of ' || column_days.export || ' has come empty since '
                    || cast(min(column_days.business_date) as string) || ' (filled in '
                    || cast(cast(round(100 * min(column_days.usual_ratio)) as integer) as string) || ' % of the rows on other days)'
            else cast(cast(round(100 * sum(column_days.unknown_count) / nullif(sum(column_days.filled_count), 0)) as integer) as string)
                || ' % of the codes in column ' || column_days.column_name || ' of ' || column_days.export || ' are unknown since '
                || cast(min(column_days.business_date) as string)
        end as reason,
        case
            when max(case when column_days.is_emptied then 1 else 0 end) = 1
                then column_days.export || ' with ' || column_days.column_name || ' filled'
            else 'the meaning of the new codes of ' || column_days.column_name || ' in the reference data'
        end as restored_by
    from column_days
    inner join standing on column_days.kpi_id = standing.kpi_id and column_days.system_version = standing.system_version
    where (column_days.is_emptied or column_days.is_unknown)
        and (column_days.business_date > column_days.good_date or column_days.good_date is null)
    group by
        column_days.kpi_id, column_days.system_version, column_days.export, column_days.column_name, column_days.is_needed, standing.severity

),

-- Days in between, of the time looked back on, that are not whole, and what did not come on them.
gap_days as (

    select days.kpi_id, days.system_version, days.local_date
    from days
    inner join standing on days.kpi_id = standing.kpi_id and days.system_version = standing.system_version
    cross join limits
    where days.status <> 'AVAILABLE'
        and (standing.severity = 0 or days.local_date < standing.since)
        and days.local_date > {{ plus_days('days.last_date', '-limits.looked_back_days') }}

),

file_days_set_aside as (

    select distinct export, business_date from deliveries where is_quarantined

),

exports_missing as (

    select
        gap_days.kpi_id,
        gap_days.system_version,
        asked.export,
        max(case when file_days_set_aside.export is null then 1 else 0 end) as is_missing,
        max(case when file_days_set_aside.export is null then 0 else 1 end) as is_set_aside
    from gap_days
    inner join asked on gap_days.kpi_id = asked.kpi_id and gap_days.system_version = asked.system_version
    left join export_days on asked.export = export_days.export and gap_days.local_date = export_days.business_date
    left join file_days_set_aside
        on asked.export = file_days_set_aside.export and gap_days.local_date = file_days_set_aside.business_date
    where export_days.export is null
    group by gap_days.kpi_id, gap_days.system_version, asked.export

),

missing_named as (

    select
        kpi_id,
        system_version,
        {{ dbt.listagg('export', "', '", 'order by export') }} as exports,
        {{ dbt.listagg(
            "export || case when is_set_aside = 0 then ' did not come' when is_missing = 0 then ' was set aside whole' "
            "else ' did not come, or was set aside whole' end",
            "', '", 'order by export'
        ) }} as says
    from exports_missing
    group by kpi_id, system_version

),

gaps as (

    select
        gap_days.kpi_id,
        gap_days.system_version,
        1 as severity,
        min(gap_days.local_date) as since,
        cast(count(*) as string) || ' of the last ' || cast(max(limits.looked_back_days) as string)
            || ' days are missing or not whole, the first ' || cast(min(gap_days.local_date) as string)
            || coalesce(': ' || missing_named.says, '') as reason,
        case
            when missing_named.exports is null then 'whole deliveries of those days (see quality.deliveries)'
            else 'delivery of ' || missing_named.exports || ' for those days'
        end as restored_by
    from gap_days
    cross join limits
    left join missing_named
        on gap_days.kpi_id = missing_named.kpi_id and gap_days.system_version = missing_named.system_version
    group by gap_days.kpi_id, gap_days.system_version, missing_named.exports, missing_named.says

),

-- Where every export of a system stops, nothing within it is behind: compare it with the systems of other indicators.
system_ends as (

    select
        as_of.system,
        as_of.as_of_date,
        min(case when monthly.is_monthly then 1 else 0 end) = 1 as is_monthly
    from as_of
    inner join (select distinct system, export from delivered_days) as exports_of on as_of.system = exports_of.system
    inner join (select distinct export from inputs) as asked_exports on exports_of.export = asked_exports.export
    inner join monthly on exports_of.export = monthly.export
    group by as_of.system, as_of.as_of_date

),

newest_system as (

    select max(as_of_date) as as_of_date from system_ends where not is_monthly

),

systems_late as (

    select
        definitions.kpi_id,
        versions.system_version,
        2 as severity,
        cast({{ dbt.dateadd('day', 1, 'system_ends.as_of_date') }} as date) as since,
        'nothing of ' || versions.system_version_label || ' has come since '
            || cast(cast({{ dbt.dateadd('day', 1, 'system_ends.as_of_date') }} as date) as string) || ', '
            || cast({{ dbt.datediff('system_ends.as_of_date', 'newest_system.as_of_date', 'day') }} as string)
            || ' days behind other systems'
            || coalesce('; ' || cast(max(set_aside.file_count) as string) || ' files were set aside: ' || min(set_aside.reason), '') as reason,
        case
            when max(set_aside.file_count) is null then 'delivery of ' || coalesce(versions.needed_exports, versions.system_version_label)
            else 'delivery in a layout that the contract knows, or a contract for the new one'
        end as restored_by
    from definitions
    inner join versions on definitions.input_set = versions.input_set and versions.last_date is not null
    inner join (select distinct input_set, system from input_days) as set_systems on versions.input_set = set_systems.input_set
    inner join system_ends on set_systems.system = system_ends.system
    cross join newest_system
    cross join limits
    left join asked on definitions.kpi_id = asked.kpi_id and versions.system_version = asked.system_version
    left join set_aside on asked.export = set_aside.export
    where (versions.valid_to is null or versions.valid_to > newest_system.as_of_date)
        and {{ dbt.datediff('system_ends.as_of_date', 'newest_system.as_of_date', 'day') }}
            > case when system_ends.is_monthly then limits.late_after_days_monthly else limits.late_after_days end
    group by
        definitions.kpi_id, versions.system_version, versions.system_version_label, versions.needed_exports,
        system_ends.as_of_date, newest_system.as_of_date

),

-- The newest month of an indicator under a version in which there was something to measure, and the days of it.
measured as (

    select
        results.kpi_id,
        versions.system_version,
        results.period_type,
        results.period_start,
        sum(results.measured_count) as measured_count,
        sum(results.eligible_count) as eligible_count,
        max(coalesce(definitions.coverage_limit, limits.coverage_limit_ratio)) as coverage_limit
    from results
    inner join definitions on results.kpi_id = definitions.kpi_id
    inner join versions
        on definitions.input_set = versions.input_set
        and versions.is_supplied
        and results.period_start between {{ first_of_month('versions.first_date') }} and versions.last_date
        and (results.period_type = 'month' or results.period_start >= versions.first_date)
    cross join limits
    where (results.scope_type = 'force') = definitions.has_force_rows
    group by results.kpi_id, versions.system_version, results.period_type, results.period_start

),

newest_month as (

    select kpi_id, system_version, max(period_start) as period_start
    from measured
    where period_type = 'month'
    group by kpi_id, system_version

),

coverage as (

    select measured.*
    from measured
    inner join newest_month
        on measured.kpi_id = newest_month.kpi_id
        and measured.system_version = newest_month.system_version
        and measured.period_start = newest_month.period_start
    where measured.period_type = 'month'

),

-- Since when too little is measured: the days after the last one on which enough was.
low_days as (

    select
        measured.kpi_id,
        measured.system_version,
        max(case when measured.measured_count >= measured.coverage_limit * measured.eligible_count and measured.measured_count > 0
            then measured.period_start end) as good_date,
        max(measured.period_start) as newest_date,
        min(case when measured.measured_count < measured.coverage_limit * measured.eligible_count or measured.measured_count = 0
            then measured.period_start end) as first_low_date
    from measured
    inner join coverage on measured.kpi_id = coverage.kpi_id and measured.system_version = coverage.system_version
    where measured.period_type = 'day'
    group by measured.kpi_id, measured.system_version

),

low_coverage as (

    select
        coverage.kpi_id,
        coverage.system_version,
        case when coverage.measured_count = 0 then 2 else 1 end as severity,
        coalesce(
            case
                when low_days.good_date < low_days.newest_date then cast({{ dbt.dateadd('day', 1, 'low_days.good_date') }} as date)
                when low_days.good_date is null then low_days.first_low_date
            end,
            coverage.period_start
        ) as since,
        case
            when coverage.measured_count = 0 then 'no record could be measured in the month of ' || cast(coverage.period_start as string)
            else 'only ' || cast(cast(floor(100 * coverage.measured_count / cast(coverage.eligible_count as double)) as integer) as string)
                || ' % of the records of the month of ' || cast(coverage.period_start as string) || ' could be measured'
        end as reason,
        'exports in which what is measured is filled' as restored_by
    from coverage
    left join low_days on coverage.kpi_id = low_days.kpi_id and coverage.system_version = low_days.system_version
    where coverage.measured_count < coverage.coverage_limit * coverage.eligible_count or coverage.measured_count = 0

),

targets_missing as (

    select
        definitions.kpi_id,
        versions.system_version,
        2 as severity,
        versions.first_date as since,
        'no response target of grade ' || definitions.needs_target_of_grade || ' is set in the reference data' as reason,
        'a response target of that grade in the reference data' as restored_by
    from definitions
    inner join versions on definitions.input_set = versions.input_set and versions.last_date is not null and versions.is_supplied
    left join targets
        on definitions.needs_target_of_grade = targets.grade_code
        and targets.valid_from <= versions.last_date
        and (targets.valid_to > versions.last_date or targets.valid_to is null)
    where definitions.needs_target_of_grade is not null and targets.grade_code is null

),

nothing as (

    select
        definitions.kpi_id,
        versions.system_version,
        2 as severity,
        versions.first_date as since,
        case
            when not versions.is_supplied then versions.system_version_label || ' sends nothing that it could be computed from'
            else 'nothing of ' || versions.system_version_label || ' was delivered'
        end as reason,
        case
            when not versions.is_supplied then 'an export of that system that holds it'
            else 'delivery of ' || coalesce(versions.needed_exports, versions.system_version_label)
        end as restored_by
    from definitions
    inner join versions on definitions.input_set = versions.input_set
    where not versions.is_supplied or versions.last_date is null

),

explained as (

    {% for finding in [
        'stopped', 'ended_early', 'rows_set_aside', 'columns_gone', 'gaps', 'systems_late', 'low_coverage', 'targets_missing', 'nothing',
    ] %}
    select kpi_id, system_version, '{{ finding }}' as finding, severity, since, reason, restored_by from {{ finding }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- No day goes without a word.
unexplained as (

    select
        standing.kpi_id,
        standing.system_version,
        'days' as finding,
        standing.severity,
        standing.since,
        'what it needs is not there, or not whole, since ' || cast(standing.since as string) as reason,
        'whole deliveries of ' || coalesce(versions.needed_exports, 'its exports') as restored_by
    from standing
    inner join definitions on standing.kpi_id = definitions.kpi_id
    inner join versions on definitions.input_set = versions.input_set and standing.system_version = versions.system_version
    where standing.severity > 0
        and not exists (
            select 1
            from explained
            where explained.kpi_id = standing.kpi_id
                and explained.system_version = standing.system_version
                and explained.severity >= standing.severity
        )

),

final as (

    select kpi_id, system_version, finding, severity, since, reason, restored_by from explained where severity > 0
    union all
    select kpi_id, system_version, finding, severity, since, reason, restored_by from unexplained

)

select * from final
