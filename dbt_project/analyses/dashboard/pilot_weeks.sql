-- The pilot's areas and the others, week by week.
-- Answers: Q17.
-- Shows: Share attended within 24 hours (variable outcome chooses another share) in both groups of areas, and whether
--   the pilot runs.
with

weeks as (
    select period_start, scope_code, numerator, denominator, quality_state
    from metrics.kpi_results
    where kpi_id = coalesce(getvariable('outcome'), 'da_attended_24h') and period_type = 'week' and scope_type = 'area'
),

final as (
    select
        weeks.period_start as week_start,
        case when pilots.area_code is null then 'other areas' else 'pilot areas' end as areas,
        sum(weeks.numerator) / nullif(sum(weeks.denominator), 0) as share_ratio,
        sum(weeks.numerator) as numerator, sum(weeks.denominator) as denominator,
        bool_or(weeks.period_start between pilots.starts_on and pilots.ends_on) as is_pilot_week,
        string_agg(distinct weeks.quality_state, ', ' order by weeks.quality_state) as quality_state
    from weeks
    left join marts.dim_pilots as pilots on weeks.scope_code = pilots.area_code
    group by weeks.period_start, case when pilots.area_code is null then 'other areas' else 'pilot areas' end
)

select * from final order by areas, week_start
