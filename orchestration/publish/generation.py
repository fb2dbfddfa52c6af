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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import duckdb

from orchestration.landing.erasures import Erasure, read_erasures
from orchestration.progress import report
from orchestration.publish import content_hash, modes
from orchestration.publish.side_by_side import side_by_side
from orchestration.settings import Settings

PUBLISHED_SCHEMAS = ("marts", "metrics", "quality", "reports")
NO_MONTH = "none"
_GENERATIONS = {  # `quality.generations`, which publishing itself writes
    "generation": "varchar",
    "published_at": "timestamptz",
    "content_hash": "varchar",
    "code_version": "varchar",
    "deliveries_count": "bigint",
    "delivery_ids_added": "varchar[]",
}
_KEEP_AT_LEAST = timedelta(hours=24)


@dataclass(frozen=True)
class Shape:
    """What a copy of a table in another database needs to know, beyond its columns."""

    key: list[str] = field(default_factory=list)  # its grain; empty where none is proved
    required: list[str] = field(default_factory=list)  # columns that are never null
    references: dict[str, str] = field(default_factory=dict)  # column to the `schema.table.column` that it names
    month_of: str | None = None  # the column whose month tells which part of the table a row is in
    # What becomes of a view in another database: its rows are copied (table), its SQL is translated as it would be as
    # long as the facts (view), or it stays out as working it out would cost more than all the rest (none).
    in_database: Literal["table", "view", "none"] = "table"


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
    # For whom it is, beside the data team (see audiences.py): what says nothing of itself goes to nobody.
    restricted: bool = True
    restricted_columns: frozenset[str] = frozenset()
    audience_where: str | None = None  # SQL: the rows that every audience may read; None is all
    area_where: str | None = None  # SQL: the rows of {areas}; None: nothing for an audience of some areas
    area_moves: str | None = None  # SQL on the build database: rows whose area this run may have changed
    shape: Shape = field(default_factory=lambda: Shape())
    # Whether no run says which of its months it touched: all are hashed then, and in the content hash it is one.
    any_month: bool = False

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"


Described = tuple[str, Table, str]  # the name in SQL of what was made, what it is, and whether it is a table or a view


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
    shapes: dict[str, Shape] = field(default_factory=dict)  # of every table

    @classmethod
    def read(cls, folder: Path) -> Generation:
        raw = json.loads((folder / "generation.json").read_text())
        raw["fingerprints"] = {
            table: {month: (rows, total) for month, (rows, total) in months.items()}
            for table, months in raw["fingerprints"].items()
        }
        known = {each.name for each in fields(Shape)}  # one of other code may say more
        raw["shapes"] = {
            table: Shape(**{word: said for word, said in shape.items() if word in known})
            for table, shape in raw.get("shapes", {}).items()
        }
        return cls(**raw)


def current(settings: Settings) -> Generation | None:
    """The newest generation that passed, or None before the first."""
    folder = settings.published / "current"
    return Generation.read(folder) if (folder / "generation.json").exists() else None


def size(settings: Settings, generation: Generation) -> tuple[int, int]:
    """How many tables and views a generation has, and the rows of its tables."""
    with duckdb.connect(str(settings.published / generation.generation / "occ.duckdb"), read_only=True) as con:
        ((count, rows),) = con.execute(
            "select (select count(*) from duckdb_tables()) + (select count(*) from duckdb_views() where not internal), "
            "(select coalesce(sum(estimated_size), 0) from duckdb_tables())"
        ).fetchall()
    months = (generation.fingerprints.get(table, {}) for table in generation.columns)
    return count, int(rows) + sum(rows for each in months for rows, _ in each.values())


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
    places, keys = _view_places(nodes), _keys(nodes)
    columns: dict[tuple[str, str], dict[str, str]] = {}
    indicators = ", ".join(quoted(kpi_id) for kpi_id in restricted_indicators(nodes)) or "''"
    placeholders = ", ".join("?" for _ in PUBLISHED_SCHEMAS)
    for schema, table, column, data_type in con.execute(
        "select table_schema, table_name, column_name, data_type from information_schema.columns "
        f"where table_schema in ({placeholders}) order by table_schema, table_name, ordinal_position",
        list(PUBLISHED_SCHEMAS),
    ).fetchall():
        columns.setdefault((schema, table), {})[column] = data_type
    return [
        _table(schema, name, types, described.get((schema, name), {}), places.get(f"{schema}.{name}"), indicators, keys)
        for (schema, name), types in columns.items()
    ]


