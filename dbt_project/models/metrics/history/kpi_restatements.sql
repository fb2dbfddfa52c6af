-- The changes that revised what had been given out as whole.

with

changes as (

    select * from {{ ref('kpi_changes') }}

),

final as (

    select
        generation,
        generation_before,
        restated_at,
        kpi_id,
        period_type,
        period_start,
        scope_type,
        scope_code,
        value_before,
        value_after,
        numerator_before,
        numerator_after,
        denominator_before,
        denominator_after,
        quality_state_before,
        quality_state_after,
        change,
        cause_code,
        cause,
        deliveries,
        deliveries_count
    from changes
    where is_restatement

)

select * from final
