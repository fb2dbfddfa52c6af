-- The standing row of each month, unit and role.

with

delivered as (
    select * from {{ ref('base_workforce') }}
),

standing as (
    select * from delivered where _outcome = 'loaded'
),

final as (
    select
        month as month_date,
        unit,
        role,
        case when establishment_fte >= 0 then establishment_fte end as establishment_fte,
        case when strength_fte >= 0 then strength_fte end as strength_fte,
        case when headcount >= 0 then headcount end as head_count,
        case when abstracted_fte >= 0 then abstracted_fte end as abstracted_fte,
        abstraction_reason,
        _delivery_id,
        _source_row
    from standing
)

select * from final
