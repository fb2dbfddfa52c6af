-- The control charts of every measure that stands in a briefing, week by week, each week beside what it is without disruptions.

with

measures as (
    select distinct kpi_id, scope_type, scope_code from {{ ref('dim_briefing_measures') }}
),

signals as (
    select * from {{ ref('kpi_signals') }}
),

results as (
    select * from {{ ref('kpi_results') }} where period_type = 'week'
),

-- A scope that is asked for by name and among all (*) is one.
scopes as (
    select kpi_id, scope_type, scope_code from measures where scope_code <> '*'
    union all
    select distinct signals.kpi_id, signals.scope_type, signals.scope_code
    from signals
    inner join measures on signals.kpi_id = measures.kpi_id and signals.scope_type = measures.scope_type and measures.scope_code = '*'
),

charted as (
    select distinct kpi_id, scope_type, scope_code from scopes
),

final as (
    select
        signals.kpi_id,
        signals.scope_type,
        signals.scope_code,
        signals.period_start,
        results.period_end,
        signals.value,
        results.value_excluding_disruptions,
        results.numerator,
        results.denominator,
        results.unit,
        signals.centre,
        signals.lower_limit,
        signals.upper_limit,
        signals.target,
        results.is_target_met,
        signals.variation,
        signals.variation_direction,
        signals.assurance,
        signals.phase,
        signals.phase_starts_on,
        signals.phase_cause,
        signals.point_count,
        signals.rule_1,
        signals.rule_2,
        signals.rule_3,
        signals.rule_4,
        signals.run_rule,
        signals.weeks_in_run,
        signals.run_started_on,
        -- Weeks of the calendar since then that are no points of the chart.
        case
            when signals.run_rule <> 3
                then cast({{ dbt.datediff('signals.run_started_on', 'signals.period_start', 'day') }} / 7 as bigint)
                + 1
                - signals.weeks_in_run
        end as weeks_left_out,
        signals.weeks_in_trend,
        signals.weeks_on_one_side,
        signals.is_in_limits,
        signals.is_newest_point,
        signals.quality_state,
        results.disruption_keys,
        results.definition_version
    from signals
    inner join charted
        on signals.kpi_id = charted.kpi_id and signals.scope_type = charted.scope_type and signals.scope_code = charted.scope_code
    inner join results
        on signals.kpi_id = results.kpi_id
        and signals.scope_type = results.scope_type
        and signals.scope_code = results.scope_code
        and signals.period_start = results.period_start
)

select * from final
