"""The closing screen of a run: where things are, and six headline figures, read from the published tables."""

from __future__ import annotations

from typing import Any

import duckdb
import typer

from orchestration.reports.brief import place as brief_place
from orchestration.reports.quality import place
from orchestration.settings import Settings

# The newest month that is over is the newest one whose figure is not PARTIAL.
_FIGURE = """
select value, numerator, denominator, coverage_ratio, period_start, quality_state
from metrics.kpi_results
where kpi_id = ? and period_type = 'month' and scope_type = 'force' and scope_code = 'FORCE' and value is not null
order by quality_state = 'PARTIAL', period_start desc
limit 1
"""
_SHARES = {
    "calls_999_within_10s": "999 calls answered within 10 s",
    "calls_101_within_30s": "101 calls answered within 30 s",
}


def closing_screen(settings: Settings) -> None:
    """Print where the warehouse is and what its newest whole month says."""
    with duckdb.connect(str(settings.current_db), read_only=True) as con:
        lines = [*_share_lines(con), *_response_line(con), *_unresourced_line(con), *_quality_lines(con)]
        lines += keyed_in_late_line(con)
        generation = con.execute("select max(generation) from quality.generations").fetchall()[0][0]
    typer.echo("")
    typer.secho(f"Generation {generation}", bold=True)
    for label, text in lines:
        typer.echo(f"  {label:<42} {text}")
    typer.echo("")
    typer.echo(f"  warehouse   {settings.current_db}")
    if report := place.written(settings):
        typer.echo(f"  quality     {report}")
    if briefing := brief_place.written(settings, "daily"):
        typer.echo(f"  briefings   {briefing.parents[1]}/{{daily,weekly,monthly,quarterly}}")
    typer.echo('  ask it      .venv/bin/occ query "select * from metrics.kpi_results limit 5"')
    typer.echo("  questions   .venv/bin/occ ask · occ ask Q09 · make docs (with answers, and the indicator dictionary)")
    typer.echo("  look around .venv/bin/occ status · occ deliveries · occ doctor · make dev (Dagster)")


def _figure(con: duckdb.DuckDBPyConnection, kpi_id: str) -> tuple[Any, ...] | None:
    return con.execute(_FIGURE, [kpi_id]).fetchone()


def _share_lines(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    lines = []
    for kpi_id, label in _SHARES.items():
        figure = _figure(con, kpi_id)
        text = "not available"
        if figure:
            text = f"{figure[0]:.1%}  ({figure[1]:,.0f} of {figure[2]:,.0f}, {figure[4]:%B %Y}, {figure[5]})"
        lines.append((label, text))
    return lines


def _response_line(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    figure = _figure(con, "response_grade1_median")
    if not figure:
        return [("grade 1 response, median", "not available")]
    minutes, seconds = divmod(round(figure[0]), 60)
    coverage = f"{figure[3]:.1%} of attended measured" if figure[3] is not None else "coverage unknown"
    return [
        ("grade 1 response, median", f"{minutes} min {seconds:02d} s  ({coverage}, {figure[4]:%B %Y}, {figure[5]})")
    ]


def _unresourced_line(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    figure = _figure(con, "unresourced_daily_average")
    return [
        ("unresourced incidents, daily average", f"{figure[0]:.0f}  ({figure[4]:%B %Y})" if figure else "not built yet")
    ]


def _quality_lines(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    files, rows = con.execute(
        "select count(*) filter (where status = 'QUARANTINED'), coalesce(sum(rows_quarantined), 0)::bigint "
        "from quality.deliveries"
    ).fetchall()[0]
    rules, failed, errors, opened = con.execute(
        "select count(*), count(*) filter (where status in ('WARN', 'FAIL')), "
        "count(*) filter (where status = 'ERROR'), count(*) filter (where is_open) from reports.quality_rules"
    ).fetchall()[0]
    told = f"{failed} of {rules}" + (f", {errors} could not run" if errors else "")
    return [
        ("rows quarantined", f"{rows:,}  (and {files} whole files)"),
        ("quality checks failed", told + (f"  ({opened} open: occ review list)" if opened else "")),
    ]


# What the newest generation holds and the one before it did not: deliveries taken in after that one was published.
_KEYED_IN_LATE = """
select sum(incident_count)::bigint, min(first_created_date), max(last_created_date), max(delay_max_seconds)
from reports.back_keyed_records
where received_at > (select published_at from quality.generations order by published_at desc limit 1 offset 1)
"""


def keyed_in_late_line(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """How many records keyed in late the newest run brought, and of which days; nothing where it brought none.

    Nothing either of the first run, to which every record is new.
    """
    count, first, last, longest = con.execute(_KEYED_IN_LATE).fetchall()[0]
    if not count:
        return []
    days = f"{first:%d %B %Y}" if first == last else f"{first:%d %B %Y} to {last:%d %B %Y}"
    late = f", up to {longest // 86_400} days late" if longest and longest >= 2 * 86_400 else ""
    return [("records keyed in late, new", f"{count:,}  (created {days}{late}; their days are restated)")]
