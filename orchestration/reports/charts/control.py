"""Control charts (XmR) by the conventions of NHS England's "Making Data Count": what is more than chance.

What belongs here: how the weeks of reports.brief_signals look. Not here: rules, limits, which weeks count.

A point's shape says what its colour says. Mean and limits stand for the weeks of their phase alone; the target is the
one in force in each week. A disrupted week is a ring that nothing is joined to, with a cross for its value without the
disruption.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby, pairwise
from typing import Any

from markupsafe import Markup

from orchestration.reports.charts import canvas as c
from orchestration.reports.charts.drawing import INK, SOFT, Row
from orchestration.reports.formatting import figure, short_day

_WEEK = 7
# Variation -> class of its group, sign, words in the key.
_POINTS: dict[str, tuple[str, Callable[[float, float], Markup], str]] = {
    "common_cause": ("usual", c.dot, "nothing unusual"),
    "concern": ("concern", c.square, "concern"),
    "improvement": ("improvement", c.diamond, "improvement"),
    "neither_high": ("higher", lambda x, y: c.triangle(x, y, up=True), "higher than usual"),
    "neither_low": ("lower", lambda x, y: c.triangle(x, y, up=False), "lower than usual"),
}
_NOT_JUDGED: tuple[str, Callable[[float, float], Markup], str] = (
    "not-judged",
    lambda x, y: c.circle(x, y, 1.8, INK),
    "too few weeks to judge",
)
_DISRUPTED = ("disrupted", c.ring, "disrupted: not judged, not in the limits")
_WITHOUT = ("without", c.cross, "the same week without the disruption")


def chart(rows: Sequence[Row], unit: str | None, better: str | None, title: str, description: str) -> Markup:
    """The weeks of one measure, oldest first, rows of reports.brief_signals. `better`: higher, lower or neither."""
    weeks = [row for row in rows if row["value"] is not None]
    if not weeks:
        return c.empty("There is no week with a value.", title, description)
    possible = _possible(weeks, unit)
    drawn = c.Canvas()
    drawn.spread(_shown(weeks, possible), unit, weeks[0]["period_start"], weeks[-1]["period_start"], beyond=_WEEK)
    _phases(drawn, weeks)
    _lines(drawn, weeks, unit, possible)
    drawn.group("value", _joined(drawn, weeks))
    entries = list(_points(drawn, weeks))
    drawn.named_at_end(list(_names(weeks, unit, possible)))
    said = {"higher": "higher is better", "lower": "lower is better"}.get(better or "")
    if said:
        drawn.group("better", [c.text(drawn.width, -12, said, anchor="end", colour=SOFT)])
    drawn.key(entries)
    return drawn.svg(title, description)


def columns(rows: Sequence[Row], unit: str | None) -> tuple[list[str], list[list[str]]]:
    """The numbers behind the chart, newest first: the names of the columns, and a row for each week with a value."""
    names = ["Week from", "Value", "Without the disruption", "Mean", "Lower limit", "Upper limit", "Target", "Says"]
    table = []
    for row in reversed([row for row in rows if row["value"] is not None]):
        numbers = [
            "–" if row.get(name) is None else figure(row[name], unit)
            for name in ("value", "value_excluding_disruptions", "centre", "lower_limit", "upper_limit", "target")
        ]
        if row["quality_state"] != "DISRUPTED":
            numbers[1] = "–"
        table.append([short_day(row["period_start"]), *numbers, _kind(row)[2].partition(":")[0]])
    return names, table


def _kind(row: Row) -> tuple[str, Callable[[float, float], Markup], str]:
    if row["quality_state"] == "DISRUPTED":
        return _DISRUPTED
    return _POINTS.get(row["variation"], _NOT_JUDGED)


def _possible(rows: Sequence[Row], unit: str | None) -> tuple[float, float]:
    """Between what the measure can lie: a limit beyond that says nothing and is not drawn."""
    low = 0.0 if all(row["value"] >= 0 for row in rows) else float("-inf")
    return low, 1.0 if unit == "ratio" else float("inf")


def _shown(rows: Iterable[Row], possible: tuple[float, float]) -> Iterator[float]:
    """Every value that the picture has to have room for."""
    for row in rows:
        yield row["value"]
        if row["quality_state"] == "DISRUPTED" and row.get("value_excluding_disruptions") is not None:
            yield row["value_excluding_disruptions"]
        for name in ("centre", "target"):
            if row[name] is not None:
                yield row[name]
        for name in ("lower_limit", "upper_limit"):
            if row[name] is not None and possible[0] <= row[name] <= possible[1]:
                yield row[name]


def _runs(rows: Sequence[Row], said: Callable[[Row], Any]) -> Iterator[tuple[date, date, Any]]:
    """Weeks one after the other that say the same: first and last Monday, and what they say."""
    for value, held in groupby(rows, said):
        weeks = list(held)
        yield weeks[0]["period_start"], weeks[-1]["period_start"], value


def _ends(drawn: c.Canvas, first: date, last: date) -> tuple[float, float]:
    """From half a week before to half a week after."""
    half = _WEEK / 2
    return drawn.x(first.toordinal() - half), drawn.x(last.toordinal() + half)


def _level(drawn: c.Canvas, first: date, last: date, value: float, colour: str, width: float, dash: str = "") -> Markup:
    left, right = _ends(drawn, first, last)
    return c.line(left, drawn.y(value), right, drawn.y(value), colour, width, dash)


def _lines(drawn: c.Canvas, rows: Sequence[Row], unit: str | None, possible: tuple[float, float]) -> None:
    """Limits, mean and target, each as long as it was so."""
    for group, name, style in (
        ("limits", "lower_limit", (SOFT, 1.0, "2 3")),
        ("limits", "upper_limit", (SOFT, 1.0, "2 3")),
        ("mean", "centre", (INK, 1.2)),
    ):
        runs = _runs(rows, lambda row, name=name: (row["phase"], row[name]))  # type: ignore[misc]
        drawn.group(
            group,
            (
                _level(drawn, first, last, value, *style)
                for first, last, (_, value) in runs
                if value is not None and (name == "centre" or possible[0] <= value <= possible[1])
            ),
        )
    held = list(_runs(rows, lambda row: row["target"]))
    marks = [
        _level(drawn, first, last, value, c.TARGET, 1.8, "9 4") for first, last, value in held if value is not None
    ]
    for (_, _, before), (first, _, after) in pairwise(held):
        if before is not None and after is not None:
            at = _ends(drawn, first, first)[0]
            marks.append(c.line(at, drawn.y(before), at, drawn.y(after), c.TARGET, 1.0, "3 3"))
    drawn.group("target", marks)
    earlier = []
    for first, last, value in held[:-1]:  # the newest is named at the end
        left, right = _ends(drawn, first, last)
        if value is not None and right - left > c.length(words := f"Target {c.short(value, unit)}"):
            at = drawn.y(value)
            beside = at - 5 if at > 20 else at + 14  # above the plot stands the unit
            earlier.append(c.text(left + 4, beside, words, colour=c.TARGET))
    drawn.group("earlier-targets", earlier)


def _names(rows: Sequence[Row], unit: str | None, possible: tuple[float, float]) -> Iterator[tuple[float, str, str]]:
    """What the lines are called, at their newest values."""
    newest = rows[-1]
    for name, words, colour in (
        ("upper_limit", "Upper limit", SOFT),
        ("centre", "Mean", INK),
        ("lower_limit", "Lower limit", SOFT),
        ("target", "Target", c.TARGET),
    ):
        value = newest[name]
        if value is not None and (name in {"centre", "target"} or possible[0] <= value <= possible[1]):
            yield value, f"{words} {c.short(value, unit)}", colour


def _joined(drawn: c.Canvas, rows: Sequence[Row]) -> Iterator[Markup]:
    """The values as lines: parted where a week is disrupted or missing, and where a phase begins."""
    for strand in c.strands(rows, parted_by="phase"):
        if len(strand) > 1:
            yield c.path([(drawn.x(row["period_start"]), drawn.y(row["value"])) for row in strand], c.GREY, 1)


def _points(drawn: c.Canvas, rows: Sequence[Row]) -> Iterator[tuple[Callable[[float, float], str], str]]:
    """A sign for each week; what stands in the key of them."""
    for group, sign, words in (*_POINTS.values(), _NOT_JUDGED, _DISRUPTED):
        held = [row for row in rows if _kind(row)[0] == group]
        if held:
            drawn.group(group, (sign(drawn.x(row["period_start"]), drawn.y(row["value"])) for row in held))
            yield sign, words
    apart = [
        row
        for row in rows
        if row["quality_state"] == "DISRUPTED" and row.get("value_excluding_disruptions") is not None
    ]
    if apart:
        group, sign, words = _WITHOUT
        drawn.group(
            group, (sign(drawn.x(row["period_start"]), drawn.y(row["value_excluding_disruptions"])) for row in apart)
        )
        yield sign, words


def _phases(drawn: c.Canvas, rows: Sequence[Row]) -> None:
    """Where a phase begins within the picture: a line, and its cause above the plot."""
    marks, down = [], -14.0
    begun = [after for before, after in pairwise(rows) if before["phase"] != after["phase"]]
    for row in reversed(begun):
        at = _ends(drawn, row["period_start"], row["period_start"])[0]
        said = f"New limits from {short_day(row['phase_starts_on'])}: {row['phase_cause'] or 'no cause named'}"
        is_right = at > drawn.width * 0.55
        lines = c.wrapped(said, max(170.0, (at if is_right else drawn.width - at) - 8))
        down -= 15 * len(lines)
        for number, words in enumerate(lines):
            beside = -5 if is_right else 5
            marks.append(c.text(at + beside, down + 15 * number, words, anchor="end" if is_right else "start"))
        marks.append(c.line(at, down - 10, at, drawn.height, INK, 1, "1 2"))
        down -= 4
    if marks:
        drawn.group("phases", marks)
        drawn.top = max(drawn.top, -down + 14)
