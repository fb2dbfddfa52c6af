"""The files of audiences in a generation: `audience/<name>/occ.duckdb`, month files of its own, `audience.json`.

Each is written fresh from what the audience may read and never copied from the data team's: a file that once held a row
holds it in its free pages, and a Parquet file tells the least and the greatest value of every column. A month that did
not change is shared with the audience's own generation before. Which tables, columns and rows is decided in
`audiences.py`.
"""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from orchestration.progress import report
from orchestration.publish import modes, publish_log
from orchestration.publish.audiences import Audience, AudienceTable, audience_tables
from orchestration.publish.generation import (
    PUBLISHED_SCHEMAS,
    Described,
    Generation,
    Table,
    describe,
    month_view,
    quoted,
    settle_views,
    share,
    view_statements,
    write_synced,
)
from orchestration.publish.side_by_side import side_by_side
from orchestration.settings import Settings

DESCRIPTION = "audience.json"
# What an audience reads of the list of generations: when was published, not what.
_GENERATIONS = "create table quality.generations as select generation, published_at from whole.quality.generations"


@dataclass(frozen=True)
class AudienceFile:
    """What `audience.json` says; an audience reads it, so it names nothing that is kept from it but left-out views."""

    audience: str
    label: str
    generation: str
    reads: dict[str, str] = field(default_factory=dict)  # by table, digest of which columns and rows it reads of it
    rows: dict[str, int] = field(default_factory=dict)  # by table
    months: dict[str, dict[str, int]] = field(default_factory=dict)  # by table that is kept by month: rows by month
    views: list[str] = field(default_factory=list)  # over these tables, each after those it reads
    left_out: list[str] = field(default_factory=list)  # views that read what the audience does not

    @classmethod
    def read(cls, folder: Path) -> AudienceFile:
        return cls(**json.loads((folder / DESCRIPTION).read_text(encoding="utf-8")))


def folder_of(settings: Settings, audience: str, generation: str = "current") -> Path:
    """Where the files of an audience lie, in the generation that is out or in the one named."""
    return settings.published / generation / "audience" / audience


def published(settings: Settings) -> list[AudienceFile]:
    """The audiences that the generation that is out has files for."""
    folder = settings.published / "current" / "audience"
    return [AudienceFile.read(each.parent) for each in sorted(folder.glob(f"*/{DESCRIPTION}"))]


def logged(settings: Settings, file: AudienceFile) -> publish_log.Entry:
    """What the log of what is published says of an audience's file."""
    tables, rows = len(file.rows) + len(file.views), sum(file.rows.values())
    to = str(folder_of(settings, file.audience, file.generation))
    return publish_log.Entry("local", to, file.audience, file.generation, tables, rows)


def write(
    settings: Settings,
    build: duckdb.DuckDBPyConnection,
    generation: Generation,
    tables: Sequence[Table],
    audiences: Sequence[Audience],
) -> list[AudienceFile]:
    """Write the files of every audience into a generation whose own files are written and which is not yet out."""
    written = []
    with modes.for_audiences():
        for number, audience in enumerate(audiences):
            report("publishing for audiences", number, len(audiences))
            moved = _moved_months(build, audience, tables)
            written.append(_write_one(settings, generation, audience, audience_tables(audience, tables), moved))
    return written


def settle(settings: Settings, generation: str, audiences: Sequence[Audience]) -> None:
    """Make the audiences' files of a generation that was copied here usable: what views name, and modes."""
    groups = {audience.name: audience.group for audience in audiences}
    for folder in sorted(folder_of(settings, "", generation).glob("*")):
        described = AudienceFile.read(folder)
        settle_views(folder, {table: list(months) for table, months in described.months.items()})
        for path in folder.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
        _open(folder, groups.get(described.audience))


def _open(folder: Path, group: str | None) -> None:
    folder.parent.chmod(0o755)
    folder.chmod(0o755)
    if group:
        modes.give_to(group, folder)


def _moved_months(build: duckdb.DuckDBPyConnection, audience: Audience, tables: Sequence[Table]) -> dict[str, set[str]]:
    """Months of a table in which rows may have come to another area, though the table itself did not change."""
    if audience.areas is None:
        return {}
    return {
        table.full_name: {
            str(row[0])
            for row in build.execute(
                f"select distinct strftime({table.month_of}, '%Y-%m') from {table.full_name} where {table.area_moves}"
            ).fetchall()
        }
        for table in tables
        if table.area_moves and table.month_of
    }


