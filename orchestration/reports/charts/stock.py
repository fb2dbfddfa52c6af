"""What waits, what comes and what goes, day by day.

What belongs here: how days of reports.brief_unresourced look. Not here: what counts as waiting.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from orchestration.reports.charts import canvas as c
from orchestration.reports.charts.drawing import ACCENT, INK, SOFT, Row
from orchestration.reports.formatting import number, short_day

_CAME, _WENT = "#5d6b75", "#c3ccd3"


def chart(rows: Sequence[Row], title: str, description: str) -> Markup:
    """Above what waited at the end of each day, below what came (up) and went (down).

    Rows of one kind, oldest first: period_start, closing_count, inflow_count, outflow_count, highest_count.
    """
    days = [row for row in rows if row["closing_count"] is not None]
    if not days:
        return c.empty("There is no day with a count.", title, description)
    first, last = days[0]["period_start"], days[-1]["period_start"]
    sheet = c.Panels(columns=1, width=560, height=110)
    waits = sheet.panel("Waiting at the end of the day")
    waits.spread([0, *(row["closing_count"] for row in days)], "incidents", first, last, ticks=4)
    strands = [strand for strand in c.strands(days, days=1) if len(strand) > 1]
    waits.group("stock", (c.path(_level(waits, strand), ACCENT, 2) for strand in strands))
    waits.group("stock-points", (c.circle(x, y, 2.6, ACCENT) for x, y in _level(waits, days)))
    moves = sheet.panel("Came and went in the day")
    largest = max(max(row["inflow_count"] or 0, row["outflow_count"] or 0) for row in days)
    moves.spread([-largest, largest], "incidents", first, last, ticks=4, is_size=True)
    broad = max(1.5, min(14.0, 0.7 * moves.width / (moves.x_high - moves.x_low)))
    for name, column, sign, colour in (("came", "inflow_count", 1, _CAME), ("went", "outflow_count", -1, _WENT)):
        moves.group(name, (_bar(moves, row, sign * (row[column] or 0), broad, colour) for row in days))
    moves.group("none", [c.line(0, moves.y(0), moves.width, moves.y(0), INK, 1.2)])
    moves.named_at_end([(largest / 2, "came", INK), (-largest / 2, "went", SOFT)])
    return sheet.svg(title, description, [])


def columns(rows: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    """The numbers behind the picture."""
    names = ["Day", "At its beginning", "Came", "Went", "At its end"]
    return names, [
        [
            short_day(row["period_start"]),
            *(number(row[name]) for name in ("opening_count", "inflow_count", "outflow_count", "closing_count")),
        ]
        for row in rows
        if row["closing_count"] is not None
    ]


def _level(drawn: c.Canvas, days: Sequence[Row]) -> list[tuple[float, float]]:
    return [(drawn.x(row["period_start"]), drawn.y(row["closing_count"])) for row in days]


def _bar(drawn: c.Canvas, row: Row, value: float, broad: float, colour: str) -> Markup:
    top, bottom = sorted((drawn.y(value), drawn.y(0)))
    return c.box(drawn.x(row["period_start"]) - broad / 2, top, broad, bottom - top, colour)
