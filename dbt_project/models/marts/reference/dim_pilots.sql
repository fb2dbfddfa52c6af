with

da_pilot_design as (
    select * from {{ ref('da_pilot_design') }}
),

final as (
    select
        pilot,
        area_code,
        starts_on,
        ends_on,
        change,
        source
    from da_pilot_design
)

select * from final
