"""Who may read what in PostgreSQL: a failure means that somebody reads what is not theirs, or not what is."""

from __future__ import annotations

from typing import Any

import psycopg2
import pytest

from orchestration.errors import EnvironmentProblem, UsageProblem
from orchestration.publish.postgresql.publish import publish
from orchestration.publish.postgresql.server import Address
from tests.postgres_server import PostgresServer
from tests.publish.postgresql.conftest import Database
from tests.publish.postgresql.made_up import MadeUp, calls_of

# Calls of WORCS and their waits are kept from the audience `partners`; every wait of theirs is this long.
SECRET_WAIT = 8_675_309
CALLS = [*calls_of({"2021-09": 40}), *((f"secret-{n}", "2021-09-10", SECRET_WAIT) for n in range(3))]


@pytest.fixture
def person(made_up: MadeUp, database: Database) -> str:
    """Somebody who logs in and was granted the role of an audience; everything is published."""
    made_up.publish("g1", CALLS, audiences={"partners": "area_code = 'HEREF'"})
    database.receive(made_up)
    name = f"person_{database.name}"
    database.ask(f"create role {name} login in role occ_partners")
    return name


def test_a_person_of_an_audience_reads_its_tables_and_no_others(
    made_up: MadeUp, database: Database, person: str
) -> None:
    ours = "select tablename from pg_tables where schemaname = 'partners_marts' order by 1"
    assert database.ask(ours, person) == [("dim_areas",), ("dim_dates",), ("fct_calls",)]
    assert database.ask("select count(*), min(area_code), max(area_code) from partners_marts.fct_calls", person) == [
        (20, "HEREF", "HEREF")
    ]
    assert database.ask("select generation from partners_reports.kpi_as_was", person) == [("g1",)]
    readable = database.ask(
        "select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        "where c.relkind in ('r', 'v', 'm', 'f', 'p') and n.nspname not in ('pg_catalog', 'information_schema') "
        "and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')",
        person,
    )
    assert readable
    assert {schema for schema, _ in readable} == {
        "partners_marts", "partners_metrics", "partners_quality", "partners_reports",
    }  # fmt: skip


REFUSED = [
    "select * from marts.fct_calls",
    "select count(*) from marts.fct_calls",
    "select wait_seconds from partners_marts.fct_calls",
    "select * from metrics.kpi_results",
    "select * from reports.calls_by_area",
    "select * from quality.generations",
    "select * from occ_publish.parts",
    "select * from occ_publish.tables",
    "table marts.dim_areas",
    "copy marts.fct_calls to stdout",
    "copy (select * from marts.fct_calls) to program 'cat'",
    "insert into partners_marts.dim_areas values ('x', 'y')",
    "update partners_marts.fct_calls set area_code = 'x'",
    "delete from partners_marts.fct_calls",
    "truncate partners_marts.fct_calls",
    "drop table partners_marts.fct_calls",
    "alter table partners_marts.fct_calls add column x text",
    "create table partners_marts.mine (a int)",
    "create view partners_marts.mine as select 1",
    "create schema mine",
    "grant select on marts.fct_calls to public",
    "set role occ_data_team",
    "set role occ",
    "alter role occ_partners superuser",
    "begin; lock table marts.fct_calls in access share mode",
    "analyze verbose marts.fct_calls; select * from marts.fct_calls",
    "select lo_import('/etc/passwd')",
    "select pg_read_file('PG_VERSION')",
    "select * from pg_statistic",
    "select * from pg_authid",
    "select row_security_active('marts.fct_calls'), query_to_xml('select * from marts.fct_calls', true, true, '')",
    "select table_to_xml('marts.fct_calls', true, true, '')",
    "select schema_to_xml('marts', true, true, '')",
]


