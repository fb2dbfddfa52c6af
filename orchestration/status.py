"""The questions that `occ status` asks of the published warehouse: one short query each."""

STATUS_QUERIES = {
    "Published": (
        "select generation, published_at, left(content_hash, 16) as content_hash, code_version, deliveries_count "
        "from quality.generations order by published_at desc limit 1"
    ),
    "Exports": (
        "select export, count(*) as files, "
        "max(business_date) filter (where status in ('LOADED', 'SUPERSEDED')) as newest_business_date, "
        "count(*) filter (where status = 'LOADED') as loaded, "
        "count(*) filter (where status = 'SUPERSEDED') as superseded, "
        "count(*) filter (where status = 'DUPLICATE') as duplicate, "
        "count(*) filter (where status = 'QUARANTINED') as quarantined, sum(rows_read) as rows_read, "
        "sum(rows_quarantined) as rows_quarantined from quality.deliveries group by export order by export"
    ),
    "What changed in the exports": (
        "select export, first_file as file, from_date as first_day, until_date as last_day, what_changed, outcome, "
        "what_to_do from quality.schema_drift "
        "order by until_date is not null, array_position(['critical', 'error', 'warning', 'info'], severity), "
        "from_date desc, export, what_changed limit 100"
    ),
    "Quality rules": (
        "select coalesce(status, 'NOT JUDGED') as status, severity, count(*) as rules, "
        "sum(failed_count) as failing_rows, count(*) filter (where is_open) as open_findings "
        "from reports.quality_rules group by all order by all"
    ),
    "Indicators": (
        "select quality_state, count(distinct kpi_id) as indicators, count(*) as figures from metrics.kpi_results "
        "where scope_type = 'force' group by all order by all"
    ),
}
