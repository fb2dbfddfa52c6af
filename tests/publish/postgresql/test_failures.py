"""What goes wrong around a publish: a failure means that something half-done stays, or that a password is shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from orchestration.cli import main
from orchestration.errors import EnvironmentProblem, OccError, UsageProblem, WarehouseLocked
from orchestration.publish.postgresql import tables
from orchestration.publish.postgresql.publish import publish
from orchestration.publish.postgresql.server import Address
from orchestration.settings import PROJECT
from tests.postgres_server import PostgresServer
from tests.publish.postgresql.conftest import Database
from tests.publish.postgresql.made_up import MadeUp, calls_of
from tests.support import free_port

SECRET = "hunter2 /@:?%"


@pytest.fixture
def published(made_up: MadeUp, database: Database) -> MadeUp:
    """One generation is there, the next is current and waits."""
    made_up.publish("g1", calls_of({"2021-09": 20}))
    database.receive(made_up)
    made_up.publish("g2", calls_of({"2021-09": 25}), extra_column=True)
    return made_up


def state_of(database: Database) -> list[Any]:
    """Everything that stands in the database: schemas, tables, and what they hold."""
    listed = database.ask(
        "select schemaname, tablename from pg_tables where schemaname not in ('pg_catalog', 'information_schema') "
        "order by 1, 2"
    )
    return [(table, sorted(database.ask(f"select * from {'.'.join(table)}"), key=repr)) for table in listed]


@contextmanager
def in_the_middle(monkeypatch: pytest.MonkeyPatch, what: Any) -> Iterator[None]:
    """Have something happen when the rows are there and nothing is committed."""
    original = tables.put_in_place

    def and_then(*arguments: Any) -> None:
        what(arguments[0])
        original(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(tables, "put_in_place", and_then)
        yield


def test_a_connection_cut_on_the_way_changes_nothing_and_the_next_publish_goes_through(
    published: MadeUp, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state_of(database)

    def cut(cursor: Any) -> None:
        cursor.execute("select pg_backend_pid()")
        database.ask(f"select pg_terminate_backend({cursor.fetchall()[0][0]})")

    with in_the_middle(monkeypatch, cut), pytest.raises(EnvironmentProblem, match=r"connection was lost.*again"):
        database.receive(published)
    assert state_of(database) == before
    database.receive(published)
    assert database.ask("select count(*), sum(doubled) from marts.fct_calls") == [(25, 650)]


def test_a_full_disk_changes_nothing_and_is_told(
    published: MadeUp, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the server says it; that it lets go of everything is the same whatever it says."""
    before = state_of(database)

    def fill(cursor: Any) -> None:
        cursor.execute("do $$ begin raise exception 'could not extend file' using errcode = 'disk_full'; end $$")

    with (
        in_the_middle(monkeypatch, fill),
        pytest.raises(EnvironmentProblem, match=r"disk is full.*Nothing was changed"),
    ):
        database.receive(published)
    assert state_of(database) == before


def test_one_publisher_at_a_time(published: MadeUp, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    met: list[BaseException] = []

    def another(cursor: Any) -> None:
        def run() -> None:
            try:
                database.receive(published)
            except OccError as error:
                met.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()

    with in_the_middle(monkeypatch, another):
        database.receive(published)
    assert met
    assert all(isinstance(error, WarehouseLocked) for error in met)
    assert database.ask("select count(*) from marts.fct_calls") == [(25,)]


def test_every_publish_leaves_a_line_in_the_log_without_a_password(made_up: MadeUp, database: Database) -> None:
    made_up.publish("g1", calls_of({"2021-09": 3}), audiences={"partners": "area_code = 'HEREF'"})
    database.receive(made_up)
    with pytest.raises(EnvironmentProblem):
        publish(made_up.settings, Address.of(f"postgresql://occ:hunter2@127.0.0.1:{free_port()}/d"))
    log = made_up.settings.warehouse / "publish_log.jsonl"
    assert "hunter2" not in log.read_text()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(line["kind"], line["audience"], line["generation"], line["outcome"]) for line in lines] == [
        ("postgresql", None, "g1", "PUBLISHED"), ("postgresql", "partners", "g1", "PUBLISHED"),
        ("postgresql", None, None, "STOPPED"),
    ]  # fmt: skip
    assert lines[0]["rows"] > 0


