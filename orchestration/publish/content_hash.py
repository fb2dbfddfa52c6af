"""What makes two generations equal: row counts and order-free sums of row hashes, per table and month.

The same deliveries give the same hash on any machine, thread count, key and split into runs. So columns that depend on
when or under which key something was landed stay out, and floating values are rounded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import duckdb

HASHED_ELSEWHERE = {"metrics.kpi_results", "metrics.kpi_register", "metrics.kpi_signals", "quality.deliveries"}
_LEFT_OUT = {"received_at", "generation"}
_DECIMAL_PLACES = 9


def is_hashed(table: str) -> bool:
    """Whether a published table (`schema.name`) is part of the content hash."""
    return table.startswith("marts.") or table in HASHED_ELSEWHERE


def row_hash(columns: Mapping[str, str]) -> str:
    """SQL for the hash of one row; `columns` maps names to types. Independent of column order."""
    parts = []
    for name in sorted(columns):
        if name in _LEFT_OUT or name.endswith("_token"):
            continue
        quoted = '"' + name.replace('"', '""') + '"'
        parts.append(f"round({quoted}, {_DECIMAL_PLACES})" if columns[name] in {"DOUBLE", "FLOAT"} else quoted)
    return f"hash({', '.join(parts)})" if parts else "0::ubigint"


def fingerprint(con: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str], where: str) -> tuple[int, str]:
    """Row count and sum of row hashes (as text) of the rows of `table` that `where` keeps."""
    row = con.execute(
        f"select count(*), coalesce(sum({row_hash(columns)}::hugeint), 0)::varchar from {table} where {where}"
    ).fetchone()
    assert row is not None
    return int(row[0]), str(row[1])


def whole(months: Mapping[str, tuple[int, str]]) -> tuple[int, str]:
    """The fingerprint of a table that those of its months make together."""
    return sum(rows for rows, _ in months.values()), str(sum(int(total) for _, total in months.values()))


def combine(fingerprints: Mapping[tuple[str, str], tuple[int, str]]) -> str:
    """One hash (64 hex characters) over all (table, month) fingerprints; months without rows do not count."""
    digest = hashlib.sha256()
    for (table, month), (rows, total) in sorted(fingerprints.items()):
        if rows:
            digest.update(f"{table}|{month}|{rows}|{total}\n".encode())
    return digest.hexdigest()
