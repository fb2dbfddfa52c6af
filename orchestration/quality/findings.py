"""Findings as they stand with the reviews file as it is now, by the published views: nothing is judged here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

from orchestration.errors import UsageProblem
from orchestration.publish.generation import current, quoted, view_sql
from orchestration.quality import reviews
from orchestration.quality.results import write_reviews
from orchestration.settings import Settings

# What the views of findings read, and they themselves, each after what it reads.
_READ = ("quality.rule_results", "quality.rules")
_VIEWS = ("reports.quality_judgements", "reports.quality_rules")
_GRAVEST_FIRST = "array_position(['critical', 'error', 'warning', 'info'], severity), since_date, rule_id"


@dataclass(frozen=True)
class Findings:
    """What fails; rows of reports.quality_rules by column name."""

    open: list[dict[str, Any]]  # gravest first
    signed_off: list[dict[str, Any]]  # expiring soonest first; those of rules that pass by now too
    problems: list[reviews.Problem]  # entries of the reviews file that cannot be used
    is_new: bool  # whether the file says what the published report does not show yet

    @property
    def failing(self) -> set[str]:
        return {row["rule_id"] for row in [*self.open, *self.signed_off] if row["is_failing"]}


def as_it_stands(settings: Settings) -> Findings:
    """Findings of the generation that is out. Raises UsageProblem where it was made before findings were kept."""
    today = reviews.today_of(settings)
    said = reviews.read(settings.reviews, today)
    published = current(settings)
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute(f"attach {quoted(str(settings.current_db.resolve()))} as published (read_only)")
        _require_views(con)
        con.execute("create schema quality; create schema reports")
        for table in _READ:
            con.execute(f"create table {table} as select * from published.{table}")
        rule_ids = [row[0] for row in con.execute("select rule_id from quality.rules").fetchall()]
        problems = write_reviews(con, said, rule_ids, today)
        for view in _VIEWS:
            con.execute(view_sql(con, "published", view))
        columns = (
            "select * exclude (indicators) replace (round(failed_ratio, 4) as failed_ratio) from reports.quality_rules"
        )
        opened = _rows(con, f"{columns} where is_open order by {_GRAVEST_FIRST}")
        signed = _rows(con, f"{columns} where review_is_in_force and not is_open order by review_expires_on, rule_id")
    return Findings(
        opened, signed, problems, published is not None and published.reviews != reviews.digest(said, today)
    )


def _require_views(con: duckdb.DuckDBPyConnection) -> None:
    there = con.execute("select schema_name || '.' || view_name from duckdb_views() where database_name = 'published'")
    if set(_VIEWS) - {row[0] for row in there.fetchall()}:
        raise UsageProblem("The published generation was made by an earlier version. Run: occ run")


def _rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    cursor = con.execute(sql)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
