-- Q16. Which incidents left the live queue for a diary and then were never attended?
-- Read: First per month the incident was created in: never_attended_count of with_appointment_count incidents with an appointment
--   (never_attended_ratio is the one / the other). Then each of these incidents, the newest first: its appointments, the diaries they
--   stood in, the end of the last slot and what is known of that appointment.
-- Caveats: Never attended means no valid arrival, no status en route or at scene for the incident and no appointment attended, and
--   either closed or every slot passed: an officer who never pressed a button is not seen, so read some before judging. Incidents whose
--   slot lies ahead are not in it yet. Duplicates are left out.
with

incidents as (
    select incidents.*, dates.month_start_date
    from marts.fct_incidents as incidents
    inner join marts.dim_dates as dates on incidents.created_date = dates.local_date
    where incidents.appointment_count > 0
        and not incidents.is_duplicate
        and (getvariable('month') is null or dates.month_start_date = cast(getvariable('month') as date))
        and (getvariable('area') is null or incidents.area_code = getvariable('area'))
),

appointments as (
    select
        incident_key,
        string_agg(distinct diary_code, ', ' order by diary_code) as diaries,
        max(slot_end_at_local) as last_slot_end_local,
        max_by(outcome, (slot_end_at_local, appointment_key)) as last_outcome
    from marts.fct_diary_appointments
    group by incident_key
),

by_month as (
    select
        month_start_date,
        count(*) as with_appointment_count,
        count(*) filter (where never_attended_after_diary) as never_attended_count,
        string_agg(distinct disruption_key, '|' order by disruption_key) as disruption_keys
    from incidents
    group by month_start_date
),

final as (
    select
        '1 by month' as part, month_start_date as month_start, never_attended_count, with_appointment_count,
        never_attended_count / with_appointment_count as never_attended_ratio,
        null as incident_key, null as created_at_local, null as area_code, null as grade_final, null as thrive_risk,
        null as is_domestic_abuse, null as is_open, null as appointment_count, null as diaries, null as last_slot_end_local,
        null as last_outcome, with_appointment_count as measured_count, with_appointment_count as eligible_count, disruption_keys
    from by_month
    union all
    select
        '2 incidents', incidents.month_start_date, null, null, null,
        incidents.incident_key, incidents.created_at_local, incidents.area_code, incidents.grade_final, incidents.thrive_risk,
        incidents.is_domestic_abuse, incidents.is_open, incidents.appointment_count, appointments.diaries,
        appointments.last_slot_end_local, appointments.last_outcome, null, null, incidents.disruption_key
    from incidents
    left join appointments on incidents.incident_key = appointments.incident_key
    where incidents.never_attended_after_diary
)

select * from final order by part, month_start desc, created_at_local desc, incident_key