def restricted_indicators(nodes: Mapping[str, Any]) -> list[str]:
    """The indicators that say of themselves, where they are defined, that they are the data team's."""
    return sorted(
        str(indicator["kpi_id"])
        for node in nodes.values()
        for indicator in _meta(node).get("indicators", [])
        if indicator.get("restricted")
    )


def _source(nodes: Mapping[str, Any], schema: str, name: str) -> Mapping[str, Any]:
    """What the sources say of a table that publishing itself writes; nothing where they do not know it."""
    sources = (node for node in nodes.values() if node["resource_type"] == "source")
    return next((node for node in sources if (node["schema"], node["identifier"]) == (schema, name)), {})


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


def _keys(nodes: Mapping[str, Any]) -> dict[str, list[str]]:
    """The grain of each model, by its unique id, as its test proves it."""
    return {
        str(node["attached_node"]): list(node["test_metadata"]["kwargs"]["columns"])
        for node in nodes.values()
        if node["resource_type"] == "test" and (node.get("test_metadata") or {}).get("name") == "grain_is_unique"
    }


def _shape(node: Mapping[str, Any], key: Sequence[str]) -> Shape:
    columns = node.get("columns", {})
    return Shape(
        key=list(key),
        required=[
            name
            for name, column in columns.items()
            if any(constraint["type"] == "not_null" for constraint in column.get("constraints", []))
        ],
        references={name: refers for name, column in columns.items() if (refers := _meta(column).get("references"))},
        month_of=_meta(node).get("month_of"),
        in_database=_meta(node).get("in_database", "table"),
    )


def _table(
    schema: str,
    name: str,
    columns: dict[str, str],
    node: Mapping[str, Any],
    view_place: int | None,
    restricted_indicators: str,
    keys: Mapping[str, Sequence[str]],
) -> Table:
    meta = _meta(node)
    where = meta.get("audience_where")
    described = node.get("columns", {})
    return Table(
        schema=schema,
        name=name,
        columns=columns,
        month_of=meta.get("month_of"),
        view_place=view_place,
        description=node.get("description", ""),
        column_descriptions={key: value["description"] for key, value in described.items()},
        restricted=meta.get("restricted", True) is not False,
        restricted_columns=frozenset(key for key, value in described.items() if _meta(value).get("restricted")),
        audience_where=where and where.replace("{restricted_indicators}", restricted_indicators),
        area_where=meta.get("area_where"),
        area_moves=meta.get("area_moves"),
        shape=_shape(node, keys.get(node.get("unique_id", ""), [])),
        any_month=bool(meta.get("any_month")),
    )


