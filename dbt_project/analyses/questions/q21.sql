-- Q21. Which indicators can be produced today, which only in part, which not at all, since when, why, what would restore them, and who
--   owns that?
-- Read: One row per indicator and the version of the system that supplies it today. AVAILABLE: produced; PARTIAL: produced, but
--   something is missing; NOT_AVAILABLE: not produced. since is the day from which that holds. What was asked for and no export
--   supplies is here too.
-- Caveats: The status is computed from what was delivered, never typed in. coverage_ratio is the share of the records of coverage_month
--   that could be measured (measured / eligible). AVAILABLE does not say that every period is: quality_state of metrics.kpi_results
--   does.
with

today as (
    select max(business_date) as as_of_date
    from quality.deliveries
    where export = 'saab_incidents' and status in ('LOADED', 'SUPERSEDED') and rows_read > 0
),

past as (
    select versions.system_version
    from marts.dim_system_versions as versions
    cross join today
    where versions.valid_to <= today.as_of_date or versions.valid_from > today.as_of_date
),

final as (
    select
        register.kpi_id,
        register.label,
        register.status,
        register.since,
        register.reason,
        register.restored_by,
        register.owner,
        register.system_version,
        register.source,
        register.coverage_ratio,
        register.coverage_month
    from metrics.kpi_register as register
    left join past on register.system_version = past.system_version
    where past.system_version is null
)

select * from final
order by list_position(['NOT_AVAILABLE', 'PARTIAL', 'AVAILABLE'], status), kpi_id, system_version
