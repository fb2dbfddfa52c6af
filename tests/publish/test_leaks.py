"""What an audience must not read, asked for in every way there is, of its file and of what lies around it.

The queries are made from the data: from what the models say is restricted, and from what is in the data team's file.
The same queries are put to the data team's file, where each finds something: one that finds nothing proves nothing.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.analysis import tables as analysis_tables
from orchestration.publish import audience_files, generation, modes
from orchestration.publish.audience_files import AudienceFile
from orchestration.publish.audiences import Audience
from orchestration.settings import Settings
from orchestration.warehouse import dbt, steps

AUDIENCES = [
    Audience(name="performance", label="Performance"),
    Audience(name="hereford", label="Hereford", areas=["HEREF"]),
    Audience(name="towns", label="Two areas, and no figure of the force", areas=["TELF", "SHROP"], force_figures=False),
]
NAMES = [each.name for each in AUDIENCES]
NOBODY = 65534
# Names of measures, and figures of public minutes.
PUBLIC_ALREADY = {"marts.dim_briefing_measures", "marts.dim_published_figures", "reports.brief_years"}


@dataclass(frozen=True)
class Query:
    """A way to ask for something; it has found it when it returns a row."""

    kind: str
    sql: str  # {folder} is where the file that is asked lies


@dataclass
class File:
    """A published file as a reader has it open."""

    con: duckdb.DuckDBPyConnection
    folder: Path
    columns: dict[str, list[str]]  # by table or view
    found: dict[str, bool] = field(default_factory=dict)

    def finds(self, query: Query) -> bool:
        if query.sql not in self.found:
            try:
                sql = query.sql.replace("{folder}", str(self.folder))
                self.found[query.sql] = bool(self.con.execute(sql).fetchmany(1))
            except duckdb.Error:
                self.found[query.sql] = False
        return self.found[query.sql]

    def has(self, table: str, column: str) -> bool:
        return column in self.columns.get(table, [])


@dataclass
class World:
    """A generation with three audiences, in a folder that another user of this machine comes to."""

    settings: Settings
    whole: File
    audiences: dict[str, File]
    kept_from: dict[str, dict[str, list[str]]]  # by audience: restricted columns by table, no column for a whole table
    indicators: list[str]  # that are restricted


def opened(database: Path) -> File:
    con = duckdb.connect(str(database), read_only=True, config={"threads": 1})
    con.execute("set TimeZone = 'UTC'")
    columns: dict[str, list[str]] = {}
    for schema, table, column in con.execute(
        "select schema_name, table_name, column_name from duckdb_columns() where not internal order by column_index"
    ).fetchall():
        columns.setdefault(f"{schema}.{table}", []).append(column)
    return File(con, database.parent, columns)


@pytest.fixture(scope="module")
def world(small_warehouse: Settings) -> Iterator[World]:
    """The small warehouse's generation, copied, with audiences of some areas too."""
    out = generation.current(small_warehouse)
    assert out is not None
    place = Path(tempfile.mkdtemp(dir="/tmp"))  # pytest's own folders are closed to other users
    place.chmod(0o755)
    settings = replace(small_warehouse, warehouse=place / "warehouse")
    folder = settings.published / out.generation
    try:
        with modes.for_the_data_team():
            shutil.copytree(
                small_warehouse.published / out.generation, folder, ignore=shutil.ignore_patterns("audience")
            )
            (settings.published / "current").symlink_to(out.generation)
            for name in ("landing", "build", "reports"):
                (settings.warehouse / name).mkdir()
                (settings.warehouse / name / "private").write_text("x")
            nodes = dbt.manifest_nodes(small_warehouse) | analysis_tables.as_nodes()
            with steps.build_database(small_warehouse) as build:
                tables = generation.tables_to_publish(build, nodes)
                audience_files.write(settings, build, out, tables, AUDIENCES)
            modes.close_to_others(settings)
        # The copy's month views name the files of where it was copied from; nothing is asked of these.
        generation.settle_views(folder, {table: list(out.fingerprints[table]) for table in out.columns})
        files = {name: opened(audience_files.folder_of(settings, name) / "occ.duckdb") for name in NAMES}
        whole = opened(folder / "occ.duckdb")
        restricted_columns = {each.full_name: sorted(each.restricted_columns) for each in tables}
        kept_from = {
            name: {
                table: restricted_columns.get(table, []) if table in file.columns else []
                for table in whole.columns
                if table not in file.columns or restricted_columns.get(table)
            }
            for name, file in files.items()
        }
        yield World(settings, whole, files, kept_from, generation.restricted_indicators(nodes))
        for file in (whole, *files.values()):
            file.con.close()
    finally:
        shutil.rmtree(place)