def write(
    settings: Settings,
    con: duckdb.DuckDBPyConnection,
    *,
    name: str,
    code_version: str,
    nodes: Mapping[str, Any],
    is_full: bool,
    beside: Callable[[Generation, Sequence[Table]], object] = lambda generation, tables: None,
) -> Generation:
    """Write the generation beside the others; `generation.json` comes last: a folder without it is not a generation.

    `beside` writes what else belongs into its folder, once its own files are whole. Readers come by `current`, which
    `move_pointer` moves afterwards.
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
    described = [table for table in tables if table.month_of or _is_hashed_whole(table)]
    for table, months in zip(
        described,
        side_by_side(
            con,
            described,
            lambda own, table: (
                _write_months(settings, own, table, folder, before, touched)
                if table.month_of
                else {NO_MONTH: content_hash.fingerprint(own, table.full_name, table.columns, "true")}
            ),
            progress=lambda done: report("publishing", done, len(tables)),
        ),
        strict=True,
    ):
        fingerprints[table.full_name] = months
    any_month = {table.full_name for table in tables if table.any_month}
    hashed = {
        (table, month): value
        for table, by_month in fingerprints.items()
        if content_hash.is_hashed(table)
        for month, value in ({NO_MONTH: content_hash.whole(by_month)} if table in any_month else by_month).items()
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
        shapes={table.full_name: table.shape for table in tables},
    )
    con.execute("checkpoint")
    generations = _table(
        "quality", "generations", _GENERATIONS, _source(nodes, "quality", "generations"), None, "''", {}
    )
    _write_database(settings, con, folder, tables, fingerprints, generation, generations)
    beside(generation, tables)
    write_synced(folder / "generation.json", json.dumps(asdict(generation), indent=1))
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
    settle_views(folder, {table: list(generation.fingerprints.get(table, {})) for table in generation.columns})
    move_pointer(settings, name)


def settle_views(folder: Path, months_of: Mapping[str, list[str]]) -> None:
    """Let the views over month files of an `occ.duckdb` name the files that lie beside it."""
    with duckdb.connect(str(folder / "occ.duckdb")) as con:
        for full_name, months in months_of.items():
            if not months:
                continue
            schema, table = full_name.split(".")
            description, columns = _descriptions(con, schema, table)
            described = Table(schema, table, dict.fromkeys(columns, ""), None, None, description, columns)
            month_view(con, full_name, folder, months, replace=True)
            describe(con, [(full_name, described, "view")])


def _descriptions(con: duckdb.DuckDBPyConnection, schema: str, table: str) -> tuple[str, dict[str, str]]:
    """What a published view says of itself and of its columns."""
    ((of_view,),) = con.execute(
        "select comment from duckdb_views() where schema_name = ? and view_name = ?", [schema, table]
    ).fetchall()
    of_columns = con.execute(
        "select column_name, comment from duckdb_columns() where schema_name = ? and table_name = ?", [schema, table]
    ).fetchall()
    return of_view or "", {name: comment or "" for name, comment in of_columns}


def month_view(
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
    """Remove generations that have had `keep_generations` newer ones and were current 24 hours ago or earlier.

    So whoever opened one while it was current has it for a day. What a killed run left goes too, and with a generation
    the pages made from it.
    """
    newest = (settings.published / "current").resolve()
    folders = _folders(settings)
    half_written = _never_published(settings)
    whole = sorted((path for path in folders if path not in half_written and path != newest), reverse=True)
    oldest_kept = datetime.now(UTC) - _KEEP_AT_LEAST
    followed_by = dict(zip(whole, [newest, *whole], strict=False))
    outlived = [
        path
        for path in whole[settings.keep_generations :]
        if max(_published_at(path), _published_at(followed_by[path])) < oldest_kept
    ]
    for path in half_written + outlived:
        # Its description goes first: what is half removed is no generation any more, whoever looks.
        (path / "generation.json").unlink(missing_ok=True)
        shutil.rmtree(path)
    _remove_reports(settings)
    return [path.name for path in outlived]


def _published_at(folder: Path) -> datetime:
    return datetime.fromisoformat(Generation.read(folder).published_at)


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


def copy_to_single_file(settings: Settings, target: Path, audience: str | None = None) -> tuple[int, int]:
    """Copy the current generation, or what an audience reads of it, into one DuckDB file that can be carried anywhere.

    What went out as a view over published tables is a view in the copy too: a copy of its rows would double the file.
    The file is there when it is whole; how many tables and views it has, and the rows of the tables.
    """
    generation = current(settings)
    views = generation.views if generation else []
    source = settings.current_db if audience is None else settings.audience_db(audience)
    partial = target.with_name(f".{target.name}.part")
    partial.unlink(missing_ok=True)
    rows = 0
    try:
        with modes.for_the_data_team() if audience is None else modes.for_audiences(), duckdb.connect(partial) as con:
            con.execute(f"attach {quoted(str(source))} as published (read_only)")
            listed = con.execute(
                "select table_schema, table_name from information_schema.tables "
                "where table_catalog = 'published' order by all"
            ).fetchall()
            for schema, name in listed:
                con.execute(f"create schema if not exists {schema}")
                if f"{schema}.{name}" not in views:
                    made = con.execute(f"create table {schema}.{name} as select * from published.{schema}.{name}")
                    rows += made.fetchall()[0][0]
            statements = view_statements(con, "published")
            for view in views:
                if view in statements:
                    con.execute(statements[view])
            _copy_comments(con, views)
        partial.rename(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return len(listed), rows


def _copy_comments(con: duckdb.DuckDBPyConnection, views: Sequence[str]) -> None:
    """What tables and columns of `published` say of themselves, for those of the same names in the connection's own."""
    columns: dict[str, dict[str, str]] = {}
    for full_name, column, comment in con.execute(
        "select schema_name || '.' || table_name, column_name, comment from duckdb_columns() "
        "where database_name = 'published' and comment is not null"
    ).fetchall():
        columns.setdefault(full_name, {})[column] = comment
    described: list[Described] = []
    for full_name, comment in con.execute(
        "select schema_name || '.' || table_name, comment from duckdb_tables() where database_name = 'published' "
        "union all "
        "select schema_name || '.' || view_name, comment from duckdb_views() where database_name = 'published'"
    ).fetchall():
        schema, _, name = full_name.partition(".")
        said = columns.get(full_name, {})
        table = Table(schema, name, said, None, description=comment or "", column_descriptions=said)
        described.append((full_name, table, "view" if full_name in views else "table"))
    describe(con, described)


