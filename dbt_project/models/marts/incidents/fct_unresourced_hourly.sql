{{ config(
    materialized='incremental',
    incremental_strategy='affected_units',
    unique_key='hour_date',
    meta={'affected': 'int_affected_unresourced_days'},
) }}

{#- Three counts in one number, so that one running sum does for all: each stays far below 2,097,152. -#}
{%- set incident, high_risk, domestic_abuse = 1, 2097152, 4398046511104 %}

-- depends_on: {{ ref('int_affected_unresourced_days') }}

with

hours as (
    select * from {{ ref('int_unresourced_hours') }}
),

cells as (
    select * from {{ ref('int_unresourced_cells') }}
),

limits as (
    select * from {{ ref('unresourced_limits') }}
),

-- Unbroken runs of the hours to work out: all of them, or the affected days.
ordered as (
    select hour_no, first_at, hour_at, hour_no - row_number() over (order by hour_no) as run from hours
),

runs as (
    select
        run,
        min(hour_no) as first_hour_no,
        max(hour_no) as last_hour_no,
        min(first_at) as first_at,
        min(hour_at) as run_first_at,
        max(hour_at) as run_last_at
    from ordered
    group by run
),

bounds as (
    select
        {{ to_instant('min(first_at)') }} as first_at,
        -- The first hour there is holds all that was before it.
        {{ to_instant("case when min(first_hour_no) > 0 then " ~ plus_seconds('min(run_first_at)', '-3600') ~ " end") }} as from_at,
        {{ to_instant('max(run_last_at)') }} as until_at
    from runs
),

-- Those that touch one of the runs; what ended within the hour before the first is a flow of the first.
intervals as (
    select
        {{ hash_of(['states.incident_key']) }} as incident_hash,
        cells.cell_no,
        {{ hours_until('bounds.first_at', 'states.started_at') }} as from_hour_no,
        {{ hours_until('bounds.first_at', 'states.ended_at') }} as until_hour_no,
        states.started_at,
        states.ended_at,
        states.spell_started_at,
        states.response_target_seconds,
        {{ incident }} + case when states.is_high_risk then {{ high_risk }} else 0 end
            + case when states.is_domestic_abuse then {{ domestic_abuse }} else 0 end as counts
    from {{ ref('fct_incident_states') }} as states
    inner join bounds
        on states.started_at <= bounds.until_at
        and (bounds.from_at is null or coalesce(states.ended_at, bounds.until_at) > bounds.from_at)
    inner join cells
        on states.area_code = cells.area_code
        and states.grade = cells.grade
        and states.kind = cells.kind
    where states.kind is not null and not states.is_duplicate
),

-- An incident that goes on in the same cell neither leaves it nor comes into it.
followed as (
    select
        *,
        coalesce(
            lag(ended_at) over (partition by incident_hash, cell_no order by started_at) = started_at, false
        ) as is_going_on,
        coalesce(
            lead(started_at) over (partition by incident_hash, cell_no order by started_at) = ended_at, false
        ) as goes_on
    from intervals
),

changes as (
    select
        cell_no,
        from_hour_no as hour_no,
        counts,
        case when is_going_on then 0 else 1 end as inflow_count,
        0 as outflow_count
    from followed

    union all

    select
        cell_no,
        until_hour_no as hour_no,
        -counts as counts,
        0 as inflow_count,
        case when goes_on then 0 else 1 end as outflow_count
    from followed
    where ended_at is not null
),

summed as (
    select
        changes.cell_no,
        changes.hour_no,
        sum(changes.counts) as counts,
        sum(changes.inflow_count) as inflow_count,
        sum(changes.outflow_count) as outflow_count
    from changes
    inner join hours on changes.hour_no = hours.hour_no
    group by changes.cell_no, changes.hour_no
),

{% if is_incremental() %}
-- What each run of hours begins with: the counts of the hour before it, as it stands.
standing as (
    select
        runs.first_hour_no as hour_no,
        cells.cell_no,
        before.incident_count * {{ incident }} + before.high_risk_count * {{ high_risk }}
            + before.domestic_abuse_count * {{ domestic_abuse }} as counts
    from {{ this }} as before
    inner join runs on before.hour_at = {{ to_instant(plus_seconds('runs.run_first_at', '-3600')) }}
    inner join cells
        on before.area_code = cells.area_code
        and before.grade = cells.grade
        and before.kind = cells.kind
    where before.incident_count > 0
),
{% endif %}

-- How long they wait depends on the hour itself: each interval in each hour it holds.
waiting as (
    select
        intervals.cell_no,
        intervals.spell_started_at,
        intervals.response_target_seconds,
        {{ numbers_of(
            'greatest(intervals.from_hour_no, runs.first_hour_no)',
            'coalesce(least(intervals.until_hour_no - 1, runs.last_hour_no), runs.last_hour_no)',
        ) }} as hour_no
    from intervals
    inner join runs
        on intervals.from_hour_no <= runs.last_hour_no
        and coalesce(intervals.until_hour_no, runs.last_hour_no + 1) > runs.first_hour_no
    where intervals.ended_at is null or intervals.from_hour_no < intervals.until_hour_no
),

aged as (
    select
        waiting.cell_no,
        waiting.hour_no,
        {{ epoch_seconds('bounds.first_at') }} + 3600 * waiting.hour_no - {{ epoch_seconds('waiting.spell_started_at') }} as seconds,
        waiting.response_target_seconds
    from waiting
    cross join bounds
),

oldest as (
    select
        cell_no,
        hour_no,
        max(seconds) as oldest_seconds,
        count(case when seconds > response_target_seconds then 1 end) as beyond_target_count
    from aged
    group by cell_no, hour_no
),

framed as (
    select
        ordered.run,
        ordered.hour_no,
        cells.cell_no,
        coalesce(summed.counts, 0) {{ '+ coalesce(standing.counts, 0)' if is_incremental() }} as counts,
        coalesce(summed.inflow_count, 0) as inflow_count,
        coalesce(summed.outflow_count, 0) as outflow_count
    from ordered
    cross join cells
    left join summed on ordered.hour_no = summed.hour_no and cells.cell_no = summed.cell_no
    {% if is_incremental() %}
    left join standing on ordered.hour_no = standing.hour_no and cells.cell_no = standing.cell_no
    {% endif %}
),

running as (
    select
        hour_no,
        cell_no,
        cast(sum(counts) over (partition by run, cell_no order by hour_no rows unbounded preceding) as bigint) as counts,
        inflow_count,
        outflow_count
    from framed
),

limited as (
    select cells.cell_no, days.hour_date, limits.upper_limit, limits.area_of_concern
    from limits
    inner join cells
        on limits.area_code = cells.area_code
        and limits.grade = cells.grade
        and limits.kind = cells.kind
    inner join (select distinct hour_date from hours) as days
        on limits.valid_from <= days.hour_date and (limits.valid_to > days.hour_date or limits.valid_to is null)
),

final as (
    select
        {{ to_instant('hours.hour_at') }} as hour_at,
        {{ to_local('hours.hour_at') }} as hour_at_local,
        hours.hour_date,
        cells.area_code,
        cells.grade,
        cells.kind,
        hours.is_estimated,
        running.counts % {{ high_risk }} as incident_count,
        {{ whole_quotient('running.counts % ' ~ domestic_abuse, high_risk) }} as high_risk_count,
        {{ whole_quotient('running.counts', domestic_abuse) }} as domestic_abuse_count,
        oldest.oldest_seconds,
        coalesce(oldest.beyond_target_count, 0) as beyond_target_count,
        cast(running.inflow_count as bigint) as inflow_count,
        cast(running.outflow_count as bigint) as outflow_count,
        limited.upper_limit,
        limited.area_of_concern
    from running
    inner join hours on running.hour_no = hours.hour_no
    inner join cells on running.cell_no = cells.cell_no
    left join oldest on running.hour_no = oldest.hour_no and running.cell_no = oldest.cell_no
    left join limited on running.cell_no = limited.cell_no and hours.hour_date = limited.hour_date
)

select * from final
