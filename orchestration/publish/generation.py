"""One published generation: a folder with `occ.duckdb`, its month files, and `generation.json` that describes it.

Large facts are Parquet, a file for each month, and a view in `occ.duckdb` over them; a month that a run did not touch
is shared with the generation before by hard link, so that a day costs a day. A model that says `published_as: view`
goes out as the view it is, over published tables: it costs a run nothing. The rest are tables in `occ.duckdb`.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from orchestration.landing.erasures import Erasure, read_erasures
from orchestration.progress import report
from orchestration.publish import content_hash
from orchestration.settings import Settings

PUBLISHED_SCHEMAS = ("marts", "metrics", "quality", "reports")
NO_MONTH = "none"
_KEEP_AT_LEAST = timedelta(hours=24)


@dataclass(frozen=True)
class Table:
    """A table to publish."""

    schema: str
    name: str
    columns: dict[str, str]  # name to DuckDB type
    month_of: str | None  # the column whose month splits a large fact
    view_place: int | None = None  # set for what goes out as a view: after what it reads
    description: str = ""
    column_descriptions: dict[str, str] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Generation:
    """What `generation.json` holds."""

    generation: str
    published_at: str  # ISO 8601, UTC
    content_hash: str
    code_version: str
    batches: list[str]  # landing batches behind it
    deliveries_count: int
    fingerprints: dict[str, dict[str, tuple[int, str]]]  # table to month to (rows, sum of row hashes)
    columns: dict[str, dict[str, str]]  # of the tables kept by month: name to type
    views: list[str] = field(default_factory=list)  # what went out as a view over published tables, in order
    erasures: list[str] = field(default_factory=list)  # those whose rows it does not hold any more
    reviews: str = ""  # digest of what reviewers said, as it stood on the day of the run

    @classmethod
    def read(cls, folder: Path) -> Generation:
        raw = json.loads((folder / "generation.json").read_text())
        raw["fingerprints"] = {
            table: {month: (rows, total) for month, (rows, total) in months.items()}
            for table, months in raw["fingerprints"].items()
        }
        return cls(**raw)


def current(settings: Settings) -> Generation | None:
    """The newest generation that passed, or None before the first."""
    folder = settings.published / "current"
    return Generation.read(folder) if (folder / "generation.json").exists() else None


def new_name(settings: Settings) -> str:
    """A name for the generation to come, and for the batch of what it takes in: its instant, made unique.

    A killed run may have used the name for either: a batch that stands must never be written again.
    """
    stem = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    name, number = stem, 1
    registry = settings.warehouse / "landing" / "registry"
    while (settings.published / name).exists() or (registry / f"{name}.parquet").exists():
        number += 1
        name = f"{stem}-{number}"
    return name


def tables_to_publish(con: duckdb.DuckDBPyConnection, nodes: Mapping[str, Any]) -> list[Table]:
    """Every table of the published schemas, with what the models and sources say about it (`nodes`: dbt's manifest)."""
    described = {
        (node["schema"], node["identifier" if node["resource_type"] == "source" else "alias"]): node
        for node in nodes.values()
        if node["resource_type"] in {"model", "source"}
    }
    places = _view_places(nodes)
    columns: dict[tuple[str, str], dict[str, str]] = {}
    placeholders = ", ".join("?" for _ in PUBLISHED_SCHEMAS)
    for schema, table, column, data_type in con.execute(
        "select table_schema, table_name, column_name, data_type from information_schema.columns "
        f"where table_schema in ({placeholders}) order by table_schema, table_name, ordinal_position",
        list(PUBLISHED_SCHEMAS),
    ).fetchall():
        columns.setdefault((schema, table), {})[column] = data_type
    return [
        _table(schema, name, types, described.get((schema, name), {}), places.get(f"{schema}.{name}"))
        for (schema, name), types in columns.items()
    ]


def _meta(node: Mapping[str, Any]) -> dict[str, Any]:
    return {**node.get("meta", {}), **node.get("config", {}).get("meta", {})}


def _view_places(nodes: Mapping[str, Any]) -> dict[str, int]:
    """What goes out as a view, and its place among these: a view stands after the views that it reads."""
    views = {
        unique_id: f"{node['schema']}.{node['alias']}"
        for unique_id, node in nodes.items()
        if node["resource_type"] == "model" and _meta(node).get("published_as") == "view"
    }

    def depth(unique_id: str) -> int:
        read = [parent for parent in nodes[unique_id]["depends_on"]["nodes"] if parent in views]
        return 1 + max(map(depth, read), default=0)

    return {
        views[unique_id]: place for place, unique_id in enumerate(sorted(views, key=lambda each: (depth(each), each)))
    }


def _table(schema: str, name: str, columns: dict[str, str], node: Mapping[str, Any], view_place: int | None) -> Table:
    return Table(
        schema=schema,
        name=name,
        columns=columns,
        month_of=_meta(node).get("month_of"),
        view_place=view_place,
        description=node.get("description", ""),
        column_descriptions={key: value["description"] for key, value in node.get("columns", {}).items()},
    )


def write(
    settings: Settings,
    con: duckdb.DuckDBPyConnection,
    *,
    name: str,
    code_version: str,
    nodes: Mapping[str, Any],
    is_full: bool,
) -> Generation:
    """Write the generation beside the others; `generation.json` comes last: a folder without it is not a generation.

    Readers come by `current`, which `move_pointer` moves afterwards.
    """
    settings.published.mkdir(parents=True, exist_ok=True)
    for left in _never_published(settings):  # before anything is written: what was left takes room
        shutil.rmtree(left)
    folder = settings.published / name
    folder.mkdir()
    before = current(settings)
    tables = tables_to_publish(con, nodes)
    touched = None if is_full or before is None else _touched_months(con)
    fingerprints: dict[str, dict[str, tuple[int, str]]] = {}
    for number, table in enumerate(tables):
        report("publishing", number, len(tables))
        if table.month_of:
            fingerprints[table.full_name] = _write_months(settings, con, table, folder, before, touched)
        elif content_hash.is_hashed(table.full_name) and table.view_place is None:
            fingerprints[table.full_name] = {
                NO_MONTH: content_hash.fingerprint(con, table.full_name, table.columns, "true")
            }
    hashed = {
        (table, month): value
        for table, months in fingerprints.items()
        if content_hash.is_hashed(table)
        for month, value in months.items()
    }
    generation = Generation(
        generation=name,
        published_at=datetime.now(UTC).isoformat(timespec="seconds"),
        content_hash=content_hash.combine(hashed),
        code_version=code_version,
        batches=[row[0] for row in con.execute("select distinct batch from landing.deliveries order by 1").fetchall()],
        deliveries_count=_count(con, "landing.deliveries"),
        fingerprints=fingerprints,
        columns={table.full_name: table.columns for table in tables if table.month_of},
        views=[table.full_name for table in _views(tables)],
        erasures=[row[0] for row in con.execute("select erasure_id from landing.erasures order by 1").fetchall()],
        reviews=_digest_of_reviews(con),
    )
    con.execute("checkpoint")
    _write_database(settings, con, folder, tables, fingerprints, generation)
    _write_synced(folder / "generation.json", json.dumps(generation.__dict__, indent=1))
    _sync_folder(folder)
    report("publishing", len(tables), len(tables))
    return generation


def move_pointer(settings: Settings, name: str) -> None:
    """Let `current` name the written generation: one rename, which readers see whole or not at all."""
    pointer = settings.published / ".current.new"
    pointer.unlink(missing_ok=True)
    pointer.symlink_to(name)
    pointer.replace(settings.published / "current")
    _sync_folder(settings.published)


def settle(settings: Settings, name: str) -> None:
    """Make a generation that was copied here from another folder `current`: its views name their files anew."""
    folder = settings.published / name
    generation = Generation.read(folder)
    with duckdb.connect(str(folder / "occ.duckdb")) as con:
        for full_name in generation.columns:
            months = list(generation.fingerprints.get(full_name, {}))
            if not months:
                continue
            schema, table = full_name.split(".")
            described = Table(
                schema, table, generation.columns[full_name], None, None, *_descriptions(con, schema, table)
            )
            _month_view(con, full_name, folder, months, replace=True)
            _describe(con, full_name, described, kind="view")
    move_pointer(settings, name)


def _descriptions(con: duckdb.DuckDBPyConnection, schema: str, table: str) -> tuple[str, dict[str, str]]:
    """What a published view says of itself and of its columns."""
    ((of_view,),) = con.execute(
        "select comment from duckdb_views() where schema_name = ? and view_name = ?", [schema, table]
    ).fetchall()
    of_columns = con.execute(
        "select column_name, comment from duckdb_columns() where schema_name = ? and table_name = ?", [schema, table]
    ).fetchall()
    return of_view or "", {name: comment or "" for name, comment in of_columns}


def _month_view(
    con: duckdb.DuckDBPyConnection, target: str, folder: Path, months: list[str], *, replace: bool = False
) -> None:
    """A large fact, read from its month files."""
    files = ", ".join(quoted(str(folder / target.rpartition(".")[2] / f"{month}.parquet")) for month in months)
    con.execute(f"create {'or replace ' if replace else ''}view {target} as select * from read_parquet([{files}])")


def discard(settings: Settings, name: str) -> None:
    """Remove a generation that was written, or half written, and that the pointer never named."""
    if (settings.published / "current").resolve() != (settings.published / name).resolve():
        shutil.rmtree(settings.published / name, ignore_errors=True)


def remove_old(settings: Settings) -> list[str]:
    """Remove generations older than 24 hours with `keep_generations` newer ones, and what a killed run left.

    The pages made from a generation go with it.
    """
    newest = (settings.published / "current").resolve()
    folders = _folders(settings)
    half_written = _never_published(settings)
    whole = sorted((path for path in folders if path not in half_written and path != newest), reverse=True)
    oldest_kept = datetime.now(UTC) - _KEEP_AT_LEAST
    outlived = [
        path
        for path in whole[settings.keep_generations :]
        if datetime.fromisoformat(Generation.read(path).published_at) < oldest_kept
    ]
    for path in half_written + outlived:
        # Its description goes first: what is half removed is no generation any more, whoever looks.
        (path / "generation.json").unlink(missing_ok=True)
        shutil.rmtree(path)
    _remove_reports(settings)
    return [path.name for path in outlived]


def _remove_reports(settings: Settings) -> None:
    """Remove the pages of generations that are gone, and a link that names none."""
    if not settings.reports.is_dir():
        return
    kept = {path.name for path in _folders(settings)}
    for path in settings.reports.iterdir():
        if path.is_dir() and not path.is_symlink() and path.name not in kept:
            shutil.rmtree(path)
    link = settings.reports / "current"
    if link.is_symlink() and not link.exists():
        link.unlink()


def _folders(settings: Settings) -> list[Path]:
    return [path for path in settings.published.iterdir() if path.is_dir() and not path.is_symlink()]


def _never_published(settings: Settings) -> list[Path]:
    """What killed runs left: folders half written or half removed, and whole ones that the pointer never came to name.

    The generation that is out lists all that were out before it; no reader ever came by one that it does not list.
    """
    listed: set[str] | None = None
    if settings.current_db.exists():
        with duckdb.connect() as con:
            con.execute(f"attach {quoted(str(settings.current_db.resolve()))} as out (read_only)")
            listed = {row[0] for row in con.execute("select generation from out.quality.generations").fetchall()}
    return [
        path
        for path in _folders(settings)
        if not (path / "generation.json").exists() or (listed is not None and path.name not in listed)
    ]


def holding_erased(settings: Settings, erasures: Sequence[Erasure]) -> list[str]:
    """Generations made before an erasure from a batch that held its rows, and those cut off while being written."""
    found = []
    for folder in sorted(settings.published.glob("*")):
        if not folder.is_dir() or folder.is_symlink():
            continue
        if not (folder / "generation.json").exists():
            found.append(folder.name)
            continue
        generation = Generation.read(folder)
        if any(
            each.erasure_id not in generation.erasures and set(each.batches) & set(generation.batches)
            for each in erasures
        ):
            found.append(folder.name)
    return found


def withdraw_erased(settings: Settings) -> list[str]:
    """Remove the generations that hold erased rows, whatever their age; the current one stays until a new one is out.

    A reader that has one open keeps what it has open; it must open `current` again to read on.
    """
    erasures = read_erasures(settings.warehouse / "landing")
    if not erasures:
        return []
    newest = (settings.published / "current").resolve().name
    withdrawn = [name for name in holding_erased(settings, erasures) if name != newest]
    for name in withdrawn:
        folder = settings.published / name
        # What describes it goes first: cut off from here on it is a half-written one, and goes at the next run.
        (folder / "generation.json").unlink(missing_ok=True)
        shutil.rmtree(folder)
    _remove_reports(settings)
    return withdrawn


def copy_to_single_file(settings: Settings, target: Path) -> None:
    """Copy the current generation into one DuckDB file that can be carried anywhere.

    What went out as a view over published tables is a view in the copy too: a copy of its rows would double the file.
    """
    generation = current(settings)
    views = generation.views if generation else []
    with duckdb.connect(str(target)) as con:
        con.execute(f"attach {quoted(str(settings.current_db))} as published (read_only)")
        listed = con.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_catalog = 'published' order by all"
        ).fetchall()
        for schema, name in listed:
            con.execute(f"create schema if not exists {schema}")
            if f"{schema}.{name}" not in views:
                con.execute(f"create table {schema}.{name} as select * from published.{schema}.{name}")
        for view in views:
            con.execute(view_sql(con, "published", view))