def _is_hashed_whole(table: Table) -> bool:
    return content_hash.is_hashed(table.full_name) and table.view_place is None


def _touched_months(con: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    rows = con.execute(
        f"select distinct table_name, coalesce(strftime(month, '%Y-%m'), '{NO_MONTH}') "
        "from intermediate.int_touched_months"
    )
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
    written = _fingerprints(con, table, known, None if table.any_month else touched)
    for month, fingerprint in written.items():
        file_name = f"{month}.parquet"
        target = folder / table.name / file_name
        if fingerprint == known.get(month) and same_columns and share(shared_from / file_name, target):
            modes.close(target)
            continue
        con.execute(
            f"copy (select * from {table.full_name} where {_month_filter(table, month)}) "
            f"to {quoted(str(target))} (format parquet, compression snappy)"
        )
    return written


def _fingerprints(
    con: duckdb.DuckDBPyConnection,
    table: Table,
    known: Mapping[str, tuple[int, str]],
    touched: set[tuple[str, str]] | None,
) -> dict[str, tuple[int, str]]:
    """Of each month of a table, in order. Where the run says which it `touched`, the others are as they were `known`.

    Should these not make up the table, months are counted, and those whose rows became more or fewer are looked at too.
    """
    if touched is None:
        return _hashed(con, table, None)
    said = {month for name, month in touched if name == table.name}
    found = _hashed(con, table, said)
    kept = {month: value for month, value in known.items() if month not in said}
    if sum(rows for rows, _ in (kept | found).values()) != _count(con, table.full_name):
        counts = con.execute(
            f"select {_MONTH}, n from (select year({table.month_of}) as y, month({table.month_of}) as m, "
            f"count(*) as n from {table.full_name} group by y, m)"
        ).fetchall()
        counted: dict[str, int] = dict(counts)
        unsaid = {
            month for month, rows in counted.items() if month not in said and known.get(month, (-1, ""))[0] != rows
        }
        kept = {month: value for month, value in kept.items() if month in counted}
        found |= _hashed(con, table, unsaid)
    return dict(sorted((kept | found).items()))


# Made of numbers once they are grouped: a text for each row of ten years would cost more than the day's months.
_MONTH = f"case when y is null then '{NO_MONTH}' else format('{{:04d}}-{{:02d}}', y, m) end"


def _hashed(con: duckdb.DuckDBPyConnection, table: Table, months: set[str] | None) -> dict[str, tuple[int, str]]:
    """Rows and sum of row hashes of some months of a table, or of all of them, in order."""
    if months is not None and not months:
        return {}
    where = "true" if months is None else " or ".join(f"({_month_filter(table, month)})" for month in sorted(months))
    return {
        month: (int(rows), str(total))
        for month, rows, total in con.execute(
            f"select {_MONTH}, n, total from (select year({table.month_of}) as y, month({table.month_of}) as m, "
            f"count(*) as n, sum({content_hash.row_hash(table.columns)}::hugeint)::varchar as total "
            f"from {table.full_name} where {where} group by y, m) order by 1"
        ).fetchall()
    }


def share(source: Path, target: Path) -> bool:
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
    generations: Table,
) -> None:
    con.execute(f"attach {quoted(str(folder / 'occ.duckdb'))} as published")
    try:
        for schema in PUBLISHED_SCHEMAS:
            con.execute(f"create schema published.{schema}")
        views = view_statements(con, _database_of(con), into="published")
        described: list[Described] = []
        for table in [table for table in tables if table.view_place is None] + _views(tables):
            target = f"published.{table.full_name}"
            months = list(fingerprints.get(table.full_name, {})) if table.month_of else []
            if table.view_place is not None:
                con.execute(views[table.full_name])
            elif months:
                month_view(con, target, folder, months)
            else:
                con.execute(f"create table {target} as select * from {table.full_name}")
            described.append((target, table, "view" if months or table.view_place is not None else "table"))
        _record_generation(settings, con, generation)
        described.append(("published.quality.generations", generations, "table"))
        describe(con, described)
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


