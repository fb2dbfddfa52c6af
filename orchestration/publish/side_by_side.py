"""Many small statements side by side, each on a core of its own.

What belongs here: how, not what. Several threads in one statement on a month's rows cost up to half as much again in
CPU seconds, and take no less time: a month is below the row group that the engine splits work by.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import duckdb

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")
_MOST = 4  # at once: each holds a row group in memory


def side_by_side(
    con: duckdb.DuckDBPyConnection,
    tasks: Iterable[_Task],
    work: Callable[[duckdb.DuckDBPyConnection, _Task], _Result],
    *,
    use: str = "",
    progress: Callable[[int], object] = lambda done: None,
) -> list[_Result]:
    """What `work` gives for each task, in order; it gets a connection of its own, to the same databases.

    `use` is the database that names are looked up in, `progress` is told how many are done. `con` must not be in a
    transaction, or the others do not see what it did. Raises what the first task that failed raised.
    """

    def done(task: _Task) -> _Result:
        with con.cursor() as own:
            own.execute("set TimeZone = 'UTC'")
            if use:
                own.execute(f"use {use}")
            return work(own, task)

    ((threads,),) = con.execute("select current_setting('threads')").fetchall()
    con.execute("set threads = 1")
    workers = ThreadPoolExecutor(max(1, min(_MOST, os.cpu_count() or 1)))
    try:
        results = []
        for result in workers.map(done, tasks):
            results.append(result)
            progress(len(results))
    finally:
        workers.shutdown(cancel_futures=True)
    con.execute(f"set threads = {threads}")  # not after an error, which it might hide: who publishes gives up then
    return results
