-- Statistics of the waits of answered calls that do not add up, per period and line.

{%- set says -%}
# `percentile` is the share of calls that waited no longer (0.5 is the median); without it the longest wait.
indicators:
  - kpi_id: calls_wait_median
    label: Wait until answered, median
    definition: Median wait in seconds of the calls answered with a known wait.
    formula: "percentile 0.5 of wait_seconds of answered calls, interpolated linearly"
    limits: "Per line only, since lines are not comparable. Only of answered calls: the longest waits may end in hanging up. Does not add up over days."
    subject: calls
    statistic: statistic
    unit: seconds
    better: lower
    owner: &occ Head of the Operations Control Centre
    version: "1"
    inputs: calls
    columns: {acd_segments: [dialled, queue, disposition, queue_seconds, ring_seconds]}
    has_force_rows: false
    percentile: 0.5
  - kpi_id: calls_wait_p90
    label: Wait until answered, 90th percentile
    definition: The wait in seconds that nine of ten calls answered with a known wait did not exceed.
    formula: "percentile 0.9 of wait_seconds of answered calls, interpolated linearly"
    limits: "Per line only, since lines are not comparable. Only of answered calls: the longest waits may end in hanging up. Does not add up over days; of few calls it is hardly more than the longest."
    subject: calls
    statistic: statistic
    unit: seconds
    better: lower
    owner: *occ
    version: "1"
    inputs: calls
    columns: {acd_segments: [dialled, queue, disposition, queue_seconds, ring_seconds]}
    has_force_rows: false
    percentile: 0.9
  - kpi_id: calls_wait_p95
    label: Wait until answered, 95th percentile
    definition: The wait in seconds that nineteen of twenty calls answered with a known wait did not exceed.
    formula: "percentile 0.95 of wait_seconds of answered calls, interpolated linearly"
    limits: "Per line only, since lines are not comparable. Only of answered calls: the longest waits may end in hanging up. Does not add up over days; of few calls it is hardly more than the longest."
    subject: calls
    statistic: statistic
    unit: seconds
    better: lower
    owner: *occ
    version: "1"
    inputs: calls
    columns: {acd_segments: [dialled, queue, disposition, queue_seconds, ring_seconds]}
    has_force_rows: false
    percentile: 0.95
  - kpi_id: calls_wait_max
    label: Wait until answered, longest
    definition: Longest wait in seconds of the calls answered with a known wait.
    formula: "max of wait_seconds of answered calls"
    limits: "Per line only, since lines are not comparable. Only of answered calls: the longest waits may end in hanging up. One call: a counter that was never stopped sets it, so look at the call before quoting it."
    subject: calls
    statistic: statistic
    unit: seconds
    better: lower
    owner: *occ
    version: "1"
    inputs: calls
    columns: {acd_segments: [dialled, queue, disposition, queue_seconds, ring_seconds]}
    has_force_rows: false
{%- endset -%}
{%- set says = fromyaml(says) -%}
{%- set indicators = says.indicators -%}

{{ config(materialized='ephemeral', meta=says) }}

with

calls as (

    select * from {{ ref('fct_calls') }} where outcome = 'answered'

),

period_days as (

    select * from {{ ref('kpi_period_days') }} where input_set = 'calls'

),

-- `other_wait_seconds` is a wait outside every disruption, filled only in periods that have one.
answered as (

    select
        period_days.period_type,
        period_days.period_start,
        calls.line,
        calls.wait_seconds,
        case when period_days.is_disrupted and calls.disruption_key is null then calls.wait_seconds end as other_wait_seconds
    from calls
    inner join period_days on calls.offered_date = period_days.local_date

),

by_line as (

    select
        period_type,
        period_start,
        line,
        {%- for indicator in indicators %}
        {{ statistic_of(indicator, 'wait_seconds') }} as {{ indicator.kpi_id }},
        {{ statistic_of(indicator, 'other_wait_seconds') }} as other_{{ indicator.kpi_id }},
        {%- endfor %}
        count(wait_seconds) as measured_count,
        count(*) as eligible_count
    from answered
    group by period_type, period_start, line

),

final as (

    {% for indicator in indicators %}
    select
        {{ sql_text(indicator.kpi_id) }} as kpi_id,
        period_type,
        period_start,
        'line' as scope_type,
        line as scope_code,
        cast({{ indicator.kpi_id }} as double) as statistic,
        cast(other_{{ indicator.kpi_id }} as double) as other_statistic,
        cast(measured_count as bigint) as measured_count,
        cast(eligible_count as bigint) as eligible_count
    from by_line
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
