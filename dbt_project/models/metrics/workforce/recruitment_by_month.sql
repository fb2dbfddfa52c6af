-- How many get from one stage of recruitment to the next, per month and stage. The order of the stages is reference data.

{%- set says -%}
inputs:
  recruitment:
    dated_by: [recruitment]
    months: true
    supplied_by:
      recruitment: {needs: [recruitment]}
indicators:
  - kpi_id: recruitment_conversion
    label: Recruitment, stage by stage
    definition: Of the people who reached the stage before in the month, how many reached this stage in the same month, as a share. The first stage has none.
    subject: recruitment
    statistic: ratio
    unit: ratio
    better: higher
    owner: Resource planning, people services
    version: "1"
    inputs: recruitment
    has_force_rows: false
    period_types: [month]
    formula: "people at the stage / people at the stage before, of one month"
    limits: By month and stage only. Not the same people, who take months from stage to stage, so it can be above 1 and a single month says little; add up numerators and denominators of a year.
    columns: {recruitment: [stage, stage_count]}
{%- endset -%}
{%- set says = fromyaml(says) -%}

{{ config(materialized='ephemeral', meta=says) }}

with

recruitment as (

    select * from {{ ref('fct_recruitment') }} where stage_order is not null

),

days as (

    select distinct local_date from {{ ref('kpi_period_days') }} where input_set = 'recruitment'

),

-- A stage that comes under two spellings is one; it is known when all its figures are.
stages as (

    select
        recruitment.month_date,
        recruitment.stage_code,
        recruitment.stage_order,
        case when count(recruitment.applicant_count) = count(*) then sum(recruitment.applicant_count) end as applicant_count
    from recruitment
    inner join days on recruitment.month_date = days.local_date
    group by recruitment.month_date, recruitment.stage_code, recruitment.stage_order

),

paired as (

    select
        stages.month_date,
        stages.stage_code,
        stages.applicant_count,
        before.applicant_count as before_count,
        stages.applicant_count is not null and before.applicant_count is not null as is_measured
    from stages
    left join stages as before
        on stages.month_date = before.month_date
        and stages.stage_order = before.stage_order + 1
    where stages.stage_order > 1

),

final as (

    select
        'recruitment_conversion' as kpi_id,
        month_date as local_date,
        false as is_disrupted,
        'stage' as scope_type,
        stage_code as scope_code,
        cast(case when is_measured then applicant_count end as bigint) as numerator,
        cast(case when is_measured then before_count end as bigint) as denominator,
        cast(case when is_measured then 1 else 0 end as bigint) as measured_count,
        cast(1 as bigint) as eligible_count
    from paired

)

select * from final
