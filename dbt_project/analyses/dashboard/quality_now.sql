-- What is wrong with the data now.
-- Answers: Q23.
-- Shows: Rules that failed or could not run, by dimension and system, worst first, with the indicators they touch.
with

newest as (
    select max(generation) as generation from quality.rule_results
),

final as (
    select
        results.rule_id, rules.sentence, results.dimension, results.system, results.severity, results.status,
        results.failed_count, results.checked_count, results.failed_ratio,
        array_to_string(rules.indicators, ', ') as indicators
    from quality.rule_results as results
    inner join quality.rules as rules on results.rule_id = rules.rule_id
    where results.generation = (select generation from newest) and results.status in ('WARN', 'FAIL', 'ERROR')
)

select * from final order by status, failed_ratio desc nulls last, rule_id
