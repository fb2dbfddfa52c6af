-- Every figure that stands in a briefing, for each period that can be asked for, beside the period before and the years before.

with

released as (
    select * from {{ source('analysis', 'kpi_public') }}
),

measures as (
    select * from {{ ref('dim_briefing_measures') }}
),

periods as (
    select * from {{ ref('brief_periods') }}
),

dates as (
    select * from {{ ref('dim_dates') }}
),

results as (
    select * from {{ ref('kpi_results') }}
),

register as (
    select * from {{ ref('kpi_register') }}
),

versions as (
    select * from {{ ref('dim_system_versions') }}
),

codes as (
    select 'area' as scope_type, area_code as scope_code, max(area_label) as scope_label from {{ ref('dim_areas') }} group by area_code
    union all
    select 'line', line, max(line_label) from {{ ref('dim_lines') }} group by line
    union all
    select 'grade', grade_code, max(grade_label) from {{ ref('dim_grades') }} group by grade_code
    union all
    select 'diary', diary_code, max(diary_label) from {{ ref('dim_diaries') }} group by diary_code
    union all
    select 'channel', channel_code, max(channel_label) from {{ ref('dim_channels') }} group by channel_code
    union all
    select 'source', source_code, max(source_label) from {{ ref('dim_sources') }} group by source_code
    union all
    select 'stage', stage_code, max(stage_label) from {{ ref('fct_recruitment') }} group by stage_code
    union all
    select *
    from (
        values ('force', 'FORCE', 'Force'), ('grade', 'UNGRADED', 'Not graded yet'), ('urban', 'Y', 'Urban'), ('urban', 'N', 'Rural')
    ) as said (scope_type, scope_code, scope_label)
),

-- What an indicator is, from the version of its system that supplies it today; of several the one that stands worst.
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
    inner join (select max(as_of_date) as as_of_date from periods) as today on true
    left join versions on register.system_version = versions.system_version
),

-- A measure that is stated by another period than the briefing's (staff, by the month): the last one in it.
placed as (
    select
        measures.brief,
        measures.section,
        measures.place,
        measures.is_first_page,
        measures.kpi_id,
        measures.scope_type,
        measures.scope_code as asked_scope_code,
        measures.period_type,
        measures.source,
        periods.period_start,
        periods.period_end,
        periods.reached_on,
        periods.standing_week_start,
        periods.is_complete,
        case
            when measures.period_type = periods.period_type then periods.period_start
            when measures.period_type = 'day' then dates.local_date
            when measures.period_type = 'week' then dates.week_start_date
            when measures.period_type = 'month' then dates.month_start_date
            when measures.period_type = 'quarter' then dates.quarter_start_date
            else dates.year_start_date
        end as figure_start
    from measures
    inner join periods on measures.brief = periods.brief
    inner join dates on periods.reached_on = dates.local_date
),

current_figures as (
    select
        placed.*,
        coalesce(results.scope_code, placed.asked_scope_code) as scope_code,
        results.period_end as figure_end,
        results.numerator,
        results.denominator,
        results.value,
        results.target,
        results.is_target_met,
        results.measured_count,
        results.eligible_count,
        results.coverage_ratio,
        results.quality_state,
        results.disruption_keys,
        results.value_excluding_disruptions,
        results.day_count,
        results.delivered_day_count,
        results.complete_day_count,
        results.definition_version
    from placed
    left join results
        on placed.kpi_id = results.kpi_id
        and placed.period_type = results.period_type
        and placed.figure_start = results.period_start
        and placed.scope_type = results.scope_type
        and (placed.asked_scope_code = results.scope_code or placed.asked_scope_code = '*')
),

-- Weeks and days are laid beside the same weekdays of the year before, 52 weeks back; months and quarters beside themselves.
steps as (
    select *
    from (
        values
        ('previous', 'day', -1, 0),
        ('previous', 'week', -7, 0),
        ('previous', 'month', 0, -1),
        ('previous', 'quarter', 0, -3),
        ('previous', 'year', 0, -12),
        ('week_before', 'day', -7, 0),
        ('week_before', 'week', -7, 0),
        ('year_before', 'day', -364, 0),
        ('year_before', 'week', -364, 0),
        ('year_before', 'month', 0, -12),
        ('year_before', 'quarter', 0, -12),
        ('year_before', 'year', 0, -12),
        ('two_years_before', 'day', -728, 0),
        ('two_years_before', 'week', -728, 0),
        ('two_years_before', 'month', 0, -24),
        ('two_years_before', 'quarter', 0, -24),
        ('two_years_before', 'year', 0, -24),
        ('three_years_before', 'day', -1092, 0),
        ('three_years_before', 'week', -1092, 0),
        ('three_years_before', 'month', 0, -36),
        ('three_years_before', 'quarter', 0, -36),
        ('three_years_before', 'year', 0, -36)
    ) as listed (which, period_type, days, months)
),

