"""Generations made up in milliseconds, laid out as a run lays them out: what publishing to PostgreSQL reads of one.

Every generation is marked in every table, so that a reader can tell a mix of two.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from orchestration.publish.generation import Generation, Shape, move_pointer
from orchestration.settings import Settings
from tests.support import settings_for

Call = tuple[str, str, int]  # key, date, wait in seconds

SHAPES = {
    "marts.dim_areas": Shape(key=["area_code"]),
    "marts.dim_dates": Shape(key=["local_date"], required=["local_date"]),
    "marts.fct_calls": Shape(
        key=["call_key"],
        required=["call_key", "offered_date"],
        references={"offered_date": "marts.dim_dates.local_date", "area_code": "marts.dim_areas.area_code"},
        month_of="offered_date",
    ),
    "metrics.kpi_results": Shape(key=["kpi_id", "period_start"], month_of="period_start"),
    "reports.for_pages": Shape(in_database="none"),
    "reports.kpi_as_was": Shape(in_database="view"),
}


@dataclass
class MadeUp:
    """A warehouse whose generations are made up."""

    settings: Settings
    generations: list[str] = field(default_factory=list)
    _files: dict[str, Path] = field(default_factory=dict)  # content of a month to the file that holds it

    @classmethod
    def below(cls, folder: Path) -> MadeUp:
        settings = settings_for(folder, folder / "landing")
        settings.landing.mkdir(parents=True)
        settings.published.mkdir(parents=True)
        return cls(settings)

    def publish(
        self,
        name: str,
        calls: Sequence[Call],
        *,
        areas: Sequence[str] = ("HEREF", "WORCS"),
        extra_column: bool = False,
        audiences: Mapping[str, str] | None = None,
        more: Mapping[str, str] | None = None,
    ) -> Generation:
        """Write a generation and let `current` name it.

        `audiences` are names with the condition on calls that they may read; `more` are tables with the query that
        fills them.
        """
        self.generations.append(name)
        folder = self.settings.published / name
        shapes = dict(SHAPES)
        columns = "call_key, offered_date::date as offered_date, wait_seconds, area_code, offered_at"
        columns += ", wait_seconds * 2 as doubled" if extra_column else ""
        self._write(folder, name, calls, areas, columns, "true", more or {})
        for audience, condition in (audiences or {}).items():
            kept = columns.replace("wait_seconds, ", "", 1)
            self._write(folder / "audience" / audience, name, calls, areas, kept, condition, {})
        generation = Generation(
            generation=name,
            published_at="2026-11-23T09:00:00+00:00",
            content_hash=f"hash of {name} {extra_column}",
            code_version="made up",
            batches=[],
            deliveries_count=0,
            fingerprints={},
            columns={},
            views=["reports.calls_by_area", "reports.for_pages", "reports.kpi_as_was"],
            shapes=shapes,
        )
        (folder / "generation.json").write_text(json.dumps(asdict(generation)))
        move_pointer(self.settings, name)
        return generation

    def _write(
        self,
        folder: Path,
        name: str,
        calls: Sequence[Call],
        areas: Sequence[str],
        columns: str,
        condition: str,
        more: Mapping[str, str],
    ) -> None:
        folder.mkdir(parents=True)
        with duckdb.connect(str(folder / "occ.duckdb")) as con:
            con.execute("set TimeZone = 'UTC'")
            for schema in ("marts", "metrics", "quality", "reports"):
                con.execute(f"create schema {schema}")
            con.execute("create table marts.dim_areas (area_code varchar, label varchar)")
            con.executemany(
                "insert into marts.dim_areas values (?, ?)", [[area, f"{area} of {name}"] for area in areas]
            )
            con.execute(
                "create table marts.dim_dates as select unnest(generate_series(date '2021-09-01', date '2021-12-31', "
                "interval 1 day))::date as local_date"
            )
            con.execute("create temp table delivered (call_key varchar, offered_date varchar, wait_seconds bigint)")
            con.executemany("insert into delivered values (?, ?, ?)", [list(call) for call in calls])
            rows = (
                f"select {columns} from (select *, if(wait_seconds % 2 = 0, 'HEREF', 'WORCS') as area_code, "
                f"(offered_date || ' 10:00:00+00')::timestamptz as offered_at from delivered) where {condition}"
            )
            months = sorted({call[1][:7] for call in calls})
            files = [str(self._month(con, folder / "fct_calls", month, rows)) for month in months]
            con.execute(f"create view marts.fct_calls as select * from read_parquet({files})")
            con.execute("comment on view marts.fct_calls is 'Calls: it''s one row per call.'")
            con.execute("comment on column marts.fct_calls.call_key is 'Key; 100 % unique.'")
            con.execute(
                "create table metrics.kpi_results as select 'calls' as kpi_id, date '2021-09-01' as period_start, "
                f"count(*)::double as value, '{name}' as generation from ({rows})"
            )
            con.execute(
                "create view reports.calls_by_area as select area_code, count(*) as calls_count, "
                f"'{name}' as generation from marts.fct_calls group by area_code"
            )
            con.execute("create view reports.for_pages as select sum(value) as total from metrics.kpi_results")
            con.execute("create view reports.kpi_as_was as select kpi_id, value, generation from metrics.kpi_results")
            con.execute("create table quality.generations (generation varchar, published_at timestamptz)")
            con.executemany(
                "insert into quality.generations values (?, '2026-11-23 09:00:00+00')",
                [[each] for each in self.generations],
            )
            for table, query in more.items():
                con.execute(f"create table {table} as {query}")

    def _month(self, con: duckdb.DuckDBPyConnection, folder: Path, month: str, rows: str) -> Path:
        """A month's file: shared with an earlier generation when it holds the same, as a run does it."""
        folder.mkdir(exist_ok=True)
        query = f"select * from ({rows}) where strftime(offered_date, '%Y-%m') = '{month}' order by all"
        content = f"{month} {con.execute(query).fetchall()} {[column[0] for column in con.description or []]}"
        target = folder / f"{month}.parquet"
        if content in self._files:
            os.link(self._files[content], target)
        else:
            con.execute(f"copy ({query}) to '{target}' (format parquet)")
            self._files[content] = target
        return target


def calls_of(months: Mapping[str, int], wait: int = 1) -> list[Call]:
    """So many calls in each month, spread over its days; keys tell the month."""
    return [
        (f"{month}-{number}", f"{month}-{number % 28 + 1:02d}", wait + number)
        for month, count in months.items()
        for number in range(count)
    ]


def rows(con: Any, sql: str, values: Any = None) -> list[tuple[Any, ...]]:
    """Rows of a statement on a psycopg2 connection."""
    with con.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall()) if cursor.description else []
