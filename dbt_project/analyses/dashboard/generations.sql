-- Which generations are out, and what each restated.
-- Answers: Q20, Q22, Q24.
-- Shows: When each was published, what had been delivered, and how many monthly figures of the force it changed.
with

restated as (
    select generation, count(*) as restated_count
    from metrics.kpi_restatements
    where scope_type = 'force' and period_type = 'month'
    group by generation
),

final as (
    select
        generations.generation, generations.published_at, generations.deliveries_count,
        coalesce(restated.restated_count, 0) as restated_count
    from quality.generations as generations
    left join restated on generations.generation = restated.generation
)

select * from final order by published_at desc
