"""Charts of the quality report: what fails, scores, what arrived.

What belongs here: how these rows look. Not here: how a chart is drawn (drawing.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Any

from markupsafe import Markup

from orchestration.reports.charts.drawing import ACCENT, BAD, INK, LINE, MIDDLE, PALE, Row, any_rows, compiled, drawn

# Of few rows the library marks halves too: they are not written.
_COUNTS = {"tickCount": 4, "format": ",d", "labelExpr": "datum.value % 1 ? '' : datum.label"}

# --- how much failed, week by week ----------------------------------------------------------------------------------
_STATUS_LETTERS = {"PASS": "P", "WARN": "W", "FAIL": "F", "ERROR": "E"}


@cache
def _weeks() -> dict[str, Any]:
    import altair as alt

    x = alt.X(
        "week_start_date:T",
        title=None,
        scale=alt.Scale(padding=12),
        axis=alt.Axis(format="%-d %b", tickCount=8, grid=False),
    )
    base = alt.Chart(any_rows(), width=560, height=130)
    y = alt.Y("failed_count:Q", title=None, axis=alt.Axis(**_COUNTS))
    bars = base.mark_bar(color=ACCENT, width=13).encode(x, y)
    letters = base.mark_text(baseline="bottom", dy=-3, fontSize=11, fontWeight="bold", color=INK).encode(
        x, y, alt.Text("letter:N")
    )
    return compiled(bars + letters)


def weeks(rows: Sequence[Row], title: str, description: str) -> Markup:
    """Failing rows by week, a letter for the status on each bar; rows: week_start_date, status, failed_count."""
    shown = [
        {
            "week_start_date": row["week_start_date"],
            "failed_count": row["failed_count"] or 0,
            "letter": _STATUS_LETTERS.get(row["status"], "–"),
        }
        for row in rows
    ]
    return drawn(_weeks, shown, title, description)


# --- which parts fail most ------------------------------------------------------------------------------------------
@cache
def _bars() -> dict[str, Any]:
    import altair as alt

    y = alt.Y("label:N", sort=None, title=None, axis=alt.Axis(ticks=False, domain=False, labelLimit=110))
    x = alt.X("failed_count:Q", title=None, axis=None)
    base = alt.Chart(any_rows(), width=150, height=alt.Step(20))
    bars = base.mark_bar(color=ACCENT, height=13).encode(x, y)
    said = base.mark_text(align="left", dx=4, fontSize=12, color=INK).encode(
        x, y, alt.Text("failed_count:Q", format=",d")
    )
    return compiled(bars + said)


def bars(rows: Sequence[Row], title: str, description: str) -> Markup:
    """A bar for each part, longest first as given; rows: label, failed_count."""
    return drawn(_bars, rows, title, description)


@cache
def _days() -> dict[str, Any]:
    import altair as alt

    columns = (
        alt.Chart(any_rows(), width=560, height=110)
        .mark_bar(color=ACCENT, width=5)
        .encode(
            alt.X(
                "part_code:T",
                title=None,
                scale=alt.Scale(padding=6),
                axis=alt.Axis(format="%-d %b", tickCount=8, grid=False),
            ),
            alt.Y("failed_count:Q", title=None, axis=alt.Axis(**_COUNTS)),
        )
    )
    return compiled(columns)


def days(rows: Sequence[Row], title: str, description: str) -> Markup:
    """A column for each day; rows: part_code (ISO day), failed_count."""
    return drawn(_days, rows, title, description)


# --- scores ---------------------------------------------------------------------------------------------------------
@cache
def _trends() -> dict[str, Any]:
    import altair as alt

    x = alt.X("week_start_date:T", title=None, axis=alt.Axis(format="%-d %b", tickCount=4, grid=False))
    y = alt.Y(
        "score_ratio:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%", values=[0, 0.5, 1])
    )
    base = alt.Chart(any_rows(), width=230, height=90)
    line = base.mark_line(color=ACCENT, strokeWidth=2).encode(x, y)
    points = base.mark_point(color=ACCENT, filled=True, size=22, opacity=1).encode(x, y)
    return compiled(line + points)


def trend(rows: Sequence[Row], title: str, description: str) -> Markup:
    """A share by week, from 0 to 100 %; rows: week_start_date, score_ratio."""
    return drawn(_trends, rows, title, description)


# --- what arrived ---------------------------------------------------------------------------------------------------
# State to letter and tone: from the letter alone one can tell them; what needs a look is dark.
ARRIVALS: dict[str, tuple[str, str]] = {
    "ARRIVED": ("a", PALE),
    "CORRECTED": ("C", "#c9d6df"),
    "PARTLY": ("P", MIDDLE),
    "QUARANTINED": ("Q", BAD),
    "MISSING": ("M", INK),
    "NOT_DUE": ("·", "#ffffff"),
}
_DARK = {"QUARANTINED", "MISSING"}
_WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


def _tiles(across: str, y: Any) -> dict[str, Any]:
    import altair as alt

    axis = alt.Axis(labelAngle=-60, ticks=False, domain=False, labelOverlap=False)
    x = alt.X(f"{across}:N", sort=None, title=None, axis=axis)

    tone = alt.Color("tone:N", scale=None, legend=None)
    letter_tone = alt.Color("ink:N", scale=None, legend=None)
    base = alt.Chart(any_rows(), width=alt.Step(22), height=alt.Step(22))
    tiles = base.mark_rect(stroke=LINE, strokeWidth=1).encode(x, y, tone)
    letters = base.mark_text(fontSize=12, fontWeight="bold", baseline="middle").encode(
        x, y, alt.Text("letter:N"), letter_tone
    )
    return compiled(tiles + letters)


@cache
def _calendar() -> dict[str, Any]:
    import altair as alt

    days = alt.Y(
        "weekday:N",
        sort=_WEEKDAYS,
        scale=alt.Scale(domain=_WEEKDAYS),
        title=None,
        axis=alt.Axis(ticks=False, domain=False),
    )
    return _tiles("week", days)


def _tile(row: Row) -> dict[str, str]:
    letter, tone = ARRIVALS.get(row["state"], ("?", "#ffffff"))
    return {"letter": letter, "tone": tone, "ink": "#ffffff" if row["state"] in _DARK else INK}


def calendar(rows: Sequence[Row], title: str, description: str) -> Markup:
    """A tile for each day, a column for each week, a letter for what came; rows: business_date, state."""
    shown = []
    for row in rows:
        day = row["business_date"]
        monday = day - timedelta(days=day.weekday())
        shown.append({"week": f"{monday.day} {monday:%b %y}", "weekday": _WEEKDAYS[day.weekday()], **_tile(row)})
    return drawn(_calendar, shown, title, description)


@cache
def _strip() -> dict[str, Any]:
    import altair as alt

    return _tiles("column", alt.Y("label:N", sort=None, title=None, axis=alt.Axis(ticks=False, domain=False)))


def strip(rows: Sequence[Row], title: str, description: str, *, by_month: bool = False) -> Markup:
    """A line of tiles for each export, a tile for each day or month; rows: export, business_date, state."""
    shown = [
        {
            "label": row["export"],
            "column": f"{row['business_date']:%b %y}"
            if by_month
            else f"{row['business_date'].day} {row['business_date']:%b}",
            **_tile(row),
        }
        for row in rows
    ]
    return drawn(_strip, shown, title, description)
