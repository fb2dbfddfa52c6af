-- Which exports enter which indicator, as the models of the indicators say it.

with

definitions as (
    select * from {{ ref('kpi_definitions') }}
),

inputs as (
    select * from {{ ref('kpi_inputs') }}
),

final as (
    select distinct
        definitions.kpi_id,
        inputs.export,
        inputs.role,
        inputs.supplied_by,
        inputs.only_version,
        inputs.not_version
    from definitions
    inner join inputs on definitions.input_set = inputs.input_set
    where inputs.role in ('needs', 'helps', 'estimates')
)

select * from final
