-- Unresourced at the newest hour, by area and grade.
-- Answers: Q11.
-- Shows: What waited at the last hour that was delivered, how long the oldest, and how many beyond their response
--   target.
with

newest as (
    select max(hour_date) as newest_date from marts.fct_unresourced_hourly
),

hours as (
    select *
    from marts.fct_unresourced_hourly
    where hour_date = (select newest_date from newest)
),

final as (
    select
        hour_at_local, kind, area_code, grade, incident_count, high_risk_count, domestic_abuse_count, beyond_target_count,
        oldest_seconds / 3600 as oldest_hours, upper_limit, area_of_concern
    from hours
    where hour_at = (select max(hour_at) from hours) and incident_count > 0
        and (getvariable('area') is null or area_code = getvariable('area'))
)

select * from final order by kind, area_code, grade
