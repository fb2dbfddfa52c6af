"""Looks for people in what the pipeline wrote: in every file of a warehouse and in what commands print.

Digits are compared without what people write between them, letters without case, marks and width.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import duckdb

from tests.browser import people

_BETWEEN_DIGITS = re.compile(r"(?<=\d)[\s().\-/\u2011\u2013]+(?=[\d(])")

_ADDRESS = re.compile(r"(?<=[\w\]\"])@[\w\[][^\s@<>]*")  # begins at the sign: what stands before it may be long
_TELEPHONE = re.compile(r"(?<![\w./:-])(?:\+44|0044|0)(?:[ ()]{0,2}\d){9,10}(?![\w-])")


def patterns(text: str) -> set[str]:
    """What looks like a telephone number of this country or an e-mail address, anybody's."""
    return {found[0] for pattern in (_ADDRESS, _TELEPHONE) for found in pattern.finditer(text)}


def flat(text: str) -> str:
    """The text as a searcher would have it: lower case, plain digits, nothing between digits."""
    wide = unicodedata.normalize("NFKC", text)
    digits = "".join(str(unicodedata.digit(each, each)) if each.isdigit() else each for each in wide)
    return _BETWEEN_DIGITS.sub("", digits).lower()


def traces(text: str) -> set[str]:
    """Which people are in it."""
    found = flat(text)
    return {trace for trace in people.TRACES if trace in found}


def texts_of(folder: Path) -> Iterator[tuple[str, str]]:
    """Every text that a warehouse holds, with its place: names of files, their bytes, columns of tables."""
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder).as_posix()
        yield f"name of {path.parent.relative_to(folder).as_posix()}/*", path.name
        if path.is_symlink() or not path.is_file():
            continue
        if path.suffix == ".parquet":
            yield from _columns(duckdb.connect(), f"read_parquet('{path}', hive_partitioning = false)", _room(place))
        elif path.suffix == ".duckdb":
            with duckdb.connect(str(path), read_only=True) as con:
                for schema, table in con.execute("select schema_name, table_name from duckdb_tables()").fetchall():
                    yield from _columns(con, f'"{schema}"."{table}"', f"{_room(place)}: {schema}.{table}")
        elif path.suffix in {".db", ".sqlite"}:
            yield from _rows_of_sqlite(path, _room(place))
        else:
            yield place, path.read_bytes().decode("utf-8", "replace")


def _room(place: str) -> str:
    """The place without what differs from file to file."""
    return re.sub(r"[0-9a-f]{8,}|\d{4,}\w*", "*", place)


def _columns(con: duckdb.DuckDBPyConnection, table: str, place: str) -> Iterator[tuple[str, str]]:
    described = con.execute(f"describe select * from {table}").fetchall()
    for name, kind, *_ in described:
        if "VARCHAR" in kind:
            rows = con.execute(f'select distinct cast("{name}" as varchar) from {table} where "{name}" is not null')
            yield f"{place}.{name}", "\n".join(row[0] for row in rows.fetchall())


def _rows_of_sqlite(path: Path, place: str) -> Iterator[tuple[str, str]]:
    with sqlite3.connect(path) as con:
        for (table,) in con.execute("select name from sqlite_master where type = 'table'").fetchall():
            yield f"{place}: {table}", "\n".join(str(row) for row in con.execute(f'select * from "{table}"').fetchall())


def found_in(folder: Path) -> dict[str, set[str]]:
    """Places of a warehouse that hold a trace of somebody, and which."""
    found: dict[str, set[str]] = {}
    for place, text in texts_of(folder):
        if seen := traces(text):
            found.setdefault(place, set()).update(seen)
    return found
