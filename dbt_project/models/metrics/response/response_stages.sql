-- Where the time goes: the median of each stage per period, for the force and by final grade. A stage runs from one
-- instant of the chain to the next and is measured only where both are known and in that order.

{{ config(materialized='ephemeral') }}

{%- set stages = indicators_of('response_stages') %}

with

incidents as (

    select * from {{ ref('fct_incidents') }} where not is_duplicate and not is_back_record

),

calls as (

    select * from {{ ref('fct_calls') }} where call_key is not null

),

period_days as (

    select * from {{ ref('kpi_period_days') }} where input_set = 'response'

),

days as (

    select distinct local_date from period_days

),

chained as (

    select
        incidents.created_date,
        coalesce(incidents.grade_final, 'UNGRADED') as grade_code,
        incidents.disruption_key,
        calls.offered_at,
        calls.answered_at,
        incidents.created_at,
        incidents.first_graded_at,
        incidents.first_assigned_at,
        incidents.first_en_route_at,
        incidents.first_at_scene_at,
        incidents.closed_at
    from incidents
    inner join days on incidents.created_date = days.local_date
    left join calls on incidents.call_key = calls.call_key

),

timed as (

    select
        created_date,
        grade_code,
        disruption_key
        {%- for stage in stages %},
        case when {{ stage.ends }} >= {{ stage.begins }} then {{ dbt.datediff(stage.begins, stage.ends, 'second') }} end
            as {{ stage.kpi_id }}
        {%- endfor %}
    from chained

),

-- `other_` is the stage of an incident outside every disruption, filled only in periods that have one.
in_periods as (

    select
        period_days.period_type,
        period_days.period_start,
        timed.grade_code
        {%- for stage in stages %},
        timed.{{ stage.kpi_id }},
        case when period_days.is_disrupted and timed.disruption_key is null then timed.{{ stage.kpi_id }} end
            as other_{{ stage.kpi_id }}
        {%- endfor %}
    from timed
    inner join period_days on timed.created_date = period_days.local_date

),

by_scope as (

    select
        period_type,
        period_start,
        case when grouping(grade_code) = 0 then 'grade' else 'force' end as scope_type,
        case when grouping(grade_code) = 0 then grade_code else 'FORCE' end as scope_code,
        count(*) as eligible_count
        {%- for stage in stages %},
        count({{ stage.kpi_id }}) as measured_{{ stage.kpi_id }},
        {{ statistic_of(stage, stage.kpi_id) }} as {{ stage.kpi_id }},
        {{ statistic_of(stage, 'other_' ~ stage.kpi_id) }} as other_{{ stage.kpi_id }}
        {%- endfor %}
    from in_periods
    group by grouping sets ((period_type, period_start), (period_type, period_start, grade_code))

),

final as (

    {% for stage in stages %}
    select
        {{ sql_text(stage.kpi_id) }} as kpi_id,
        period_type,
        period_start,
        scope_type,
        scope_code,
        cast({{ stage.kpi_id }} as double) as statistic,
        cast(other_{{ stage.kpi_id }} as double) as other_statistic,
        cast(measured_{{ stage.kpi_id }} as bigint) as measured_count,
        cast(eligible_count as bigint) as eligible_count
    from by_scope
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