def _touched_months(con: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    rows = con.execute("select distinct table_name, strftime(month, '%Y-%m') from intermediate.int_touched_months")
    return {(table, month) for table, month in rows.fetchall()}


def _write_months(
    settings: Settings,
    con: duckdb.DuckDBPyConnection,
    table: Table,
    folder: Path,
    before: Generation | None,
    touched: set[tuple[str, str]] | None,
) -> dict[str, tuple[int, str]]:
    """Write the month files that changed, share the others. `touched` None means that any may have changed."""
    known = before.fingerprints.get(table.full_name, {}) if before else {}
    same_columns = before is not None and before.columns.get(table.full_name) == table.columns
    shared_from = settings.published / "current" / table.name
    (folder / table.name).mkdir()
    written: dict[str, tuple[int, str]] = {}
    for month, rows in con.execute(
        f"select coalesce(strftime({table.month_of}, '%Y-%m'), '{NO_MONTH}'), count(*) "
        f"from {table.full_name} group by 1 order by 1"
    ).fetchall():
        where = _month_filter(table, month)
        file_name = f"{month}.parquet"
        target = folder / table.name / file_name
        unchanged = touched is not None and (table.name, month) not in touched and known.get(month, (-1, ""))[0] == rows
        written[month] = (
            known[month] if unchanged else content_hash.fingerprint(con, table.full_name, table.columns, where)
        )
        if written[month] == known.get(month) and same_columns and _share(shared_from / file_name, target):
            continue
        con.execute(
            f"copy (select * from {table.full_name} where {where}) "
            f"to {quoted(str(target))} (format parquet, compression snappy)"
        )
    return written


def _share(source: Path, target: Path) -> bool:
    """Hard-link a month file of the generation before; False where it is not there or cannot be linked."""
    try:
        os.link(source.resolve(strict=True), target)
    except OSError:
        return False
    return True


def _month_filter(table: Table, month: str) -> str:
    if month == NO_MONTH:
        return f"{table.month_of} is null"
    year, number = (int(part) for part in month.split("-"))
    after = f"{year + number // 12}-{number % 12 + 1:02d}-01"
    data_type = table.columns[str(table.month_of)]
    return f"{table.month_of} >= '{month}-01'::{data_type} and {table.month_of} < '{after}'::{data_type}"


def _write_database(
    settings: Settings,
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    tables: list[Table],
    fingerprints: Mapping[str, Mapping[str, Any]],
    generation: Generation,
) -> None:
    con.execute(f"attach {quoted(str(folder / 'occ.duckdb'))} as published")
    try:
        for schema in PUBLISHED_SCHEMAS:
            con.execute(f"create schema published.{schema}")
        for table in [table for table in tables if table.view_place is None] + _views(tables):
            target = f"published.{table.full_name}"
            months = list(fingerprints.get(table.full_name, {})) if table.month_of else []
            if table.view_place is not None:
                con.execute(view_sql(con, _database_of(con), table.full_name, into="published"))
            elif months:
                _month_view(con, target, folder, months)
            else:
                con.execute(f"create table {target} as select * from {table.full_name}")
            _describe(con, target, table, kind="view" if months or table.view_place is not None else "table")
        _record_generation(settings, con, generation)
        # Detaching writes the rest too, but is silent when the disk is full.
        con.execute("checkpoint published")
    finally:
        con.execute("detach published")
    if list(folder.glob("*.wal")):
        raise OSError(errno.EIO, "the generation's database could not be written whole", str(folder))


def _views(tables: list[Table]) -> list[Table]:
    """What goes out as a view, each after the views that it reads."""
    return sorted((table for table in tables if table.view_place is not None), key=lambda table: table.view_place or 0)


def _database_of(con: duckdb.DuckDBPyConnection) -> str:
    return str(con.execute("select current_database()").fetchall()[0][0])


def view_sql(con: duckdb.DuckDBPyConnection, database: str, view: str, into: str | None = None) -> str:
    """The statement that makes the view of `database` again in another one, or in the connection's own.

    It names tables by schema alone: DuckDB then looks for them where the view lies, whatever its file is called.
    """
    ((sql,),) = con.execute(
        "select sql from duckdb_views() where database_name = ? and schema_name || '.' || view_name = ?",
        [database, view],
    ).fetchall()
    body = re.sub(rf'(?<![\w."])"?{re.escape(database)}"?\.(?=[\w"])', "", str(sql).partition(" AS ")[2])
    return f"create view {f'{into}.' if into else ''}{view} as {body}"


def _describe(con: duckdb.DuckDBPyConnection, target: str, table: Table, *, kind: str) -> None:
    """Carry the models' descriptions into the published file, where BI tools show them.

    In one transaction: each of two thousand by itself would cost four times as much.
    """
    con.begin()
    try:
        if table.description:
            con.execute(f"comment on {kind} {target} is {quoted(table.description)}")
        for column, description in table.column_descriptions.items():
            if description and column in table.columns:
                con.execute(f'comment on column {target}."{column}" is {quoted(description)}')
    except BaseException:
        con.rollback()
        raise
    con.commit()


def _record_generation(settings: Settings, con: duckdb.DuckDBPyConnection, generation: Generation) -> None:
    """`quality.generations`: one row per generation, the earlier ones carried over from the generation before."""
    con.execute(
        "create table published.quality.generations (generation varchar, published_at timestamptz, "
        "content_hash varchar, code_version varchar, deliveries_count bigint, delivery_ids_added varchar[])"
    )
    earlier: set[str] = set()
    if settings.current_db.exists():
        con.execute(f"attach {quoted(str(settings.current_db.resolve()))} as before (read_only)")
        try:
            con.execute("insert into published.quality.generations select * from before.quality.generations")
            rows = con.execute("select delivery_id from before.quality.deliveries").fetchall()
            earlier = {row[0] for row in rows}
        finally:
            con.execute("detach before")
    delivered = [row[0] for row in con.execute("select delivery_id from landing.deliveries order by 1").fetchall()]
    con.execute(
        "insert into published.quality.generations values (?, ?, ?, ?, ?, ?)",
        [
            generation.generation,
            generation.published_at,
            generation.content_hash,
            generation.code_version,
            generation.deliveries_count,
            [delivery for delivery in delivered if delivery not in earlier],
        ],
    )


def _digest_of_reviews(con: duckdb.DuckDBPyConnection) -> str:
    """As the quality step kept it; empty where no step judged the quality."""
    con.execute("create table if not exists landing.reviews (digest varchar)")
    row = con.execute("select digest from landing.reviews").fetchone()
    return str(row[0]) if row else ""


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    row = con.execute(f"select count(*) from {table}").fetchone()
    return int(row[0]) if row else 0


def quoted(value: str) -> str:
    """Text as a SQL literal, for the statements that take no parameters."""
    return "'" + value.replace("'", "''") + "'"


def _write_synced(path: Path, text: str) -> None:
    with path.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make a rename last through a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
