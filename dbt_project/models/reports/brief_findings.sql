-- What the rules find wrong today with the data behind the figures of each briefing.

with

measures as (
    select distinct brief, kpi_id from {{ ref('dim_briefing_measures') }}
),

rules as (
    select * from {{ ref('quality_rules') }} where is_failing
),

touched as (
    select measures.brief, rules.rule_id, count(*) as measures_count
    from measures
    inner join rules on array_contains(rules.indicators, measures.kpi_id)
    group by measures.brief, rules.rule_id
),

final as (
    select
        touched.brief,
        rules.rule_id,
        rules.sentence,
        rules.dimension,
        rules.system,
        rules.severity,
        rules.status,
        rules.checked_count,
        rules.failed_count,
        rules.failed_ratio,
        rules.change,
        rules.since_date,
        rules.is_open,
        cast(touched.measures_count as bigint) as measures_count
    from touched
    inner join rules on touched.rule_id = rules.rule_id
)

select * from final
