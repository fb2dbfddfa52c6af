"""Finding and taking out stored rows: of one subject, or older than their period. No command, no record, no publishing.

A pass reads the store and writes files without the rows beside it; nothing is changed until the record is committed
and the files take their originals' places (landing/erasures.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.landing import store
from orchestration.landing.erasures import INCIDENT, TOKEN
from orchestration.landing.registry import Registration, read_registrations
from orchestration.landing.shapes import load_shapes
from orchestration.landing.subjects import (
    Marks,
    Subject,
    candidates,
    digest_of,
    digests_of,
    is_old_sql,
    mention_columns,
    subject_expressions,
    without_mentions,
)
from orchestration.landing.values import open_engine

_ROW_GROUP = 100_000


@dataclass
class Found:
    """What a pass found, and, once staged, what will be without it."""

    rows_by_export: dict[str, int] = field(default_factory=dict)
    rows_quarantined: int = 0
    mentions: int = 0
    rows_held: int = 0
    contents: dict[int, tuple[int, int]] = field(default_factory=dict)  # content -> good, quarantined records
    touched: set[int] = field(default_factory=set)  # contents with a row of it or a mention

    @property
    def is_nothing(self) -> bool:
        return not (self.rows_by_export or self.rows_quarantined or self.mentions)


class StoredRows:
    """The landing store of one warehouse, open for one pass; use as a context manager."""

    def __init__(self, landing_store: Path, marks: Marks) -> None:
        self._store = landing_store
        self._marks = marks
        self.registrations = read_registrations(landing_store)
        self._engine: duckdb.DuckDBPyConnection | None = None
        self._exports = [export for export in load_shapes() if store.data_files(landing_store, export)]
        self._base_of: dict[int, int] = {}
        self._mentions: dict[tuple[str, str], dict[str, str]] = {}  # (export, column) -> old text to new

    def __enter__(self) -> StoredRows:
        con = self._engine = open_engine()
        con.register("contents_read", _contents(self.registrations))
        con.execute("create temp table contents as select * from contents_read")
        self._base_of = dict(con.execute("select _content_no, base_no from contents").fetchall())
        con.execute(
            "create temp table gone (export varchar, _content_no integer, _source_row integer, base_no integer)"
        )
        con.execute("create temp table records (base_no integer, _source_row integer)")
        return self

    def __exit__(self, *_: object) -> None:
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    @property
    def _con(self) -> duckdb.DuckDBPyConnection:
        assert self._engine is not None
        return self._engine

    # --- finding ----------------------------------------------------------------------------------------------------
    def find_subject(self, subject: Subject) -> Found:
        """Rows of one incident or person, and values elsewhere that mention it. What is held is counted, not found."""
        for export in self._exports:
            for kind, sql in subject_expressions(export, load_shapes()[export].columns):
                if kind == subject.kind:
                    self._con.execute(
                        f"insert into records select distinct base_no, _source_row from {self._rows(export)} "
                        f"where lower(trim({sql})) = ?",
                        [subject.plain],
                    )
        # A delivered record may have become rows of several exports: all of them go.
        for export in self._exports:
            self._con.execute(
                f"insert into gone select distinct '{export}', _content_no, _source_row, base_no "
                f"from {self._rows(export)} semi join records using (base_no, _source_row)"
            )
        found = self._found()
        self._find_mentions(subject, found)
        self._find_quarantined(found, {digest_of(self._marks.tokens, subject.kind, subject.value)}, {})
        return found

    def find_old(self, kept_from: dict[str, date]) -> Found:
        """Rows older than the first kept day of their export; bad records by the days that their file covers."""
        for export in sorted(set(kept_from) & set(self._exports)):
            old = is_old_sql(
                export, load_shapes()[export].columns, "covered_until", kept_from[export], self._marks.zone
            )
            rows = self._rows(export)
            self._con.execute(
                f"insert into gone select '{export}', _content_no, _source_row, base_no from {rows} semi join "
                f"(select base_no, _source_row from {rows} group by all having bool_and({old})) "
                "using (base_no, _source_row)"
            )
        found = self._found()
        self._find_quarantined(found, set(), kept_from)
        return found

    def _rows(self, export: str) -> str:
        return f"{self._read(export)} as stored inner join contents using (_content_no)"

    def _read(self, export: str, file: Path | None = None) -> str:
        files = [file] if file else store.data_files(self._store, export)
        listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in files)
        return f"read_parquet([{listed}], hive_partitioning = false)"

    def _found(self) -> Found:
        found = Found(rows_held=self._leave_held())
        for export, count in self._con.execute("select export, count(*) from gone group by 1 order by 1").fetchall():
            found.rows_by_export[export] = count
        for number, count in self._con.execute("select _content_no, count(*) from gone group by 1").fetchall():
            found.touched.add(number)
            if self._base_of.get(number) == number:  # the content that the file's rows are accounted for by
                found.contents[number] = (count, 0)
        return found

    def _leave_held(self) -> int:
        """Take held rows off the list; how many rows these were. A record is held as a whole."""
        if not any(self._marks.held.values()):
            return 0
        con = self._con
        con.execute("create or replace temp table held (base_no integer, _source_row integer)")
        con.execute("create or replace temp table asked as select distinct base_no, _source_row from gone")
        for export in self._exports:
            for kind, sql in subject_expressions(export, load_shapes()[export].columns):
                rows = f"{self._rows(export)} semi join asked using (base_no, _source_row)"
                values = [v for (v,) in con.execute(f"select distinct {sql} from {rows}").fetchall() if v is not None]
                if held := self._marks.held_among(kind, values):
                    con.execute(
                        f"insert into held select base_no, _source_row from {rows} where list_contains(?, {sql})",
                        [held],
                    )
        con.execute("create or replace temp table left_over as from gone anti join held using (base_no, _source_row)")
        before, after = con.execute("select (select count(*) from gone), (select count(*) from left_over)").fetchall()[
            0
        ]
        con.execute("create or replace temp table gone as from left_over")
        return int(before - after)

    def _find_mentions(self, subject: Subject, found: Found) -> None:
        marked = {subject.plain}
        if not marked <= candidates(marked):
            return  # too short, too long or without a digit: it would not be known in a text that is taken in
        for export in self._exports:
            for column in mention_columns(export):
                others = f"{self._rows(export)} anti join gone using (_content_no, _source_row)"
                texts = self._con.execute(
                    f"select distinct {column} from {others} where contains(lower({column}), ?)", [subject.plain]
                ).fetchall()
                changed = {old: new for (old,) in texts if (new := without_mentions(old, marked)) != old}
                if not changed:
                    continue
                held = self._held_sql(export, f"{others} where list_contains(?, {column})", list(changed))
                rows = self._con.execute(
                    f"select _content_no, count(*), count(*) filter (where {held}) from {others} "
                    f"where list_contains(?, {column}) group by 1",
                    [list(changed)],
                ).fetchall()
                self._mentions[export, column] = changed
                found.touched |= {number for number, _, _ in rows}
                found.mentions += sum(count - kept for _, count, kept in rows)
                found.rows_held += sum(kept for _, _, kept in rows)

    def _held_sql(self, export: str, rows: str, parameter: list[str]) -> str:
        """SQL for whether a row of the export is held, as far as some rows go."""
        tests = []
        for kind, sql in subject_expressions(export, load_shapes()[export].columns):
            if not self._marks.held.get(kind):
                continue
            values = self._con.execute(f"select distinct {sql} from {rows}", [parameter]).fetchall()
            if held := self._marks.held_among(kind, [value for (value,) in values if value is not None]):
                tests.append(f"coalesce({sql} in ({', '.join(map(_quoted, held))}), false)")
        return f"({' or '.join(tests)})" if tests else "false"

    def _find_quarantined(self, found: Found, digests: set[str], kept_from: dict[str, date]) -> None:
        for file in store.quarantine_files(self._store):
            gone, held = self._quarantined_gone(pq.read_table(file, partitioning=None), digests, kept_from)
            found.rows_held += held
            found.rows_quarantined += len(gone)
            for number, _ in gone:
                good, bad = found.contents.get(number, (0, 0))
                found.contents[number] = (good, bad + 1)
                found.touched.add(number)

    def _quarantined_gone(
        self, table: pa.Table, digests: set[str], kept_from: dict[str, date]
    ) -> tuple[set[tuple[int, int]], int]:
        """(content, row number) of the bad records that go, and how many more are held."""
        marks = Marks(
            self._marks.tokens,
            self._marks.zone,
            erased={INCIDENT: frozenset(digests), TOKEN: frozenset()},
            kept_from=kept_from,
        )
        gone: set[tuple[int, int]] = set()
        held: set[tuple[int, int]] = set()
        for row in table.to_pylist():
            file = self._by_content.get(row["content_no"])
            subjects = row.get("subjects") or self._subjects_in_text(row)
            export, until = (file.export or "", file.covered_until) if file else ("", None)
            if marks.is_erased(export, subjects, until):
                record = (row["content_no"], row["row_number"])
                is_held = any(set(subjects.split(",")) & each for each in self._marks.held.values())
                (held if is_held else gone).add(record)
        return gone, len(held)

    @property
    def _by_content(self) -> dict[int, Registration]:
        return {file.content_no: file for file in self.registrations if file.content_no is not None}

    def _subjects_in_text(self, row: dict[str, str | None]) -> str:
        """Of a record that was stored before digests were kept: what its text as shown still names."""
        named = sorted(candidates(text for text in (row["raw_row"], row["value"]) if text))
        return ",".join(d for kind in (INCIDENT, TOKEN) for d in digests_of(self._marks.tokens, kind, named))

    # --- staging ----------------------------------------------------------------------------------------------------
    def stage(self, found: Found, digests: set[str], kept_from: dict[str, date], folder: Path) -> None:
        """Write every file that holds a found row once more, without it, below `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        for export in self._exports:
            for file in store.data_files(self._store, export):
                self._stage_rows(export, file, folder)
        for file in store.quarantine_files(self._store):
            table = pq.read_table(file, partitioning=None)
            gone, _ = self._quarantined_gone(table, digests, kept_from)
            if gone:
                kept = [
                    (number, row) not in gone
                    for number, row in zip(
                        table["content_no"].to_pylist(), table["row_number"].to_pylist(), strict=True
                    )
                ]
                target = folder / file.relative_to(self._store)
                target.parent.mkdir(parents=True, exist_ok=True)
                pq.write_table(table.filter(pa.array(kept)), target, compression="snappy")
                store.sync_file(target)

    def _stage_rows(self, export: str, file: Path, folder: Path) -> None:
        masks = {column: texts for (of, column), texts in self._mentions.items() if of == export}
        rows = f"{self._read(export, file)} as stored"
        mentions = "".join(f" or list_contains(?, {column})" for column in masks)
        hit = self._con.execute(
            f"select count(*) from {rows} left join (select distinct _content_no, _source_row, true as is_gone "
            f"from gone where export = '{export}') using (_content_no, _source_row) where is_gone{mentions}",
            [list(texts) for texts in masks.values()],
        ).fetchall()
        if not hit[0][0]:
            return
        replaced = []
        for column, texts in masks.items():
            whens = " ".join(f"when {_quoted(old)} then {_quoted(new)}" for old, new in texts.items())
            replaced.append(f"(case {column} {whens} else {column} end) as {column}")
        columns = f"* replace ({', '.join(replaced)})" if replaced else "*"
        target = folder / file.relative_to(self._store)
        target.parent.mkdir(parents=True, exist_ok=True)
        self._con.execute(
            f"copy (select {columns} from {rows} anti join (from gone where export = '{export}') "
            "using (_content_no, _source_row) order by _content_no, _source_row) to "
            f"{_quoted(str(target))} (format parquet, compression snappy, parquet_version v2, "
            f"row_group_size {_ROW_GROUP})"
        )
        store.sync_file(target)

    # --- what else holds it -----------------------------------------------------------------------------------------
    def files_of(self, contents: Iterable[int]) -> list[Registration]:
        """Every file that was taken in with one of the contents, also under another name."""
        bases = {self._base_of.get(number, number) for number in contents}
        return [file for file in self.registrations if file.content_no in bases]

    def batches_of(self, contents: Iterable[int]) -> list[str]:
        """Batches in which one of the contents came, under any name."""
        return sorted({file.batch for file in self.files_of(contents)})


def _contents(registrations: Sequence[Registration]) -> pa.Table:
    """Every content number with the one its file is accounted for by, and the last day that it covers."""
    rows = {}
    for file in registrations:
        if file.content_no is None:
            continue
        for offset, export in enumerate(file.exports.split(",")):
            number = file.content_no + offset
            rows[number] = {
                "_content_no": number,
                "base_no": file.content_no,
                "export": export,
                "covered_until": file.covered_until,
            }
    schema = pa.schema(
        [("_content_no", pa.int32()), ("base_no", pa.int32()), ("export", pa.string()), ("covered_until", pa.date32())]
    )
    return pa.Table.from_pylist(list(rows.values()), schema=schema)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
