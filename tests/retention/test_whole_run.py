"""`occ forget` and `occ run` from end to end: what is published, withdrawn and written down."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.landing import load_profile, sync_build_database
from orchestration.landing.erasures import INCIDENT
from orchestration.landing.subjects import Subject
from orchestration.publish.generation import current
from orchestration.retention import erasing
from orchestration.runs import nothing_new
from orchestration.settings import Settings
from tests.support import ask, deliver, run, settings_for, take_steps

DAYS = ("20210901", "20210902", "20210903", "20210904")


@pytest.fixture
def published(small_sample: Path, tmp_path: Path) -> Settings:
    """A few days of every export, published."""
    files = [
        path for path in (small_sample / "landing").rglob("*") if path.is_file() and any(d in path.name for d in DAYS)
    ]
    settings = settings_for(tmp_path, tmp_path / "landing")
    deliver(files, settings.landing)
    take_steps(settings)
    return settings


def named_most(settings: Settings) -> list[str]:
    """Incidents that are in most exports; the first is mentioned by another one, if any is."""
    with duckdb.connect() as con:
        sync_build_database(con, settings.warehouse, load_profile(settings.profile))
        exports = ("saab_incidents", "saab_incident_log", "saab_resource_status", "saab_diary", "da_outcomes")
        each = " union all ".join(
            f"select distinct incident_ref, '{export}' from landing.{export}" for export in exports
        )
        rows = con.execute(
            f"with named as (from ({each}) as found (incident_ref, export)) select incident_ref from named "
            "group by incident_ref order by incident_ref in (select linked_to from landing.saab_incidents) desc, "
            "count(*) desc, incident_ref"
        ).fetchall()
    return [name for (name,) in rows if name is not None]


def places_that_hold(warehouse: Path, words: list[str]) -> set[str]:
    """Files of a warehouse that hold one of the words: as they lie, and what is in Parquet and DuckDB files."""
    found = set()
    for path in warehouse.rglob("*"):
        if not path.is_file() or path.is_symlink():
            continue
        content = path.read_bytes()
        if path.suffix == ".parquet":
            content += str(duckdb.sql(f"from read_parquet('{path}', hive_partitioning = false)").fetchall()).encode()
        elif path.suffix == ".duckdb":
            content += _text_of(path)
        if any(word.encode() in content for word in words):
            found.add(path.relative_to(warehouse).as_posix())
    return found


def _text_of(database: Path) -> bytes:
    with duckdb.connect(str(database), read_only=True) as con:
        tables = con.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        return b"".join(str(con.execute(f'from "{schema}"."{table}"').fetchall()).encode() for schema, table in tables)


@pytest.mark.slow
def test_a_forgotten_incident_is_in_no_file_of_the_warehouse_and_no_generation_that_held_it_is_left(
    published: Settings,
) -> None:
    """A failure means that somebody's record is still there after the force has said that it is gone."""
    before = current(published)
    assert before is not None
    ref, held = named_most(published)[:2]
    assert places_that_hold(published.warehouse, [ref]) != set()
    rows_before = ask(published, "select sum(rows_loaded + rows_superseded) from quality.deliveries")[0][0]
    erasing.add_hold(published, Subject(INCIDENT, held), reason="inquiry 7", until=None)
    reader = duckdb.connect(str(published.current_db.resolve()), read_only=True)
    runner = CliRunner()

    refused = runner.invoke(app, ["forget", "--incident", held])
    assert isinstance(refused.exception, erasing.Held)
    assert current(published) == before

    ended = runner.invoke(app, ["forget", "--incident", ref, "--reason", "request 2026/17"], catch_exceptions=False)
    assert ended.exit_code == 0, ended.output
    assert "Still holds it, and is never touched here" in ended.output
    assert before.generation in ended.output
    after = current(published)
    assert after is not None
    assert after.generation != before.generation

    assert places_that_hold(published.warehouse, [ref]) == set()
    assert [path.name for path in published.published.iterdir() if not path.is_symlink()] == [after.generation]
    assert ask(published, "select count(*) from marts.fct_incidents where incident_key = ?", [held]) == [(1,)]
    ((rows_erased, kind, reason),) = ask(published, "select rows_erased, kind, reason from quality.erasures")
    assert (kind, reason) == (INCIDENT, "request 2026/17")
    totals = ask(
        published,
        "select sum(rows_erased), sum(rows_loaded + rows_superseded), count(*) filter (rows_read <> rows_loaded + "
        "rows_superseded + rows_duplicate + rows_quarantined + rows_erased) from quality.deliveries",
    )
    assert totals[0][0] == rows_erased > 2
    assert totals[0][1] + rows_erased >= rows_before
    assert totals[0][2] == 0
    causes = ask(
        published, "select distinct cause_code from metrics.kpi_changes where generation = ?", [after.generation]
    )
    assert ("ERASURE",) in causes
    assert causes <= [("ERASURE",), ("FIRST",), ("RAN_ON",)]

    # Who has the old one open reads on in what is in that file, and must open `current` again for the month files.
    assert reader.execute("select count(*) from quality.deliveries").fetchall()[0][0] > 0
    with pytest.raises(duckdb.IOException):
        reader.execute("select count(*) from marts.fct_calls").fetchall()
    reader.close()
    assert nothing_new(published)
    assert run(published) == after
