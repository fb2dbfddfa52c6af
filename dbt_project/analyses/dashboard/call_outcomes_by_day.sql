-- What became of the calls, by day.
-- Answers: Q02, Q18.
-- Shows: Calls presented by outcome in the newest 28 days.
with

newest as (
    select max(offered_date) as newest_date from marts.fct_calls
),

final as (
    select offered_date, outcome, count(*) as call_count
    from marts.fct_calls
    where offered_date > (select newest_date - 28 from newest) and outcome <> 'test'
    group by offered_date, outcome
)

select * from final order by offered_date, outcome
