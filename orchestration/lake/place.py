"""Where the lake is, and how a DuckDB database gets to it. No meaning of what it holds.

PostgreSQL is reached as its own clients reach it: PGPASSWORD, a password file, a service file. A password in the
address is refused, as an address is shown in messages and in lists of processes.
"""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import EnvironmentProblem, UsageProblem, WarehouseLocked
from orchestration.publish import extensions
from orchestration.publish.generation import quoted
from orchestration.settings import Settings

NAME = "lake"  # under which every client attaches it: views name the tables that they read by it
_EXTENSIONS = ("postgres_scanner", "ducklake")  # in this order
_RETRIES = 100  # of a commit that another writer was quicker than


@dataclass(frozen=True)
class Lake:
    """One lake."""

    address: str  # of the PostgreSQL database, as libpq takes it: a URL or words, without a password
    catalogue: str  # the schema in that database which holds the lake's catalogue
    data: Path  # the folder of its Parquet; of use to whoever makes the lake, as the catalogue knows it from then on

    def attach_sql(self, *, read_only: bool, snapshot: int | None = None) -> str:
        """What a client runs, once the extensions are loaded."""
        options = [f"meta_schema {quoted(self.catalogue)}"]
        options += ["read_only"] if read_only else [f"data_path {quoted(str(self.data) + '/')}"]
        options += [f"snapshot_version {snapshot}"] if snapshot is not None else []
        return f"attach {quoted(f'ducklake:postgres:{self.address}')} as {NAME} ({', '.join(options)})"


def lake_of(settings: Settings) -> Lake:
    """The lake that the settings name. Raises EnvironmentProblem without one, UsageProblem for a bad address."""
    if not settings.lake:
        raise EnvironmentProblem(
            "No lake is set up: put the address of a PostgreSQL database into OCC_LAKE, as "
            "OCC_LAKE=postgresql://occ@dbserver/occ (docs/ducklake.md)."
        )
    psycopg2 = _psycopg2()
    try:
        words = psycopg2.extensions.parse_dsn(settings.lake)
    except psycopg2.ProgrammingError:
        # What libpq says of it repeats it, and there may be a password in it.
        raise UsageProblem(
            "OCC_LAKE is no address of a PostgreSQL database: write postgresql://user@server/database, or "
            "service=NAME of your service file."
        ) from None
    if "password" in words:
        raise UsageProblem(
            "OCC_LAKE holds a password, which messages and lists of processes would show: take it out, and put it into "
            "~/.pgpass, a service file or PGPASSWORD."
        )
    return Lake(settings.lake, settings.lake_catalogue, settings.lake_data)


def _psycopg2() -> Any:
    try:
        return import_module("psycopg2")
    except ImportError:
        raise EnvironmentProblem("The lake's PostgreSQL client is missing: pip install 'occ-warehouse[lake]'") from None


def load_sql() -> list[str]:
    """What any client of this machine runs before it attaches a lake. Raises EnvironmentProblem where it is missing."""
    return [f"load {quoted(str(extensions.path_of(name)))}" for name in _EXTENSIONS]


def _prepare(con: duckdb.DuckDBPyConnection) -> None:
    for name in _EXTENSIONS:
        extensions.load(con, name)
    con.execute(f"set ducklake_max_retry_count = {_RETRIES}")


def attach(con: duckdb.DuckDBPyConnection, lake: Lake, *, schemas: Sequence[str] = ()) -> None:
    """Attach the lake for writing, making it, and these schemas in it, where they are not there yet.

    Raises EnvironmentProblem where the server cannot be reached or says no.
    """
    _prepare(con)
    with _one_at_a_time(lake):
        try:
            lake.data.mkdir(mode=0o2770, parents=True, exist_ok=True)  # the team's; see docs/ducklake.md
            con.execute(lake.attach_sql(read_only=False))
            # Rows kept in the catalogue itself would reserve names of columns that models use.
            con.execute(f"call {NAME}.set_option('data_inlining_row_limit', 0)")
            for schema in schemas:
                con.execute(f'create schema if not exists {NAME}."{schema}"')
        except (duckdb.Error, OSError) as error:
            raise _unreachable(error) from None


def attach_to_read(con: duckdb.DuckDBPyConnection, lake: Lake, snapshot: int | None = None) -> None:
    """Attach the lake for reading, as it is or as it was at a snapshot. Raises EnvironmentProblem."""
    _prepare(con)
    try:
        con.execute(lake.attach_sql(read_only=True, snapshot=snapshot))
    except duckdb.Error as error:
        raise _unreachable(error) from None


def _unreachable(error: Exception) -> EnvironmentProblem:
    said = " ".join(str(error).split())
    return EnvironmentProblem(f"The lake cannot be opened: {said}")


@contextmanager
def _connection(lake: Lake) -> Iterator[Any]:
    """PostgreSQL itself, each statement a transaction."""
    psycopg2 = _psycopg2()
    try:
        con = psycopg2.connect(lake.address, application_name=f"occ lake, {getpass.getuser()}")
    except psycopg2.Error as error:
        raise _unreachable(error) from None
    try:
        con.autocommit = True
        yield con
    finally:
        con.close()


@contextmanager
def _one_at_a_time(lake: Lake) -> Iterator[None]:
    """Makes the schema of the catalogue, and lets nobody else do so meanwhile: it is made by whoever comes first."""
    with _connection(lake) as con, con.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(hashtext(%s), 0)", [lake.catalogue])
        cursor.execute("select 1 from pg_namespace where nspname = %s", [lake.catalogue])
        if cursor.fetchone() is None:
            name = lake.catalogue.replace('"', '""')
            cursor.execute(f'create schema "{name}"')
        yield  # the lock goes with the connection


@contextmanager
def writing(lake: Lake, rooms: Sequence[str]) -> Iterator[None]:
    """Hold these rooms (schemas) for one build; the server lets go of them when the process ends, however it ends.

    Raises WarehouseLocked when another build holds one of them.
    """
    with _connection(lake) as con, con.cursor() as cursor:
        for room in rooms:
            lock = [lake.catalogue, room]
            cursor.execute("select pg_try_advisory_lock(hashtext(%s), hashtext(%s))", lock)
            if not cursor.fetchone()[0]:
                cursor.execute(
                    "select activity.pid, activity.application_name from pg_locks join pg_stat_activity as activity "
                    "using (pid) where locktype = 'advisory' and granted and (classid, objid) = "
                    "((hashtext(%s)::bigint & 4294967295)::oid, (hashtext(%s)::bigint & 4294967295)::oid)",
                    lock,
                )
                pid, who = cursor.fetchone() or (0, "it has just ended")
                raise WarehouseLocked(
                    f"Another build is writing {room} in the lake ({who}, PostgreSQL process {pid}). Wait for it to "
                    "end, or build other rooms meanwhile: occ lake build --room."
                )
        yield
