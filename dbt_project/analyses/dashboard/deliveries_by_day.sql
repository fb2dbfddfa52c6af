-- What arrived and what is missing.
-- Answers: Q22, Q23.
-- Shows: Files of the newest 28 days by export, business day and outcome.
with

newest as (
    select max(business_date) as newest_date from quality.deliveries
),

final as (
    select
        export, business_date, status, count(*) as files_count, cast(sum(rows_read) as bigint) as rows_read,
        cast(sum(rows_quarantined) as bigint) as rows_quarantined
    from quality.deliveries
    where business_date > (select newest_date - 28 from newest)
    group by export, business_date, status
)

select * from final order by export, business_date, status
