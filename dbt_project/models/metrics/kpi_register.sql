-- Which indicators can be had today, from each version of the systems: computed from what was delivered, never typed in.

with

definitions as (

    select * from {{ ref('kpi_definitions') }}

),

versions as (

    select * from {{ ref('kpi_versions') }}

),

findings as (

    select * from {{ ref('kpi_findings') }}

),

results as (

    select * from {{ ref('kpi_results') }} where period_type = 'month' and eligible_count > 0

),

input_changes as (

    select * from {{ ref('kpi_input_changes') }}

),

asked_for as (

    select * from {{ ref('kpi_asked_for') }}

),

-- The newest month of each indicator and version in which there was something to measure.
months as (

    select
        results.kpi_id,
        versions.system_version,
        results.period_start,
        sum(results.measured_count) as measured_count,
        sum(results.eligible_count) as eligible_count
    from results
    inner join definitions on results.kpi_id = definitions.kpi_id
    inner join versions
        on definitions.input_set = versions.input_set
        and versions.is_supplied
        and results.period_start between {{ first_of_month('versions.first_date') }} and versions.last_date
    where (results.scope_type = 'force') = definitions.has_force_rows
    group by results.kpi_id, versions.system_version, results.period_start

),

newest_months as (

    select kpi_id, system_version, max(period_start) as period_start
    from months
    group by kpi_id, system_version

),

coverage as (

    select
        months.kpi_id,
        months.system_version,
        months.period_start,
        months.measured_count / cast(months.eligible_count as double) as coverage_ratio
    from months
    inner join newest_months
        on months.kpi_id = newest_months.kpi_id
        and months.system_version = newest_months.system_version
        and months.period_start = newest_months.period_start

),

-- The gravest finding decides; the others are told as well.
summed_up as (

    select
        kpi_id,
        system_version,
        max(severity) as severity,
        {{ dbt.listagg('reason', "'; '", 'order by severity desc, since, reason') }} as reason,
        {{ dbt.listagg('restored_by', "'; '", 'order by severity desc, since, reason') }} as restored_by
    from findings
    group by kpi_id, system_version

),

since as (

    select findings.kpi_id, findings.system_version, min(findings.since) as since
    from findings
    inner join summed_up
        on findings.kpi_id = summed_up.kpi_id
        and findings.system_version = summed_up.system_version
        and findings.severity = summed_up.severity
    group by findings.kpi_id, findings.system_version

),

computed as (

    select
        definitions.kpi_id,
        versions.system_version,
        versions.system_version_label,
        definitions.label,
        definitions.definition,
        definitions.formula,
        definitions.unit,
        definitions.better,
        definitions.owner,
        versions.needed_exports as inputs,
        versions.says as source,
        case summed_up.severity when 2 then 'NOT_AVAILABLE' when 1 then 'PARTIAL' else 'AVAILABLE' end as status,
        case when summed_up.kpi_id is null then versions.first_date else since.since end as since,
        summed_up.reason,
        summed_up.restored_by,
        coverage.coverage_ratio,
        coverage.period_start as coverage_month,
        definitions.limits,
        definitions.definition_version,
        input_changes.input_changes
    from definitions
    inner join versions on definitions.input_set = versions.input_set
    left join summed_up
        on definitions.kpi_id = summed_up.kpi_id and versions.system_version = summed_up.system_version
    left join since on definitions.kpi_id = since.kpi_id and versions.system_version = since.system_version
    left join coverage on definitions.kpi_id = coverage.kpi_id and versions.system_version = coverage.system_version
    left join input_changes
        on definitions.kpi_id = input_changes.kpi_id and versions.system_version = input_changes.system_version

),

final as (

    select * from computed
    union all
    select * from asked_for

)

select * from final
