-- Q19. What does the control room's establishment, strength, vacancy and abstraction look like by month, and when is establishment
--   reached? The recruitment funnel: applied, assessed, interviewed, appointed?
-- Read: First one row per month of the unit (the control room; --unit chooses another): vacancy_ratio is (establishment - strength) /
--   establishment, abstraction_ratio is abstracted / strength, each of the roles whose figures are known (measured_count of
--   eligible_count). months_to_establishment is the gap divided by the mean monthly gain since six months before; null while strength
--   does not grow, 0 once it is reached. Then the funnel by month and over the newest twelve: conversion_ratio is stage_count /
--   stage_before_count.
-- Caveats: months_to_establishment only carries the last six months on; it is no forecast. A person is
--   at one stage in one month and at the next in another, so a month's conversion mixes intakes; the twelve months say more.
with

people as (
    select
        month_date,
        sum(establishment_fte) as establishment_fte,
        sum(strength_fte) as strength_fte,
        sum(abstracted_fte) as abstracted_fte,
        sum(establishment_fte - strength_fte) as vacancy_fte,
        sum(case when strength_fte is not null then establishment_fte end) as vacancy_of_fte,
        sum(case when strength_fte is not null then abstracted_fte end) as abstraction_fte,
        sum(case when abstracted_fte is not null then strength_fte end) as abstraction_of_fte,
        count(*) filter (where establishment_fte is not null and strength_fte is not null and abstracted_fte is not null)
            as measured_count,
        count(*) as eligible_count
    from marts.fct_workforce
    where unit = coalesce(getvariable('unit'), 'OCC')
    group by month_date
),

trend as (
    select people.*, (people.strength_fte - earlier.strength_fte) / 6 as monthly_gain_fte
    from people
    left join people as earlier on earlier.month_date = people.month_date - interval 6 month
),

stages as (
    select *
    from (values (1, 'APPLIED', null), (2, 'ASSESSED', 'APPLIED'), (3, 'INTERVIEWED', 'ASSESSED'), (4, 'APPOINTED', 'INTERVIEWED'))
        as listed (stage_no, stage, stage_before)
),

recruited as (
    select month_date, stage, applicant_count, '3 funnel by month' as part from marts.fct_recruitment
    union all
    select
        (select max(month_date) from marts.fct_recruitment), stage, sum(applicant_count), '2 funnel of the newest twelve months'
    from marts.fct_recruitment
    where month_date > (select max(month_date) - interval 12 month from marts.fct_recruitment)
    group by stage
),

parts as (
    select
        '1 people' as part, month_date as month_start, 0 as stage_no, coalesce(getvariable('unit'), 'OCC') as unit_or_stage,
        establishment_fte, strength_fte, vacancy_fte, vacancy_fte / nullif(vacancy_of_fte, 0) as vacancy_ratio,
        abstracted_fte, abstraction_fte / nullif(abstraction_of_fte, 0) as abstraction_ratio,
        monthly_gain_fte,
        case
            when vacancy_fte <= 0 then 0
            when monthly_gain_fte > 0 then ceil(vacancy_fte / monthly_gain_fte)
        end as months_to_establishment,
        null as stage_count, null as stage_before_count, null as conversion_ratio,
        measured_count, eligible_count
    from trend
    union all
    select
        recruited.part, recruited.month_date, stages.stage_no, recruited.stage,
        null, null, null, null, null, null, null, null,
        recruited.applicant_count, before.applicant_count, recruited.applicant_count / nullif(before.applicant_count, 0),
        case when recruited.applicant_count is null then 0 else 1 end, 1
    from recruited
    left join stages on recruited.stage = stages.stage
    left join recruited as before
        on recruited.part = before.part and recruited.month_date = before.month_date and stages.stage_before = before.stage
),

final as (
    select
        parts.*,
        (
            select string_agg(disruption_key, '|' order by disruption_key)
            from marts.fct_disruptions
            where started_at_local < parts.month_start + interval 1 month
                and (ended_at_local > parts.month_start or ended_at_local is null)
        ) as disruption_keys
    from parts
)

select * from final order by part, month_start desc, stage_no
