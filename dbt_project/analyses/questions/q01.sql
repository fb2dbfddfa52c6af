-- Q01. What share of 999 calls is answered within 10 s, and of 101 calls within 30 s, by day, week, month, quarter and financial year,
--   against the target then in force and the last three years?
-- Read: value = numerator / denominator, the calls answered in time of the calls answered with a known wait. The newest 5 years, 8
--   quarters, 13 months, 13 weeks and 14 days stand here. Figures of years whose exports are not here are those published at the time;
--   `source` says which.
-- Caveats: Published figures come without numerator and denominator. Calls that hung up are in no denominator: Q02 has abandonment, and
--   the indicators ending _of_offered count every call offered. A period that runs on, or lacks days, is PARTIAL.
with

shown as (
    select * from (values ('day', 14), ('week', 13), ('month', 13), ('quarter', 8), ('year', 5)) as listed (period_type, newest)
),

figures as (
    select *, row_number() over (partition by kpi_id, period_type order by period_start desc) as place
    from metrics.kpi_results
    where kpi_id in ('calls_999_within_10s', 'calls_101_within_30s') and scope_type = 'force'
),

ours as (
    select
        figures.kpi_id, figures.period_type, figures.period_start, figures.numerator, figures.denominator, figures.value,
        figures.target, figures.is_target_met, figures.measured_count, figures.eligible_count, figures.quality_state,
        figures.disruption_keys, figures.value_excluding_disruptions, 'exports' as source
    from figures
    inner join shown on figures.period_type = shown.period_type and figures.place <= shown.newest
),

published as (
    select
        published.kpi_id, published.period_type, published.period_start, null, null, cast(published.value as double),
        targets.target, published.value >= targets.target, null, null, 'PUBLISHED', null, null, 'published: ' || published.source
    from marts.dim_published_figures as published
    left join marts.dim_targets as targets
        on published.kpi_id = targets.kpi_id
        and published.period_start >= targets.valid_from
        and (published.period_start < targets.valid_to or targets.valid_to is null)
    where published.kpi_id in ('calls_999_within_10s', 'calls_101_within_30s')
),

final as (
    select * from ours
    union all
    select * from published
)

select *
from final
order by list_position(['year', 'quarter', 'month', 'week', 'day'], period_type), kpi_id desc, period_start desc, source
