-- Put into a diary and never attended.
-- Answers: Q16.
-- Shows: By month of creation: incidents with an appointment that nobody ever attended.
with

final as (
    select
        period_start as month_start, numerator as never_attended_count, denominator as with_appointment_count,
        value as never_attended_ratio, quality_state
    from metrics.kpi_results
    where kpi_id = 'diary_never_attended' and period_type = 'month' and scope_type = 'force'
)

select * from final order by month_start
