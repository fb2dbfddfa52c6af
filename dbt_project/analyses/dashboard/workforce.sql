-- Establishment, strength, vacancy and abstraction by month.
-- Answers: Q19.
-- Shows: Full-time equivalents of the control room (variable unit chooses another).
with

final as (
    select
        month_date as month_start, unit,
        sum(establishment_fte) as establishment_fte, sum(strength_fte) as strength_fte, sum(vacant_fte) as vacant_fte,
        sum(abstracted_fte) as abstracted_fte,
        sum(vacant_fte) / nullif(sum(establishment_fte), 0) as vacancy_ratio
    from marts.fct_workforce
    where unit = coalesce(getvariable('unit'), 'OCC')
    group by month_date, unit
)

select * from final order by month_start
