"""The pilot as pictures: week by week against the other areas, and beside every other choice of areas.

What belongs here: how rows of metrics.pilot_weeks and metrics.pilot_permutations look. Not here: any estimate.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from orchestration.reports.charts import canvas as c
from orchestration.reports.charts.drawing import ACCENT, INK, SOFT, Row
from orchestration.reports.formatting import NOTHING, part, short_day

_PALE = "#eef3f7"


def event_study(rows: Sequence[Row], unit: str | None, title: str, description: str) -> Markup:
    """A point and its 90 % interval for each week, rings before the pilot, full since; rows of metrics.pilot_weeks."""
    weeks = [row for row in rows if row["effect"] is not None]
    if not weeks:
        return c.empty("There is no week with a difference.", title, description)
    values = [0.0] + [
        row[name] for row in weeks for name in ("effect", "lower_90", "upper_90") if row[name] is not None
    ]
    first, last = min(row["week_number"] for row in weeks), max(row["week_number"] for row in weeks)
    drawn = c.Canvas(x_low=min(first, -1) - 0.8, x_high=max(last, 0) + 0.8)
    drawn.values(values, unit, difference=True)
    begins = drawn.x(-0.5)
    drawn.group("pilot", [c.box(begins, 0, drawn.width - begins, drawn.height, _PALE)])
    drawn.group("none", [c.line(0, drawn.y(0), drawn.width, drawn.y(0), INK, 1.3)])
    drawn.group(
        "interval",
        (
            c.line(drawn.x(row["week_number"]), drawn.y(row["lower_90"]), drawn.x(row["week_number"]),
                   drawn.y(row["upper_90"]), SOFT, 1.3)
            for row in weeks
            if row["lower_90"] is not None and row["upper_90"] is not None
        ),
    )  # fmt: skip
    for phase, mark in (("before", c.ring), ("during", _ours)):
        held = [row for row in weeks if row["phase"] == phase]
        drawn.group(phase, (mark(drawn.x(row["week_number"]), drawn.y(row["effect"])) for row in held))
    drawn.group("begins", [c.line(begins, -6, begins, drawn.height, INK, 1, "3 3")])
    drawn.group(
        "named",
        [
            c.text(begins - 6, -8, "before", anchor="end", colour=SOFT),
            c.text(begins + 6, -8, "pilot", colour=ACCENT, bold=True),
        ],
    )
    _weeks_axis(drawn, first, last)
    drawn.named_at_end([(0.0, "No difference", INK)])
    drawn.key(
        [
            (c.ring, "week before: should lie about nought"),
            (_ours, "week of the pilot"),
            (lambda x, y: c.line(x, y - 6, x, y + 6, SOFT, 1.3), "90 % interval"),
        ]
    )
    return drawn.svg(title, description)


def event_columns(rows: Sequence[Row], unit: str | None) -> tuple[list[str], list[list[str]]]:
    """The numbers behind the weeks."""
    names = ["Week from", "Week of the pilot", "Difference", "90 % interval"]
    return names, [
        [
            short_day(row["week_start_date"]),
            _number(row["week_number"]),
            _size(row["effect"], unit),
            _interval(row, unit),
        ]
        for row in rows
        if row["effect"] is not None
    ]


def _number(week: int) -> str:
    return f"−{-week}" if week < 0 else str(week)


def _size(value: float | None, unit: str | None) -> str:
    return NOTHING if value is None else c.short(value, unit, signed=True, difference=True)


def _interval(row: Row, unit: str | None) -> str:
    if row["lower_90"] is None or row["upper_90"] is None:
        return NOTHING
    return f"{_size(row['lower_90'], unit)} to {_size(row['upper_90'], unit)}"


def _weeks_axis(drawn: c.Canvas, first: int, last: int) -> None:
    step = next(each for each in (1, 2, 4, 8, 13, 26, 52, 104) if (last - first + 1) / each <= 16)
    shown = [week for week in range(first, last + 1) if week % step == 0] or [first]
    marks = [c.line(0, drawn.height, drawn.width, drawn.height, SOFT, 1)]
    for week in shown:
        at = drawn.x(week)
        marks.append(c.line(at, drawn.height, at, drawn.height + 5, SOFT, 1))
        marks.append(c.text(at, drawn.height + 18, _number(week), anchor="middle"))
    marks.append(c.text(0, drawn.height + 35, "weeks since the pilot began (0 is its first)", colour=SOFT))
    drawn.group("axis-x", marks)
    drawn.bottom = max(drawn.bottom, 42)


# --- every other choice of areas --------------------------------------------------------------------------------------
def permutations(rows: Sequence[Row], unit: str | None, title: str, description: str) -> Markup:
    """A line for each choice of areas, largest effect first, the pilot's own full and bold.

    Rows of metrics.pilot_permutations of one outcome.
    """
    held = sorted((row for row in rows if row["effect"] is not None), key=lambda row: (row["rank"], row["areas"]))
    if not held:
        return c.empty("There is no choice of areas to lay beside the pilot's.", title, description)
    step = 20.0
    drawn = c.Canvas(width=360, height=step * len(held))
    drawn.values([0.0, *(row["effect"] for row in held)], unit, difference=True, across=True)
    drawn.group("none", [c.line(drawn.x(0), 0, drawn.x(0), drawn.height, INK, 1.3)])
    actual: list[Markup] = []
    other: list[Markup] = []
    labels: list[Markup] = []
    for place, row in enumerate(held):
        down, right = step * (place + 0.5), drawn.x(row["effect"])
        is_actual, name, said = row["is_actual"], _areas(row), _size(row["effect"], unit)
        if is_actual:
            actual += [c.line(drawn.x(0), down, right, down, ACCENT, 2.4), _ours(right, down)]
        else:
            other += [c.line(drawn.x(0), down, right, down, c.GREY, 1), _others(right, down)]
        labels.append(c.text(-10, down + 4, name, anchor="end", bold=is_actual))
        labels.append(c.text(drawn.width + 10, down + 4, said, bold=is_actual))
        drawn.left = max(drawn.left, c.length(name) * 1.1 + 14)
        drawn.right = max(drawn.right, 14 + c.length(said) * 1.1)
    for name, marks in (("other", other), ("actual", actual), ("names", labels)):
        drawn.group(name, marks)
    drawn.key([(_ours, "the areas of the pilot"), (_others, "areas that were not")])
    return drawn.svg(title, description)


def _ours(x: float, y: float) -> Markup:
    return c.circle(x, y, 5, ACCENT)


def _others(x: float, y: float) -> Markup:
    return c.circle(x, y, 4, "#ffffff", c.GREY, 1.6)


def _areas(row: Row) -> str:
    return " and ".join(part(area) for area in str(row["areas"]).split("|"))


def permutations_columns(rows: Sequence[Row], unit: str | None) -> tuple[list[str], list[list[str]]]:
    """The numbers behind the choices."""
    held = sorted((row for row in rows if row["effect"] is not None), key=lambda row: (row["rank"], row["areas"]))
    names = ["Areas", "Effect", "Place by size", "Whose"]
    return names, [
        [_areas(row), _size(row["effect"], unit), str(row["rank"]), "the pilot's" if row["is_actual"] else ""]
        for row in held
    ]
