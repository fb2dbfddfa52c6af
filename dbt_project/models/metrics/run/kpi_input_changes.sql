-- What changed in the layout of the exports that an indicator is computed from, per version of the system: in words, for the
-- register. Changes of a column that the indicator does without are none of its own.

{{ config(materialized='table', schema='intermediate') }}

with

definitions as (

    select * from {{ ref('kpi_definitions') }}

),

inputs as (

    select * from {{ ref('kpi_inputs') }} where role in ('needs', 'helps', 'estimates')

),

versions as (

    select * from {{ ref('kpi_versions') }} where last_date is not null

),

columns as (

    select * from {{ ref('kpi_columns') }}

),

schema_drift as (

    select * from {{ ref('int_schema_drift') }}

),

limits as (

    select cast({{ newest_parameter('looked_back_days') }} as integer) as looked_back_days

),

asked as (

    select distinct
        definitions.kpi_id,
        versions.system_version,
        versions.first_date,
        versions.last_date,
        versions.valid_to,
        inputs.export
    from definitions
    inner join versions on definitions.input_set = versions.input_set
    inner join inputs
        on versions.input_set = inputs.input_set
        and versions.ways like '%|' || inputs.supplied_by || '|%'

),

-- Files set aside may be newer than all that the figures reach to: of a version that is still the newest, they are told too.
touched as (

    select
        asked.kpi_id,
        asked.system_version,
        schema_drift.export,
        schema_drift.from_date,
        schema_drift.until_date,
        schema_drift.outcome,
        schema_drift.what_changed,
        row_number() over (
            partition by asked.kpi_id, asked.system_version
            order by
                case schema_drift.severity when 'critical' then 1 when 'error' then 2 when 'warning' then 3 else 4 end,
                schema_drift.from_date, schema_drift.export, schema_drift.what_changed
        ) as place
    from asked
    inner join schema_drift
        on asked.export = schema_drift.export
        and (schema_drift.from_date <= asked.last_date or asked.valid_to is null or schema_drift.from_date < asked.valid_to)
        and (schema_drift.until_date is null or schema_drift.until_date >= asked.first_date)
    cross join limits
    where (schema_drift.until_date is null or schema_drift.until_date > {{ plus_days('asked.last_date', '-limits.looked_back_days') }})
        and (
            schema_drift.outcome not in ('NULL_VALUES', 'UNKNOWN_MEMBER')
            or exists (
                select 1
                from columns
                where columns.kpi_id = asked.kpi_id
                    and columns.export = schema_drift.export
                    and columns.column_name = schema_drift.landing_column
            )
        )

),

final as (

    select
        kpi_id,
        system_version,
        {{ dbt.listagg(
            "case when place <= 5 then export || ' since ' || cast(from_date as string) "
            "|| coalesce(' until ' || cast(until_date as string), '') || ': ' || what_changed || ' (' || outcome || ')' end",
            "'; '", 'order by place'
        ) }}
            || case when count(*) > 5 then '; and ' || cast(count(*) - 5 as string) || ' more in quality.schema_drift' else '' end
            as input_changes
    from touched
    group by kpi_id, system_version

)

select * from final
