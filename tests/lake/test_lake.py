"""A lake on a real PostgreSQL server: several processes at once, generations that stay, who is let in."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from orchestration.commands import retention
from orchestration.errors import EnvironmentProblem, UsageProblem, WarehouseLocked
from orchestration.lake import build, place, snapshots
from orchestration.lake.place import Lake
from orchestration.settings import PROJECT, Settings
from tests.lake.clients import ROUNDS
from tests.postgres_server import PostgresServer
from tests.support import occ, settings_for


@pytest.fixture
def lake(postgres_server: PostgresServer, tmp_path: Path) -> Lake:
    """An empty lake, in a database of its own."""
    return Lake(postgres_server.address(postgres_server.new_database()), "occ_lake", tmp_path / "lake")


@contextmanager
def writer(lake: Lake, *schemas: str) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        place.attach(con, lake, schemas=schemas)
        yield con


@contextmanager
def reader(lake: Lake, snapshot: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        place.attach_to_read(con, lake, snapshot)
        yield con


def fill(con: duckdb.DuckDBPyConnection, generation: str, rows: int, erasures: Sequence[str] = ()) -> None:
    """A generation of one table of so many rows, and a view over it."""
    con.execute(f"create or replace table lake.marts.t as select range as n from range({rows})")
    con.execute("begin")
    con.execute("create or replace view lake.marts.v as select count(*) as n from lake.marts.t")
    snapshots.mark(con, generation, "ann", erasures)
    con.execute("commit")


def parquet(lake: Lake) -> set[Path]:
    return set(lake.data.rglob("*.parquet"))


def start(what: str, name: str, lake: Lake, folder: Path) -> subprocess.Popen[str]:
    environment = os.environ | {
        "OCC_LAKE": lake.address,
        "OCC_LAKE_DATA": str(lake.data),
        "PYTHONPATH": str(PROJECT),
    }
    command = [sys.executable, "-m", "tests.lake.clients", what, name]
    return subprocess.Popen(
        command, env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_writers_and_readers_in_processes_of_their_own_do_not_disturb_each_other(lake: Lake, tmp_path: Path) -> None:
    with writer(lake, "shared") as con:
        con.execute("create table lake.shared.rounds (who varchar, round integer)")
    readers = {name: start("read", name, lake, tmp_path) for name in ("dan", "eve")}
    writers = [start("write", name, lake, tmp_path) for name in ("ann", "ben", "cat")]
    failed = [process.communicate(timeout=240)[1] for process in writers if process.wait(timeout=240)]
    for name in readers:
        (tmp_path / f"{name}.stop").touch()
    said = [process.communicate(timeout=240) for process in readers.values()]
    assert not failed
    assert all(int(out) > 0 for out, _ in said), said
    with reader(lake) as con:
        assert con.execute(
            "select who, count(*), count(distinct round) from lake.shared.rounds group by who order by who"
        ).fetchall() == [(name, ROUNDS, ROUNDS) for name in ("ann", "ben", "cat")]


def test_a_generation_is_read_as_it_was_whatever_is_written_after_it(lake: Lake) -> None:
    with writer(lake, "marts", "ann") as con:
        fill(con, "g1", 10)
        con.execute("create table lake.ann.mine as select 1 as one")
        fill(con, "g2", 20)
        con.execute("create or replace table lake.marts.t as select 1 as n where false")  # a build that is half done
        known = snapshots.generations(con)
    assert [each.generation for each in known] == ["g2", "g1"]
    for name, rows in (("g1", 10), ("g2", 20), (None, 20)):
        with duckdb.connect() as con:
            chosen = snapshots.attach(con, lake, name)
            assert con.execute("select n from lake.marts.v").fetchall() == [(rows,)]
            assert con.execute("select count(*) from lake.marts.t").fetchall() == [(rows,)]
            at = f"at (version => {chosen.number})"
    with reader(lake) as con:  # a client that knows nothing of generations can name the snapshot, or an instant, itself
        assert con.execute("select count(*) from lake.marts.t").fetchall() == [(0,)]
        assert con.execute(f"select count(*) from lake.marts.t {at}").fetchall() == [(20,)]
        instant = f"at (timestamp => timestamptz '{known[1].made_at.isoformat()}')"
        assert con.execute(f"select count(*) from lake.marts.t {instant}").fetchall() == [(10,)]


def test_a_generation_that_is_not_there_is_told_with_those_that_are(lake: Lake) -> None:
    with writer(lake, "marts") as con:
        with pytest.raises(UsageProblem, match="no generation yet"):
            snapshots.wanted(snapshots.generations(con), None)
        fill(con, "g1", 1)
    with duckdb.connect() as con, pytest.raises(UsageProblem, match="no generation g7; it holds g1"):
        snapshots.attach(con, lake, "g7")


def test_old_generations_are_let_go_and_what_people_wrote_stays(lake: Lake) -> None:
    with writer(lake, "marts", "ann") as con:
        con.execute("create table lake.ann.mine as select 1 as one")
        for number in range(4):
            fill(con, f"g{number}", 10 + number)
        assert snapshots.let_go(con, keep=2, erasures=[]) > 0
        assert [each.generation for each in snapshots.generations(con)] == ["g3", "g2"]
        assert con.execute("select one from lake.ann.mine").fetchall() == [(1,)]
    with duckdb.connect() as con:
        snapshots.attach(con, lake, "g2")
        assert con.execute("select n from lake.marts.v").fetchall() == [(12,)]


def test_erased_rows_are_in_no_snapshot_and_in_no_file_of_the_lake(lake: Lake) -> None:
    with writer(lake, "marts") as con:
        fill(con, "g1", 5000)
        before = parquet(lake)
        fill(con, "g2", 4999, erasures=["e1"])
        snapshots.let_go(con, keep=5, erasures=["e1"])
        assert [each.generation for each in snapshots.generations(con)] == ["g2"]
        numbers = [row[0] for row in con.execute("select snapshot_id from lake.snapshots()").fetchall()]
        assert numbers == [snapshots.generations(con)[0].number]
    assert before
    assert not before & parquet(lake)


def test_an_erasure_says_that_the_lake_holds_the_rows_until_it_is_built_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_for(tmp_path, tmp_path)
    committed = SimpleNamespace(is_committed=True)
    retention._run_or_say(settings, committed, False)
    assert not capsys.readouterr().out
    retention._run_or_say(replace(settings, lake="service=occ"), committed, False)
    assert "occ lake build" in capsys.readouterr().out


def test_one_build_at_a_time_writes_a_room_and_others_write_others(lake: Lake) -> None:
    with place.writing(lake, ["marts", "metrics"]):
        with place.writing(lake, ["reports"]):
            pass
        with pytest.raises(
            WarehouseLocked, match=r"writing metrics in the lake \(occ lake, .*PostgreSQL process \d+\)"
        ):
            place.writing(lake, ["reports", "metrics"]).__enter__()
    with place.writing(lake, ["metrics"]):
        pass


def test_a_role_that_may_only_read_the_catalogue_reads_the_lake_and_cannot_write(
    lake: Lake, postgres_server: PostgresServer
) -> None:
    with writer(lake, "marts") as con:
        fill(con, "g1", 3)
    database = lake.address.partition("@/")[2].partition("?")[0]
    for statement in (
        "create role lake_reader login",
        "grant usage on schema occ_lake to lake_reader",
        "grant select on all tables in schema occ_lake to lake_reader",
    ):
        postgres_server.query(statement, database)
    theirs = replace(lake, address=postgres_server.address(database, "lake_reader"))
    with duckdb.connect() as con:
        snapshots.attach(con, theirs)
        assert con.execute("select n from lake.marts.v").fetchall() == [(3,)]
        with pytest.raises(duckdb.Error, match="read-only"):
            con.execute("drop table lake.marts.t")
    with duckdb.connect() as con, pytest.raises(EnvironmentProblem, match="permission denied"):
        place.attach(con, theirs, schemas=["mine"])


def test_rooms_are_built_into_the_lake_as_they_are_in_the_warehouse(lake: Lake, small_warehouse: Settings) -> None:
    settings = replace(small_warehouse, lake=lake.address, lake_folder=lake.data)
    settings.export()
    built = build.build(settings, ["reference"])
    assert built.generation is None
    assert built.models > 20
    with duckdb.connect() as con:
        place.attach_to_read(con, lake)
        con.execute(f"attach '{settings.build_db}' as occ_build (read_only)")
        for (table,) in con.execute(
            "select table_name from duckdb_tables() where database_name = 'occ_build' and schema_name = 'reference'"
        ).fetchall():
            theirs, ours = f"occ_build.reference.{table}", f"lake.reference.{table}"
            assert not con.execute(f"(from {ours} except all from {theirs})").fetchall(), table
            assert not con.execute(f"(from {theirs} except all from {ours})").fetchall(), table
    with pytest.raises(UsageProblem, match=r"marst is no room of the lake; its rooms are .*marts, metrics"):
        build.build(settings, ["marst"])


def test_a_password_in_the_address_is_refused_and_shown_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_for(tmp_path, tmp_path)
    for address in ("host=server password=s3cret", "postgresql://occ:s3cret@server/a b%"):
        with pytest.raises(UsageProblem, match="OCC_LAKE") as refused:
            place.lake_of(replace(settings, lake=address))
        assert "s3cret" not in str(refused.value)
    monkeypatch.setenv("OCC_LAKE", "postgresql://occ:s3cret@server/occ")
    called = occ(settings, ["lake", "generations"])
    assert called.returncode == 2
    assert "OCC_LAKE holds a password" in called.stderr
    assert "s3cret" not in called.stdout + called.stderr


def test_without_a_lake_or_without_its_server_the_command_says_what_to_do(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, tmp_path)
    with pytest.raises(EnvironmentProblem, match="put the address of a PostgreSQL database into OCC_LAKE"):
        place.lake_of(settings)
    nowhere = replace(settings, lake=f"postgresql://occ@/occ?host={tmp_path}")
    with duckdb.connect() as con, pytest.raises(EnvironmentProblem, match="The lake cannot be opened: "):
        place.attach(con, place.lake_of(nowhere))
    with duckdb.connect() as con, pytest.raises(EnvironmentProblem, match="The lake cannot be opened: "):
        place.attach_to_read(con, place.lake_of(nowhere))
