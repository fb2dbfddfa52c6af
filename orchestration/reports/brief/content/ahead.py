"""Where 101 and 999 are going: the years before, scenarios, people needed, what went with what."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from orchestration.reports.brief import wording
from orchestration.reports.brief.blocks import Block, Notice, Said, Sentences, Table
from orchestration.reports.brief.content.common import label_of, target_of
from orchestration.reports.brief.reading import Read, Row
from orchestration.reports.formatting import NOTHING, figure, listing, month, number, share, state

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LONGER = {"calls_999_within_10s", "calls_101_within_30s"}  # measures whose years were published elsewhere


def years(it: Read) -> Iterator[Block]:
    """Financial years, beside those published elsewhere."""
    rows = [row for row in it.years if row["kpi_id"] in _LONGER]
    if rows:
        yield Table(
            caption="Financial years",
            columns=["Measure and year", "From the exports", "Of", "Target", "Days there", "State", "As published"],
            rows=[
                [
                    f"{label_of(row)}, {row['financial_year']}",
                    NOTHING if row["value"] is None else figure(row["value"], row["unit"]),
                    NOTHING if row["value"] is None else f"{number(row['numerator'])} of {number(row['denominator'])}",
                    target_of(row),
                    NOTHING
                    if row["day_count"] is None
                    else f"{number(row['complete_day_count'])} of {number(row['day_count'])}",
                    state(row["quality_state"]) if row["quality_state"] else NOTHING,
                    NOTHING if row["published_value"] is None else figure(row["published_value"], row["unit"]),
                ]
                for row in rows
            ],
            note="What was published elsewhere does not come with its counts, and does not count the same calls: "
            + listing(sorted({row["published_source"] for row in rows if row["published_source"]}))
            + ".",
            numeric=frozenset({1, 2, 3, 4, 6}),
        )


def trajectory(it: Read) -> Iterator[Block]:
    """When the target is reached, as it runs now and under each scenario."""
    if not it.trajectories:
        yield Notice("part", "There is neither a forecast nor a scenario in this generation.")
        return
    kinds = {"TREND": "As it runs now", "SCENARIO": "What would change it"}
    for kind, held in groupby(sorted(it.trajectories, key=lambda row: row["kind"] != "TREND"), lambda row: row["kind"]):
        said = [each for row in held for each in wording.trajectory_of({"better": "higher", "unit": "ratio", **row})]
        yield Sentences(said, about=f"{kinds.get(kind, kind)}: 101 calls answered within 30 seconds")
    if not any(row["kind"] == "TREND" for row in it.trajectories):
        yield Notice("part", "There is no forecast of the measures themselves in this generation: scenarios alone.")


def scenario_table(it: Read) -> Iterator[Block]:
    rows = [row for row in it.trajectories if row["kind"] == "SCENARIO"]
    if rows:
        yield Table(
            caption="Scenarios of staffing and demand: 101 calls answered within 30 seconds",
            columns=[
                "Scenario",
                "Target",
                "Met from",
                "At the earliest",
                "At the latest",
                "In the last month",
                "Interval",
                "Met in",
            ],
            rows=[
                [
                    row["label"] or row["name"],
                    share(row["target"]).replace(".0 %", " %"),
                    _month_of(row, "reaches_on"),
                    _month_of(row, "reaches_early"),
                    _month_of(row, "reaches_late"),
                    f"{share(row['last_value'])} ({month(row['last_month'])})"
                    if row["last_value"] is not None
                    else NOTHING,
                    f"{share(row['last_lower'])} to {share(row['last_upper'])}"
                    if row["last_lower"] is not None
                    else NOTHING,
                    f"{share(row['chance_ratio'])} of draws" if row["chance_ratio"] is not None else NOTHING,
                ]
                for row in rows
            ],
            note="What follows from the capacity model and the scenario, not a promise. Scenarios stand in "
            "analysis/scenarios.yaml of the profile; how the model was made and how far it errs in docs/capacity.md.",
        )


def _month_of(row: Row, name: str) -> str:
    if row[name] is not None:
        return month(row[name])
    return "nothing can be said" if row["status"] in {"NOT_AVAILABLE", "ERROR"} else "not within the months looked at"


def people_needed(it: Read) -> Iterator[Block]:
    """People there and people needed, by weekday and two-hourly; both lines together."""
    rows = [row for row in it.half_hours if row["line"] == "101"]
    other = {(row["weekday"], row["half_hour"]): row for row in it.half_hours if row["line"] == "999"}
    if not rows:
        yield Notice("part", "People needed per half-hour: no capacity model stands in this generation.")
        return
    unusable = next((row for row in rows if row["status"] in {"NOT_AVAILABLE", "ERROR"}), None)
    if unusable is not None:
        yield Notice("part", f"People needed per half-hour: nothing can be said. {unusable['reason'] or ''}".strip())
        return
    shown = [row for row in rows if row["half_hour"] % 4 == 0]
    hours = sorted({row["half_hour"] for row in shown})
    cells = {(row["weekday"], row["half_hour"]): row for row in shown}
    yield Table(
        caption="People there for calls (average), and the fewest at which 999 and 101 each meet their target",
        columns=["Half-hour from", *_DAYS],
        rows=[
            [
                f"{half // 2:02d}:{30 * (half % 2):02d}",
                *(_people(cells.get((weekday, half)), other.get((weekday, half))) for weekday in range(1, 8)),
            ]
            for half in hours
        ],
        note="One half-hour in four is shown; all are in metrics.capacity_half_hours. Both lines share their people: "
        "as many are needed as the line that needs more. An ordinary week of those observed, not a roster.",
        numeric=frozenset(range(1, 8)),
    )


def _people(row: Row | None, other: Row | None) -> str:
    if row is None:
        return NOTHING
    return f"{number(row['staffed'])}; 999: {_needed(other)}, 101: {_needed(row)}"


def _needed(row: Row | None) -> str:
    return NOTHING if row is None or row["staff_needed"] is None else number(row["staff_needed"])


def went_with(it: Read) -> Iterator[Block]:
    """What moved in the weeks in which performance fell."""
    if not it.associations:
        return
    said = [
        Said(str(row["words"] or f"{row['factor']}: nothing can be said. {row['reason'] or ''}").strip())
        for row in it.associations
        if row["performance"] == "calls_101_within_30s"
    ]
    yield Sentences(said, about="Association, not cause")
    yield Table(
        caption="What moved in the weeks (months) in which performance fell",
        columns=[
            "Performance and factor",
            "Falls",
            "Of changes",
            "Difference of the factor",
            "90 % interval",
            "p, adjusted",
        ],
        rows=[
            [
                f"{_measured(it, row['performance'])}: {_measured(it, row['factor'])}, by {row['grain']}",
                number(row["falls_count"]),
                number(row["changes_count"]),
                _significant(row["difference"]),
                f"{_significant(row['lower_90'])} to {_significant(row['upper_90'])}"
                if row["lower_90"] is not None
                else NOTHING,
                number(row["p_value_adjusted"]),
            ]
            for row in it.associations
        ],
        note="Mean change of the factor when performance fell, less that when it did not, in the factor's unit.",
        numeric=frozenset({1, 2, 3, 5}),
    )


_FACTORS = {
    "staffed_hours": "staffed hours of call takers",
    "disruption_hours": "hours of disruption",
    "vacancy": "share of posts vacant",
    "abstraction": "share of staff abstracted",
}


def _measured(it: Read, name: str) -> str:
    known = it.definition_of.get(name)
    return str(known["label"]) if known else _FACTORS.get(name, name.replace("_", " "))


def _significant(value: float | None) -> str:
    """Three digits that count: differences of shares and of hours stand in one column."""
    return NOTHING if value is None else f"{value:.3g}".replace("-", "−")