def by_name(table: str) -> Iterator[Query]:
    """A whole table that is kept back."""
    schema, name = table.split(".")
    yield Query("table by name", f"select count(*) from {table}")
    yield Query("table by schema", f"select 1 from information_schema.tables where table_name = '{name}'")
    yield Query("table by catalogue", f"select 1 from pg_catalog.pg_class where relname = '{name}'")
    yield Query("table by its columns", f"select 1 from duckdb_columns() where table_name = '{name}'")
    yield Query("table in the list", f"select 1 from (show all tables) where name = '{name}' and schema = '{schema}'")


def by_column(table: str, column: str, *, has_months: bool) -> Iterator[Query]:
    """A column that is kept back, of a table that is read."""
    name = table.split(".")[1]
    yield Query("column by name", f'select "{column}" from {table} limit 1')
    yield Query("column by pattern", f"select columns('^{column}$') from {table} limit 1")
    some = f"(select * from {table} limit 20000)"
    yield Query("column in a row", f"select 1 from (select to_json(t) as j from {some} t) where j ->> '{column}' != ''")
    yield Query("column by join", f'select a."{column}" from {table} a, {table} b limit 1')
    yield Query("column by its greatest value", f'select max("{column}") from {table}')
    of_table = f"table_name = '{name}' and column_name = '{column}'"
    yield Query("column by schema", f"select 1 from information_schema.columns where {of_table}")
    yield Query("column by comment", f"select comment from duckdb_columns() where {of_table} and comment is not null")
    yield Query("column by summary", f"select 1 from (summarize from {some}) where column_name = '{column}'")
    if has_months:
        files = f"'{{folder}}/{name}/*.parquet'"
        yield Query("column in files", f'select "{column}" from read_parquet({files}) limit 1')
        yield Query("column in files' schema", f"select 1 from parquet_schema({files}) where name = '{column}'")
        yield Query(
            "column in files' statistics",
            f"select stats_max from parquet_metadata({files}) where path_in_schema = '{column}'",
        )


def by_value(world: World, audience: Audience) -> Iterator[Query]:
    """Rows that are kept back, of tables that are read; as far as the data team's file has them."""
    whole, file = world.whole, world.audiences[audience.name]
    for table, columns in file.columns.items():
        if "kpi_id" in columns and table in whole.columns:
            for indicator in world.indicators:
                yield Query("rows of an indicator", f"select 1 from {table} where kpi_id = '{indicator}' limit 1")
        if {"scope_type", "kpi_id"} <= set(columns) and table not in PUBLIC_ALREADY:
            for scope in ("team", "diary"):
                yield Query("rows of a scope", f"select 1 from {table} where scope_type = '{scope}' limit 1")
            if audience.areas:
                areas = ", ".join(f"'{area}'" for area in audience.areas)
                yield Query(
                    "figures of another area",
                    f"select 1 from {table} where scope_type like 'area%' "
                    f"and split_part(scope_code, '/', 1) not in ({areas})",
                )
                for scope in ("line", "grade", "unit", "source", "urban", "channel", "stage"):
                    yield Query("figures of no area", f"select 1 from {table} where scope_type = '{scope}' limit 1")
        if audience.areas and "area_code" in columns and table.startswith("marts.fct_"):
            areas = ", ".join(f"'{area}'" for area in audience.areas)
            yield Query("rows of another area", f"select 1 from {table} where area_code not in ({areas}) limit 1")
            yield Query("rows of no area", f"select 1 from {table} where area_code = 'UNKNOWN' limit 1")
    for kind in ("SCHEDULED", "DIARY_CAR", "DA_DIARY_CAR"):
        yield Query("hours of a diary", f"select 1 from marts.fct_unresourced_hourly where kind = '{kind}' limit 1")
    if audience.areas:
        areas = ", ".join(f"'{area}'" for area in audience.areas)
        keys = whole.con.execute(
            f"select incident_key from marts.fct_incidents where area_code not in ({areas}) "
            "order by hash(incident_key) limit 40"
        ).fetchall()
        for (key,) in keys:
            for table in ("fct_incidents", "fct_incident_events", "fct_incident_states"):
                yield Query("an incident of another area", f"select 1 from marts.{table} where incident_key = '{key}'")


