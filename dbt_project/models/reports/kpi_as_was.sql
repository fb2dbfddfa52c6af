-- What every figure was at every generation, put together from what it is and how it came to change.

with

results as (

    select * from {{ ref('kpi_results') }}

),

changes as (

    select
        *,
        lag(generation) over (
            partition by kpi_id, period_type, period_start, scope_type, scope_code
            order by generation
        ) as changed_before,
        lead(generation) over (
            partition by kpi_id, period_type, period_start, scope_type, scope_code
            order by generation
        ) as changed_after
    from {{ ref('kpi_changes') }}

),

-- What never changed is what it is. What changed was something before its first change, and is something since each.
unchanged as (

    select
        results.kpi_id,
        results.period_type,
        results.period_start,
        results.scope_type,
        results.scope_code,
        cast(null as string) as from_generation,
        cast(null as string) as until_generation,
        results.value,
        results.numerator,
        results.denominator,
        results.quality_state
    from results
    left join changes
        on results.kpi_id = changes.kpi_id
        and results.period_type = changes.period_type
        and results.period_start = changes.period_start
        and results.scope_type = changes.scope_type
        and results.scope_code = changes.scope_code
        and changes.changed_before is null
    where changes.kpi_id is null

),

at_first as (

    select
        kpi_id,
        period_type,
        period_start,
        scope_type,
        scope_code,
        cast(null as string) as from_generation,
        generation as until_generation,
        value_before as value,
        numerator_before as numerator,
        denominator_before as denominator,
        quality_state_before as quality_state
    from changes
    where changed_before is null and quality_state_before is not null

),

since_changes as (

    select
        kpi_id,
        period_type,
        period_start,
        scope_type,
        scope_code,
        generation as from_generation,
        changed_after as until_generation,
        value_after as value,
        numerator_after as numerator,
        denominator_after as denominator,
        quality_state_after as quality_state
    from changes
    where quality_state_after is not null

),

final as (

    select * from unchanged
    union all
    select * from at_first
    union all
    select * from since_changes

)

select * from final
