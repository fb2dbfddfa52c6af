{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['subject', 'period_type', 'period_start'],
    on_schema_change='fail',
) }}

{# What adds up from its days stands in kpi_added_up, what does not in kpi_statistics: a new model is one line there. #}

with

periods as (

    select * from {{ ref('kpi_periods') }}

),

added_up as (

    select * from {{ ref('kpi_added_up') }}

),

statistics as (

    select * from {{ ref('kpi_statistics') }}

),

disrupted_periods as (

    select * from {{ ref('kpi_disrupted_periods') }}

),

delivered_days as (

    select * from {{ ref('int_delivered_days') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

run as (

    select * from {{ source('landing', 'run') }}

),

measured as (

    select
        kpi_id,
        period_type,
        period_start,
        scope_type,
        scope_code,
        numerator,
        denominator,
        cast(null as double) as statistic,
        other_numerator,
        other_denominator,
        cast(null as double) as other_statistic,
        measured_count,
        eligible_count
    from added_up

    union all

    select
        kpi_id,
        period_type,
        period_start,
        scope_type,
        scope_code,
        cast(null as double) as numerator,
        cast(measured_count as double) as denominator,
        statistic,
        cast(null as double) as other_numerator,
        cast(null as double) as other_denominator,
        other_statistic,
        measured_count,
        eligible_count
    from statistics

),

-- The force has a row for every period, so that a period without figures says so; other scopes where there is something.
scopes as (

    select kpi_id, period_type, period_start, 'force' as scope_type, 'FORCE' as scope_code
    from periods
    where has_force_rows

    union all

    select kpi_id, period_type, period_start, scope_type, scope_code
    from measured
    where scope_type <> 'force' and eligible_count > 0

),

-- A row of one line is marked by the disruptions of that line, whatever lines its indicator names.
line_disruptions as (

    select
        lines.kpi_id,
        lines.period_type,
        lines.period_start,
        lines.scope_code,
        {{ dbt.listagg('disrupted_periods.disruption_key', "'|'", 'order by disrupted_periods.disruption_key') }} as disruption_keys
    from scopes as lines
    inner join periods
        on lines.kpi_id = periods.kpi_id
        and lines.period_type = periods.period_type
        and lines.period_start = periods.period_start
    inner join disrupted_periods
        on periods.input_set = disrupted_periods.input_set
        and periods.period_type = disrupted_periods.period_type
        and periods.period_start = disrupted_periods.period_start
    where lines.scope_type = 'line' and {{ disruption_touches_line('disrupted_periods.lines', 'lines.scope_code') }}
    group by lines.kpi_id, lines.period_type, lines.period_start, lines.scope_code

),

-- Until when each export's system reached: the period of an export's own row runs on until then.
export_ends as (

    select distinct delivered_days.export, as_of.as_of_date
    from delivered_days
    inner join as_of on delivered_days.system = as_of.system

),

-- Nothing counted in days that are there is nought; nothing in days that are not there is unknown.
completed as (

    select
        periods.kpi_id,
        periods.subject,
        periods.statistic,
        periods.unit,
        periods.better,
        periods.fixed_denominator,
        periods.definition_version,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.day_count,
        periods.delivered_day_count,
        periods.complete_day_count,
        periods.late_day_count,
        periods.estimated_day_count,
        periods.target,
        scopes.scope_type,
        scopes.scope_code,
        case when scopes.scope_type = 'line' then line_disruptions.disruption_keys else periods.disruption_keys end
            as disruption_keys,
        coalesce(periods.complete_day_count < periods.day_count or export_ends.as_of_date < periods.period_end, false) as is_partial,
        case
            when periods.statistic = 'statistic' then null
            when periods.delivered_day_count > 0 or measured.eligible_count > 0 then coalesce(measured.numerator, 0)
        end as numerator,
        case
            when periods.fixed_denominator is not null then periods.fixed_denominator
            when periods.statistic = 'count' then null
            when periods.delivered_day_count > 0 or measured.eligible_count > 0 then coalesce(measured.denominator, 0)
        end as denominator,
        measured.statistic as measured_statistic,
        case
            when periods.delivered_day_count > 0 or measured.eligible_count > 0 then coalesce(measured.other_numerator, 0)
        end as other_numerator,
        measured.other_denominator,
        measured.other_statistic,
        coalesce(measured.measured_count, 0) as measured_count,
        coalesce(measured.eligible_count, 0) as eligible_count
    from scopes
    inner join periods
        on scopes.kpi_id = periods.kpi_id
        and scopes.period_type = periods.period_type
        and scopes.period_start = periods.period_start
    left join measured
        on scopes.kpi_id = measured.kpi_id
        and scopes.period_type = measured.period_type
        and scopes.period_start = measured.period_start
        and scopes.scope_type = measured.scope_type
        and scopes.scope_code = measured.scope_code
    left join line_disruptions
        on scopes.scope_type = 'line'
        and scopes.kpi_id = line_disruptions.kpi_id
        and scopes.period_type = line_disruptions.period_type
        and scopes.period_start = line_disruptions.period_start
        and scopes.scope_code = line_disruptions.scope_code
    left join export_ends on scopes.scope_type = 'export' and scopes.scope_code = export_ends.export

),

-- Where there was something and none of it could be measured there is no share: what cannot be known counts as not done
-- only beside what can. Where there was nothing to measure, a rate (no contact on a whole day) is nought.
valued as (

    select
        *,
        case
            when fixed_denominator is not null then numerator / fixed_denominator
            when statistic = 'count' then numerator
            when measured_count = 0 and eligible_count > 0 then null
            when statistic = 'ratio' then numerator / nullif(denominator, 0)
            else measured_statistic
        end as value,
        case
            when fixed_denominator is not null then other_numerator / fixed_denominator
            when statistic = 'count' then other_numerator
            when measured_count = 0 and eligible_count > 0 then null
            when statistic = 'ratio' then other_numerator / nullif(other_denominator, 0)
            when disruption_keys is null then measured_statistic
            else other_statistic
        end as value_excluding_disruptions
    from completed

),

final as (

    select
        valued.kpi_id,
        valued.period_type,
        valued.period_start,
        valued.period_end,
        valued.scope_type,
        valued.scope_code,
        valued.subject,
        valued.numerator,
        valued.denominator,
        valued.value,
        valued.unit,
        valued.measured_count,
        valued.eligible_count,
        valued.measured_count / cast(nullif(valued.eligible_count, 0) as double) as coverage_ratio,
        valued.target,
        case
            when valued.better = 'higher' then valued.value >= valued.target
            when valued.better = 'lower' then valued.value <= valued.target
        end as is_target_met,
        case
            when valued.value is null then 'NOT_AVAILABLE'
            when valued.disruption_keys is not null then 'DISRUPTED'
            when valued.is_partial then 'PARTIAL'
            when valued.late_day_count > 0 then 'LATE'
            when valued.estimated_day_count > 0 then 'ESTIMATED'
            else 'OK'
        end as quality_state,
        valued.disruption_keys,
        valued.value_excluding_disruptions,
        valued.day_count,
        valued.delivered_day_count,
        valued.complete_day_count,
        valued.late_day_count,
        valued.estimated_day_count,
        valued.definition_version,
        run.generation
    from valued
    cross join run

)

select * from final
