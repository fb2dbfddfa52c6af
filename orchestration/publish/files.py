"""What is published, as files for tools that open no DuckDB file: CSV, Excel, Parquet.

What belongs here: where the tables come from (the generation that is out, or an audience's part of it), which of them
go out, and how a folder of files is replaced in one step. How a table is written stands in `csv_files`, `excel` and
`parquet_files`. Nothing here reads the build database: what an audience may not see is not in the file it comes from.
"""

from __future__ import annotations

import difflib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import duckdb

from orchestration.errors import UsageProblem
from orchestration.progress import report
from orchestration.publish import modes, publish_log
from orchestration.publish.generation import Generation
from orchestration.settings import Settings

Kind = Literal["csv", "excel", "parquet"]
KINDS: tuple[Kind, ...] = ("csv", "excel", "parquet")
ABOUT = "about.json"
SHEET_ROWS = 1_048_575  # what a spreadsheet shows below a row of headings
WORKBOOK_ROWS = 100_000  # of a table nobody asked for by name: a workbook of every fact would take minutes to open
_FOLDERS_KEPT = 2  # the newest, and the one before it for readers who have it open


@dataclass(frozen=True)
class SourceTable:
    """A published table or view, as the file it is read from describes it."""

    schema: str
    name: str
    columns: dict[str, str]  # name to DuckDB type
    description: str
    column_descriptions: dict[str, str]
    rows: int

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Source:
    """An open published file and what is to be written from it."""

    con: duckdb.DuckDBPyConnection
    folder: Path  # where the file and its month files lie
    generation: Generation
    audience: str | None
    tables: list[SourceTable]
    left_out: list[SourceTable]  # too long to go out unasked


@dataclass(frozen=True)
class Published:
    """What was written."""

    kind: Kind
    target: Path
    generation: str
    audience: str | None
    rows: dict[str, int] = field(default_factory=dict)  # table to its rows
    left_out: dict[str, int] = field(default_factory=dict)


def is_file_target(to: str) -> bool:
    """Whether `--to` names files: `csv:FOLDER`, `excel:FILE` or `parquet:FOLDER`."""
    return to.partition(":")[0] in KINDS and ":" in to


def publish_files(settings: Settings, to: str, tables: Sequence[str] = (), audience: str | None = None) -> Published:
    """Write what is out to the files that `to` names; of `tables` (`schema.name`) only, when there are any.

    Raises UsageProblem for a target that cannot be written, a table that is not there, an audience without a file.
    """
    kind, place = _kind_and_place(to)
    whose = modes.for_the_data_team() if audience is None else modes.for_audiences()
    with whose, publish_log.recording(settings, kind, str(place), audience) as entry:
        published = _publish(settings, kind, place, tables, audience)
        entry.generation, entry.tables = published.generation, len(published.rows)
        entry.rows = sum(published.rows.values())
    return published


def _kind_and_place(to: str) -> tuple[Kind, Path]:
    name, _, place = to.partition(":")
    for kind in KINDS:
        if kind == name and place:
            return kind, Path(place).absolute()
    raise UsageProblem(f"--to {to} names no place; write it like --to {name}:/srv/bi/{name}.")