def by_definition(world: World, audience: Audience) -> Iterator[Query]:
    """Names of what is kept back, in the texts of views and comments."""
    for table, columns in world.kept_from[audience.name].items():
        for name in columns or [table.split(".")[1]]:
            if len(name) > 12:  # a short one is a word too
                yield Query("view's text", f"select 1 from duckdb_views() where not internal and sql ilike '%{name}%'")
    for path in ("/fct_resource_statuses/", "/fct_agent_intervals/"):
        yield Query("view's path", f"select 1 from duckdb_views() where not internal and sql like '%{path}%'")


def queries(world: World, audience: Audience) -> list[Query]:
    made: list[Query] = []
    months = AudienceFile.read(world.audiences[audience.name].folder).months
    for table, columns in world.kept_from[audience.name].items():
        made += [query for column in columns for query in by_column(table, column, has_months=table in months)]
        if not columns:
            made += by_name(table)
    # What the data team's file does not have either, as figures by team in a table of forecasts, proves nothing.
    made += [query for query in by_value(world, audience) if world.whole.finds(query)]
    made += [query for query in by_definition(world, audience) if world.whole.finds(query)]
    return made


@pytest.mark.parametrize("audience", AUDIENCES, ids=NAMES)
def test_no_query_of_hundreds_finds_what_is_kept_from_an_audience(world: World, audience: Audience) -> None:
    """A leak: the query that is listed returns from the audience's file what only the data team may read."""
    asked = queries(world, audience)
    assert len(asked) >= 200
    assert [query for query in asked if world.audiences[audience.name].finds(query)] == []


@pytest.mark.parametrize("audience", AUDIENCES, ids=NAMES)
def test_the_same_queries_find_it_in_the_data_teams_file(world: World, audience: Audience) -> None:
    """Else a query that finds nothing for an audience shows nothing: it may only be wrong."""
    asked = queries(world, audience)
    assert [query for query in asked if not world.whole.finds(query)] == []
    kinds = Counter(query.kind for query in asked)
    expected = {"table by name", "column by name", "column in files", "rows of an indicator", "rows of a scope"}
    expected |= {"rows of another area", "an incident of another area"} if audience.areas else {"hours of a diary"}
    assert expected <= set(kinds)


def secrets(world: World) -> dict[str, set[str]]:
    """Values that nobody but the data team may read, by what they are."""
    ask = world.whole.con.execute
    segments, events = "marts.fct_call_segments", "marts.fct_incident_events"
    made_of = {
        "tokens of callers": f"select caller_token from marts.fct_calls union select caller_token from {segments}",
        "tokens of agents": f"select agent_token from {segments}",
        "tokens of users": f"select user_token from {events}",
        "tokens of victims": "select victim_token from marts.fct_domestic_abuse",
        "callsigns": f"select resource from marts.fct_resource_statuses union select resource from {events}",
        "names of deliveries": "select name from quality.deliveries",
        "rows set aside": "select raw_row from quality.quarantined_rows",
        "indicators": f"select unnest({world.indicators})",
    }
    return {
        what: {str(row[0]) for row in ask(sql).fetchall() if row[0] and len(str(row[0])) >= 4}
        for what, sql in made_of.items()
    }