def test_a_generation_withdrawn_while_it_is_read_changes_nothing(published: MadeUp, database: Database) -> None:
    before = state_of(database)
    for file in (published.settings.published / "g2").rglob("*.parquet"):
        file.unlink()
    with pytest.raises(EnvironmentProblem, match=r"could not be read to its end.*Nothing was changed"):
        database.receive(published)
    assert state_of(database) == before


def test_a_server_that_is_down_is_told(published: MadeUp) -> None:
    address = Address.of(f"postgresql://occ@127.0.0.1:{free_port()}/control_room")
    with pytest.raises(EnvironmentProblem, match=r"no way into postgresql://occ@127.0.0.1:\d+/control_room.*refused"):
        publish(published.settings, address)


def test_a_wrong_password_is_told_and_never_shown(published: MadeUp, postgres_server: PostgresServer) -> None:
    address = Address.of(postgres_server.tcp_address(password=SECRET))
    with pytest.raises(EnvironmentProblem, match="password authentication failed") as caught:
        publish(published.settings, address)
    for said in (str(caught.value), repr(address), str(address), repr(caught.value.__context__)):
        assert "hunter2" not in said
    for unreadable in (f"postgresql://u:{SECRET}@[h/d", "postgresql://u:hunter2@h:1/d?nonsense=1", "hunter2"):
        with pytest.raises(UsageProblem) as usage:
            Address.of(unreadable)
        assert "hunter2" not in str(usage.value)


def test_missing_rights_are_told_with_what_to_do(published: MadeUp, postgres_server: PostgresServer) -> None:
    database = Database(postgres_server, postgres_server.new_database())
    postgres_server.query(f"create role powerless_{database.name} login")
    address = Address.of(postgres_server.address(database.name, f"powerless_{database.name}"))
    with pytest.raises(EnvironmentProblem, match=r"permission denied.*deploy/postgresql\.sql"):
        publish(published.settings, address)
    assert database.ask("select nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'public'") == [
        ("information_schema",)
    ]


def test_an_older_generation_does_not_come_over_a_newer_one(
    made_up: MadeUp, database: Database, tmp_path: Path
) -> None:
    made_up.publish("g1", calls_of({"2021-09": 1}))
    made_up.publish("g2", calls_of({"2021-09": 2}))
    database.receive(made_up)
    from orchestration.publish.generation import move_pointer

    move_pointer(made_up.settings, "g1")
    with pytest.raises(UsageProblem, match=r"holds generation g2.*--force"):
        database.receive(made_up)
    another = MadeUp.below(tmp_path / "another")
    another.publish("g9", calls_of({"2021-09": 3}))
    with pytest.raises(UsageProblem, match="another warehouse's"):
        database.receive(another)
    assert database.ask("select count(*) from marts.fct_calls") == [(2,)]
    database.receive(made_up, force=True)
    assert database.ask("select count(*) from marts.fct_calls") == [(1,)]


def test_schemas_and_tables_of_others_are_left_alone(made_up: MadeUp, database: Database) -> None:
    made_up.publish("g1", calls_of({"2021-09": 1}))
    database.ask("create schema metrics")
    database.ask("create table metrics.theirs as select 1 as a")
    with pytest.raises(EnvironmentProblem, match="schema metrics that occ publish did not make"):
        database.receive(made_up)
    assert database.ask("select schemaname, tablename from pg_tables where schemaname !~ '^(pg_|information)'") == [
        ("metrics", "theirs")
    ]
    database.ask("alter schema metrics rename to their_metrics")
    database.receive(made_up)
    database.ask("create table marts.theirs as select 2 as b")
    made_up.publish("g2", calls_of({"2021-09": 2}), extra_column=True)
    database.receive(made_up)
    assert database.ask("select * from marts.theirs, their_metrics.theirs") == [(2, 1)]
    made_up.publish("g3", calls_of({"2021-09": 2}), more={"marts.theirs": "select 1 as a"})
    with pytest.raises(UsageProblem, match=r"table marts\.theirs .* did not make"):
        database.receive(made_up)


def test_a_table_that_is_published_no_more_goes(made_up: MadeUp, database: Database) -> None:
    made_up.publish("g1", calls_of({"2021-09": 1}), more={"marts.once": "select 1 as a"})
    database.receive(made_up)
    made_up.publish("g2", calls_of({"2021-09": 1}))
    assert database.receive(made_up).removed == ["marts.once"]
    assert database.ask("select to_regclass('marts.once')") == [(None,)]


