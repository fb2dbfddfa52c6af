{{ config(materialized='table', schema='intermediate') }}

{%- set standing = as_it_stands('kpi_results') %}

with

definitions as (

    select * from {{ ref('kpi_definitions') }}

),

input_days as (

    select * from {{ ref('kpi_input_days') }}

),

disruptions as (

    select * from {{ ref('fct_disruptions') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

delivered_days as (

    select * from {{ ref('int_delivered_days') }}

),

exports as (

    select * from {{ ref('exports') }}

),

targets as (

    select * from {{ ref('targets') }}

),

affected_dates as (

    select * from {{ ref('int_affected_dates') }}

),

affected_calls as (

    select * from {{ ref('int_affected_calls') }}

),

incidents as (

    select * from {{ ref('fct_incidents') }}

),

{% if standing %}
standing as (

    select * from {{ standing }} where scope_type = 'force'

),

{% endif %}
-- Every period a day belongs to.
period_days as (

    {% for period_type in ['day', 'week', 'month', 'quarter', 'year'] %}
    select
        input_set,
        system,
        '{{ period_type }}' as period_type,
        {{ 'local_date' if period_type == 'day' else period_type ~ '_start_date' }} as period_start,
        is_there,
        is_complete
    from input_days
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

counted_periods as (

    select
        input_set,
        system,
        period_type,
        period_start,
        sum(case when is_there then 1 else 0 end) as delivered_day_count,
        sum(case when is_complete then 1 else 0 end) as complete_day_count
    from period_days
    group by input_set, system, period_type, period_start

),

periods as (

    select
        input_set,
        system,
        period_type,
        period_start,
        cast(
            case period_type
                when 'day' then period_start
                when 'week' then {{ dbt.dateadd('day', 6, 'period_start') }}
                when 'month' then {{ dbt.dateadd('day', -1, dbt.dateadd('month', 1, 'period_start')) }}
                when 'quarter' then {{ dbt.dateadd('day', -1, dbt.dateadd('month', 3, 'period_start')) }}
                else {{ dbt.dateadd('day', -1, dbt.dateadd('month', 12, 'period_start')) }}
            end as date
        ) as period_end,
        delivered_day_count,
        complete_day_count
    from counted_periods

),

-- The code by which the register of disruptions names a system.
systems as (

    select distinct delivered_days.system, exports.system as system_code
    from delivered_days
    inner join exports on delivered_days.export = exports.export

),

-- The local dates a disruption lasted, per system; one without an end lasts to the as-of date.
disrupted_spans as (

    select
        disruptions.disruption_key,
        as_of.system,
        cast(disruptions.started_at_local as date) as first_date,
        coalesce(
            cast({{ dbt.dateadd('microsecond', -1, 'disruptions.ended_at_local') }} as date),
            as_of.as_of_date
        ) as last_date
    from disruptions
    inner join systems on {{ disruption_touches('disruptions.systems', 'systems.system_code') }}
    inner join as_of on systems.system = as_of.system

),

touched_periods as (

    select
        periods.input_set,
        periods.period_type,
        periods.period_start,
        {{ dbt.listagg('disrupted_spans.disruption_key', "'|'", 'order by disrupted_spans.disruption_key') }} as disruption_keys
    from periods
    inner join disrupted_spans
        on periods.system = disrupted_spans.system
        and periods.period_start <= disrupted_spans.last_date
        and periods.period_end >= disrupted_spans.first_date
    group by periods.input_set, periods.period_type, periods.period_start

),

-- A period is judged by the target that was in force when it began.
indicator_periods as (

    select
        definitions.kpi_id,
        definitions.subject,
        definitions.statistic,
        definitions.unit,
        definitions.better,
        definitions.has_force_rows,
        definitions.definition_version,
        periods.input_set,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        {{ dbt.datediff('periods.period_start', 'periods.period_end', 'day') }} + 1 as day_count,
        cast(periods.delivered_day_count as bigint) as delivered_day_count,
        cast(periods.complete_day_count as bigint) as complete_day_count,
        touched_periods.disruption_keys,
        targets.target
    from definitions
    inner join periods on definitions.input_set = periods.input_set
    left join touched_periods
        on periods.input_set = touched_periods.input_set
        and periods.period_type = touched_periods.period_type
        and periods.period_start = touched_periods.period_start
    left join targets
        on definitions.kpi_id = targets.kpi_id
        and periods.period_start >= targets.valid_from
        and (periods.period_start < targets.valid_to or targets.valid_to is null)

),

{% if standing %}
-- What this run touched. An incident's first stages are a call's, so a call moves the day its incidents were created.
touched_dates as (

    select subject, affected_date from affected_dates
    union
    select 'incidents' as subject, incidents.created_date as affected_date
    from incidents
    inner join affected_calls on incidents.call_key = affected_calls.call_key

),

-- What else would make a standing row untrue: days that arrived, a new as-of date, a disruption, a target, a definition.
changed_periods as (

    select distinct
        indicator_periods.subject,
        indicator_periods.period_type,
        indicator_periods.period_start
    from indicator_periods
    left join standing
        on indicator_periods.kpi_id = standing.kpi_id
        and indicator_periods.period_type = standing.period_type
        and indicator_periods.period_start = standing.period_start
    where indicator_periods.has_force_rows
        and (
            standing.kpi_id is null
            or indicator_periods.delivered_day_count <> standing.delivered_day_count
            or indicator_periods.complete_day_count <> standing.complete_day_count
            or coalesce(indicator_periods.disruption_keys, '') <> coalesce(standing.disruption_keys, '')
            or coalesce(indicator_periods.target, -1) <> coalesce(standing.target, -1)
            or indicator_periods.definition_version <> standing.definition_version
        )

),

affected_periods as (

    select subject, period_type, period_start from changed_periods
    union
    select distinct indicator_periods.subject, indicator_periods.period_type, indicator_periods.period_start
    from indicator_periods
    inner join touched_dates
        on indicator_periods.subject = touched_dates.subject
        and touched_dates.affected_date between indicator_periods.period_start and indicator_periods.period_end

),

{% endif %}
final as (

    select indicator_periods.*
    from indicator_periods
    {% if standing %}
    inner join affected_periods
        on indicator_periods.subject = affected_periods.subject
        and indicator_periods.period_type = affected_periods.period_type
        and indicator_periods.period_start = affected_periods.period_start
    {% endif %}

)

select * from final
