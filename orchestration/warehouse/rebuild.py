"""What was asked to be derived again from the landing store: all of it, or the days of a range.

What belongs here: the requests, which lie in the warehouse until a generation is out that fulfils them, so that a run
killed on the way is taken up by the next. Not here: how a run derives anything. Imports nothing heavy.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.settings import Settings

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Request:
    """Days to derive again, both ends included; an end that is None is open. Nothing given: everything from nothing."""

    first: date | None = None
    last: date | None = None
    export: str | None = None
    name: str = ""  # of its file

    @property
    def is_everything(self) -> bool:
        return self.first is None and self.last is None and self.export is None

    def finds(self, days: Mapping[str, Mapping[str, object]], last_day: Callable[[str, str], date]) -> bool:
        """Whether any delivered day is covered: `days` by export and partition, which `last_day` gives the end of."""
        return any(
            self.covers(export, date.fromisoformat(key), last_day(export, key))
            for export, keys in days.items()
            for key in keys
        )

    def covers(self, export: str, first: date, last: date) -> bool:
        """Whether a delivery of an export over these days is to be derived again."""
        return (
            self.export in (None, export)
            and (self.last is None or first <= self.last)
            and (self.first is None or last >= self.first)
        )


def ask(settings: Settings, request: Request) -> Request:
    """Keep a request until a generation fulfils it. While a run is under way it waits for the next one."""
    folder = _folder(settings)
    folder.mkdir(parents=True, exist_ok=True)
    named = replace(request, name=f"{uuid.uuid4().hex}.json")
    temporary = folder / f".{named.name}"
    temporary.write_text(json.dumps({key: str(value) for key, value in asdict(request).items() if value}))
    temporary.rename(folder / named.name)
    return named


def asked(settings: Settings) -> list[Request]:
    """Every request that waits."""
    requests = []
    for path in sorted(_folder(settings).glob("[!.]*.json")):
        said = json.loads(path.read_text())
        requests.append(
            Request(
                first=date.fromisoformat(said["first"]) if "first" in said else None,
                last=date.fromisoformat(said["last"]) if "last" in said else None,
                export=said.get("export"),
                name=path.name,
            )
        )
    return requests


def fulfilled(settings: Settings, names: Sequence[str]) -> None:
    """Let go of requests that the generation just published fulfils."""
    for name in names:
        (_folder(settings) / name).unlink(missing_ok=True)


def plan(con: duckdb.DuckDBPyConnection, requests: Sequence[Request]) -> None:
    """Make the contents that the requests cover pending again, so that the run derives all that they touch anew.

    Their rows are taken out of the staging tables first: a row that no delivery holds would else stay there.
    """
    con.execute("create or replace table landing.rebuild_requests (name varchar)")
    for request in requests:
        con.execute("insert into landing.rebuild_requests values (?)", [request.name])
    contents = con.execute(
        "select content_no, export, business_date, coalesce(covered_until, business_date) from landing.contents"
    ).fetchall()
    covered: dict[str, list[int]] = {}
    for number, export, first, last in contents:
        if any(request.covers(export, first, last) for request in requests if not request.is_everything):
            covered.setdefault(export, []).append(number)
    tables = {row[0] for row in con.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()}
    for export, numbers in covered.items():
        con.execute("update landing.contents set is_pending = true where list_contains(?, content_no)", [numbers])
        if f"staging.base_{export}" in tables:
            con.execute(f"delete from staging.base_{export} where list_contains(?, _content_no)", [numbers])


def planned(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Names of the requests that this run fulfils."""
    return [str(row[0]) for row in con.execute("select name from landing.rebuild_requests").fetchall()]


def _folder(settings: Settings) -> Path:
    return settings.warehouse / "rebuild"