@pytest.fixture(scope="module")
def audience_of(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> tuple[Database, str]:
    """The same, made once: nothing here changes it."""
    made_up = MadeUp.below(tmp_path_factory.mktemp("audience"))
    made_up.publish("g1", CALLS, audiences={"partners": "area_code = 'HEREF'"})
    database = Database(postgres_server, postgres_server.new_database())
    database.receive(made_up)
    database.ask(f"create role reader_{database.name} login in role occ_partners")
    return database, f"reader_{database.name}"


@pytest.mark.parametrize("statement", REFUSED)
def test_what_is_kept_from_an_audience_is_refused(audience_of: tuple[Database, str], statement: str) -> None:
    database, person = audience_of
    with pytest.raises((psycopg2.errors.InsufficientPrivilege, psycopg2.errors.UndefinedColumn)):
        database.ask(statement, person)


def test_the_catalogue_tells_an_audience_no_value_that_is_kept_from_it(audience_of: tuple[Database, str]) -> None:
    """Statistics keep the commonest values of a column, and comments, constraints and view definitions are for all."""
    database, person = audience_of
    database.ask("analyze")
    whole = "select tablename from pg_stats where most_common_vals::text like '%8675309%'"
    assert database.ask(whole) == [("fct_calls",)], "what is looked for is there"
    assert database.ask(whole, person) == []
    assert {row[0] for row in database.ask("select distinct schemaname from pg_stats", person)} <= {
        "pg_catalog",
        "information_schema",
        "partners_marts",
        "partners_metrics",
        "partners_quality",
        "partners_reports",
    }
    for catalogue in (
        "pg_stats", "pg_stats_ext", "pg_description", "pg_shdescription", "pg_views", "pg_rules", "pg_indexes",
        "pg_constraint", "pg_attrdef", "pg_class", "pg_attribute", "pg_stat_user_tables", "pg_stat_activity",
        "pg_prepared_statements", "pg_settings", "information_schema.columns", "information_schema.views",
        "information_schema.check_constraints",
    ):  # fmt: skip
        shown = str(database.ask(f"select * from {catalogue}", person))
        assert "8675309" not in shown, catalogue
        assert "secret-" not in shown, catalogue


def test_the_data_team_reads_everything_and_writes_nothing(database: Database, person: str) -> None:
    name = f"analyst_{database.name}"
    database.ask(f"create role {name} login in role occ_data_team")
    assert database.ask("select max(wait_seconds) from marts.fct_calls", name) == [(SECRET_WAIT,)]
    for statement in ("delete from marts.fct_calls", "select * from occ_publish.parts", "create table marts.x (a int)"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            database.ask(statement, name)


def test_tables_that_come_later_are_read_at_once(made_up: MadeUp, database: Database, person: str) -> None:
    made_up.publish("g2", CALLS, extra_column=True, audiences={"partners": "area_code = 'HEREF'"})
    database.receive(made_up)
    assert len(database.ask("select doubled from partners_marts.fct_calls", person)) == 20


def test_an_audience_that_is_no_more_loses_its_tables(made_up: MadeUp, database: Database, person: str) -> None:
    made_up.publish("g2", CALLS)
    assert "partners_marts.fct_calls" in database.receive(made_up).removed
    assert database.ask("select nspname from pg_namespace where nspname like 'partners%'") == []


def test_an_audience_may_have_a_database_of_its_own_with_the_same_names(
    made_up: MadeUp, database: Database, person: str, postgres_server: PostgresServer
) -> None:
    """Where not even the number of rows that are kept from it may be seen: its database holds nothing else."""
    own = Database(postgres_server, postgres_server.new_database())
    outcome = own.receive(made_up, audience="partners")
    assert outcome.editions == {"partners": 7}
    assert own.ask("select count(*), max(area_code) from marts.fct_calls", person) == [(20, "HEREF")]
    assert own.ask("select 1 from pg_attribute where attname = 'wait_seconds'") == []
    with pytest.raises(EnvironmentProblem, match="for the audience partners alone"):
        own.receive(made_up)
    with pytest.raises(EnvironmentProblem, match="needs a database of its own"):
        database.receive(made_up, audience="partners")
    with pytest.raises(UsageProblem, match="no audience nobody"):
        own.receive(made_up, audience="nobody")


def test_the_publishing_user_needs_what_deploy_grants(made_up: MadeUp, postgres_server: PostgresServer) -> None:
    """deploy/postgresql.sql, as the administrator runs it; then everything as that user, which is no superuser."""
    from orchestration.settings import PROJECT

    name = postgres_server.new_database()
    postgres_server.query(f"drop database {name}")
    script = (PROJECT / "deploy" / "postgresql.sql").read_text()
    psql(postgres_server, "postgres", script, f"--set=database={name}")
    made_up.publish("g1", CALLS, audiences={"performance": "area_code = 'HEREF'"})
    address = Address.of(postgres_server.address(name, "occ_publisher"))
    publish(made_up.settings, address)
    made_up.publish("g2", CALLS, extra_column=True, audiences={"performance": "area_code = 'HEREF'"})
    publish(made_up.settings, address)
    database = Database(postgres_server, name)
    database.ask(f"create role reader_{name} login in role occ_performance")
    assert database.ask("select count(*) from performance_marts.fct_calls", f"reader_{name}") == [(20,)]
    stranger = f"stranger_{name}"
    database.ask(f"create role {stranger} login")
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        database.ask("select 1", stranger)


def psql(server: PostgresServer, database: str, script: str, *options: str) -> Any:
    import subprocess

    return subprocess.run(
        [server.programs / "psql", "-X", "-q", "-h", server.folder, "-p", str(server.port), "-U", "occ", "-d", database,
         "-v", "ON_ERROR_STOP=1", *options],
        input=script, text=True, check=True, capture_output=True,
    )  # fmt: skip
