-- The recruitment funnel by month.
-- Answers: Q19.
-- Shows: People at each stage.
with

final as (
    select month_date as month_start, stage_order, stage_label, sum(applicant_count) as applicant_count
    from marts.fct_recruitment
    group by month_date, stage_order, stage_label
)

select * from final order by month_start, stage_order
