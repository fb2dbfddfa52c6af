with

briefing_measures as (
    select * from {{ ref('briefing_measures') }}
),

final as (
    select
        brief,
        section,
        place,
        kpi_id,
        scope_type,
        scope_code,
        period_type,
        is_first_page,
        source
    from briefing_measures
)

select * from final
