-- People needed and staffed, by half-hour of the week.
-- Answers: Q04, Q19.
-- Shows: Call takers staffed beside those needed for the target, by weekday, half-hour and line.
with

final as (
    select weekday, half_hour, line, offered_per_hour, staffed, staff_needed, target, observed_within_ratio, status, reason
    from metrics.capacity_half_hours
)

select * from final order by weekday, half_hour, line
