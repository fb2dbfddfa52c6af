-- Q15. Is the diary car used appropriately: what goes into it by grade, risk and domestic abuse; kept on time, failed, moved, waiting
--   time from report to slot, age of what is outstanding?
-- Read: First what went into each diary: appointment_count of diary_count appointments by grade and risk at booking and domestic abuse,
--   and how many of them are inappropriate (at booking high risk, or grade 1). Then per diary and month of the slot, ALL first, what
--   came of it: kept_ratio is kept_count / judged_count, failed_ratio failed_count / judged_count, judged being slots that have passed
--   and were not cancelled by the victim; moved_ratio is moved_count / appointment_count; days_waiting_median is from report to the
--   first slot; outstanding_age_days the oldest slot end that passed with nothing known of it. measured_count of eligible_count
--   appointments have what the row needs.
-- Caveats: Without a --month all months are counted. Appointments without a slot end stand in no month. Grade and risk are those known
--   when the appointment was booked, not those of today. Inappropriate is the definition of the warehouse, not yet a policy of the
--   force.
with

as_of as (
    select max(dates.ends_at) as as_of_at
    from quality.deliveries as deliveries
    inner join marts.dim_dates as dates on deliveries.business_date = dates.local_date
    where deliveries.export in ('saab_incidents', 'saab_incident_log', 'saab_resource_status', 'saab_diary')
        and deliveries.status in ('LOADED', 'SUPERSEDED')
        and deliveries.rows_read > 0
),

appointments as (
    select
        appointments.*,
        dates.month_start_date,
        has_slot_passed and coalesce(outcome, 'not known') <> 'CANCELLED_VICTIM' as is_judgeable,
        case when has_slot_passed and outcome = 'OUTSTANDING' then date_diff('second', slot_end_at, as_of.as_of_at) / 86400 end
            as outstanding_days
    from marts.fct_diary_appointments as appointments
    cross join as_of
    left join marts.dim_dates as dates on appointments.appointment_date = dates.local_date
    where getvariable('month') is null or dates.month_start_date = cast(getvariable('month') as date)
),

diaries as (
    select diary_code, count(*) as diary_count from appointments group by diary_code
),

goes_in as (
    select
        appointments.diary_code,
        coalesce(appointments.grade_at_booking, 'none yet') as grade_at_booking,
        coalesce(appointments.thrive_risk_at_booking, 'none yet') as risk_at_booking,
        appointments.is_domestic_abuse,
        count(*) as appointment_count,
        count(*) filter (where appointments.is_inappropriate) as inappropriate_count,
        count(*) filter (where appointments.has_incident) as measured_count
    from appointments
    group by all
),

came_of_it as (
    select
        coalesce(diary_code, 'ALL') as diary_code,
        case when grouping(month_start_date) = 1 then 'ALL' else coalesce(cast(month_start_date as varchar), 'no slot end') end as month,
        count(*) as appointment_count,
        count(*) filter (where is_judgeable and outcome is not null) as judged_count,
        count(*) filter (where is_judgeable and outcome = 'KEPT') as kept_count,
        count(*) filter (where is_judgeable and outcome = 'LATE') as late_count,
        count(*) filter (where is_judgeable and outcome = 'FAILED') as failed_count,
        count(*) filter (where outcome = 'CANCELLED_VICTIM') as cancelled_by_victim_count,
        count(*) filter (where outcome = 'CANCELLED_POLICE') as cancelled_by_police_count,
        count(*) filter (where outcome = 'OUTSTANDING') as outstanding_count,
        max(outstanding_days) as outstanding_age_days,
        count(*) filter (where moves_count > 0) as moved_count,
        quantile_cont(days_from_report, 0.5) as days_waiting_median,
        count(days_from_report) as days_waiting_known_count,
        count(*) filter (where is_judgeable) as eligible_count
    from appointments
    group by grouping sets ((), (diary_code), (diary_code, month_start_date))
),

parts as (
    select
        '1 what goes in' as part, goes_in.diary_code, null as month, goes_in.grade_at_booking, goes_in.risk_at_booking,
        goes_in.is_domestic_abuse, goes_in.appointment_count, diaries.diary_count,
        goes_in.appointment_count / diaries.diary_count as share_ratio, goes_in.inappropriate_count,
        null as judged_count, null as kept_count, null as kept_ratio, null as late_count, null as failed_count, null as failed_ratio,
        null as cancelled_by_victim_count, null as cancelled_by_police_count, null as outstanding_count, null as outstanding_age_days,
        null as moved_count, null as moved_ratio, null as days_waiting_median, null as days_waiting_known_count,
        goes_in.measured_count, goes_in.appointment_count as eligible_count
    from goes_in
    inner join diaries on goes_in.diary_code = diaries.diary_code
    union all
    select
        '2 what came of it', diary_code, month, null, null, null, appointment_count, null, null, null,
        judged_count, kept_count, kept_count / nullif(judged_count, 0), late_count, failed_count, failed_count / nullif(judged_count, 0),
        cancelled_by_victim_count, cancelled_by_police_count, outstanding_count, outstanding_age_days,
        moved_count, moved_count / nullif(appointment_count, 0), days_waiting_median, days_waiting_known_count,
        judged_count, eligible_count
    from came_of_it
),

final as (
    select
        parts.*,
        (
            select string_agg(distinct appointments.disruption_key, '|' order by appointments.disruption_key)
            from appointments
            where (parts.diary_code = 'ALL' or appointments.diary_code = parts.diary_code)
                and (
                    coalesce(parts.month, 'ALL') = 'ALL'
                    or parts.month = coalesce(cast(appointments.month_start_date as varchar), 'no slot end')
                )
        ) as disruption_keys
    from parts
)

select *
from final
order by part, diary_code <> 'ALL', diary_code, month <> 'ALL', month desc, grade_at_booking, risk_at_booking, is_domestic_abuse
