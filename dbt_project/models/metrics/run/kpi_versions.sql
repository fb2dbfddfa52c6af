{{ config(materialized='table', schema='intermediate') }}

with

inputs as (

    select * from {{ ref('kpi_inputs') }}

),

system_versions as (

    select * from {{ ref('dim_system_versions') }}

),

exports as (

    select * from {{ ref('exports') }}

),

input_days as (

    select * from {{ ref('kpi_input_days') }}

),

-- The versions of the systems that date a set of inputs. Exports without listed versions are one version of their system.
listed as (

    select
        inputs.input_set,
        inputs.export,
        coalesce(system_versions.system_version, exports.system) as system_version,
        coalesce(system_versions.system_version_label, exports.system) as system_version_label,
        coalesce(system_versions.contract_version, '') as contract_version,
        system_versions.valid_from,
        system_versions.valid_to
    from inputs
    inner join exports on inputs.export = exports.export
    left join system_versions on inputs.export = system_versions.export
    where inputs.role = 'dates'

),

asking as (

    select input_set, max(case when role = 'needs' then 1 else 0 end) as has_needs
    from inputs
    group by input_set

),

-- A version supplies a set where some way asks for its own export in its own layout; a set that asks for nothing, everyone does.
ways as (

    select distinct listed.input_set, listed.system_version, inputs.supplied_by
    from listed
    inner join inputs on listed.input_set = inputs.input_set and listed.export = inputs.export
    where inputs.role = 'needs'
        and (inputs.only_version = '' or listed.contract_version in ('', inputs.only_version))
        and (inputs.not_version = '' or listed.contract_version <> inputs.not_version)

),

needed as (

    select input_set, system_version, {{ dbt.listagg('export', "', '", 'order by export') }} as needed_exports
    from (
        select distinct ways.input_set, ways.system_version, inputs.export
        from ways
        inner join inputs on ways.input_set = inputs.input_set and ways.supplied_by = inputs.supplied_by and inputs.role = 'needs'
    ) as distinct_exports
    group by input_set, system_version

),

said as (

    select
        input_set,
        system_version,
        {{ dbt.listagg('says', "'; '", 'order by supplied_by') }} as says,
        '|' || {{ dbt.listagg('supplied_by', "'|'", 'order by supplied_by') }} || '|' as ways
    from (
        select ways.input_set, ways.system_version, ways.supplied_by, min(inputs.says) as says
        from ways
        inner join inputs on ways.input_set = inputs.input_set and ways.supplied_by = inputs.supplied_by
        group by ways.input_set, ways.system_version, ways.supplied_by
    ) as distinct_ways
    group by input_set, system_version

),

supplied as (

    select needed.input_set, needed.system_version, needed.needed_exports, said.says, said.ways
    from needed
    inner join said on needed.input_set = said.input_set and needed.system_version = said.system_version

),

versions as (

    select
        input_set,
        system_version,
        min(system_version_label) as system_version_label,
        max(contract_version) as contract_version,
        min(valid_from) as valid_from,
        case when count(*) = count(valid_to) then max(valid_to) end as valid_to
    from listed
    group by input_set, system_version

),

spans as (

    select
        versions.input_set,
        versions.system_version,
        min(input_days.local_date) as first_date,
        max(input_days.local_date) as last_date
    from versions
    inner join input_days
        on versions.input_set = input_days.input_set
        and (input_days.local_date >= versions.valid_from or versions.valid_from is null)
        and (input_days.local_date < versions.valid_to or versions.valid_to is null)
    group by versions.input_set, versions.system_version

),

final as (

    select
        versions.input_set,
        versions.system_version,
        versions.system_version_label,
        versions.valid_from,
        versions.valid_to,
        spans.first_date,
        spans.last_date,
        asking.has_needs = 0 or supplied.input_set is not null as is_supplied,
        supplied.needed_exports,
        supplied.says,
        supplied.ways
    from versions
    inner join asking on versions.input_set = asking.input_set
    left join spans on versions.input_set = spans.input_set and versions.system_version = spans.system_version
    left join supplied on versions.input_set = supplied.input_set and versions.system_version = supplied.system_version

)

select * from final
