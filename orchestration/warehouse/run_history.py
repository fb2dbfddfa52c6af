"""Dagster's own run history, in SQLite: written without waiting for the disk.

Dagster opens and closes a connection for each of some nine hundred events of a run, and each time SQLite waits for the
disk: a quarter of a daily run. A power cut may therefore cost Dagster's history of runs; it never costs the warehouse,
whose own files are synced where they must be.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

# One connection a file is kept open: closing the last one makes SQLite fold its journal into the file, each time.
_kept_open: dict[str, sqlite3.Connection] = {}


@event.listens_for(Engine, "connect")
def _do_not_wait_for_the_disk(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.execute("pragma synchronous = off")
    path = connection.execute("pragma database_list").fetchone()[2]
    if path and path not in _kept_open:
        _kept_open[path] = sqlite3.connect(path, check_same_thread=False)
        _kept_open[path].execute("select count(*) from sqlite_master").fetchone()


def close() -> None:
    """Let go of the files that were kept open."""
    while _kept_open:
        _kept_open.popitem()[1].close()
