with

workforce as (
    select * from {{ ref('stg_workforce') }}
),

final as (
    select
        month_date,
        unit,
        role,
        establishment_fte,
        strength_fte,
        cast(establishment_fte - strength_fte as decimal(18, 4)) as vacant_fte,
        head_count,
        abstracted_fte,
        abstraction_reason,
        _delivery_id,
        _source_row
    from workforce
)

select * from final
