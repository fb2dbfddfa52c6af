"""Where 101 and 999 are going: the years before, scenarios, people needed, what went with what."""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.reports.brief import wording
from orchestration.reports.brief.blocks import Block, Notice, Said, Sentences, Table
from orchestration.reports.brief.content import drawings
from orchestration.reports.brief.content.common import label_of, target_of
from orchestration.reports.brief.reading import Read, Row
from orchestration.reports.formatting import NOTHING, figure, listing, month, number, share, state

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
    """When the target is reached: as it runs now, with how good the forecast is, and under each scenario."""
    trends = [row for row in it.trajectories if row["kind"] == "TREND"]
    scenarios = [row for row in it.trajectories if row["kind"] == "SCENARIO"]
    for row in sorted(trends, key=lambda row: row["kpi_id"] not in _LONGER):
        said = [*wording.trajectory_of(row), *_how_good(it, row)]
        yield Sentences(said, about=f"As it runs now: {drawings.row_label(it, row)}")
        yield from drawings.forecast(it, row)
    if not trends:
        yield Notice("part", "There is no forecast in this generation.")
    if scenarios:
        said = [each for row in scenarios for each in wording.trajectory_of(row)]
        yield Sentences(said, about="What would change it: 101 calls answered within 30 seconds")
    else:
        yield Notice("part", "There is no scenario in this generation.")
    yield from drawings.scenarios(it)


def _how_good(it: Read, row: Row) -> list[Said]:
    """How the forecast of a measure did on weeks that it had not seen."""
    measure = (row["kpi_id"], row["scope_type"], row["scope_code"])
    tried = [
        each
        for each in it.accuracy
        if (each["kpi_id"], each["scope_type"], each["scope_code"]) == measure and each["is_used"]
    ]
    return [said for each in tried[:1] for said in wording.forecast_of(each)]


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
    return "nothing can be said" if row["status"] in {"NOT_AVAILABLE", "ERROR"} else "not met"


def people_needed(it: Read) -> Iterator[Block]:
    """People there and people needed, by weekday and half-hour."""
    unusable = next((row for row in it.half_hours if row["status"] in {"NOT_AVAILABLE", "ERROR"}), None)
    if not it.half_hours:
        yield Notice("part", "People needed per half-hour: no capacity model stands in this generation.")
    elif unusable is not None:
        yield Notice("part", f"People needed per half-hour: nothing can be said. {unusable['reason'] or ''}".strip())
    else:
        yield from drawings.half_hours(it)


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
