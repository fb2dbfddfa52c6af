{{ config(materialized='table', schema='intermediate') }}

{%- set standing = as_it_stands('kpi_results') %}

with

definitions as (

    select * from {{ ref('kpi_definitions') }}

),

periods as (

    select * from {{ ref('kpi_input_periods') }}

),

disrupted_periods as (

    select * from {{ ref('kpi_disrupted_periods') }}

),

lost_days as (

    select * from {{ ref('kpi_lost_days') }}

),

input_days as (

    select * from {{ ref('kpi_input_days') }}

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
-- What stands of each indicator: its force rows, or any of them where it has none.
standing as (

    select distinct
        standing.kpi_id,
        standing.period_type,
        standing.period_start,
        standing.delivered_day_count,
        standing.complete_day_count,
        standing.late_day_count,
        standing.estimated_day_count,
        case when standing.scope_type <> 'line' then standing.disruption_keys end as disruption_keys,
        standing.scope_type <> 'line' as is_of_all_lines,
        standing.target,
        standing.definition_version
    from {{ standing }} as standing
    inner join definitions on standing.kpi_id = definitions.kpi_id
    where standing.scope_type = 'force' or not definitions.has_force_rows

),

{% endif %}
-- The lines of an indicator whose disruptions mark it.
indicator_lines as (

    {% for indicator in indicators() if indicator.lines is defined %}
    {%- for line in indicator.lines %}
    select {{ sql_text(indicator.kpi_id) }} as kpi_id, {{ sql_text(line) }} as line
    union all
    {% endfor -%}
    {%- endfor %}
    select cast(null as string) as kpi_id, cast(null as string) as line

),

-- The disruptions that mark an indicator: those of its system that touch one of its lines, or any where it names none.
marking as (

    select distinct
        definitions.kpi_id,
        disrupted_periods.period_type,
        disrupted_periods.period_start,
        disrupted_periods.disruption_key
    from definitions
    inner join disrupted_periods on definitions.input_set = disrupted_periods.input_set
    left join indicator_lines on definitions.kpi_id = indicator_lines.kpi_id
    where indicator_lines.line is null or {{ disruption_touches_line('disrupted_periods.lines', 'indicator_lines.line') }}

),

marked_periods as (

    select
        kpi_id,
        period_type,
        period_start,
        {{ dbt.listagg('disruption_key', "'|'", 'order by disruption_key') }} as disruption_keys
    from marking
    group by kpi_id, period_type, period_start

),

-- The days of its inputs that an indicator lost, as a column it cannot do without was emptied or holds unknown codes.
lost_input_days as (

    select
        definitions.kpi_id,
        input_days.local_date,
        case when lost_days.is_gone and input_days.is_there then 1 else 0 end as gone_day,
        case when input_days.is_complete then 1 else 0 end as incomplete_day,
        case when input_days.is_late then 1 else 0 end as late_day,
        case when input_days.is_estimated then 1 else 0 end as estimated_day
    from lost_days
    inner join definitions on lost_days.kpi_id = definitions.kpi_id
    inner join input_days on definitions.input_set = input_days.input_set and lost_days.local_date = input_days.local_date

),

lost_in_periods as (

    select
        definitions.kpi_id,
        periods.period_type,
        periods.period_start,
        sum(lost_input_days.gone_day) as gone_days,
        sum(lost_input_days.incomplete_day) as incomplete_days,
        sum(lost_input_days.late_day) as late_days,
        sum(lost_input_days.estimated_day) as estimated_days
    from lost_input_days
    inner join definitions on lost_input_days.kpi_id = definitions.kpi_id
    inner join periods
        on definitions.input_set = periods.input_set
        and lost_input_days.local_date between periods.period_start and periods.period_end
    group by definitions.kpi_id, periods.period_type, periods.period_start

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
        definitions.fixed_denominator,
        definitions.definition_version,
        periods.input_set,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.day_count,
        cast(periods.delivered_day_count - coalesce(lost_in_periods.gone_days, 0) as bigint) as delivered_day_count,
        cast(periods.complete_day_count - coalesce(lost_in_periods.incomplete_days, 0) as bigint) as complete_day_count,
        cast(periods.late_day_count - coalesce(lost_in_periods.late_days, 0) as bigint) as late_day_count,
        cast(periods.estimated_day_count - coalesce(lost_in_periods.estimated_days, 0) as bigint) as estimated_day_count,
        marked_periods.disruption_keys,
        targets.target
    from definitions
    inner join periods
        on definitions.input_set = periods.input_set
        and (definitions.period_types is null or definitions.period_types like '%|' || periods.period_type || '|%')
    left join marked_periods
        on definitions.kpi_id = marked_periods.kpi_id
        and periods.period_type = marked_periods.period_type
        and periods.period_start = marked_periods.period_start
    left join lost_in_periods
        on definitions.kpi_id = lost_in_periods.kpi_id
        and periods.period_type = lost_in_periods.period_type
        and periods.period_start = lost_in_periods.period_start
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
    where (indicator_periods.has_force_rows and standing.kpi_id is null)
        or indicator_periods.delivered_day_count <> standing.delivered_day_count
        or indicator_periods.complete_day_count <> standing.complete_day_count
        or indicator_periods.late_day_count <> standing.late_day_count
        or indicator_periods.estimated_day_count <> standing.estimated_day_count
        or (
            standing.is_of_all_lines
            and coalesce(indicator_periods.disruption_keys, '') <> coalesce(standing.disruption_keys, '')
        )
        or coalesce(indicator_periods.target, -1) <> coalesce(standing.target, -1)
        or indicator_periods.definition_version <> standing.definition_version

),

-- A day that changed changes every period that holds it, also where their counts stay: one day may be lost and another won.
moved_dates as (

    select subject, affected_date from touched_dates
    union
    select subject, period_start as affected_date from changed_periods where period_type = 'day'

),

affected_periods as (

    select subject, period_type, period_start from changed_periods
    union
    select distinct indicator_periods.subject, indicator_periods.period_type, indicator_periods.period_start
    from indicator_periods
    inner join moved_dates
        on indicator_periods.subject = moved_dates.subject
        and moved_dates.affected_date between indicator_periods.period_start and indicator_periods.period_end

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
