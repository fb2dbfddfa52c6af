"""Honest files of every export, to be spoiled: made from the layouts of `tests/reference`, not from the profile.

What belongs here: rows whose every value stands in its format and lies on the file's own days. No faults.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from tests.reference.layouts import LAYOUTS, MONTHLY, Column, Layout

ALL_LAYOUTS = [layout for layouts in LAYOUTS.values() for layout in layouts]
CALLER = "077009"  # every made-up caller's number begins with it: none may be found behind landing
_LONDON = ZoneInfo("Europe/London")
_FIRST, _DAYS = date(2021, 9, 1), 120


@dataclass(frozen=True)
class Sheet:
    """One file before it is bytes."""

    layout: Layout
    day: date
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def export(self) -> str:
        return self.layout.export

    def name(self, tail: str = "", ending: str = ".csv") -> str:
        return f"{self.export}_{self.day:%Y%m%d}{tail}{ending}"

    def text(self, delimiter: str = ",", end: str = "\n") -> str:
        out = io.StringIO()
        csv.writer(out, delimiter=delimiter, lineterminator=end).writerows([self.header, *self.rows])
        return out.getvalue()

    def data(self) -> bytes:
        return self.text().encode()

    def places(self, *kinds: str) -> list[int]:
        """Where columns of these kinds stand."""
        return [number for number, column in enumerate(self.layout.columns) if column.kind in kinds]

    def with_cells(self, change: Callable[[int, int, str], str]) -> Sheet:
        """Every cell changed by (row, column, text)."""
        rows = (
            tuple(change(number, place, cell) for place, cell in enumerate(row)) for number, row in enumerate(self.rows)
        )
        return replace(self, rows=tuple(rows))

    def with_one(self, rng: Random, places: Sequence[int], text: str) -> Sheet:
        """One cell of one row, in one of these columns, is another text."""
        chosen, at = rng.choice(list(places)), rng.randrange(len(self.rows))
        return self.with_cells(lambda number, place, cell: text if (number, place) == (at, chosen) else cell)


def honest(rng: Random, layout: Layout, rows: int | None = None) -> Sheet:
    """A file of one export with two to fifteen rows."""
    day = _FIRST + timedelta(days=rng.randrange(_DAYS))
    if layout.export in MONTHLY:
        day = day.replace(day=1)
    count = rows or rng.randrange(2, 16)
    body = tuple(
        tuple(_value(rng, layout, column, day, number) for column in layout.columns) for number in range(count)
    )
    return Sheet(layout, day, tuple(column.header for column in layout.columns), body)


def _value(rng: Random, layout: Layout, column: Column, day: date, number: int) -> str:
    own_day = day + timedelta(days=rng.randrange(28)) if layout.export in MONTHLY else day
    moment = datetime(own_day.year, own_day.month, own_day.day, 12) + timedelta(seconds=rng.randrange(36_000))
    is_key = column.field in layout.key
    if column.header == "CLI":
        return rng.choice([f"{CALLER}{rng.randrange(100_000):05}", "WITHHELD", ""])
    match column.kind:
        case "local":
            return f"{moment:%d/%m/%Y %H:%M:%S}"
        case "utc":
            return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
        case "offset":
            return moment.replace(tzinfo=_LONDON).isoformat()
        case "date":
            return f"{own_day:%d/%m/%Y}"
        case "clock":
            return f"{moment:%H:%M:%S}"
        case "month":
            return f"{day:%Y-%m}"
        case "int" | "seconds":
            return str(number + 1 if is_key else rng.randrange(500))
        case "number":
            return f"{rng.randrange(900)}.{rng.randrange(10)}"
    if is_key or column.field in layout.required:
        return f"{column.header[:2]}-{day:%y%m%d}-{number}-{rng.randrange(1_000_000)}"
    return rng.choice(["", "Y", "N", "1", "TELF", "a few words, of text", 'said "yes"', "é–ü"])