def texts(file: File) -> set[str]:
    """Every text in every table, and every text that the file says of itself."""
    found: set[str] = set()
    for table in file.columns:
        if table.startswith("reports."):
            continue  # made of the others
        for (column,) in file.con.execute(
            "select column_name from duckdb_columns() where schema_name || '.' || table_name = ? "
            "and data_type in ('VARCHAR', 'VARCHAR[]')",
            [table],
        ).fetchall():
            rows = file.con.execute(f'select distinct "{column}"::varchar from {table}').fetchall()
            found |= {row[0] for row in rows if row[0]}
    return found | said(file)


def said(file: File) -> set[str]:
    """Texts of views, and comments."""
    asked = ("select sql from duckdb_views() where not internal", "select comment from duckdb_columns()")
    return {row[0] for sql in asked for row in file.con.execute(sql).fetchall() if row[0]}


@pytest.mark.parametrize("name", NAMES)
def test_no_secret_value_stands_in_any_column_view_or_comment(world: World, name: str) -> None:
    kept = secrets(world)
    assert all(kept.values()), "the sample has some of each"
    known = texts(world.audiences[name])
    assert {what: sorted(values & known)[:3] for what, values in kept.items() if values & known} == {}
    together = "\n".join(said(world.audiences[name]))
    assert [value for values in kept.values() for value in values if value in together] == []


def test_the_secret_values_stand_in_the_data_teams_file(world: World) -> None:
    whole = texts(world.whole)
    assert all(values <= whole for values in secrets(world).values())


def bytes_of(folder: Path, patterns: tuple[str, ...]) -> bytes:
    files = [path for pattern in patterns for path in sorted(folder.glob(pattern)) if path.is_file()]
    return b"\n".join(path.read_bytes() for path in files)


def tokens_in(content: bytes) -> set[str]:
    """Every run of as many hexadecimal digits as a token has, wherever it begins."""
    return {found.decode() for found in re.findall(rb"(?=([0-9a-f]{16}))", content)}


@pytest.mark.parametrize("name", NAMES)
def test_no_byte_of_an_audiences_files_holds_a_token(world: World, name: str) -> None:
    """Free pages of a database, statistics of a Parquet file: what no query shows lies in the bytes all the same.

    Most tokens lie compressed, also in the data team's files; that planted values are found stands in
    test_audience_files.py.
    """
    tokens = {value for what, values in secrets(world).items() if what.startswith("tokens") for value in values}
    assert {len(token) for token in tokens} == {16}
    assert tokens_in(bytes_of(world.audiences[name].folder, ("*", "*/*.parquet"))) & tokens == set()
    assert tokens_in(bytes_of(world.whole.folder, ("occ.duckdb", "*/*.parquet"))) & tokens


def giveaways(file: File, is_abuse: dict[str, bool]) -> set[tuple[str, str]]:
    """Columns with a value, or none, that tells domestic abuse: of six or more incidents with it nine in ten are."""
    found = set()
    for table in ("fct_incidents", "fct_incident_states", "fct_incident_events", "fct_diary_appointments"):
        columns = file.columns.get(f"marts.{table}", [])
        for column in columns:
            if column in {"incident_key", "_source_row", "_delivery_id"}:
                continue
            rows = file.con.execute(
                f'select "{column}"::varchar, list(distinct incident_key) from marts.{table} '
                "where incident_key is not null group by 1 having count(distinct incident_key) >= 6"
            ).fetchall()
            for _, keys in rows:
                known = [is_abuse[key] for key in keys if key in is_abuse]
                if len(known) >= 6 and sum(known) / len(known) >= 0.9:
                    found.add((table, column))
    return found


def test_no_column_gives_domestic_abuse_away(world: World) -> None:
    """A category, a diary, a qualifier says it as plainly as the flag does."""
    flags = world.whole.con.execute("select incident_key, is_domestic_abuse from marts.fct_incidents").fetchall()
    is_abuse = {str(key): bool(flag) for key, flag in flags}
    assert {each for name in NAMES for each in giveaways(world.audiences[name], is_abuse)} == set()
    in_whole = giveaways(world.whole, is_abuse)
    assert {("fct_incidents", "is_domestic_abuse"), ("fct_incidents", "opening_category")} <= in_whole


