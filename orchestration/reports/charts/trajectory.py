"""Where a measure is going: a forecast with its intervals, and what scenarios of staffing and demand would make of it.

What belongs here: how weeks of metrics.kpi_forecasts and months of metrics.capacity_scenarios look. Not here: the
models, dates by which a target is met, words on them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from markupsafe import Markup

from orchestration.reports.charts import canvas as c
from orchestration.reports.charts.drawing import INK, SOFT, Row
from orchestration.reports.formatting import NOTHING, figure, month, short_day

_OUTER, _INNER, _FORECAST = "#d5e0ea", "#a3bdd3", "#144e81"
_ENDS = (
    ("upper_95", "95 %: up to"),
    ("upper_80", "80 %: up to"),
    ("lower_80", "80 %: from"),
    ("lower_95", "95 %: from"),
)
_INTERVALS = (("lower_95", "upper_95", _OUTER, "interval-95"), ("lower_80", "upper_80", _INNER, "interval-80"))


def fan(
    history: Sequence[Row],
    forecast: Sequence[Row],
    target: float | None,
    unit: str | None,
    title: str,
    description: str,
    *,
    reaches_on: date | None = None,
) -> Markup:
    """Weeks that were, and weeks to come with their 80 and 95 % intervals, both oldest first.

    history: period_start, value, quality_state (as reports.brief_signals); forecast: rows of metrics.kpi_forecasts.
    """
    past = [row for row in history if row["value"] is not None]
    ahead = [row for row in forecast if row["value"] is not None]
    if not past and not ahead:
        return c.empty("There is neither a week with a value nor a forecast.", title, description)
    values = [row["value"] for row in past] + [
        row[name]
        for row in ahead
        for name in ("value", "lower_80", "upper_80", "lower_95", "upper_95")
        if row[name] is not None
    ]
    days = [row["period_start"] for row in (*past, *ahead)]
    drawn = c.Canvas()
    drawn.spread(values + ([target] if target is not None else []), unit, days[0], days[-1])
    for lower, upper, colour, name in _INTERVALS:
        held = [row for row in ahead if row[lower] is not None and row[upper] is not None]
        if held:
            drawn.group(
                name, [c.area(_through(drawn, held, upper), _through(drawn, held, lower), colour)]
            )  # a band of one week is a line of no width: the forecast's own line shows it
    drawn.group("past", _past(drawn, past))
    drawn.group("forecast", [c.path(_through(drawn, ahead, "value"), _FORECAST, 2, "6 3")] if ahead else [])
    labels = []
    if target is not None:
        drawn.group("target", [c.line(0, drawn.y(target), drawn.width, drawn.y(target), c.TARGET, 1.8, "9 4")])
        labels.append((target, f"Target {c.short(target, unit)}", c.TARGET))
    if ahead and past:
        begins = drawn.x(ahead[0]["period_start"].toordinal() - 3.5)
        drawn.group("begins", [c.line(begins, -6, begins, drawn.height, SOFT, 1, "1 2"), _beside(drawn, begins)])
    if ahead:
        newest = ahead[-1]
        labels.append((newest["value"], f"Forecast {c.short(newest['value'], unit)}", _FORECAST))
        for name, words in _ENDS:
            if newest[name] is not None:
                labels.append((newest[name], f"{words} {c.short(newest[name], unit)}", SOFT))
    if reaches_on is not None and days[0] <= reaches_on <= days[-1]:
        drawn.group("reaches", _reached(drawn, reaches_on))
    drawn.named_at_end(labels)
    if any(row.get("quality_state") == "DISRUPTED" for row in past):
        drawn.key([(c.ring, "disrupted: not in the forecast")])
    return drawn.svg(title, description)


def fan_columns(forecast: Sequence[Row], unit: str | None) -> tuple[list[str], list[list[str]]]:
    """The numbers behind the weeks to come."""
    names = ["Week from", "Forecast", "80 % interval", "95 % interval"]
    return names, [
        [
            short_day(row["period_start"]),
            figure(row["value"], unit),
            _between(row["lower_80"], row["upper_80"], unit),
            _between(row["lower_95"], row["upper_95"], unit),
        ]
        for row in forecast
        if row["value"] is not None
    ]


def _between(low: float | None, high: float | None, unit: str | None) -> str:
    return NOTHING if low is None or high is None else f"{figure(low, unit)} to {figure(high, unit)}"


def _through(drawn: c.Canvas, rows: Sequence[Row], name: str, day: str = "period_start") -> list[tuple[float, float]]:
    return [(drawn.x(row[day]), drawn.y(row[name])) for row in rows]


def _past(drawn: c.Canvas, rows: Sequence[Row]) -> list[Markup]:
    """The weeks that were; those after a gap or a disruption begin a new line."""
    marks = [c.path(_through(drawn, strand, "value"), INK, 1.3) for strand in c.strands(rows) if len(strand) > 1]
    marks += [
        c.circle(drawn.x(strand[0]["period_start"]), drawn.y(strand[0]["value"]), 1.6, INK)
        for strand in c.strands(rows)
        if len(strand) == 1
    ]
    return marks + [
        c.ring(drawn.x(row["period_start"]), drawn.y(row["value"]))
        for row in rows
        if row.get("quality_state") == "DISRUPTED"
    ]


def _beside(drawn: c.Canvas, at: float) -> Markup:
    is_right = at + 8 + c.length("forecast") > drawn.width
    return c.text(at + (-4 if is_right else 4), -8, "forecast", anchor="end" if is_right else "start", colour=SOFT)


def _reached(drawn: c.Canvas, day: date) -> list[Markup]:
    at, words = drawn.x(day), f"reached {short_day(day)}"
    is_right = at > drawn.width / 2
    return [
        c.line(at, 0, at, drawn.height, c.TARGET, 1, "3 3"),
        c.text(at + (-4 if is_right else 4), drawn.height - 6, words, anchor="end" if is_right else "start",
               colour=c.TARGET),
    ]  # fmt: skip


# --- scenarios --------------------------------------------------------------------------------------------------------
def scenarios(rows: Sequence[Row], target: float | None, title: str, description: str) -> Markup:
    """A small plot for each scenario with its interval and the target, the one that ends lowest first.

    Rows of metrics.capacity_scenarios, oldest month first.
    """
    held = _in_order(rows)
    usable = [row for _, months in held for row in months]
    if not usable:
        return c.empty("There is no scenario with a value.", title, description)
    values = [
        row[name] for row in usable for name in ("within_101_ratio", "within_101_lower", "within_101_upper")
        if row[name] is not None
    ] + ([target] if target is not None else [])  # fmt: skip
    days = [row["month"] for row in usable]
    sheet = c.Panels(columns=2, width=290, height=96)
    for label, months in held:
        panel = sheet.panel(label)
        panel.spread(values, "ratio", min(days), max(days), ticks=4)
        bounded = [row for row in months if row["within_101_lower"] is not None and row["within_101_upper"] is not None]
        if bounded:
            panel.group(
                "interval",
                [
                    c.area(
                        _through(panel, bounded, "within_101_upper", "month"),
                        _through(panel, bounded, "within_101_lower", "month"),
                        _INNER,
                    )
                ],
            )
        if target is not None:
            panel.group("target", [c.line(0, panel.y(target), panel.width, panel.y(target), c.TARGET, 1.6, "9 4")])
        panel.group("scenario", [c.path(_through(panel, months, "within_101_ratio", "month"), _FORECAST, 2)])
        met = months[0]["met_on"]
        if met is not None and min(days) <= met <= max(days):
            first = next((row for row in months if row["month"] == met), None)
            if first is not None:
                panel.group("met", [c.diamond(panel.x(met), panel.y(first["within_101_ratio"]), c.TARGET)])
    entries = [
        (c.stroke(_FORECAST, 2), "101 calls answered in time, mean of the month"),
        (c.patch(_INNER), "its interval"),
    ]
    if target is not None:
        entries.append((c.stroke(c.TARGET, 1.8, "9 4"), f"target {c.short(target, 'ratio')}"))
    if any(months[0]["met_on"] for _, months in held):
        entries.append((lambda x, y: c.diamond(x, y, c.TARGET), "first month that meets it"))
    return sheet.svg(title, description, entries)


def scenarios_columns(rows: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    """The numbers behind the scenarios: a row for each scenario and month."""
    names = ["Scenario and month", "101 in time", "Interval", "People (full-time equivalents)"]
    return names, [
        [
            f"{row['label'] or row['scenario']}, {month(row['month'])}",
            figure(row["within_101_ratio"], "ratio"),
            _between(row["within_101_lower"], row["within_101_upper"], "ratio"),
            NOTHING if row["staffed_fte"] is None else c.short(row["staffed_fte"], None),
        ]
        for _, months in _in_order(rows)
        for row in months
    ]


def _in_order(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """Months of each scenario under its name, the scenario that ends lowest first."""
    held: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["within_101_ratio"] is not None and row["month"] is not None:
            held[row["label"] or row["scenario"]].append(row)
    return sorted(held.items(), key=lambda each: (each[1][-1]["within_101_ratio"], each[0]))
