"""The step of a run that analyses: reads figures from the build database, fills the tables of `tables.py`.

An analysis is done again when its figures, its design or its code changed, and stands as it was else. One that fails
says so in its tables and stops nothing: publishing goes on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import duckdb

from orchestration.analysis import tables
from orchestration.analysis.design import Design, read_design
from orchestration.analysis.parts import PARTS, Facts, Part
from orchestration.progress import note


def run_analyses(con: duckdb.DuckDBPyConnection, profile: Path, parts: Sequence[Part] | None = None) -> list[str]:
    """Bring the tables of every analysis up to date; the names of those that were done again.

    Raises DesignProblem when a design file of the profile cannot be used, and duckdb.Error when the database cannot be
    written.
    """
    design = read_design(profile)
    made = tables.make_tables(con)
    con.execute("create table if not exists landing.analyses (name varchar, digest varchar)")
    done = []
    for part in PARTS if parts is None else parts:
        facts = part.read(con, design)
        digest = _digest(part, facts, design)
        known = con.execute("select 1 from landing.analyses where name = ? and digest = ?", [part.name, digest])
        if known.fetchall() and made.isdisjoint(part.tables):
            continue
        try:
            rows = part.analyse(facts, design)
        except Exception as error:  # whatever it is: figures go out all the same
            note(f"The analysis {part.name} could not be done ({type(error).__name__}); its tables say so.")
            rows, digest = part.failed(type(error).__name__), ""
        con.execute("begin")
        for name in part.tables:
            tables.write(con, name, rows.get(name, ()))
        con.execute("delete from landing.analyses where name = ?", [part.name])
        con.execute("insert into landing.analyses values (?, ?)", [part.name, digest])
        con.execute("commit")
        done.append(part.name)
    return done


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
