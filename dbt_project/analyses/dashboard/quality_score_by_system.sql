-- Share of the rules that pass, by system and dimension.
-- Answers: Q23.
-- Shows: Of the rules judged in the newest run.
with

newest as (
    select max(generation) as generation from quality.rule_results
),

final as (
    select
        system, dimension,
        count(*) filter (where status in ('PASS', 'WARN', 'FAIL')) as judged_count,
        count(*) filter (where status = 'PASS') as passed_count,
        count(*) filter (where status = 'PASS') / nullif(count(*) filter (where status in ('PASS', 'WARN', 'FAIL')), 0) as passed_ratio,
        count(*) filter (where status = 'ERROR') as error_count
    from quality.rule_results
    where generation = (select generation from newest)
    group by system, dimension
)

select * from final order by system, dimension
