-- Unresourced incidents hour by hour, the newest fortnight.
-- Answers: Q11.
-- Shows: Incidents waiting at each hour by kind: live, scheduled, diary car; with those of high risk.
with

newest as (
    select max(hour_date) as newest_date from marts.fct_unresourced_hourly
),

final as (
    select
        hour_at, min(hour_at_local) as hour_at_local, kind,
        cast(sum(incident_count) as bigint) as incident_count,
        cast(sum(high_risk_count) as bigint) as high_risk_count,
        cast(sum(beyond_target_count) as bigint) as beyond_target_count,
        bool_or(is_estimated) as is_estimated
    from marts.fct_unresourced_hourly
    where hour_date > (select newest_date - 14 from newest)
        and (getvariable('area') is null or area_code = getvariable('area'))
    group by hour_at, kind
)

select * from final order by kind, hour_at