@pytest.fixture
def occ_publish(
    made_up: MadeUp, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """The command in this process: its exit code, what it printed and what it complained of."""

    def run(arguments: list[str], **environment: str) -> tuple[int, str, str]:
        with monkeypatch.context() as patched:
            for name in [name for name in os.environ if name.startswith("PG") or name == "OCC_PUBLISH_TO"]:
                patched.delenv(name)
            for name, value in environment.items():
                patched.setenv(name, value)
            patched.setattr(sys, "argv", ["occ", "publish", "--warehouse", str(made_up.settings.warehouse), *arguments])
            with pytest.raises(SystemExit) as ended:
                main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


def test_the_password_is_found_where_postgresql_users_keep_it(
    made_up: MadeUp,
    database: Database,
    postgres_server: PostgresServer,
    tmp_path: Path,
    occ_publish: Callable[..., tuple[int, str, str]],
) -> None:
    """In the environment, in a password file, in a service file, in OCC_PUBLISH_TO; and the command ends 0."""
    made_up.publish("g1", calls_of({"2021-09": 1}))
    address = postgres_server.tcp_address(database.name)
    password_file = tmp_path / "pgpass"
    escaped = postgres_server.password.replace("\\", "\\\\").replace(":", "\\:")
    password_file.write_text(f"127.0.0.1:{postgres_server.port}:*:occ:{escaped}\n")
    password_file.chmod(0o600)
    services = tmp_path / "services"
    services.write_text(
        f"[warehouse]\nhost=127.0.0.1\nport={postgres_server.port}\nuser=occ\ndbname={database.name}\n"
        f"password={postgres_server.password}\n"
    )
    whole = postgres_server.tcp_address(database.name, password=postgres_server.password)
    for arguments, environment in (
        (["--to", address], {"PGPASSWORD": postgres_server.password}),
        (["--to", address], {"PGPASSFILE": str(password_file)}),
        (["--to", "postgresql://?service=warehouse"], {"PGSERVICEFILE": str(services)}),
        ([], {"OCC_PUBLISH_TO": whole}),
    ):
        code, out, err = occ_publish(arguments, **environment)
        assert code == 0, err
        assert "generation g1" in out
        assert postgres_server.password not in out + err


def test_a_password_on_the_command_line_is_not_in_the_process_list(
    made_up: MadeUp, database: Database, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command starts anew without it: what the process list shows while it publishes holds no password."""
    made_up.publish("g1", calls_of({"2021-09": 1}))
    database.receive(made_up)
    made_up.publish("g2", calls_of({"2021-09": 2}))
    whole = postgres_server.tcp_address(database.name, password=postgres_server.password)
    import psycopg2

    blocker = psycopg2.connect(database.address)  # makes it wait, so that it can be looked at
    with blocker.cursor() as cursor:
        cursor.execute("lock table occ_publish.editions in access exclusive mode")
    publishing = subprocess.Popen(
        [sys.executable, "-m", "orchestration.cli", "publish", "--warehouse", str(made_up.settings.warehouse),
         "--to", whole],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=PROJECT,
    )  # fmt: skip
    try:
        while not postgres_server.query("select 1 from pg_stat_activity where application_name = 'occ publish'"):
            assert publishing.poll() is None, publishing.stderr and publishing.stderr.read()
        shown = Path(f"/proc/{publishing.pid}/cmdline").read_text()
    finally:
        blocker.close()
        said = "".join(publishing.communicate(timeout=60))
    assert "127.0.0.1" in shown
    assert publishing.returncode == 0, said
    for text in (shown, said):
        assert postgres_server.password not in text
        assert whole not in text


def test_wrong_usage_is_one_paragraph_and_exit_code_2(
    made_up: MadeUp, tmp_path: Path, occ_publish: Callable[..., tuple[int, str, str]]
) -> None:
    made_up.publish("g1", calls_of({"2021-09": 1}))
    for arguments in (
        [],
        ["--to", "mysql://u:hunter2@h/d"],
        ["--to", "postgresql://h/d", "--single-file", str(tmp_path / "f")],
        ["--to", "postgresql://h/d", "--table", "marts.dim_areas"],
    ):
        code, _, err = occ_publish(arguments)
        assert code == 2
        assert "Traceback" not in err
        assert "hunter2" not in err
