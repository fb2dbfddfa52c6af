-- Share of the judged rules that pass, by week, dimension and system.

with

history as (
    select * from {{ ref('quality_rule_history') }}
),

summed as (
    select
        week_start_date,
        coalesce(dimension, 'ALL') as dimension,
        coalesce(system, 'ALL') as system,
        count(*) as rules_judged_count,
        count(case when status = 'PASS' then 1 end) as rules_passed_count,
        count(case when status = 'ERROR' then 1 end) as rules_error_count,
        cast(sum(checked_count) as bigint) as rows_checked_count,
        cast(sum(failed_count) as bigint) as rows_failed_count
    from history
    group by grouping sets ((week_start_date, dimension, system), (week_start_date, dimension), (week_start_date, system), (week_start_date))
),

final as (
    select
        week_start_date,
        dimension,
        system,
        rules_judged_count,
        rules_passed_count,
        rules_error_count,
        rules_passed_count / cast(rules_judged_count as double) as score_ratio,
        rows_checked_count,
        rows_failed_count
    from summed
)

select * from final
