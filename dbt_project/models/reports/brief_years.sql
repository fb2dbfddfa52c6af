-- The figures of financial years beside those that were published elsewhere, of every measure that a briefing names.

with

measures as (
    select distinct kpi_id, scope_type, scope_code from {{ ref('dim_briefing_measures') }} where scope_code <> '*'
),

results as (
    select * from {{ ref('kpi_results') }} where period_type = 'year'
),

elsewhere as (
    select * from {{ ref('dim_published_figures') }} where period_type = 'year' and measure = 'kpi_value' and clock = 'force'
),

labels as (
    select kpi_id, max(label) as label, max(unit) as unit, max(better) as better from {{ ref('kpi_register') }} group by kpi_id
),

dates as (
    select year_start_date, max(financial_year) as financial_year from {{ ref('dim_dates') }} group by year_start_date
),

years as (
    select results.kpi_id, results.scope_type, results.scope_code, results.period_start
    from results
    inner join measures
        on results.kpi_id = measures.kpi_id and results.scope_type = measures.scope_type and results.scope_code = measures.scope_code
    union
    select elsewhere.kpi_id, elsewhere.scope_type, elsewhere.scope_code, elsewhere.period_start
    from elsewhere
    inner join measures
        on elsewhere.kpi_id = measures.kpi_id
        and elsewhere.scope_type = measures.scope_type
        and elsewhere.scope_code = measures.scope_code
),

final as (
    select
        years.kpi_id,
        years.scope_type,
        years.scope_code,
        labels.label,
        labels.unit,
        labels.better,
        years.period_start,
        dates.financial_year,
        results.value,
        results.numerator,
        results.denominator,
        results.target,
        results.is_target_met,
        results.coverage_ratio,
        results.quality_state,
        results.disruption_keys,
        results.value_excluding_disruptions,
        results.day_count,
        results.complete_day_count,
        results.definition_version,
        cast(elsewhere.value as double) as published_value,
        elsewhere.source as published_source
    from years
    inner join labels on years.kpi_id = labels.kpi_id
    inner join dates on years.period_start = dates.year_start_date
    left join results
        on years.kpi_id = results.kpi_id
        and years.scope_type = results.scope_type
        and years.scope_code = results.scope_code
        and years.period_start = results.period_start
    left join elsewhere
        on years.kpi_id = elsewhere.kpi_id
        and years.scope_type = elsewhere.scope_type
        and years.scope_code = elsewhere.scope_code
        and years.period_start = elsewhere.period_start
)

select * from final
