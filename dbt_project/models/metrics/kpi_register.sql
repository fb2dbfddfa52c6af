-- Which indicators can be had today, from each version of the systems: computed from what was delivered, never typed in.

with

definitions as (

    select * from {{ ref('kpi_definitions') }}

),

inputs as (

    select * from {{ ref('kpi_inputs') }}

),

input_days as (

    select * from {{ ref('kpi_input_days') }}

),

delivered_days as (

    select * from {{ ref('int_delivered_days') }} where is_delivered

),

system_versions as (

    select * from {{ ref('dim_system_versions') }}

),

exports as (

    select * from {{ ref('exports') }}

),

results as (

    select * from {{ ref('kpi_results') }} where period_type = 'month' and eligible_count > 0

),

coverage_limits as (

    select value as coverage_limit, valid_from, valid_to
    from {{ ref('parameters') }}
    where parameter = 'coverage_limit_ratio'

),

-- The versions of the system that dates a set of inputs; a system without listed versions is one version.
versions as (

    select
        inputs.input_set,
        coalesce(system_versions.system_version, exports.system) as system_version,
        coalesce(system_versions.system_version_label, exports.label) as system_version_label,
        inputs.export,
        coalesce(system_versions.contract_version, '') as contract_version,
        system_versions.valid_from,
        system_versions.valid_to
    from inputs
    inner join exports on inputs.export = exports.export
    left join system_versions on inputs.export = system_versions.export
    where inputs.role = 'dates'

),

-- The ways in which a version can supply a set: those that ask for its own export, in its own layout.
ways as (

    select distinct versions.input_set, versions.system_version, inputs.supplied_by
    from versions
    inner join inputs on versions.input_set = inputs.input_set and versions.export = inputs.export
    where inputs.role = 'needs'
        and (inputs.only_version = '' or versions.contract_version in ('', inputs.only_version))
        and (inputs.not_version = '' or versions.contract_version <> inputs.not_version)

),

version_days as (

    select
        versions.input_set,
        versions.system_version,
        input_days.local_date,
        case when input_days.is_complete then 'AVAILABLE' when input_days.is_there then 'PARTIAL' else 'NOT_AVAILABLE' end as status
    from versions
    inner join input_days
        on versions.input_set = input_days.input_set
        and (input_days.local_date >= versions.valid_from or versions.valid_from is null)
        and (input_days.local_date < versions.valid_to or versions.valid_to is null)

),

last_days as (

    select input_set, system_version, min(local_date) as first_date, max(local_date) as last_date
    from version_days
    group by input_set, system_version

),

-- How the newest day stands, and since when.
standing as (

    select
        last_days.input_set,
        last_days.system_version,
        last_days.last_date,
        newest.status,
        coalesce(
            cast({{ dbt.dateadd('day', 1, 'max(case when version_days.status <> newest.status then version_days.local_date end)') }} as date),
            min(version_days.local_date)
        ) as since
    from last_days
    inner join version_days as newest
        on last_days.input_set = newest.input_set
        and last_days.system_version = newest.system_version
        and last_days.last_date = newest.local_date
    inner join version_days
        on last_days.input_set = version_days.input_set
        and last_days.system_version = version_days.system_version
    group by last_days.input_set, last_days.system_version, last_days.last_date, newest.status

),

asked as (

    select ways.input_set, ways.system_version, inputs.role, inputs.export, max(delivered_days.business_date) as newest_date
    from ways
    inner join inputs on ways.input_set = inputs.input_set and ways.supplied_by = inputs.supplied_by
    left join standing on ways.input_set = standing.input_set and ways.system_version = standing.system_version
    left join delivered_days
        on inputs.export = delivered_days.export
        and delivered_days.business_date <= standing.last_date
    group by ways.input_set, ways.system_version, inputs.role, inputs.export

),

