"""Two generations of one warehouse in a lake: the same content as DuckDB's, and undisturbed by who else is at work."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pytest

from orchestration.lake import place, snapshots
from orchestration.lake.place import Lake
from orchestration.publish.content_hash import fingerprint
from orchestration.settings import PROJECT, Settings
from tests.lake.test_lake import start
from tests.postgres_server import PostgresServer
from tests.support import deliver, occ, settings_for, take_steps

pytestmark = pytest.mark.long

Fingerprints = Mapping[str, tuple[int, str]]  # by table: rows, sum of their hashes


@dataclass(frozen=True)
class TwoDays:
    """A lake with two generations, and what DuckDB published for each."""

    settings: Settings
    lake: Lake
    published: dict[str, Fingerprints]  # by the generation's name in the lake
    seen_meanwhile: set[tuple[int, str]]  # of the older generation's figures, while the newer one was built


def fingerprints(con: duckdb.DuckDBPyConnection, database: str) -> Fingerprints:
    """Of every mart and every figure."""
    columns: dict[str, dict[str, str]] = {}
    for table, column, kind in con.execute(
        "select table_schema || '.' || table_name, column_name, data_type from information_schema.columns "
        "where table_catalog = ? and table_schema in ('marts', 'metrics')",
        [database],
    ).fetchall():
        columns.setdefault(table, {})[column] = kind
    con.execute(f"use {database}")
    return {table: fingerprint(con, table, kinds, "true") for table, kinds in columns.items()}


def of_published(settings: Settings) -> Fingerprints:
    with duckdb.connect(str(settings.current_db.resolve()), read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        return fingerprints(con, "occ")


def of_lake(lake: Lake, generation: str) -> Fingerprints:
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        snapshots.attach(con, lake, generation)
        return fingerprints(con, "lake")


def newest(lake: Lake) -> str:
    with duckdb.connect() as con:
        return snapshots.attach(con, lake).generation


def asked_of(days: TwoDays, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    days.settings.export()  # where the lake is
    return occ(days.settings, arguments)


def build_in_a_process(settings: Settings, *rooms: str) -> subprocess.Popen[str]:
    settings.export()
    command = [sys.executable, "-m", "orchestration.cli", "lake", "build"]
    for room in rooms:
        command += ["--room", room]
    return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def two_days(small_sample: Path, postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> TwoDays:
    folder = tmp_path_factory.mktemp("lake")
    lake = Lake(postgres_server.address(postgres_server.new_database()), "occ_lake", folder / "lake")
    settings = replace(settings_for(folder, folder / "landing"), lake=lake.address, lake_folder=lake.data)
    files = sorted(path for path in (small_sample / "landing").rglob("*") if path.is_file())
    late = [path for path in files if "_2021092" in path.name]
    published = {}

    deliver([path for path in files if path not in late], settings.landing)
    take_steps(settings, rules=True)
    first = build_in_a_process(settings)
    _, said = first.communicate(timeout=900)
    assert first.returncode == 0, said
    yesterday = newest(lake)
    published[yesterday] = of_published(settings)

    deliver(late, settings.landing)
    take_steps(settings, rules=True)
    with duckdb.connect() as con:
        place.attach(con, lake, schemas=["shared"])
        con.execute("create table lake.shared.rounds (who varchar, round integer)")
    second = build_in_a_process(settings)
    analysts = [start("write", name, lake, folder) for name in ("ann", "ben")]
    seen = set()
    while second.poll() is None:
        seen.add(of_lake(lake, yesterday)["metrics.kpi_results"])
    assert second.returncode == 0, second.communicate()[1]
    assert [analyst.communicate(timeout=240)[1] for analyst in analysts if analyst.wait(timeout=240)] == []
    published[newest(lake)] = of_published(settings)
    return TwoDays(settings, lake, published, seen)


def test_every_mart_and_figure_of_the_lake_is_that_of_duckdb(two_days: TwoDays) -> None:
    today = max(two_days.published)
    built, published = of_lake(two_days.lake, today), two_days.published[today]
    assert set(built) == set(published)
    assert {table: built[table] for table in built if built[table] != published[table]} == {}
    assert sum(rows for rows, _ in built.values()) > 100_000


def test_yesterdays_generation_can_be_asked_and_is_what_was_published_then(two_days: TwoDays) -> None:
    yesterday, today = sorted(two_days.published)
    assert of_lake(two_days.lake, yesterday) == two_days.published[yesterday]
    assert two_days.published[yesterday]["marts.fct_calls"] != two_days.published[today]["marts.fct_calls"]
    asked = asked_of(
        two_days,
        [
            "lake",
            "query",
            "select count(*) as n from lake.marts.fct_calls",
            "--generation",
            yesterday,
            "--format",
            "csv",
        ],
    )
    assert asked.stdout.split() == ["n", str(two_days.published[yesterday]["marts.fct_calls"][0])], asked.stderr


def test_who_reads_a_generation_notices_nothing_of_a_build_and_of_analysts_at_work(two_days: TwoDays) -> None:
    yesterday = min(two_days.published)
    assert two_days.seen_meanwhile == {two_days.published[yesterday]["metrics.kpi_results"]}
    with duckdb.connect() as con:
        place.attach_to_read(con, two_days.lake)
        assert con.execute("select count(*) from lake.ann.mine").fetchall()[0][0] > 0
        assert con.execute("select count(distinct who) from lake.shared.rounds").fetchall() == [(2,)]


def test_builds_of_different_rooms_run_at_once(two_days: TwoDays) -> None:
    before = of_lake(two_days.lake, newest(two_days.lake))
    builds = [build_in_a_process(two_days.settings, room) for room in ("reports", "quality", "reference")]
    for process in builds:
        _, said = process.communicate(timeout=600)
        assert process.returncode == 0, said
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        place.attach_to_read(con, two_days.lake)
        assert fingerprints(con, "lake") == before


def test_a_second_build_of_the_same_room_says_who_is_at_it(two_days: TwoDays) -> None:
    with place.writing(two_days.lake, ["reports"]):
        refused = asked_of(two_days, ["lake", "build", "--room", "reports"])
    assert refused.returncode == 4
    assert "Another build is writing reports in the lake (occ lake, " in refused.stderr


def test_what_any_client_needs_to_read_a_generation_is_printed(two_days: TwoDays) -> None:
    printed = asked_of(two_days, ["lake", "attach"])
    with duckdb.connect() as con:
        con.execute(printed.stdout)
        assert con.execute("select count(*) > 0 from lake.reports.kpi_as_was").fetchall() == [(True,)]
        assert con.execute(
            "select comment from duckdb_tables() where database_name = 'lake' and table_name = 'fct_calls'"
        ).fetchall()[0][0]
