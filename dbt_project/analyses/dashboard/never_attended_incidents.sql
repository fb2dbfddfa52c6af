-- Which incidents were never attended.
-- Answers: Q16.
-- Shows: Those created in the newest 28 days, the newest first.
with

newest as (
    select max(created_date) as newest_date from marts.fct_incidents
),

final as (
    select incident_key, created_date, area_code, grade_final, thrive_risk, is_domestic_abuse, appointment_count, closed_at
    from marts.fct_incidents
    where never_attended_after_diary and not is_duplicate
        and created_date > (select newest_date - 28 from newest)
        and (getvariable('area') is null or area_code = getvariable('area'))
)

select * from final order by created_date desc, incident_key