listed as (

    select
        asked.input_set,
        asked.system_version,
        {{ dbt.listagg("case when asked.role = 'needs' then asked.export end", "', '", 'order by asked.export') }} as needed_exports,
        {{ dbt.listagg("case when asked.newest_date is null or asked.newest_date < standing.last_date then asked.export end", "', '", 'order by asked.export') }}
            as missing_exports
    from asked
    left join standing on asked.input_set = standing.input_set and asked.system_version = standing.system_version
    group by asked.input_set, asked.system_version

),

-- The newest month of each indicator and version in which there was something to measure.
measured_months as (

    select
        results.kpi_id,
        versions.system_version,
        results.period_start,
        sum(results.measured_count) as measured_count,
        sum(results.eligible_count) as eligible_count,
        row_number() over (partition by results.kpi_id, versions.system_version order by results.period_start desc) as place
    from results
    inner join definitions on results.kpi_id = definitions.kpi_id
    inner join versions
        on definitions.input_set = versions.input_set
        and (results.period_end >= versions.valid_from or versions.valid_from is null)
        and (results.period_start < versions.valid_to or versions.valid_to is null)
    where results.scope_type = case when definitions.has_force_rows then 'force' else 'line' end
    group by results.kpi_id, versions.system_version, results.period_start

),

judged as (

    select
        definitions.*,
        versions.system_version,
        versions.system_version_label,
        listed.needed_exports,
        listed.missing_exports,
        standing.since as standing_since,
        measured_months.period_start as measured_month,
        measured_months.measured_count / cast(measured_months.eligible_count as double) as coverage_ratio,
        coverage_limits.coverage_limit,
        case
            when listed.input_set is null then 'not_supplied'
            when standing.status is null then 'not_begun'
            when standing.status = 'NOT_AVAILABLE' then 'missing'
            when measured_months.measured_count = 0 then 'not_measured'
            when standing.status = 'PARTIAL' then 'incomplete'
            when measured_months.measured_count < coverage_limits.coverage_limit * measured_months.eligible_count then 'low_coverage'
            else 'fine'
        end as finding
    from definitions
    inner join versions on definitions.input_set = versions.input_set
    left join listed on versions.input_set = listed.input_set and versions.system_version = listed.system_version
    left join standing on versions.input_set = standing.input_set and versions.system_version = standing.system_version
    left join measured_months
        on definitions.kpi_id = measured_months.kpi_id
        and versions.system_version = measured_months.system_version
        and measured_months.place = 1
    left join coverage_limits
        on standing.last_date >= coverage_limits.valid_from
        and (standing.last_date < coverage_limits.valid_to or coverage_limits.valid_to is null)

),

final as (

    select
        kpi_id,
        system_version,
        system_version_label,
        label,
        definition,
        unit,
        better,
        owner,
        needed_exports as inputs,
        case
            when finding in ('not_supplied', 'not_begun', 'missing', 'not_measured') then 'NOT_AVAILABLE'
            when finding in ('incomplete', 'low_coverage') then 'PARTIAL'
            else 'AVAILABLE'
        end as status,
        case when finding in ('not_measured', 'low_coverage') then measured_month else standing_since end as since,
        case finding
            when 'not_supplied' then system_version_label || ' sends nothing that it could be computed from'
            when 'not_begun' then 'nothing of ' || system_version_label || ' was delivered'
            when 'missing' then 'not delivered: ' || coalesce(missing_exports, needed_exports)
            when 'not_measured' then 'no record could be measured: a time or a target it needs is nowhere filled'
            when 'incomplete' then 'not delivered: ' || missing_exports
            when 'low_coverage' then 'only ' || cast(cast(floor(coverage_ratio * 100) as integer) as varchar)
                || ' % of the records could be measured'
        end as reason,
        case finding
            when 'not_supplied' then 'an export of that system that holds it'
            when 'not_begun' then 'delivery of ' || needed_exports
            when 'missing' then 'delivery of ' || coalesce(missing_exports, needed_exports)
            when 'not_measured' then 'exports in which that time is filled, or a target in the reference data'
            when 'incomplete' then 'delivery of ' || missing_exports
            when 'low_coverage' then 'exports in which what is missing is filled'
        end as restored_by,
        coverage_ratio,
        definition_version
    from judged

)

select * from final