def test_rows_do_not_lie_in_an_order_that_tells_them_apart(world: World) -> None:
    """What a run of today touched lies behind the rest in the data team's file; the audience's lie by day and key."""
    shapes = generation.Generation.read(world.whole.folder).shapes
    for name in NAMES:
        for table, months in AudienceFile.read(world.audiences[name].folder).months.items():
            first = world.audiences[name].columns[table][0]
            for month in months:
                file = world.audiences[name].folder / table.split(".")[1] / f"{month}.parquet"
                rows = (
                    world.audiences[name]
                    .con.execute(f"select {shapes[table].month_of}, hash(\"{first}\") from read_parquet('{file}')")
                    .fetchall()
                )
                assert rows == sorted(rows, key=lambda row: (row[0] or date.max, row[1]))


def test_what_an_audience_reads_is_otherwise_what_the_data_team_reads(world: World) -> None:
    """Nothing is lost on the way: every row and column that is not kept back is there, and figures are the same."""
    whole, performance = world.whole.con, world.audiences["performance"]
    for table, columns in performance.columns.items():
        if table in {"quality.generations"} or "kpi_id" in columns or table.startswith("reports.brief_disruptions"):
            continue
        listed = ", ".join(f'"{column}"' for column in columns)
        where = "where kind = 'LIVE'" if table == "marts.fct_unresourced_hourly" else ""
        sql = f"select count(*), sum(hash({listed})::hugeint) from {table}"
        assert performance.con.execute(sql).fetchall() == whole.execute(f"{sql} {where}").fetchall(), table
    hereford = world.audiences["hereford"].con
    for table in ("fct_incidents", "fct_incident_states", "fct_diary_appointments"):
        mine = hereford.execute(f"select count(*) from marts.{table}").fetchall()
        assert mine == whole.execute(f"select count(*) from marts.{table} where area_code = 'HEREF'").fetchall()
        assert mine > [(0,)]


def test_no_view_is_left_out_that_was_meant_to_go_out(world: World) -> None:
    """A view that says it is not restricted and reads what is: its yml is wrong, or what it reads is."""
    for name in NAMES:
        described = AudienceFile.read(world.audiences[name].folder)
        assert described.left_out == []
        assert described.views


def as_nobody(act: Callable[[], Any]) -> Any:
    """What `act` returns in a process of a user who owns nothing and is in no group."""
    receiving, sending = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            os.write(sending, json.dumps(act()).encode())
        finally:
            os._exit(0)
    os.close(sending)
    with os.fdopen(receiving) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return json.loads(text)


def can_read(paths: list[str]) -> list[str]:
    """Files that can be opened and folders that can be listed."""
    found = []
    for path in paths:
        try:
            os.close(os.open(path, os.O_RDONLY))
            found.append(path)
        except OSError:
            continue
    return found


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user needs root; the modes are tested below")
def test_another_user_opens_the_audiences_files_and_nothing_around_them(world: World) -> None:
    """By the paths in the views, by their neighbours, by listing: the kernel is what keeps the data team's files."""
    published = [str(path) for path in world.settings.warehouse.rglob("*") if not path.is_symlink()]
    of_audiences = {path for path in published if "/audience" in path}
    assert len(of_audiences) > 20
    assert set(as_nobody(lambda: can_read(published))) == of_audiences
    by_pointer = str(audience_files.folder_of(world.settings, "performance") / "occ.duckdb")
    assert as_nobody(lambda: can_read([by_pointer])) == [by_pointer]


def test_modes_are_those_of_the_data_team_and_of_audiences(world: World) -> None:
    for path in world.settings.published.rglob("*"):
        if path.is_symlink():
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        if "audience" in path.relative_to(world.settings.published).parts:
            assert mode == (0o755 if path.is_dir() else 0o644), path
        else:
            assert mode == (0o751 if path.is_dir() else 0o640), path
    for room in ("landing", "build", "reports"):
        assert stat.S_IMODE((world.settings.warehouse / room).stat().st_mode) & 0o007 == 0
