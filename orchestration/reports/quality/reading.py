"""What the pages show, read from the published tables: the views made for them, and little else.

What belongs here: one query for each list on a page, and rows put under their rule, export or figure. Not here:
arithmetic; whatever the pages say in figures stands in a table. Values of delivered rows are never read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import duckdb

from orchestration.errors import EnvironmentProblem

Row = dict[str, Any]
FAILING = ("ERROR", "FAIL", "WARN")
_GRAVEST_FIRST = "list_position(['ERROR', 'FAIL', 'WARN', 'PASS', 'NOT_APPLICABLE', 'NOT_RUN'], status) nulls last"
_DELIVERIES_OF_A_FIGURE = 400  # shown; a month of every export is fewer

_QUERIES = {
    "generations": """
        select generation, published_at, content_hash, code_version, deliveries_count
        from quality.generations order by generation desc limit 2
    """,
    "rules": f"""
        select * from reports.quality_rules
        order by {_GRAVEST_FIRST}, list_position(['critical', 'error', 'warning', 'info'], severity),
            case when status in ('FAIL', 'WARN') then failed_ratio end desc nulls last, dimension, system, rule_id
    """,
    "history": "select * from reports.quality_rule_history order by rule_id, week_start_date",
    "failures": """
        select failures.*, areas.area_label as label
        from quality.rule_failures as failures
        left join
            (select area_code, any_value(area_label) as area_label from marts.dim_areas group by area_code) as areas
            on failures.part_type = 'area' and failures.part_code = areas.area_code
        order by failures.rule_id, failures.part_type, failures.failed_count desc, failures.part_code
    """,
    "samples": """
        select samples.rule_id, samples.place, samples.delivery_id, samples.source_row, deliveries.name
        from quality.rule_samples as samples
        left join quality.deliveries as deliveries on samples.delivery_id = deliveries.delivery_id
        order by samples.rule_id, samples.place
    """,
    "scores": "select * from reports.quality_scores order by dimension, system, week_start_date",
    "changes": "select * from reports.quality_changes order by is_better, kind, subject",
    "publishable": """
        select * from reports.quality_publishable
        order by list_position(['NOT_AVAILABLE', 'PARTIAL', 'AVAILABLE'], status) nulls last, label, kpi_id
    """,
    "definitions": """
        select distinct on (kpi_id) kpi_id, definition, formula, limits, better, definition_version, inputs
        from metrics.kpi_register order by kpi_id, since desc nulls last
    """,
    "arrivals": "select * from reports.export_arrivals order by export, business_date",
    "freshness": "select * from reports.export_freshness order by export = 'UNKNOWN', is_late desc nulls last, export",
    "drift": """
        select export, kind, column_name, from_date, until_date, deliveries_count, rows_count, concerned_count, outcome,
            severity, what_changed, what_to_do
        from quality.schema_drift order by until_date is not null, from_date desc, export, kind, column_name
    """,
    "sources": "select * from reports.figure_sources order by kpi_id, export, name, delivery_id",
    "disruptions": "select * from marts.fct_disruptions order by started_at desc nulls last, disruption_key",
    "effects": "select * from reports.disruption_effects order by disruption_key, line <> 'ALL', line",
    "files_set_aside": """
        select delivery_id, name, export, business_date, reason, received_at
        from quality.deliveries where status = 'QUARANTINED' order by received_at desc, name limit 200
    """,
    "rows_set_aside": """
        select deliveries.export, quarantined.column_name, quarantined.reason, count(*) as rows_count,
            count(distinct quarantined.delivery_id) as files_count, max(deliveries.business_date) as newest_date
        from quality.quarantined_rows as quarantined
        left join quality.deliveries as deliveries on quarantined.delivery_id = deliveries.delivery_id
        group by all order by rows_count desc, deliveries.export, quarantined.column_name, quarantined.reason limit 300
    """,
    "reviews": """
        select reviews.*, rules.sentence, rules.status
        from quality.reviews as reviews
        left join reports.quality_rules as rules on reviews.rule_id = rules.rule_id
        order by reviews.is_in_force desc, reviews.expires_on, reviews.rule_id, reviews.review_id
    """,
    "review_problems": "select place, problem from quality.review_problems order by place, problem",
}


@dataclass(frozen=True)
class Published:
    """Every list that the pages show, in the order they are shown in."""

    generations: list[Row]
    rules: list[Row]
    history: list[Row]
    failures: list[Row]
    samples: list[Row]
    scores: list[Row]
    changes: list[Row]
    publishable: list[Row]
    definitions: list[Row]
    arrivals: list[Row]
    freshness: list[Row]
    drift: list[Row]
    sources: list[Row]
    disruptions: list[Row]
    effects: list[Row]
    files_set_aside: list[Row]
    rows_set_aside: list[Row]
    reviews: list[Row]
    review_problems: list[Row]

    @property
    def generation(self) -> Row:
        return self.generations[0]

    @cached_property
    def indicators(self) -> list[Row]:
        """One row for each indicator: of several versions of a system that supply it, the one that stands worst."""
        return list({row["kpi_id"]: row for row in reversed(self.publishable)}.values())[::-1]

    @cached_property
    def failing(self) -> list[Row]:
        return [rule for rule in self.rules if rule["status"] in FAILING]

    @cached_property
    def open_findings(self) -> list[Row]:
        return [rule for rule in self.rules if rule["is_open"]]

    @cached_property
    def history_of(self) -> dict[str, list[Row]]:
        return _by(self.history, "rule_id")

    @cached_property
    def failures_of(self) -> dict[str, list[Row]]:
        return _by(self.failures, "rule_id")

    @cached_property
    def samples_of(self) -> dict[str, list[Row]]:
        return _by(self.samples, "rule_id")

    @cached_property
    def arrivals_of(self) -> dict[str, list[Row]]:
        return _by(self.arrivals, "export")

    @cached_property
    def sources_of(self) -> dict[str, list[Row]]:
        return _by(self.sources, "kpi_id")

    @cached_property
    def definition_of(self) -> dict[str, Row]:
        return {row["kpi_id"]: row for row in self.definitions}


def read(con: duckdb.DuckDBPyConnection) -> Published:
    """Everything the pages show, from a connection to a published generation.

    Raises EnvironmentProblem when the generation is older than the tables that the pages read.
    """
    con.execute("set TimeZone = 'UTC'")
    try:
        return Published(**{name: _rows(con, sql) for name, sql in _QUERIES.items()})
    except duckdb.CatalogException as error:
        missing = str(error).splitlines()[0]
        raise EnvironmentProblem(
            f"The published generation is older than the report and lacks what it reads ({missing}). "
            "`occ run` with today's code publishes anew."
        ) from None


def _rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[Row]:
    cursor = con.execute(sql)
    columns = [column[0] for column in cursor.description or []]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def _by(rows: Sequence[Row], name: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[name]].append(row)
    return dict(found)