def _publish(settings: Settings, kind: Kind, target: Path, tables: Sequence[str], audience: str | None) -> Published:
    database = database_of(settings, audience)
    with duckdb.connect(str(database), read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        # Of the folder that the file was found in: `current` may have moved on since.
        generation = Generation.read(database.parent if audience is None else database.parents[2])
        longest = {"csv": SHEET_ROWS, "excel": WORKBOOK_ROWS}.get(kind)
        chosen, left_out = _chosen(con, tables, longest)
        source = Source(con, database.parent, generation, audience, chosen, left_out)
        try:
            _write(source, kind, target)
        except OSError as error:
            raise UsageProblem(f"{target} cannot be written ({error.strerror or type(error).__name__}).") from None
    return Published(
        kind,
        target,
        generation.generation,
        audience,
        {table.full_name: table.rows for table in chosen},
        {table.full_name: table.rows for table in left_out},
    )


def _write(source: Source, kind: Kind, target: Path) -> None:
    if kind == "excel":
        from orchestration.publish import excel

        excel.write(source, target)
    else:
        from orchestration.publish import csv_files, parquet_files

        _replace_folder(source, kind, target, {"csv": csv_files.write, "parquet": parquet_files.write}[kind])


def database_of(settings: Settings, audience: str | None) -> Path:
    """The file that is out: with everything, or an audience's. Raises UsageProblem for an audience without one."""
    if audience is None:
        return settings.current_db.resolve()
    database = settings.audience_db(audience).resolve()
    if not database.exists():
        known = sorted(path.parent.name for path in settings.published.glob("current/audience/*/occ.duckdb"))
        raise UsageProblem(
            f"The generation that is out has no audience {audience}; it has: {', '.join(known) or 'none'}. "
            "Audiences are declared in audiences.yaml of the profile; a run makes their files."
        )
    return database


def _chosen(
    con: duckdb.DuckDBPyConnection, asked: Sequence[str], longest: int | None
) -> tuple[list[SourceTable], list[SourceTable]]:
    """What is written, and what is too long to be written unasked."""
    columns: dict[tuple[str, str], dict[str, str]] = {}
    comments: dict[tuple[str, str], dict[str, str]] = {}
    for schema, table, column, data_type, comment in con.execute(
        "select schema_name, table_name, column_name, data_type, comment from duckdb_columns() "
        "where not internal order by schema_name, table_name, column_index"
    ).fetchall():
        columns.setdefault((schema, table), {})[column] = data_type
        comments.setdefault((schema, table), {})[column] = comment or ""
    descriptions = {
        (schema, table): comment or ""
        for schema, table, comment in con.execute(
            "select schema_name, table_name, comment from duckdb_tables() where not internal "
            "union all select schema_name, view_name, comment from duckdb_views() where not internal"
        ).fetchall()
    }
    there = {f"{schema}.{table}": (schema, table) for schema, table in columns}
    for name in asked:
        if name not in there:
            near = difflib.get_close_matches(name, there, n=3, cutoff=0.5)
            raise UsageProblem(
                f"There is no published table {name}" + (f"; did you mean {', '.join(near)}?" if near else ".")
            )
    chosen: list[SourceTable] = []
    left_out: list[SourceTable] = []
    for name in dict.fromkeys(asked) if asked else sorted(there):
        key = there[name]
        rows = int(con.execute(f"select count(*) from {name}").fetchall()[0][0])
        table = SourceTable(*key, columns[key], descriptions[key], comments[key], rows)
        too_long = not asked and longest is not None and rows > longest
        (left_out if too_long else chosen).append(table)
    return chosen, left_out


def _replace_folder(
    source: Source, kind: Kind, target: Path, write: Callable[[Source, SourceTable, Path, Path | None], None]
) -> None:
    """Write `target/<generation>` whole, then let `target/current` name it: readers see all of it or nothing of it."""
    _refuse_what_is_not_ours(source, kind, target)
    target.mkdir(exist_ok=True)
    current = target / "current"
    earlier = current.resolve() if current.is_symlink() else None
    writing = target / ".writing"
    shutil.rmtree(writing, ignore_errors=True)
    writing.mkdir()
    for number, table in enumerate(source.tables):
        report(f"writing {kind}", number, len(source.tables))
        write(source, table, writing, earlier)
    about = {
        "kind": kind,
        "generation": source.generation.generation,
        "published_at": source.generation.published_at,
        "content_hash": source.generation.content_hash,
        "audience": source.audience,
        "tables": {table.full_name: {"rows": table.rows, "description": table.description} for table in source.tables},
        "left_out": {table.full_name: table.rows for table in source.left_out},
    }
    (writing / ABOUT).write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    name, number = source.generation.generation, 1
    while (target / name).exists():
        number += 1
        name = f"{source.generation.generation}-{number}"
    writing.rename(target / name)
    pointer = target / ".current.new"
    pointer.unlink(missing_ok=True)
    pointer.symlink_to(name)
    pointer.replace(current)
    for path in _written_before(target)[_FOLDERS_KEPT:]:
        shutil.rmtree(path)


def _refuse_what_is_not_ours(source: Source, kind: Kind, target: Path) -> None:
    if not target.parent.is_dir():
        raise UsageProblem(f"There is no folder {target.parent} to write {target.name} into; make it first.")
    if not target.exists():
        return
    if not target.is_dir():
        raise UsageProblem(f"{target} is a file; --to {kind}: names a folder.")
    written = _written_before(target)
    if not written and any(target.iterdir()):
        raise UsageProblem(f"{target} holds other files; name a new folder, or one that --to {kind}: wrote before.")
    for path in written[:1]:
        about = json.loads((path / ABOUT).read_text(encoding="utf-8"))
        if (about["kind"], about["audience"]) != (kind, source.audience):
            whose = f"the audience {about['audience']}" if about["audience"] else "the data team"
            raise UsageProblem(f"{target} holds {about['kind']} files for {whose}; name another folder.")


def _written_before(target: Path) -> list[Path]:
    """Folders that an earlier publish wrote here, the newest first."""
    found = [path.parent for path in target.glob(f"*/{ABOUT}") if not path.parent.is_symlink()]
    return sorted(found, key=lambda path: path.stat().st_mtime_ns, reverse=True)
