with

published_figures as (
    select * from {{ ref('published_figures') }}
),

final as (
    select
        figure,
        kpi_id,
        measure,
        period_type,
        period_start,
        period_end,
        scope_type,
        scope_code,
        value,
        tolerance,
        unit,
        clock,
        source
    from published_figures
)

select * from final
