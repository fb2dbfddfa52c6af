-- Which indicators can be produced, and what would restore the rest.
-- Answers: Q21.
-- Shows: The register: status, since when, why, what would restore it, who owns it.
with

final as (
    select kpi_id, system_version, label, status, since, reason, restored_by, owner, coverage_ratio
    from metrics.kpi_register
)

select * from final order by status, kpi_id, system_version
