-- The force's own clock and the national one for 999.
-- Answers: Q08.
-- Shows: Share within 10 s by both clocks, by month, side by side and never mixed.
with

own as (
    select period_start, value, numerator, denominator, quality_state
    from metrics.kpi_results
    where kpi_id = 'calls_999_within_10s' and period_type = 'month' and scope_type = 'force'
),

forces as (
    select month_date, force_name, under_10_count, call_count
    from marts.fct_999_national
    where force_name = coalesce(getvariable('force'), 'West Mercia')
),

final as (
    select
        forces.month_date as month_start, forces.force_name,
        own.value as force_ratio, own.numerator as force_in_time_count, own.denominator as force_known_wait_count,
        forces.under_10_count / nullif(forces.call_count, 0) as national_ratio,
        forces.under_10_count as national_under_10_count, forces.call_count as national_call_count,
        own.quality_state
    from forces
    left join own on forces.month_date = own.period_start
)

select * from final order by month_start
