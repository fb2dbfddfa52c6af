with

parameters as (
    select * from {{ ref('parameters') }}
),

final as (
    select
        parameter as parameter_code,
        label as parameter_label,
        value,
        unit,
        valid_from,
        valid_to,
        source
    from parameters
)

select * from final
