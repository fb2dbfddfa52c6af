-- Headline figures of the newest month.
-- Answers: Q01, Q09, Q11, Q24.
-- Shows: One row per indicator, the newest month that is whole where there is one, with target and state.
with

final as (
    select
        months.kpi_id, register.label, months.period_start as month_start, months.is_whole, months.value, months.unit,
        months.numerator, months.denominator, months.target, months.is_target_met, months.coverage_ratio,
        months.quality_state, months.disruption_keys, months.value_excluding_disruptions
    from reports.kpi_latest_months as months
    inner join (select kpi_id, any_value(label) as label from metrics.kpi_register group by kpi_id) as register
        on months.kpi_id = register.kpi_id
    where months.kpi_id in (
        'calls_999_within_10s', 'calls_101_within_30s', 'calls_abandoned', 'response_grade1_median', 'response_grade1_within_target',
        'unresourced_daily_average', 'rethrive_in_time', 'diary_kept_on_time', 'da_attended_24h'
    )
)

select * from final order by kpi_id
