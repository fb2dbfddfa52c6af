-- Control charts (XmR) of every weekly figure: the process as it runs, what is more than chance, and whether it will meet its target.
-- Worked out whole in every run: one more week can only add points, but a corrected one may move the limits of its whole phase.

{# Nelson 1982 and the rules of NHS Making Data Count. None of them is a choice of the force. #}
{% set limit_factor = 2.66 %}
{% set zone_factor = 2 * limit_factor / 3 %}
{% set screen_factor = 3.267 %}
{% set baseline_points = 20 %}
{% set least_points = 13 %}
{% set run_points = 7 %}

{# Figures are compared to nine places, so that a point on a line is on it whatever the last bits of a division were; sums are
    of decimals, which come out the same in any order. #}
{% set exact = 'decimal(28, 9)' %}

with

results as (

    select * from {{ ref('kpi_results') }}
    where period_type = 'week' and quality_state in ('OK', 'ESTIMATED', 'DISRUPTED')

),

definitions as (

    select kpi_id, better from {{ ref('kpi_definitions') }}

),

series_breaks as (

    select * from {{ ref('series_breaks') }}

),

series as (

    select distinct kpi_id, scope_type, scope_code from results

),

-- Where a series breaks, and by what. Two causes of one day make one break.
breaks as (

    select
        series.kpi_id,
        series.scope_type,
        series.scope_code,
        series_breaks.valid_from as starts_on,
        {{ dbt.listagg('series_breaks.cause', "'; '", 'order by series_breaks.cause') }} as cause
    from series
    inner join series_breaks
        on series.kpi_id like series_breaks.kpi_id
        and (series_breaks.scope_type is null or series_breaks.scope_type = series.scope_type)
        and (series_breaks.scope_code is null or series_breaks.scope_code = series.scope_code)
    group by series.kpi_id, series.scope_type, series.scope_code, series_breaks.valid_from

),

-- A phase lasts from one break to the next; the first has no beginning.
phase_starts as (

    select kpi_id, scope_type, scope_code, starts_on, cause from breaks
    union all
    select kpi_id, scope_type, scope_code, cast(null as date) as starts_on, cast(null as string) as cause from series

),

phases as (

    select
        *,
        lead(starts_on) over (partition by kpi_id, scope_type, scope_code order by starts_on nulls first) as ends_on,
        {{ hash_of(['kpi_id', 'scope_type', 'scope_code', 'starts_on']) }} as phase_hash,
        {{ hash_of(['kpi_id', 'scope_type', 'scope_code']) }} as series_hash
    from phase_starts

),

-- A week belongs to the phase that its Monday lies in, so that the week of a break is the last of the old phase.
weeks as (

    select
        results.kpi_id,
        results.scope_type,
        results.scope_code,
        results.period_start,
        results.value,
        cast(results.value as {{ exact }}) as exact_value,
        results.quality_state,
        results.target,
        results.quality_state <> 'DISRUPTED' as is_charted,
        definitions.better,
        phases.series_hash,
        phases.phase_hash,
        phases.starts_on as phase_starts_on,
        phases.cause as phase_cause
    from results
    inner join definitions on results.kpi_id = definitions.kpi_id
    inner join phases
        on results.kpi_id = phases.kpi_id
        and results.scope_type = phases.scope_type
        and results.scope_code = phases.scope_code
        and (results.period_start >= phases.starts_on or phases.starts_on is null)
        and (results.period_start < phases.ends_on or phases.ends_on is null)

),

-- Only phases that hold a week are numbered.
numbered_phases as (

    select
        phase_hash,
        row_number() over (partition by series_hash order by min(period_start)) as phase,
        sum(case when is_charted then 1 else 0 end) as point_count
    from weeks
    group by series_hash, phase_hash

),

-- A series is its charted weeks, one after the other: a week that is not charted, or missing, leaves no gap in it.
points as (

    select
        phase_hash,
        period_start,
        value,
        exact_value,
        row_number() over (partition by phase_hash order by period_start) as place,
        abs(exact_value - lag(exact_value) over (partition by phase_hash order by period_start)) as moving_range,
        case
            when exact_value > lag(exact_value) over (partition by phase_hash order by period_start) then 1
            when exact_value < lag(exact_value) over (partition by phase_hash order by period_start) then -1
            else 0
        end as step
    from weeks
    where is_charted

),

-- The first points of a phase set its limits for good: limits that moved with every new point would hide what they are to show.
baselines as (

    select
        phase_hash,
        cast(sum(exact_value) as double) / count(*) as centre,
        cast(sum(moving_range) as double) / count(moving_range) as moving_range_mean
    from points
    where place <= {{ baseline_points }}
    group by phase_hash
    having count(*) >= {{ least_points }}

),

-- Once, ranges that no ordinary variation makes are left out; the mean of the values stays. Where that would leave no variation at
-- all (mostly noughts), none is left out: limits that lie on the centre would make every week a signal.
screened as (

    select
        baselines.phase_hash,
        baselines.centre,
        coalesce(
            nullif(
                cast(sum(points.moving_range) as double) / count(points.moving_range),
                0
            ),
            baselines.moving_range_mean
        ) as moving_range_mean
    from baselines
    left join points
        on baselines.phase_hash = points.phase_hash
        and points.place between 2 and {{ baseline_points }}
        and round(cast(points.moving_range as double) - {{ screen_factor }} * baselines.moving_range_mean, 9) < 0
    group by baselines.phase_hash, baselines.centre, baselines.moving_range_mean

),

limits as (

    select
        phase_hash,
        centre,
        moving_range_mean,
        centre - {{ limit_factor }} * moving_range_mean as lower_limit,
        centre + {{ limit_factor }} * moving_range_mean as upper_limit,
        {{ zone_factor }} * moving_range_mean as zone_distance
    from screened

),

-- Strictly outside, strictly above or below: a point on a line is neither.
placed as (

    select
        points.phase_hash,
        points.period_start,
        points.place,
        points.moving_range,
        points.step,
        case
            when round(points.value - limits.upper_limit, 9) > 0 then 1
            when round(points.value - limits.lower_limit, 9) < 0 then -1
            else 0
        end as outside,
        case
            when round(points.value - limits.centre, 9) > 0 then 1
            when round(points.value - limits.centre, 9) < 0 then -1
            else 0
        end as side,
        round(abs(points.value - limits.centre) - limits.zone_distance, 9) > 0
        and round(points.value - limits.upper_limit, 9) <= 0
        and round(points.value - limits.lower_limit, 9) >= 0
            as is_in_zone
    from points
    inner join limits on points.phase_hash = limits.phase_hash

),

-- Where runs end: seven rising points are six steps up; of three points on one side two lie between two and three sigma.
ended as (

    select
        *,
        case sum(step) over (partition by phase_hash order by place rows between {{ run_points - 2 }} preceding and current row)
            when {{ run_points - 1 }} then 1
            when -{{ run_points - 1 }} then -1
            else 0
        end as trend_ended,
        case
            when abs(sum(side) over (partition by phase_hash order by place rows between {{ run_points - 1 }} preceding and current row))
                = {{ run_points }}
                then 1
            else 0
        end as side_run_ended,
        case
            when abs(sum(side) over (partition by phase_hash order by place rows between 2 preceding and current row)) = 3
                and sum(case when is_in_zone then 1 else 0 end)
                    over (partition by phase_hash order by place rows between 2 preceding and current row) >= 2
                then 1
            else 0
        end as pair_ended
    from placed

),

-- Every member of a run is flagged, so a point looks at the runs that end at it or after it.
flagged as (

    select
        *,
        max(trend_ended) over (partition by phase_hash order by place rows between current row and {{ run_points - 1 }} following) = 1
            as is_rising,
        min(trend_ended) over (partition by phase_hash order by place rows between current row and {{ run_points - 1 }} following) = -1
            as is_falling,
        max(side_run_ended) over (partition by phase_hash order by place rows between current row and {{ run_points - 1 }} following) = 1
            as is_in_side_run,
        is_in_zone
        and max(pair_ended) over (partition by phase_hash order by place rows between current row and 2 following) = 1
            as is_in_pair,
        lead(step) over (partition by phase_hash order by place) as next_step
    from ended

),

-- The first rule that holds gives the direction. A trend's own direction counts, not its side of the mean; where one trend ends
-- and another begins, the one that begins.
directed as (

    select
        *,
        case
            when outside <> 0 then outside
            when is_rising and is_falling then next_step
            when is_rising then 1
            when is_falling then -1
            when is_in_pair or is_in_side_run then side
            else 0
        end as direction
    from flagged

),

-- Where points begin to lie outside, on one side, or to go one way. A pair is looked for among three points.
begun as (

    select
        phase_hash,
        period_start,
        place,
        outside,
        side,
        step,
        direction,
        is_rising or is_falling as is_in_trend,
        (direction = 1 and is_rising) or (direction = -1 and is_falling) as is_trend_of_direction,
        is_in_side_run,
        is_in_pair,
        case when outside = lag(outside) over (partition by phase_hash order by place) then null else place end as outside_begins,
        case when side = lag(side) over (partition by phase_hash order by place) then null else place end as side_begins,
        case when step = lag(step) over (partition by phase_hash order by place) then null else place end as step_begins,
        case when is_in_pair then 1 else 0 end as pair_point,
        lag(side, 1, 0) over (partition by phase_hash order by place) as side_1,
        lag(side, 2, 0) over (partition by phase_hash order by place) as side_2
    from directed

),

lasting as (

    select
        *,
        place - max(outside_begins) over (partition by phase_hash order by place rows between unbounded preceding and current row) + 1
            as outside_count,
        place - max(side_begins) over (partition by phase_hash order by place rows between unbounded preceding and current row) + 1
            as side_count,
        -- A trend's first point lies before its first step.
        place - max(step_begins) over (partition by phase_hash order by place rows between unbounded preceding and current row) + 2
            as trend_count,
        1
        + case when side_1 = side then lag(pair_point, 1, 0) over (partition by phase_hash order by place) else 0 end
        + case when side_1 = side and side_2 = side then lag(pair_point, 2, 0) over (partition by phase_hash order by place) else 0 end
            as pair_count
    from begun

),

-- How long what a signal speaks of has lasted by this point: of the rule that gives the direction, and of trend and side beside it.
-- At a turn the trend that begins counts, of which this point is the first.
counted as (

    select
        *,
        case
            when direction = 0 then null
            when outside <> 0 then 1
            when is_in_trend then 2
            when is_in_pair then 3
            when is_in_side_run then 4
        end as run_rule,
        case when is_trend_of_direction then case when step = direction then trend_count else 1 end end as weeks_in_trend,
        case when is_in_side_run then side_count end as weeks_on_one_side
    from lasting

),

runs as (

    select
        phase_hash,
        period_start,
        run_rule,
        weeks_in_trend,
        weeks_on_one_side,
        case run_rule when 1 then outside_count when 2 then weeks_in_trend when 3 then pair_count when 4 then weeks_on_one_side end
            as weeks_in_run,
        -- The point that the run, or the three of a pair, begins with.
        case
            when run_rule = 3 then case when place > 2 then place - 2 else 1 end
            when run_rule is not null
                then place - case run_rule when 1 then outside_count when 2 then weeks_in_trend else weeks_on_one_side end + 1
        end as first_place
    from counted

),

newest_points as (

    select series_hash, max(period_start) as period_start
    from weeks
    where is_charted
    group by series_hash

),

final as (

    select
        weeks.kpi_id,
        weeks.scope_type,
        weeks.scope_code,
        weeks.period_start,
        weeks.value,
        limits.centre,
        limits.lower_limit,
        limits.upper_limit,
        limits.moving_range_mean,
        cast(directed.moving_range as double) as moving_range,
        coalesce(directed.outside <> 0, false) as rule_1,
        coalesce(directed.is_rising or directed.is_falling, false) as rule_2,
        coalesce(directed.is_in_pair, false) as rule_3,
        coalesce(directed.is_in_side_run, false) as rule_4,
        cast(numbered_phases.phase as bigint) as phase,
        weeks.phase_starts_on,
        weeks.phase_cause,
        case
            when directed.direction = 0 then 'common_cause'
            when weeks.better = 'higher' and directed.direction = 1 then 'improvement'
            when weeks.better = 'lower' and directed.direction = -1 then 'improvement'
            when weeks.better in ('higher', 'lower') and directed.direction is not null then 'concern'
            when directed.direction = 1 then 'neither_high'
            when directed.direction = -1 then 'neither_low'
        end as variation,
        case directed.direction when 1 then 'high' when -1 then 'low' end as variation_direction,
        case
            when directed.direction is null or weeks.target is null or weeks.better not in ('higher', 'lower') then null
            when round(weeks.target - limits.upper_limit, 9) > 0
                then case weeks.better when 'higher' then 'consistently_failing' else 'consistently_passing' end
            when round(weeks.target - limits.lower_limit, 9) < 0
                then case weeks.better when 'higher' then 'consistently_passing' else 'consistently_failing' end
            else 'hit_and_miss'
        end as assurance,
        cast(runs.run_rule as bigint) as run_rule,
        cast(runs.weeks_in_run as bigint) as weeks_in_run,
        first_points.period_start as run_started_on,
        cast(runs.weeks_in_trend as bigint) as weeks_in_trend,
        cast(runs.weeks_on_one_side as bigint) as weeks_on_one_side,
        weeks.quality_state,
        weeks.target,
        coalesce(directed.place <= {{ baseline_points }}, false) as is_in_limits,
        cast(numbered_phases.point_count as bigint) as point_count,
        newest_points.period_start is not null as is_newest_point
    from weeks
    inner join numbered_phases on weeks.phase_hash = numbered_phases.phase_hash
    left join limits on weeks.phase_hash = limits.phase_hash
    left join directed on weeks.phase_hash = directed.phase_hash and weeks.period_start = directed.period_start
    left join runs on weeks.phase_hash = runs.phase_hash and weeks.period_start = runs.period_start
    left join points as first_points on runs.phase_hash = first_points.phase_hash and runs.first_place = first_points.place
    left join newest_points on weeks.series_hash = newest_points.series_hash and weeks.period_start = newest_points.period_start

)

select * from final
