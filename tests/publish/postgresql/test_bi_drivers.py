"""The drivers that Power BI, Qlik and Tableau come by, as docs/bi.md says to set them: a failure means that a tool sees
no tables, no keys, or other values than were published."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from orchestration.settings import PROJECT
from tests.postgres_server import PostgresServer
from tests.publish.postgresql.conftest import Database
from tests.publish.postgresql.made_up import MadeUp
from tests.support import needs, needs_file

CALLS = [("a", "2021-09-05", 7), ("b", "2021-10-05", 8), ("c", "2021-10-06", 9)]
LONG = "ß✓" * 4000


@pytest.fixture(scope="module")
def reader(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> tuple[Database, str]:
    """A published database, and a BI tool's user of the data team's role, with the server's odd password."""
    made_up = MadeUp.below(tmp_path_factory.mktemp("bi"))
    made_up.publish("g1", CALLS, more={"marts.notes": f"select 1 as note_no, '{LONG}' as note, true as is_long"})
    database = Database(postgres_server, postgres_server.new_database())
    database.receive(made_up)
    user = f"bi_{database.name}"
    database.ask(f"create role {user} login in role occ_data_team password '{postgres_server.password}'")
    return database, user


def documented(language: str) -> str:
    """The one block of a language in docs/bi.md."""
    text = (PROJECT / "docs" / "bi.md").read_text()
    (block,) = [each.partition("```")[0] for each in text.split(f"```{language}\n")[1:]]
    return block.strip()


def test_odbc_as_the_recipe_sets_it(reader: tuple[Database, str]) -> None:
    needs_file("usr/lib/*/libodbc.so.2")
    needs_file("usr/lib/*/odbc/psqlodbcw.so")
    import pyodbc

    database, user = reader
    text = "".join(documented("odbc").split("\n"))
    for placeholder, value in (
        ("HOST", "127.0.0.1"), ("5432", str(database.server.port)), ("control_room", database.name), ("USER", user),
        ("PASSWORD", database.server.password),
    ):  # fmt: skip
        assert placeholder in text
        text = text.replace(placeholder, value)
    text = text.replace("verify-full", "disable")  # the test's server has no certificate
    con = pyodbc.connect(text, readonly=True)
    try:
        cursor = con.cursor()
        tables = [row.table_name for row in cursor.tables(schema="marts")]
        assert sorted(tables) == ["dim_areas", "dim_dates", "fct_calls", "notes"]
        types = {row.column_name: row.type_name for row in cursor.columns(table="fct_calls", schema="marts")}
        assert types["wait_seconds"] == "int8"
        assert [row.column_name for row in cursor.primaryKeys("fct_calls", schema="marts")] == ["call_key"]
        found: list[Any] = cursor.execute(
            "select call_key, offered_at, offered_date, wait_seconds + 1 from marts.fct_calls "
            "where offered_date >= ? order by call_key", date(2021, 10, 1),
        ).fetchall()  # fmt: skip
        assert [(row[0], row[2], row[3]) for row in found] == [
            ("b", date(2021, 10, 5), 9),
            ("c", date(2021, 10, 6), 10),
        ]
        assert tuple(cursor.execute("select note, is_long from marts.notes").fetchone()) == (LONG, True)
        with pytest.raises(pyodbc.Error, match=r"readonly|permission denied"):
            cursor.execute("delete from marts.fct_calls")
    finally:
        con.close()


def test_jdbc_by_a_program_of_one_file(reader: tuple[Database, str]) -> None:
    java, jar = needs("java"), needs_file("usr/share/java/postgresql.jar")
    database, user = reader
    program = Path(__file__).parent / "ReadByJdbc.java"
    address = f"jdbc:postgresql://127.0.0.1:{database.server.port}/{database.name}"
    done = subprocess.run(
        [java, "-cp", jar, program, address, user],
        env=os.environ | {"PGPASSWORD": database.server.password}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = [line.split("\t") for line in done.stdout.splitlines()]
    assert [values for kind, *values in said if kind == "table"] == [
        ["dim_areas", "null"], ["dim_dates", "null"], ["fct_calls", "Calls: it's one row per call."], ["notes", "null"],
    ]  # fmt: skip
    assert ["column", "offered_at", "timestamptz"] in said
    assert ["column", "wait_seconds", "int8"] in said
    assert [values for kind, *values in said if kind == "key"] == [["call_key"]]
    assert sorted(values for kind, *values in said if kind == "refers") == [
        ["area_code", "dim_areas"], ["offered_date", "dim_dates"],
    ]  # fmt: skip
    calls = [values for kind, *values in said if kind == "call"]
    assert [(call[0], call[2], call[3]) for call in calls] == [("b", "2021-10-05", "9"), ("c", "2021-10-06", "10")]
    assert datetime.fromisoformat(calls[0][1]) == datetime(2021, 10, 5, 10, tzinfo=UTC)
