"""The step of a run that analyses: reads figures from the build database, fills the tables of `tables.py`.

An analysis is done again when its figures, its design or its code changed, and stands as it was else. One that fails
says so in its tables and stops nothing: publishing goes on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import duckdb

from orchestration.analysis import tables
from orchestration.analysis.design import Design, read_design
from orchestration.analysis.parts import PARTS, Facts, Part
from orchestration.analysis.parts.part import Rows
from orchestration.progress import note


def run_analyses(con: duckdb.DuckDBPyConnection, profile: Path, parts: Sequence[Part] | None = None) -> list[str]:
    """Bring the tables of every analysis up to date; the names of those that were done again.

    Raises DesignProblem when a design file of the profile cannot be used, and duckdb.Error when the database cannot be
    written.
    """
    design = read_design(profile)
    made = tables.make_tables(con)
    con.execute("create table if not exists landing.analyses (name varchar, digest varchar)")
    known = dict(con.execute("select name, digest from landing.analyses").fetchall())
    to_do: list[tuple[Part, Mapping[str, Facts], str]] = []
    for part in PARTS if parts is None else parts:
        facts = part.read(con, design)
        digest = _digest(part, facts, design)
        if known.get(part.name) != digest or not made.isdisjoint(part.tables):
            to_do.append((part, facts, digest))
    # Side by side: the longest of them spends its time in linear algebra, where others may go on.
    with ThreadPoolExecutor(max_workers=max(len(to_do), 1)) as workers:
        analysed = list(workers.map(lambda one: _analysed(one[0], one[1], design), to_do))
    for (part, _, digest), rows in zip(to_do, analysed, strict=True):
        _write(con, part, rows, digest)
    return [part.name for part, _, _ in to_do]


def _analysed(part: Part, facts: Mapping[str, Facts], design: Design) -> Rows | str:
    """The rows of an analysis, or the name of what it raised."""
    try:
        return part.analyse(facts, design)
    except Exception as error:  # whatever it is: figures go out all the same
        note(f"The analysis {part.name} could not be done ({type(error).__name__}); its tables say so.")
        return type(error).__name__


def _write(con: duckdb.DuckDBPyConnection, part: Part, found: Rows | str, digest: str) -> None:
    """Replace the tables of an analysis; one that failed is tried again by the next run."""
    rows, digest = (part.failed(found), "") if isinstance(found, str) else (found, digest)
    con.execute("begin")
    for name in part.tables:
        tables.write(con, name, rows.get(name, ()))
    con.execute("delete from landing.analyses where name = ?", [part.name])
    con.execute("insert into landing.analyses values (?, ?)", [part.name, digest])
    con.execute("commit")


def _digest(part: Part, facts: Mapping[str, Facts], design: Design) -> str:
    """Of what goes in: figures, design, code, and the columns of the tables."""
    digest = hashlib.sha256(_code().encode())
    digest.update(part.name.encode())
    digest.update(design.model_dump_json().encode())
    for name in sorted(facts):
        digest.update(f"{name}|{len(facts[name])}\n".encode())
        for row in facts[name]:
            digest.update(repr(row).encode())
    return digest.hexdigest()


@cache
def _code() -> str:
    """Digest of this package's source."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
