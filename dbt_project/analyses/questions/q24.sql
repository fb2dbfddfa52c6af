-- Q24. One page each for the daily management meeting, the weekly, monthly and quarterly reports, and the quarterly briefing on the
--   999 and 101 performance plan and on the demand reduction plan?
-- Read: One row per briefing (daily, weekly, monthly, quarterly) and figure on its first page, of the newest period that is over (where
--   none is, of the one of which most is there): value, numerator, denominator and target, and what its control chart says of the last
--   week that is over by then: variation, for how many weeks (weeks_in_run), and whether the target will be met (assurance). The two
--   plans are the sections plan_999_101 and plan_demand of the quarterly briefing. The pages themselves, on screen and on paper, with
--   all figures, charts and words: `occ brief daily`, `weekly`, `monthly`, `quarterly`. coverage_ratio is measured_count /
--   eligible_count.
-- Caveats: Which figures stand where is the list briefing_measures.csv of the force's profile. A figure that cannot be had stands here
--   without a value; missing_because says why. Charts are by week, so a figure that is stated by the month has none.
with

periods as (
    select * from reports.brief_periods where is_default
),

figures as (
    select figures.*
    from reports.brief_figures as figures
    inner join periods on figures.brief = periods.brief and figures.period_start = periods.period_start
    where figures.is_first_page
),

final as (
    select
        figures.brief,
        figures.section,
        figures.place,
        figures.kpi_id,
        figures.scope_type,
        figures.scope_code,
        figures.figure_start as period_start,
        figures.value,
        figures.unit,
        figures.numerator,
        figures.denominator,
        figures.target,
        figures.is_target_met,
        measures.variation,
        measures.variation_direction,
        measures.weeks_in_run,
        measures.assurance,
        figures.measured_count,
        figures.eligible_count,
        figures.coverage_ratio,
        figures.quality_state,
        figures.disruption_keys,
        figures.missing_because
    from figures
    left join reports.brief_measures as measures
        on figures.kpi_id = measures.kpi_id
        and figures.scope_type = measures.scope_type
        and figures.scope_code = measures.scope_code
        and figures.standing_week_start = measures.period_start
)

select *
from final
order by list_position(['daily', 'weekly', 'monthly', 'quarterly'], brief), section, place, scope_code