def view_sql(con: duckdb.DuckDBPyConnection, database: str, view: str) -> str:
    """The statement that makes the view (`schema.name`) of an attached database again in the connection's own."""
    return view_statements(con, database)[view]


def view_statements(con: duckdb.DuckDBPyConnection, database: str, into: str | None = None) -> dict[str, str]:
    """By view, the statement that makes it again in another database, or in the connection's own.

    It names tables by schema alone: DuckDB then looks for them where the view lies, whatever its file is called.
    """
    listed = con.execute(
        "select schema_name || '.' || view_name, sql from duckdb_views() where database_name = ? and not internal",
        [database],
    ).fetchall()
    named = re.compile(rf'(?<![\w."])"?{re.escape(database)}"?\.(?=[\w"])')
    before = f"{into}." if into else ""
    return {
        view: f"create view {before}{view} as {named.sub('', str(sql).partition(' AS ')[2])}" for view, sql in listed
    }


def describe(con: duckdb.DuckDBPyConnection, described: Sequence[Described]) -> None:
    """Carry the models' descriptions into the published file, where BI tools show them.

    In one transaction: each of two thousand by itself would cost four times as much.
    """
    con.begin()
    try:
        for target, table, kind in described:
            comments = [f"comment on {kind} {target} is {quoted(table.description)}"] if table.description else []
            comments += [
                f'comment on column {target}."{column}" is {quoted(description)}'
                for column, description in table.column_descriptions.items()
                if description and column in table.columns
            ]
            con.execute(";".join(comments))
    except BaseException:
        con.rollback()
        raise
    con.commit()


def _record_generation(settings: Settings, con: duckdb.DuckDBPyConnection, generation: Generation) -> None:
    """`quality.generations`: one row per generation, the earlier ones carried over from the generation before."""
    columns = ", ".join(f"{name} {data_type}" for name, data_type in _GENERATIONS.items())
    con.execute(f"create table published.quality.generations ({columns})")
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


def write_synced(path: Path, text: str) -> None:
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