def _write_one(
    settings: Settings,
    generation: Generation,
    audience: Audience,
    tables: Sequence[AudienceTable],
    moved: Mapping[str, set[str]],
) -> AudienceFile:
    folder = folder_of(settings, audience.name, generation.generation)
    folder.mkdir(parents=True)
    if audience.group:
        modes.give_to(audience.group, folder)
    before_folder = folder_of(settings, audience.name)
    before = AudienceFile.read(before_folder) if (before_folder / DESCRIPTION).exists() else None
    written = AudienceFile(audience.name, audience.label, generation.generation)
    spill = settings.build / "audience.tmp"  # what a query spills may be anybody's rows: never beside the file
    config: dict[str, Any] = {"autoinstall_known_extensions": "false", "temp_directory": str(spill)}
    with duckdb.connect(str(folder / "occ.duckdb"), config=config) as con:
        con.execute("set TimeZone = 'UTC'")
        whole = folder.parent.parent / "occ.duckdb"
        con.execute(f"attach {quoted(str(whole))} as whole (read_only)")
        for schema in PUBLISHED_SCHEMAS:
            con.execute(f"create schema {schema}")
        views = view_statements(con, "whole")
        _write_tables(con, folder, before_folder, before, tables, generation, moved, written)
        con.execute(_GENERATIONS)
        con.execute("detach whole")
        _write_views(con, tables, views, written)
        describe(con, [_described(each, written) for each in tables if each.full_name not in written.left_out])
        con.execute("checkpoint")
    if list(folder.glob("*.wal")):  # closing is silent when the disk is full
        raise OSError(errno.EIO, "the audience's database could not be written whole", str(folder))
    shutil.rmtree(spill, ignore_errors=True)
    write_synced(folder / DESCRIPTION, json.dumps(asdict(written), indent=1))
    return written


def _write_tables(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    before_folder: Path,
    before: AudienceFile | None,
    tables: Sequence[AudienceTable],
    generation: Generation,
    moved: Mapping[str, set[str]],
    written: AudienceFile,
) -> None:
    """Tables, and month files with views over them."""

    def write_one(own: duckdb.DuckDBPyConnection, each: AudienceTable) -> tuple[int, dict[str, int]]:
        name = each.full_name
        months = list(generation.fingerprints.get(name, {})) if each.table.month_of else []
        if not months:
            made = own.execute(f"create table occ.{name} as {_select(each, name)}").fetchall()
            return int(made[0][0]), {}
        same = before is not None and before.reads.get(name) == written.reads[name]
        known = before.months.get(name, {}) if before and same else {}
        unmoved = {month: rows for month, rows in known.items() if month not in moved.get(name, set())}
        rows_by_month = _write_months(own, folder, each, months, before_folder / each.name, unmoved)
        return sum(rows_by_month.values()), rows_by_month

    whole = [each for each in tables if not each.is_view]
    written.reads.update({each.full_name: _digest(each) for each in whole})
    # Names are looked up in `whole`: a condition may read another table, as it is and not as the audience has it.
    for each, (rows, rows_by_month) in zip(whole, side_by_side(con, whole, write_one, use="whole"), strict=True):
        written.rows[each.full_name] = rows
        if rows_by_month:
            written.months[each.full_name] = rows_by_month
            month_view(con, each.full_name, folder, list(rows_by_month))


def _write_months(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    each: AudienceTable,
    months: Sequence[str],
    earlier: Path,
    known: Mapping[str, int],
) -> dict[str, int]:
    """Write month files; the rows of each. A `known` month that for the data team is the file it was, is shared."""
    (folder / each.name).mkdir()
    written = {}
    for month in months:
        source = folder.parent.parent / each.name / f"{month}.parquet"
        target = folder / each.name / source.name
        if month in known and _is_shared(source, earlier) and share(earlier / source.name, target):
            written[month] = known[month]
            continue
        copied = con.execute(
            f"copy ({_select(each, f'read_parquet({quoted(str(source))})')}) "
            f"to {quoted(str(target))} (format parquet, compression snappy)"
        ).fetchall()
        written[month] = int(copied[0][0])
    return written


def _is_shared(source: Path, of_audience: Path) -> bool:
    """Whether a month file of the data team is that of the generation before, in which the audience's folder lies."""
    before = of_audience.parents[2] / of_audience.name / source.name
    return before.exists() and before.samefile(source)


def _select(each: AudienceTable, source: str) -> str:
    """In the order of its own columns: the data team's rows lie as runs touched them, which may tell what they share.

    By day, as readers ask, and by hash: to sort by the key, a text, would cost twice the work.
    """
    columns = ", ".join(f'"{column}"' for column in each.columns)
    by = f'"{each.table.month_of}", hash("{each.columns[0]}")' if each.table.month_of in each.columns else "1"
    return f"select {columns} from {source} where {each.where or 'true'} order by {by}"


def _write_views(
    con: duckdb.DuckDBPyConnection, tables: Sequence[AudienceTable], views: Mapping[str, str], written: AudienceFile
) -> None:
    """Views over what the audience reads; one that reads more does not bind, and is left out."""
    for each in sorted((each for each in tables if each.is_view), key=lambda each: each.table.view_place or 0):
        try:
            con.execute(views[each.full_name])
        except (duckdb.BinderException, duckdb.CatalogException):
            written.left_out.append(each.full_name)
            continue
        written.views.append(each.full_name)


def _described(each: AudienceTable, written: AudienceFile) -> Described:
    """What is said of a table, and of the columns of it that the audience reads."""
    columns = {column: each.table.columns[column] for column in each.columns}
    is_view = each.is_view or each.full_name in written.months
    return each.full_name, replace(each.table, columns=columns), "view" if is_view else "table"


def _digest(each: AudienceTable) -> str:
    """Tells when an audience reads other columns or rows of a table than before."""
    said: Any = [[(column, each.table.columns[column]) for column in each.columns], each.where, each.table.month_of]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]
