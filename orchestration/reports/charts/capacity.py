"""People there for calls beside people needed, half-hour by half-hour.

What belongs here: how rows of metrics.capacity_half_hours look. Not here: the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from orchestration.reports.charts import canvas as c
from orchestration.reports.charts.drawing import INK, SOFT, Row
from orchestration.reports.formatting import NOTHING

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SHORT = "#f1c9a8"  # fewer there than needed
_NEEDED = c.ORANGE
_HALF_HOURS = 48

HalfHours = Mapping[tuple[int, int], tuple[float | None, int | None]]


def _there_and_needed(rows: Sequence[Row]) -> HalfHours:
    """By weekday and half-hour: people there, and as many as the line that needs more."""
    found: dict[tuple[int, int], tuple[float | None, int | None]] = {}
    for row in rows:
        there, needed = found.get((row["weekday"], row["half_hour"]), (None, None))
        more = [each for each in (needed, row["staff_needed"]) if each is not None]
        found[row["weekday"], row["half_hour"]] = (
            row["staffed"] if row["staffed"] is not None else there,
            max(more) if more else None,
        )
    return found


def half_hours(rows: Sequence[Row], title: str, description: str) -> Markup:
    """A small plot for each weekday: people there, people needed, and between them what is lacking."""
    held = _there_and_needed(rows)
    values = [value for pair in held.values() for value in pair if value is not None]
    if not values:
        return c.empty("People needed are not known.", title, description)
    sheet = c.Panels(columns=4, width=150, height=92)
    for weekday in sorted({day for day, _ in held}):
        panel = sheet.panel(DAYS[weekday - 1])
        panel.x_high = _HALF_HOURS
        panel.values([0, *values], "people", ticks=3)
        _hours_axis(panel)
        there = {half: pair[0] for (day, half), pair in held.items() if day == weekday}
        needed = {half: pair[1] for (day, half), pair in held.items() if day == weekday}
        panel.group("lacking", _lacking(panel, there, needed))
        panel.group("needed", _stepped(panel, needed, _NEEDED, 1.8, "3 2"))
        panel.group("there", _stepped(panel, there, INK, 1.6))
    return sheet.svg(
        title,
        description,
        [
            (c.stroke(INK, 1.6), "people there"),
            (c.stroke(_NEEDED, 1.8, "3 2"), "fewest at which 999 and 101 meet their targets"),
            (c.patch(_SHORT), "too few"),
        ],
    )


def columns(rows: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    """The numbers behind the picture: a row for each half-hour, a column for each weekday: there, and needed."""
    held = _there_and_needed(rows)
    table = [
        [f"{half // 2:02d}:{30 * (half % 2):02d}", *(_said(held.get((day, half))) for day in range(1, 8))]
        for half in sorted({half for _, half in held})
    ]
    return ["Half-hour from", *DAYS], table


def _said(pair: tuple[float | None, int | None] | None) -> str:
    there, needed = pair or (None, None)
    if there is None and needed is None:
        return NOTHING
    return f"{NOTHING if there is None else f'{there:.1f}'} of {NOTHING if needed is None else needed}"


def _hours_axis(panel: c.Canvas) -> None:
    marks = [c.line(0, panel.height, panel.width, panel.height, SOFT, 1)]
    for hour in (0, 6, 12, 18):
        at = panel.x(2 * hour)
        marks.append(c.line(at, panel.height, at, panel.height + 4, SOFT, 1))
        marks.append(c.text(at, panel.height + 16, f"{hour:02d}", anchor="middle", size=11))
    panel.group("axis-x", marks)
    panel.bottom = max(panel.bottom, 22)


def _stepped(
    panel: c.Canvas, values: Mapping[int, float | None], colour: str, width: float, dash: str = ""
) -> list[Markup]:
    """A level for each half-hour, joined while they follow one another."""
    marks: list[Markup] = []
    strand: list[tuple[float, float]] = []
    for half in range(_HALF_HOURS + 1):
        value = values.get(half)
        if value is None:
            if strand:
                marks.append(c.path(strand, colour, width, dash))
            strand = []
        else:
            strand += [(panel.x(half), panel.y(value)), (panel.x(half + 1), panel.y(value))]
    return marks


def _lacking(panel: c.Canvas, there: Mapping[int, float | None], needed: Mapping[int, float | None]) -> list[Markup]:
    """An area for each stretch of half-hours in which fewer were there than needed."""
    marks = []
    upper: list[tuple[float, float]] = []
    lower: list[tuple[float, float]] = []
    for half in range(_HALF_HOURS + 1):
        have, want = there.get(half), needed.get(half)
        if have is not None and want is not None and have < want:
            upper += [(panel.x(half), panel.y(want)), (panel.x(half + 1), panel.y(want))]
            lower += [(panel.x(half), panel.y(have)), (panel.x(half + 1), panel.y(have))]
        elif upper:
            marks.append(c.area(upper, lower, _SHORT))
            upper, lower = [], []
    return marks
