"""Which snapshot of the lake is which generation, and how long snapshots are kept.

Every commit to the lake is a snapshot: a build makes hundreds, and so does whoever writes tables of their own. The last
commit of a whole build carries the generation's name. Reading at that snapshot is reading that generation, whatever is
written meanwhile, until it is let go.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from orchestration.errors import UsageProblem
from orchestration.lake import place
from orchestration.lake.place import NAME, Lake
from orchestration.publish.generation import quoted

_SAYS = "generation "


@dataclass(frozen=True)
class Snapshot:
    """A generation in the lake."""

    number: int
    generation: str
    made_at: datetime  # UTC
    author: str
    erasures: tuple[str, ...]  # those whose rows it does not hold


def mark(con: duckdb.DuckDBPyConnection, generation: str, author: str, erasures: Sequence[str]) -> None:
    """Give the snapshot that the running transaction will be the name of a generation."""
    extra = json.dumps({"erasures": list(erasures)})
    con.execute(
        f"call {NAME}.set_commit_message({quoted(author)}, {quoted(_SAYS + generation)}, extra_info => {quoted(extra)})"
    )


def generations(con: duckdb.DuckDBPyConnection) -> list[Snapshot]:
    """Those that can still be asked, the newest first."""
    rows = con.execute(
        "select snapshot_id, commit_message, snapshot_time, author, commit_extra_info "
        f"from {NAME}.snapshots() where starts_with(commit_message, {quoted(_SAYS)}) order by snapshot_id desc"
    ).fetchall()
    return [
        Snapshot(number, message.removeprefix(_SAYS), at, author, tuple(json.loads(extra)["erasures"]))
        for number, message, at, author, extra in rows
    ]


def wanted(known: Sequence[Snapshot], generation: str | None) -> Snapshot:
    """The generation of that name, or the newest. Raises UsageProblem, naming those there are."""
    for snapshot in known:
        if generation in {None, snapshot.generation}:
            return snapshot
    listed = ", ".join(snapshot.generation for snapshot in known)
    raise UsageProblem(
        f"The lake holds no generation {generation}; it holds {listed}."
        if known
        else "The lake holds no generation yet. Build one: occ lake build"
    )


def attach(con: duckdb.DuckDBPyConnection, lake: Lake, generation: str | None = None) -> Snapshot:
    """Attach the lake, to read, as that generation is, or the newest. Raises UsageProblem where there is none."""
    place.attach_to_read(con, lake)
    chosen = wanted(generations(con), generation)
    con.execute(f"detach {NAME}")
    place.attach_to_read(con, lake, chosen.number)
    return chosen


def let_go(con: duckdb.DuckDBPyConnection, *, keep: int, erasures: Sequence[str]) -> int:
    """Forget all before the `keep` newest generations, and before what an erasure took out; how many snapshots.

    The present state of every table stays, whoever wrote it. Files of a snapshot that is forgotten are deleted at once
    where rows had to be erased, else once they have been of no use for a day: a query may be reading them.
    """
    known = generations(con)
    kept = [snapshot for snapshot in known[:keep] if not set(erasures) - set(snapshot.erasures)]
    if not kept:
        return 0
    older = [
        row[0]
        for row in con.execute(
            f"select snapshot_id from {NAME}.snapshots() where snapshot_id < ? order by snapshot_id",
            [kept[-1].number],
        ).fetchall()
    ]
    is_erasing = any(set(erasures) - set(snapshot.erasures) for snapshot in known)
    if older:
        con.execute(f"call ducklake_expire_snapshots({quoted(NAME)}, versions => {older})")
    how = "cleanup_all => true" if is_erasing else "older_than => now() - interval 1 day"
    con.execute(f"call ducklake_cleanup_old_files({quoted(NAME)}, {how})")
    # What killed writers left. A younger file may be one that a writer is about to commit.
    con.execute(f"call ducklake_delete_orphaned_files({quoted(NAME)}, older_than => now() - interval 1 day)")
    return len(older)
