"""A reader of what is published, in a process of its own, beside many publishes: is it ever refused, does it see a mix?

Every table of `publisher` holds the number of the publish that wrote it, so that a result made of two is seen. Readers
come in several kinds, as dashboards and people do: open, ask, close; one connection for long; Parquet files by path;
a file that is copied away. Started as `python -m tests.readers.reader PUBLISHED KIND KEPT_SECONDS SEED`; ends with a
line of JSON when standard input says so.
"""

from __future__ import annotations

import json
import random
import select
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

PAUSE_SECONDS = 0.5  # between looks, longer on a busy machine: sixteen readers must leave a publisher room
# The number that each table holds; the same across tables; and rows of the fact: 500 that stay, 30 for each publish.
QUERIES = {
    "a fact of months": "select distinct changed from marts.fct_made where is_newest",
    "a table": "select distinct changed from metrics.kpi_results",
    "a dimension": "select changed from marts.dim_made",
    "a view over both": "select distinct changed from reports.made_together where changed > 0",
    "a join": (
        "select distinct made.changed from marts.dim_made as made inner join metrics.kpi_results as results "
        "on made.changed = results.changed"
    ),
    "counted": "select (count(*) - 500) // 30 from marts.fct_made",
    "the generation": "select deliveries_count from quality.generations order by generation desc limit 1",
}


@dataclass
class Seen:
    """What a reader met."""

    queries: int = 0
    failed: list[str] = field(default_factory=list)
    outlived: int = 0  # failed, with what was opened longer ago than a generation is promised to stay
    torn: list[str] = field(default_factory=list)
    publishes: set[int] = field(default_factory=set)
    milliseconds: list[float] = field(default_factory=list)


class Reader:
    """One reader, in its kind."""

    def __init__(self, published: Path, kind: str, kept_seconds: float, seed: int) -> None:
        self.seen = Seen()
        self._published, self._kept_seconds, self._random = published, kept_seconds, random.Random(seed)
        self._look: Callable[[], set[int]] = {
            "opens": self._opens,
            "holds": self._holds,
            "parquet": self._parquet,
            "copies": self._copies,
        }[kind]
        self._held: duckdb.DuckDBPyConnection | None = None
        self._opened_at = 0.0
        self._newest = 0

    def look(self) -> None:
        """Ask once, and judge what came."""
        if self._held is None:
            self._opened_at = time.monotonic()
        try:
            said = self._look()
        except Exception as error:
            if time.monotonic() - self._opened_at > self._kept_seconds:
                self.seen.outlived += 1
            else:
                self.seen.failed.append(f"{type(error).__name__}: {error}"[:500])
            self.close()
            return
        if len(said) != 1:
            self.seen.torn.append(f"publishes {sorted(said)} in one result")
            return
        (number,) = said
        if number < self._newest and self._held is None:
            self.seen.torn.append(f"publish {number} after {self._newest} had been seen")
        self._newest = max(number, self._newest)
        self.seen.publishes.add(number)

    def close(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None

    def _ask(self, con: duckdb.DuckDBPyConnection, sql: str) -> set[int]:
        started = time.perf_counter()
        rows = con.execute(sql).fetchall()
        self.seen.milliseconds.append((time.perf_counter() - started) * 1000)
        self.seen.queries += 1
        return {row[0] for row in rows}

    def _several(self, con: duckdb.DuckDBPyConnection) -> set[int]:
        """Several questions to one connection, as a dashboard's tiles: one number comes of all."""
        asked = self._random.sample(sorted(QUERIES), k=self._random.randint(1, len(QUERIES)))
        return set().union(*(self._ask(con, QUERIES[name]) for name in asked))

    def _opens(self) -> set[int]:
        with duckdb.connect(str(self._published / "current" / "occ.duckdb"), read_only=True) as con:
            return self._several(con)

    def _holds(self) -> set[int]:
        if self._held is not None and time.monotonic() - self._opened_at > self._kept_seconds / 2:
            self.close()
        if self._held is None:
            self._opened_at = time.monotonic()
            self._held = duckdb.connect(str(self._published / "current" / "occ.duckdb"), read_only=True)
        return self._several(self._held)

    def _parquet(self) -> set[int]:
        """By path: the pointer is followed once, then all files are of one generation."""
        folder = (self._published / "current").resolve()
        with duckdb.connect() as con:
            files = str(folder / "fct_made" / "*.parquet")
            changed = self._ask(con, f"select distinct changed from read_parquet('{files}') where is_newest")
            return changed | self._ask(con, f"select (count(*) - 500) // 30 from read_parquet('{files}')")

    def _copies(self) -> set[int]:
        """The file itself, carried away: what is no month file is in it."""
        with TemporaryDirectory() as folder:
            shutil.copyfile(self._published / "current" / "occ.duckdb", Path(folder) / "mine.duckdb")
            with duckdb.connect(str(Path(folder) / "mine.duckdb"), read_only=True) as con:
                return self._ask(con, QUERIES["a table"]) | self._ask(con, QUERIES["a dimension"])


def main() -> None:
    published, kind, kept_seconds, seed = sys.argv[1:]
    reader = Reader(Path(published), kind, float(kept_seconds), int(seed))
    print("ready", flush=True)
    stopped = False
    while not stopped:
        started = time.monotonic()
        reader.look()
        pause = max(PAUSE_SECONDS, 3 * (time.monotonic() - started))
        stopped = bool(select.select([sys.stdin], [], [], pause)[0])
    reader.close()
    print(json.dumps(reader.seen.__dict__ | {"publishes": sorted(reader.seen.publishes)}), flush=True)


if __name__ == "__main__":
    main()
