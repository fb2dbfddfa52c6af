-- What can be said of each measure of a briefing in each week: its figure, what its control chart says by then, how often it reached
-- the target of late, and where it is going. One row holds all that a sentence needs.

with

measures as (
    select distinct kpi_id, scope_type, scope_code from {{ ref('dim_briefing_measures') }}
),

weeks as (
    select * from {{ ref('brief_periods') }} where brief = 'weekly'
),

results as (
    select * from {{ ref('kpi_results') }} where period_type = 'week'
),

signals as (
    select * from {{ ref('brief_signals') }}
),

register as (
    select * from {{ ref('kpi_register') }}
),

versions as (
    select * from {{ ref('dim_system_versions') }}
),

supplied as (
    select
        register.*,
        row_number() over (
            partition by register.kpi_id
            order by
                case when versions.valid_to <= today.as_of_date or versions.valid_from > today.as_of_date then 1 else 0 end,
                case register.status when 'NOT_AVAILABLE' then 1 when 'PARTIAL' then 2 else 3 end,
                register.system_version
        ) as place
    from register
    inner join (select max(as_of_date) as as_of_date from weeks) as today on true
    left join versions on register.system_version = versions.system_version
),

by_week as (
    select distinct kpi_id from results
),

-- Every measure that is asked for by name in every week, whether there is a figure or not; of others (*) those that have one.
scopes as (
    select measures.kpi_id, measures.scope_type, measures.scope_code, weeks.period_start, weeks.period_end
    from measures
    inner join weeks on measures.scope_code <> '*'
    union
    select results.kpi_id, results.scope_type, results.scope_code, weeks.period_start, weeks.period_end
    from measures
    inner join results on measures.kpi_id = results.kpi_id and measures.scope_type = results.scope_type and measures.scope_code = '*'
    inner join weeks on results.period_start = weeks.period_start
),

-- The newest point on the chart by each week: the week itself, or where that is no point the last before it.
charted as (
    select
        scopes.kpi_id,
        scopes.scope_type,
        scopes.scope_code,
        scopes.period_start,
        scopes.period_end,
        max(signals.period_start) as signal_start
    from scopes
    left join signals
        on scopes.kpi_id = signals.kpi_id
        and scopes.scope_type = signals.scope_type
        and scopes.scope_code = signals.scope_code
        and scopes.period_start >= signals.period_start
        and signals.quality_state <> 'DISRUPTED'
    group by scopes.kpi_id, scopes.scope_type, scopes.scope_code, scopes.period_start, scopes.period_end
),

with_target as (
    select distinct kpi_id, scope_type, scope_code from signals where target is not null
),

points as (
    select
        signals.kpi_id,
        signals.scope_type,
        signals.scope_code,
        signals.phase,
        signals.period_start,
        signals.value,
        signals.target,
        row_number() over (
            partition by signals.kpi_id, signals.scope_type, signals.scope_code, signals.phase order by signals.period_start
        ) as place
    from signals
    inner join with_target
        on signals.kpi_id = with_target.kpi_id
        and signals.scope_type = with_target.scope_type
        and signals.scope_code = with_target.scope_code
    where signals.quality_state <> 'DISRUPTED'
),

-- The last 13 points against the target of the newest of them: one that was lower before says nothing of reaching today's.
reached as (
    select
        points.kpi_id,
        points.scope_type,
        points.scope_code,
        points.period_start,
        count(*) as weeks_compared_count,
        count(
            case
                when supplied.better = 'higher' and round(before.value - points.target, 9) >= 0 then 1
                when supplied.better = 'lower' and round(before.value - points.target, 9) <= 0 then 1
            end
        ) as weeks_met_count
    from points
    inner join supplied on points.kpi_id = supplied.kpi_id and supplied.place = 1 and supplied.better in ('higher', 'lower')
    inner join points as before
        on points.kpi_id = before.kpi_id
        and points.scope_type = before.scope_type
        and points.scope_code = before.scope_code
        and points.phase = before.phase
        and points.place >= before.place
        and points.place < before.place + 13
    where points.target is not null
    group by points.kpi_id, points.scope_type, points.scope_code, points.period_start
),

final as (
    select
        charted.kpi_id,
        charted.scope_type,
        charted.scope_code,
        charted.period_start,
        charted.period_end,
        supplied.label,
        supplied.unit,
        supplied.better,
        results.value,
        results.numerator,
        results.denominator,
        results.target,
        results.is_target_met,
        results.measured_count,
        results.eligible_count,
        results.coverage_ratio,
        coalesce(results.quality_state, 'NOT_AVAILABLE') as quality_state,
        results.disruption_keys,
        results.value_excluding_disruptions,
        results.day_count,
        results.delivered_day_count,
        results.complete_day_count,
        case
            when results.value is not null then null
            when supplied.status = 'NOT_AVAILABLE' then 'NOT_SUPPLIED'
            when by_week.kpi_id is null then 'NOT_BY_WEEK'
            when results.delivered_day_count is null or results.delivered_day_count = 0 then 'NOT_DELIVERED'
            when results.eligible_count = 0 then 'NOTHING_TO_MEASURE'
            else 'NOT_MEASURABLE'
        end as missing_because,
        supplied.status as register_status,
        supplied.reason as register_reason,
        supplied.restored_by,
        charted.signal_start,
        signals.value as signal_value,
        signals.target as signal_target,
        signals.centre,
        signals.lower_limit,
        signals.upper_limit,
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
        signals.weeks_left_out,
        signals.weeks_in_trend,
        signals.weeks_on_one_side,
        signals.is_newest_point,
        cast(reached.weeks_met_count as bigint) as weeks_met_count,
        cast(reached.weeks_compared_count as bigint) as weeks_compared_count
    from charted
    inner join supplied on charted.kpi_id = supplied.kpi_id and supplied.place = 1
    left join by_week on charted.kpi_id = by_week.kpi_id
    left join results
        on charted.kpi_id = results.kpi_id
        and charted.scope_type = results.scope_type
        and charted.scope_code = results.scope_code
        and charted.period_start = results.period_start
    left join signals
        on charted.kpi_id = signals.kpi_id
        and charted.scope_type = signals.scope_type
        and charted.scope_code = signals.scope_code
        and charted.signal_start = signals.period_start
    left join reached
        on charted.kpi_id = reached.kpi_id
        and charted.scope_type = reached.scope_type
        and charted.scope_code = reached.scope_code
        and charted.signal_start = reached.period_start
)

select * from final
