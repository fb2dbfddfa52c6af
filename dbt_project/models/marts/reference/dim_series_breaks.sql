with

series_breaks as (
    select * from {{ ref('series_breaks') }}
),

final as (
    select
        code as break_code,
        kpi_id as kpi_pattern,
        scope_type,
        scope_code,
        valid_from,
        cause,
        source
    from series_breaks
)

select * from final