earlier_starts as (
    select
        placed.brief,
        placed.section,
        placed.kpi_id,
        placed.scope_type,
        placed.asked_scope_code,
        placed.period_type,
        placed.period_start,
        steps.which,
        {{ plus_days(dbt.dateadd('month', 'steps.months', 'placed.figure_start'), 'steps.days') }} as earlier_start
    from placed
    inner join steps on placed.period_type = steps.period_type
),

earlier_figures as (
    select
        earlier_starts.brief,
        earlier_starts.section,
        earlier_starts.kpi_id,
        earlier_starts.scope_type,
        earlier_starts.asked_scope_code,
        results.scope_code,
        earlier_starts.period_type,
        earlier_starts.period_start,
        max(case when earlier_starts.which = 'previous' then results.period_start end) as previous_start,
        max(case when earlier_starts.which = 'previous' then results.value end) as previous_value,
        max(case when earlier_starts.which = 'previous' then results.quality_state end) as previous_state,
        max(case when earlier_starts.which = 'week_before' then results.value end) as week_before_value,
        max(case when earlier_starts.which = 'week_before' then results.quality_state end) as week_before_state,
        max(case when earlier_starts.which = 'year_before' then results.period_start end) as year_before_start,
        max(case when earlier_starts.which = 'year_before' then results.value end) as year_before_value,
        max(case when earlier_starts.which = 'year_before' then results.quality_state end) as year_before_state,
        max(case when earlier_starts.which = 'two_years_before' then results.value end) as two_years_before_value,
        max(case when earlier_starts.which = 'three_years_before' then results.value end) as three_years_before_value
    from earlier_starts
    inner join results
        on earlier_starts.kpi_id = results.kpi_id
        and earlier_starts.period_type = results.period_type
        and earlier_starts.earlier_start = results.period_start
        and earlier_starts.scope_type = results.scope_type
        and (earlier_starts.asked_scope_code = results.scope_code or earlier_starts.asked_scope_code = '*')
    group by
        earlier_starts.brief,
        earlier_starts.section,
        earlier_starts.kpi_id,
        earlier_starts.scope_type,
        earlier_starts.asked_scope_code,
        results.scope_code,
        earlier_starts.period_type,
        earlier_starts.period_start
),

final as (
    select
        figures.brief,
        figures.period_start,
        figures.period_end,
        figures.section,
        figures.place,
        figures.is_first_page,
        figures.kpi_id,
        figures.scope_type,
        figures.scope_code,
        coalesce(codes.scope_label, figures.scope_code) as scope_label,
        figures.asked_scope_code,
        supplied.label,
        supplied.unit,
        supplied.better,
        figures.period_type,
        figures.figure_start,
        figures.figure_end,
        figures.numerator,
        figures.denominator,
        figures.value,
        figures.target,
        figures.is_target_met,
        figures.measured_count,
        figures.eligible_count,
        figures.coverage_ratio,
        coalesce(figures.quality_state, 'NOT_AVAILABLE') as quality_state,
        figures.disruption_keys,
        figures.value_excluding_disruptions,
        figures.day_count,
        figures.delivered_day_count,
        figures.complete_day_count,
        case
            when figures.value is not null then null
            when supplied.status = 'NOT_AVAILABLE' then 'NOT_SUPPLIED'
            when figures.delivered_day_count is null or figures.delivered_day_count = 0 then 'NOT_DELIVERED'
            when figures.eligible_count = 0 then 'NOTHING_TO_MEASURE'
            else 'NOT_MEASURABLE'
        end as missing_because,
        supplied.status as register_status,
        supplied.reason as register_reason,
        supplied.restored_by,
        supplied.since as register_since,
        coalesce(figures.definition_version, supplied.definition_version) as definition_version,
        figures.standing_week_start,
        earlier.previous_start,
        earlier.previous_value,
        earlier.previous_state,
        earlier.week_before_value,
        earlier.week_before_state,
        earlier.year_before_start,
        earlier.year_before_value,
        earlier.year_before_state,
        earlier.two_years_before_value,
        earlier.three_years_before_value,
        -- What may leave the force; no row there: it may not.
        released.numerator as public_numerator,
        released.denominator as public_denominator,
        released.value as public_value,
        released.disclosure,
        figures.source
    from current_figures as figures
    inner join supplied on figures.kpi_id = supplied.kpi_id and supplied.place = 1
    left join earlier_figures as earlier
        on figures.brief = earlier.brief
        and figures.section = earlier.section
        and figures.period_start = earlier.period_start
        and figures.kpi_id = earlier.kpi_id
        and figures.period_type = earlier.period_type
        and figures.scope_type = earlier.scope_type
        and figures.asked_scope_code = earlier.asked_scope_code
        and figures.scope_code = earlier.scope_code
    left join released
        on figures.kpi_id = released.kpi_id
        and figures.period_type = released.period_type
        and figures.figure_start = released.period_start
        and figures.scope_type = released.scope_type
        and figures.scope_code = released.scope_code
    left join codes on figures.scope_type = codes.scope_type and figures.scope_code = codes.scope_code
)

select * from final
