"""A reader in a process of its own: asks the published warehouse all the time, and says when it was disturbed.

It opens `published/current/occ.duckdb` afresh each time, as a report that is refreshed does, and holds the first one
that it opened, as a BI tool does. A generation is whole when its own `generation.json` and every table agree.

Started as `python -m tests.torture.reader`; `Reader` is the way in.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from orchestration.publish import content_hash
from orchestration.publish.generation import PUBLISHED_SCHEMAS
from orchestration.settings import PROJECT

_PAUSE_SECONDS = 0.25
_NEWEST = "select generation, content_hash from quality.generations order by published_at desc, generation desc limit 1"
_LIGHT = (
    "select (select count(*) from marts.fct_calls), (select count(*) from marts.fct_incidents), "
    "(select count(*) from metrics.kpi_results), (select sum(wait_seconds) from marts.fct_calls), "
    "(select count(*) from quality.generations), (select count(*) from quality.deliveries)"
)


@dataclass
class Seen:
    """What a reader met between `start` and `stop`."""

    queries: int = 0
    failures: list[str] = field(default_factory=list)
    generations: list[str] = field(default_factory=list)


class Reader:
    """The reader, from the side of the tests."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.torture.reader"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=PROJECT,
        )

    def start(self, warehouse: Path) -> None:
        self._tell(str(warehouse))

    def stop(self) -> Seen:
        self._tell("stop")
        assert self._process.stdout is not None
        return Seen(**json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()


class _Watch:
    """One warehouse, looked at again and again."""

    def __init__(self, warehouse: Path) -> None:
        self._published = warehouse / "published"
        self._held: duckdb.DuckDBPyConnection | None = None
        self._held_said: Any = None
        self.seen = Seen()

    def look(self, *, closely: bool = False) -> None:
        try:
            self._look_afresh(closely)
            if self._held is not None:
                self._count()
                said = self._held.execute(_LIGHT).fetchall()
                if said != self._held_said:
                    self._fail(f"the generation held open says {said}, and said {self._held_said} before")
        except Exception as error:
            self._fail(f"{type(error).__name__}: {error}")

    def close(self) -> None:
        if self._held is not None:
            self._held.close()

    def _look_afresh(self, closely: bool) -> None:
        path = self._published / "current" / "occ.duckdb"
        if not self.seen.generations and not path.exists():
            return  # nothing was published yet
        con = duckdb.connect(str(path), read_only=True)
        keep = False
        try:
            self._count()
            name, hashed = con.execute(_NEWEST).fetchall()[0]
            described = json.loads((self._published / name / "generation.json").read_text())
            if (described["generation"], described["content_hash"]) != (name, hashed):
                self._fail(f"{name} describes itself as {described['generation']}, {described['content_hash']}")
            if closely or name not in self.seen.generations:
                self._look_closely(con, described)
            if name not in self.seen.generations:
                self.seen.generations.append(name)
            self._count()
            said = con.execute(_LIGHT).fetchall()
            if self._held is None:
                self._held, self._held_said, keep = con, said, True
        finally:
            if not keep:
                con.close()

    def _look_closely(self, con: duckdb.DuckDBPyConnection, described: dict[str, Any]) -> None:
        """Every table can be read, and those with fingerprints are the ones of this generation, month by month."""
        columns: dict[str, dict[str, str]] = {}
        for schema, table, column, kind in con.execute(
            "select table_schema, table_name, column_name, data_type from information_schema.columns"
        ).fetchall():
            if schema in PUBLISHED_SCHEMAS:
                columns.setdefault(f"{schema}.{table}", {})[column] = kind
        for table in columns:
            self._count()
            con.execute(f"select * from {table} limit 1").fetchall()
        for table, months in described["fingerprints"].items():
            self._count()
            total = content_hash.fingerprint(con, table, columns[table], "true")
            rows = sum(month[0] for month in months.values())
            hashes = sum(int(month[1]) for month in months.values())
            if (rows, str(hashes)) != total:
                self._fail(f"{table} of {described['generation']} holds {total}, its generation says {(rows, hashes)}")

    def _count(self) -> None:
        self.seen.queries += 1

    def _fail(self, what: str) -> None:
        if len(self.seen.failures) < 20:
            self.seen.failures.append(what)


def watch() -> None:
    """Follow what standard input says until it ends: a warehouse to look at, or `stop`."""
    current: _Watch | None = None
    while True:
        ready, _, _ = select.select([sys.stdin], [], [], 0 if current else None)
        if ready:
            line = sys.stdin.readline()
            if not line:
                return
            if line.strip() == "stop" and current:
                current.look(closely=True)
                current.close()
                sys.stdout.write(json.dumps(current.seen.__dict__) + "\n")
                sys.stdout.flush()
                current = None
            else:
                current = _Watch(Path(line.strip()))
        if current:
            current.look()
            time.sleep(_PAUSE_SECONDS)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        watch()
