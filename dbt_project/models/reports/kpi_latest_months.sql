-- The force's figure of each indicator for the newest month that was reached from its first day to its last.

with

results as (
    select * from {{ ref('kpi_results') }} where scope_type = 'force' and scope_code = 'FORCE'
),

stretches as (
    select kpi_id, min(period_start) as first_date, max(period_start) as last_date
    from results
    where period_type = 'day'
    group by kpi_id
),

-- What is stated by the month alone is over when it is there.
months as (
    select
        results.*,
        stretches.kpi_id is null
        or (results.period_start >= stretches.first_date and results.period_end <= stretches.last_date) as is_whole
    from results
    left join stretches on results.kpi_id = stretches.kpi_id
    where results.period_type = 'month'
),

ranked as (
    select
        *,
        row_number() over (
            partition by kpi_id
            order by case when is_whole then 0 else 1 end, case when is_whole then 0 else -complete_day_count end, period_start desc
        ) as place
    from months
),

final as (
    select
        kpi_id,
        period_start,
        period_end,
        value,
        unit,
        numerator,
        denominator,
        measured_count,
        eligible_count,
        coverage_ratio,
        target,
        is_target_met,
        quality_state,
        disruption_keys,
        value_excluding_disruptions,
        day_count,
        complete_day_count,
        is_whole,
        definition_version,
        generation
    from ranked
    where place = 1
)

select * from final
