-- Posts, staff and abstraction per month and unit. A month is one state of the staff list and stands on its first day; nothing of it
-- adds up over months, so there are no longer and no shorter periods.

{%- set says -%}
inputs:
  workforce:
    dated_by: [workforce]
    months: true
    supplied_by:
      workforce: {needs: [workforce]}
indicators:
  - kpi_id: workforce_vacancy
    label: Vacancy
    definition: Of the established posts in full-time equivalents, the share that is not filled.
    subject: workforce
    statistic: ratio
    unit: ratio
    better: lower
    owner: &owner Resource planning, people services
    version: "1"
    inputs: workforce
    period_types: [month]
    formula: "(establishment - strength) / establishment, in full-time equivalents"
    limits: By month only, one state of the staff list; below 0 where more are in post than established. A filled post says nothing of who was at work.
    columns: {workforce: [establishment_fte, strength_fte]}
    numerator: establishment_fte - strength_fte
    denominator: establishment_fte
  - kpi_id: workforce_abstraction
    label: Abstraction
    definition: Of the staff in post in full-time equivalents, the share that was abstracted.
    subject: workforce
    statistic: ratio
    unit: ratio
    better: lower
    owner: *owner
    version: "1"
    inputs: workforce
    period_types: [month]
    formula: "abstracted / strength, in full-time equivalents"
    limits: By month only. One reason stands for a whole role, so it does not say what abstraction is made of.
    columns: {workforce: [strength_fte, abstracted_fte]}
    numerator: abstracted_fte
    denominator: strength_fte
{%- endset -%}
{%- set says = fromyaml(says) -%}
{%- set indicators = says.indicators -%}

{{ config(materialized='ephemeral', meta=says) }}

with

workforce as (

    select * from {{ ref('fct_workforce') }}

),

days as (

    select distinct local_date from {{ ref('kpi_period_days') }} where input_set = 'workforce'

),

dated as (

    select workforce.*
    from workforce
    inner join days on workforce.month_date = days.local_date

),

scoped as (

    select month_date, 'force' as scope_type, 'FORCE' as scope_code, establishment_fte, strength_fte, abstracted_fte
    from dated

    union all

    select month_date, 'unit' as scope_type, unit as scope_code, establishment_fte, strength_fte, abstracted_fte
    from dated

),

-- A row counts when both of its figures are known. No disruption takes a month's staff list apart.
final as (

    {% for indicator in indicators %}
    select
        {{ sql_text(indicator.kpi_id) }} as kpi_id,
        month_date as local_date,
        false as is_disrupted,
        scope_type,
        scope_code,
        sum(case when {{ indicator.numerator }} + {{ indicator.denominator }} is not null then {{ indicator.numerator }} end) as numerator,
        sum(case when {{ indicator.numerator }} + {{ indicator.denominator }} is not null then {{ indicator.denominator }} end) as denominator,
        cast(count({{ indicator.numerator }} + {{ indicator.denominator }}) as bigint) as measured_count,
        cast(count(*) as bigint) as eligible_count
    from scoped
    group by month_date, scope_type, scope_code
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
