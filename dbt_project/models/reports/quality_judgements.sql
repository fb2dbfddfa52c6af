-- Results of rules that were judged, with the business date that each counts for.

with

results as (
    select * from {{ source('quality', 'rule_results') }}
),

-- How far the deliveries reached in each run: what a result counts for that has no business date of its own.
runs as (
    select
        generation,
        max(max(business_date)) over (order by generation rows between unbounded preceding and current row) as run_date
    from results
    group by generation
),

final as (
    select
        results.rule_id,
        results.generation,
        results.dimension,
        results.system,
        results.status,
        results.checked_count,
        results.failed_count,
        results.failed_ratio,
        coalesce(results.business_date, runs.run_date) as judged_date,
        cast({{ dbt.date_trunc('week', 'coalesce(results.business_date, runs.run_date)') }} as date) as week_start_date,
        case results.status when 'ERROR' then 3 when 'FAIL' then 2 when 'WARN' then 1 else 0 end as gravity
    from results
    inner join runs on results.generation = runs.generation
    where results.status in ('PASS', 'WARN', 'FAIL', 'ERROR')
)

select * from final
