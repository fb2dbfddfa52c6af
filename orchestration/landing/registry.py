"""The delivery registry: which files came, which of them count, and the landing tables made from that.

What belongs here: registrations (one per file taken in), their resolution over everything ever registered, and the
build database's `landing` schema. Not here: reading files. The resolution depends on the set of files only, not on
the order in which they came; `name_version`, taken when a file is registered, is the one exception.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.landing import store
from orchestration.landing.contracts import TIMED, Profile
from orchestration.landing.drift import drift_kinds
from orchestration.landing.erasures import Erasure, erased_counts, kept_from, read_erasures
from orchestration.landing.shapes import load_shapes
from orchestration.landing.tokens import mask_name

_NEVER = date.max
FileKey = tuple[str, str, str]
"""What makes two registrations speak of the same file: path and name as they may be shown, and sha256."""


@dataclass(frozen=True)
class Registration:
    """One file as it was taken in: what the registry stores, and all that the resolution goes by."""

    path: str  # relative to the landing folder, as it may be shown
    name: str
    signature: str  # digest of path, size and modification time: has this file been seen?
    sha256: str
    bytes: int
    received_at: datetime
    batch: str
    export: str | None
    contract: str | None
    contract_version: str | None
    system: str | None
    business_date: date | None
    covered_until: date | None  # the last local day that the file covers
    part: str
    suffix_time: str
    name_version: int
    content_no: int | None  # of its rows; null when it is quarantined whole
    exports: str  # exports its rows go to, by comma; content numbers count up from content_no in this order
    reason: str | None  # why it is quarantined whole
    rows_read: int
    rows_quarantined: int
    is_without_rows: bool
    unknown_columns: str  # JSON: name -> how many rows have a value
    rows_left_out: int = 0  # records that are not of the export, beside rows_read
    emptied: str = "{}"  # JSON: field -> how many values were null for lying beyond their bound
    read_under: str = ""  # digest of the contracts that it was read under; empty where an older version registered it
    # How the file is written, and how it differs from its contract: for the comparison with other days (drift.py).
    # What registries of before hold nothing of is null.
    drift_kind: str | None = None  # of a file that is quarantined whole
    drift_column: str | None = None
    drift_after: str | None = None
    encoding: str | None = None  # null where the contract fixes it
    delimiter: str | None = None  # likewise
    column_order: str | None = None
    filled_columns: str | None = None  # JSON: column of the contract -> how many records have a value
    rows_erased: int = 0  # records that were not stored, as they were erased before or are not kept any more

    @property
    def is_readable(self) -> bool:
        return self.reason is None

    @property
    def key(self) -> FileKey:
        return self.path, self.name, self.sha256


@dataclass(frozen=True)
class Delivery:
    """One delivered file with its place among all others."""

    delivery_id: str
    name: str
    path: str
    export: str | None
    contract: str | None
    contract_version: str | None
    system: str | None
    sha256: str
    bytes: int
    received_at: datetime
    business_date: date | None
    covered_until: date | None
    part: str
    suffix_time: str
    name_version: int
    batch: str
    content_no: int | None
    is_counted: bool
    is_quarantined: bool
    duplicate_of: str | None
    reason: str | None
    rows_read: int
    rows_quarantined: int
    unknown_columns: str
    rows_left_out: int = 0
    emptied: str = "{}"
    drift_kind: str | None = None
    drift_column: str | None = None
    drift_after: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    column_order: str | None = None
    filled_columns: str | None = None
    rows_erased: int = 0


@dataclass(frozen=True)
class Content:
    """The rows of one counted delivery that go to one export."""

    content_no: int
    delivery_id: str
    name: str
    export: str
    contract_version: str
    business_date: date
    covered_until: date | None
    delivery_rank: int


def delivery_id(name: str, sha256: str, copy: int = 0) -> str:
    """Made from name and bytes; the same name with the same bytes in another folder is a copy with a number."""
    told = f"{name}:{sha256}" + (f":{copy}" if copy else "")
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def resolve(registrations: Iterable[Registration]) -> list[Delivery]:
    """Every registered file as a delivery: which count, which are the same bytes again, which are quarantined whole.

    Of files with the same bytes the first readable one by business date, then name, then path counts. A file without
    rows is the same only as another of its own day. The result is in that order, and the same for any order of input.
    """
    identified = _identified(registrations)
    groups: dict[tuple[str, date | None], list[tuple[str, Registration]]] = {}
    for own_id, file in identified:
        day = file.business_date if file.is_without_rows else None
        groups.setdefault((file.sha256, day), []).append((own_id, file))
    deliveries = [delivery for group in groups.values() for delivery in _resolve_group(group)]
    return sorted(deliveries, key=lambda d: (d.business_date or _NEVER, d.name, d.path, d.sha256))


def standing(registrations: Iterable[Registration]) -> list[Registration]:
    """One registration per file: where it was read again, the newest, to which the earlier ones have given way."""
    return list({file.key: file for file in sorted(registrations, key=lambda file: file.batch)}.values())


def delivery_ids(registrations: Iterable[Registration]) -> dict[FileKey, str]:
    """The id that each registered file has as a delivery."""
    return {file.key: own_id for own_id, file in _identified(registrations)}


def _identified(registrations: Iterable[Registration]) -> list[tuple[str, Registration]]:
    copies: dict[tuple[str, str], int] = {}
    found = []
    for file in sorted(standing(registrations), key=lambda file: (file.name, file.sha256, file.path)):
        copy = copies.get((file.name, file.sha256), 0)
        copies[file.name, file.sha256] = copy + 1
        found.append((delivery_id(file.name, file.sha256, copy), file))
    return found


def _resolve_group(group: list[tuple[str, Registration]]) -> list[Delivery]:
    ordered = sorted(group, key=lambda pair: (pair[1].business_date or _NEVER, pair[1].name, pair[1].path))
    originals: dict[str | None, tuple[str, Registration]] = {}
    for own_id, file in ordered:
        if file.is_readable:
            originals.setdefault(file.export, (own_id, file))
    first = next((pair for pair in ordered if pair[1].is_readable), ordered[0])
    result = []
    for own_id, file in ordered:
        original_id, original = originals[file.export] if file.is_readable else first
        result.append(_delivery(own_id, file, None if own_id == original_id else (original_id, original)))
    return result


def _delivery(own_id: str, file: Registration, original: tuple[str, Registration] | None) -> Delivery:
    kept = {item.name: getattr(file, item.name) for item in fields(Delivery) if hasattr(file, item.name)}
    if original is None:
        return Delivery(
            **kept
            | {
                "delivery_id": own_id,
                "is_counted": file.is_readable,
                "is_quarantined": not file.is_readable,
                "duplicate_of": None,
            }
        )
    original_id, counted = original
    return Delivery(
        **kept
        | {
            "delivery_id": own_id,
            "is_counted": False,
            "is_quarantined": False,
            "duplicate_of": original_id,
            "reason": f"same bytes as {counted.name}",
            "rows_read": counted.rows_read,
            "rows_left_out": counted.rows_left_out,
            "rows_quarantined": 0,
            "rows_erased": 0,
            "content_no": counted.content_no,
            "contract": counted.contract,
            "contract_version": counted.contract_version,
        }
    )


def contents(registrations: Iterable[Registration], deliveries: Sequence[Delivery]) -> list[Content]:
    """The counted contents in delivery order within each export: business date, `_HHMMSS`, name version, sha256."""
    exports_of = {(file.path, file.sha256): file.exports.split(",") for file in standing(registrations)}
    found: dict[str, list[tuple[tuple[Any, ...], Content]]] = {}
    for delivery in deliveries:
        if not delivery.is_counted or delivery.content_no is None or delivery.business_date is None:
            continue
        order = (delivery.business_date, delivery.suffix_time, delivery.name_version, delivery.sha256)
        for offset, export in enumerate(exports_of[delivery.path, delivery.sha256]):
            content = Content(
                content_no=delivery.content_no + offset,
                delivery_id=delivery.delivery_id,
                name=delivery.name,
                export=export,
                contract_version=delivery.contract_version or "",
                business_date=delivery.business_date,
                covered_until=delivery.covered_until,
                delivery_rank=0,
            )
            found.setdefault(export, []).append((order, content))
    return [content for pairs in found.values() for content in _ranked(pairs)]


def _ranked(pairs: list[tuple[tuple[Any, ...], Content]]) -> list[Content]:
    rank, last, result = 0, None, []
    for order, content in sorted(pairs, key=lambda pair: (pair[0], pair[1].content_no)):
        rank += order != last
        last = order
        result.append(replace(content, delivery_rank=rank))
    return result


# --- stored form --------------------------------------------------------------------------------------------------
REGISTRY_SCHEMA = pa.schema(
    [
        ("path", pa.string()),
        ("name", pa.string()),
        ("signature", pa.string()),
        ("sha256", pa.string()),
        ("bytes", pa.int64()),
        ("received_at", pa.timestamp("us", "UTC")),
        ("batch", pa.string()),
        ("export", pa.string()),
        ("contract", pa.string()),
        ("contract_version", pa.string()),
        ("system", pa.string()),
        ("business_date", pa.date32()),
        ("covered_until", pa.date32()),
        ("part", pa.string()),
        ("suffix_time", pa.string()),
        ("name_version", pa.int32()),
        ("content_no", pa.int32()),
        ("exports", pa.string()),
        ("reason", pa.string()),
        ("rows_read", pa.int64()),
        ("rows_quarantined", pa.int64()),
        ("is_without_rows", pa.bool_()),
        ("unknown_columns", pa.string()),
        ("rows_left_out", pa.int64()),
        ("emptied", pa.string()),
        ("read_under", pa.string()),
        ("drift_kind", pa.string()),
        ("drift_column", pa.string()),
        ("drift_after", pa.string()),
        ("encoding", pa.string()),
        ("delimiter", pa.string()),
        ("column_order", pa.string()),
        ("filled_columns", pa.string()),
        ("rows_erased", pa.int64()),
    ]
)


def read_registrations(landing_store: Path) -> list[Registration]:
    """Everything ever registered, by batch, as it was taken in: see `less_erased`."""
    paths = store.registry_files(landing_store)
    tables = [pq.read_table(path, partitioning=None) for path in paths]
    # A batch of an earlier version does not say how many records were erased: none were.
    return [
        Registration(**row | {"rows_erased": row.get("rows_erased") or 0})
        for table in tables
        for row in table.to_pylist()
    ]


def less_erased(registrations: Iterable[Registration], erasures: Iterable[Erasure]) -> list[Registration]:
    """The registrations with what was erased since they were written."""
    counts = erased_counts(erasures)
    return [
        replace(
            file,
            rows_quarantined=file.rows_quarantined - counts[file.content_no][1],
            rows_erased=file.rows_erased + sum(counts[file.content_no]),
        )
        if file.content_no in counts
        else file
        for file in registrations
    ]


def write_registrations(landing_store: Path, batch: str, registrations: Sequence[Registration]) -> None:
    """The commit point of a batch: written aside, then renamed."""
    rows = [asdict(registration) for registration in registrations]
    store.commit_registry(landing_store, batch, pa.Table.from_pylist(rows, schema=REGISTRY_SCHEMA))


# --- the build database -------------------------------------------------------------------------------------------
_DELIVERY_TYPES = {
    "bytes": "BIGINT",
    "received_at": "TIMESTAMPTZ",
    "business_date": "DATE",
    "covered_until": "DATE",
    "name_version": "INTEGER",
    "content_no": "INTEGER",
    "is_counted": "BOOLEAN",
    "is_quarantined": "BOOLEAN",
    "rows_read": "BIGINT",
    "rows_quarantined": "BIGINT",
    "rows_left_out": "BIGINT",
    "rows_erased": "BIGINT",
    "delivery_rank": "INTEGER",
}


def sync_build_database(
    con: duckdb.DuckDBPyConnection, warehouse: Path, profile: Profile, published_batches: Sequence[str] = ()
) -> None:
    """(Re)create schema `landing` from the committed registry.

    Tables `deliveries` and `contents`, one view per export, view `quarantined_rows`. Of `published_contents`, which
    publish fills, only the table is made. `read_again`: deliveries whose rows an earlier registration brought, and
    another one brings since a batch that is none of `published_batches`. A content is pending when it is not
    published, or was read again.
    """
    landing_store = warehouse / "landing"
    erasures = read_erasures(landing_store)
    registrations = less_erased(read_registrations(landing_store), erasures)
    deliveries = resolve(registrations)
    con.execute("create schema if not exists landing")
    _fill_erasures(con, erasures)
    _fill(con, "deliveries", Delivery, deliveries)
    _fill(con, "all_contents", Content, contents(registrations, deliveries))
    con.execute(
        "create or replace table landing.read_again as select unnest(?::varchar[]) as delivery_id",
        [_read_again(registrations, published_batches)],
    )
    con.execute("create table if not exists landing.published_contents (delivery_id varchar, business_date date)")
    con.execute(
        "create or replace table landing.contents as "
        "select all_contents.*, published.delivery_id is null "
        "or delivery_id in (select delivery_id from landing.read_again) as is_pending "
        "from landing.all_contents "
        "left join (select distinct delivery_id, business_date from landing.published_contents) as published "
        "using (delivery_id, business_date) order by export, delivery_rank"
    )
    con.execute("drop table landing.all_contents")
    for export in profile.exports:
        shape = load_shapes()[export]
        _view(con, export, shape.stored_columns(), store.data_files(landing_store, export))
    _quarantine_view(con, store.quarantine_files(landing_store))
    drift_tables(con, profile)


def drift_tables(con: duckdb.DuckDBPyConnection, profile: Profile) -> None:
    """What models know of the profile: its exports, the kinds of change, the columns of contracts and of files.

    `exports`, `drift_kinds` and `contract_columns` are tables, `delivered_columns` a view on `deliveries`.
    """
    said = {contract.export: contract.cadence for contract in profile.contracts}  # of the newest, which comes last
    exports = [(name, shape.system, said.get(name, shape.cadence)) for name, shape in load_shapes().items()]
    _table(con, "exports", dict.fromkeys(("export", "system", "cadence")), exports)
    kinds = [(name, k.outcome, k.severity, k.compared, k.says, k.remedy) for name, k in drift_kinds().items()]
    _table(con, "drift_kinds", dict.fromkeys(("kind", "outcome", "severity", "compared", "says", "remedy")), kinds)
    named = {"contract": None, "header": None, "column_name": None, "is_timed": pa.bool_(), "is_needed": pa.bool_()}
    columns = [
        (contract.name, header, column.to, contract.type_of(header) in TIMED, column.to in contract.shape.not_null)
        for contract in profile.contracts
        for header, column in contract.columns.items()
    ]
    _table(con, "contract_columns", named, columns)
    con.execute(
        "create or replace view landing.delivered_columns as with each as ("
        "select delivery_id, true as is_known, "
        "unnest(map_entries(filled_columns::json::map(varchar, bigint))) as entry "
        "from landing.deliveries where is_counted and filled_columns is not null union all "
        "select delivery_id, false, unnest(map_entries(unknown_columns::json::map(varchar, bigint))) "
        "from landing.deliveries where is_counted) "
        "select delivery_id, entry.key as header, is_known, entry.value as filled_count from each"
    )


def _table(
    con: duckdb.DuckDBPyConnection, name: str, types: Mapping[str, Any], rows: Sequence[tuple[Any, ...]]
) -> None:
    """A table of these rows; a column without a type is text."""
    schema = pa.schema([(column, kind or pa.string()) for column, kind in types.items()])
    data = {column: [row[place] for row in rows] for place, column in enumerate(types)}
    con.register("filling", pa.table(data, schema=schema))
    con.execute(f"create or replace table landing.{name} as select * from filling")
    con.unregister("filling")


def _read_again(registrations: Sequence[Registration], published_batches: Sequence[str]) -> list[str]:
    """Ids of deliveries whose stored rows are others than those of their earlier registration."""
    numbers: dict[FileKey, int | None] = {}
    found = set()
    for file in sorted(registrations, key=lambda file: file.batch):
        number = numbers.get(file.key)
        if number not in (None, file.content_no) and file.batch not in published_batches:
            found.add(file.key)
        numbers[file.key] = file.content_no
    ids = delivery_ids(registrations) if found else {}
    return sorted(ids[key] for key in found)


def _fill_erasures(con: duckdb.DuckDBPyConnection, erasures: Sequence[Erasure]) -> None:
    """`landing.erasures`, one row each, and `landing.kept_from`, the first day that is kept of an export."""
    con.execute(
        "create or replace table landing.erasures (erasure_id varchar, erased_at timestamptz, erased_by varchar, "
        "kind varchar, subject_digest varchar, reason varchar, rows_erased bigint, rows_by_export varchar, "
        "rows_held bigint, mentions_masked bigint, kept_from varchar)"
    )
    for each in erasures:
        con.execute(
            "insert into landing.erasures values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                *(each.erasure_id, each.erased_at, each.erased_by, each.kind, each.digest, each.reason),
                *(each.rows_erased, json.dumps(each.rows_told, sort_keys=True), each.rows_held, each.mentions),
                json.dumps(each.kept_from, sort_keys=True) if each.kept_from else None,
            ],
        )
    con.execute("create or replace table landing.kept_from (export varchar, first_date date)")
    for export, first_date in kept_from(erasures).items():
        con.execute("insert into landing.kept_from values (?, ?)", [export, first_date])


def _fill(con: duckdb.DuckDBPyConnection, table: str, kind: type[Any], rows: Sequence[Any]) -> None:
    columns = [item.name for item in fields(kind)]
    types = ", ".join(f"{column} {_DELIVERY_TYPES.get(column, 'VARCHAR')}" for column in columns)
    con.execute(f"create or replace table landing.{table} ({types})")
    if not rows:
        return
    data = {column: [getattr(row, column) for row in rows] for column in columns}
    schema = pa.schema([(column, _ARROW[_DELIVERY_TYPES.get(column, "VARCHAR")]) for column in columns])
    con.register("filling", pa.table(data, schema=schema))
    con.execute(f"insert into landing.{table} select * from filling")
    con.unregister("filling")


_ARROW = {
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "DATE": pa.date32(),
    "BOOLEAN": pa.bool_(),
    "TIMESTAMPTZ": pa.timestamp("us", "UTC"),
}


def _view(
    con: duckdb.DuckDBPyConnection, name: str, columns: dict[str, str], files: Sequence[Path], options: str = ""
) -> None:
    if files:
        listed = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
        body = f"select {', '.join(columns)} from read_parquet([{listed}], hive_partitioning = false{options})"
    else:
        body = "select " + ", ".join(f"null::{kind} as {column}" for column, kind in columns.items()) + " where false"
    con.execute(f"create or replace view landing.{name} as {body}")


QUARANTINE_SCHEMA = pa.schema(
    [
        ("content_no", pa.int32()),
        ("row_number", pa.int32()),
        ("column_name", pa.string()),
        ("value", pa.string()),
        ("reason", pa.string()),
        ("raw_row", pa.string()),
        ("field_count", pa.int32()),
        ("row_sha256", pa.string()),
        ("subjects", pa.string()),
    ]
)
_QUARANTINE_TYPES = {
    "content_no": "INTEGER",
    "row_number": "INTEGER",
    "column_name": "VARCHAR",
    "value": "VARCHAR",
    "reason": "VARCHAR",
    "raw_row": "VARCHAR",
    "field_count": "INTEGER",
    "row_sha256": "VARCHAR",
}


def _quarantine_view(con: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> None:
    # What was written by an earlier version lacks a column; what only serves erasure is not shown.
    _view(con, "quarantined_values", _QUARANTINE_TYPES, files, ", union_by_name = true")
    con.execute(
        "create or replace view landing.quarantined_rows as select deliveries.delivery_id, quarantined_values.* "
        "from landing.quarantined_values inner join landing.deliveries using (content_no) where deliveries.is_counted"
    )


def shown_name(relative: str) -> tuple[str, str]:
    """Path and name of a file as they may be stored and shown."""
    path = mask_name(relative)
    return path, path.rpartition("/")[2]
