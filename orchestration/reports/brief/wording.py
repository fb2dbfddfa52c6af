"""The briefings' sentences. Each is a rule: what must hold in a row of a view, and the words that are then said.

What belongs here: tables of rules, and how a value reads in a sentence. Not here: what a signal is
(metrics.kpi_signals) or how often a target was reached (reports.brief_measures): a sentence says what its row holds.

Of each table the first rule that holds speaks. A week without a figure is said to have none and why, and nothing more.
"Better" and "worse" are said of measures that have a better side; of others "higher" and "lower".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from orchestration.reports.brief.blocks import Said, Tone
from orchestration.reports.formatting import clock, day, figure, month, number, plural

Row = Mapping[str, Any]
Holds = Callable[[Any, Row], bool]

_LITTLE = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_RUN = 7  # weeks that make a trend or a run on one side, as metrics.kpi_signals has it
_CHART = 13  # weeks that a chart takes before it judges


# --- conditions ---------------------------------------------------------------------------------------------------


def missing(value: Any, _: Row) -> bool:
    """Nothing is there."""
    return value is None


def known(value: Any, _: Row) -> bool:
    """Something is there."""
    return value is not None


def at_least(least: float) -> Holds:
    """A number, and not under this."""
    return lambda value, row: value is not None and value >= least


def under(most: float) -> Holds:
    """A number, and under this."""
    return lambda value, row: value is not None and value < most


def above(most: float) -> Holds:
    """A number, and more than this."""
    return lambda value, row: value is not None and value > most


def before(column: str) -> Holds:
    """Lies before another column, both being there."""
    return lambda value, row: value is not None and row.get(column) is not None and value < row[column]


def same_as(column: str) -> Holds:
    """Is what another column is, both being there."""
    return lambda value, row: value is not None and value == row.get(column)


def reads_unlike(column: str) -> Holds:
    """Reads otherwise than another column: what is the same on a page is not set beside itself."""
    return lambda value, row: value is not None and _shown(row, value) != _shown(row, row.get(column))


def most_of(column: str) -> Holds:
    """More than half of another column."""
    return lambda value, row: value is not None and row.get(column) is not None and 2 * value > row[column]


def few_of(column: str) -> Holds:
    """Fewer than half of another column."""
    return lambda value, row: value is not None and row.get(column) is not None and 2 * value < row[column]


@dataclass(frozen=True)
class Rule:
    """What must hold of the columns named, and the words that are then said. `{}` in them are entries of `_words`.

    A column must equal the value, be one of a tuple, or pass the test. Words that are empty: nothing is to be said. The
    tone BY_VARIATION is good for an improvement, bad for a concern.
    """

    when: Mapping[str, Any]
    words: str
    tone: Tone | Literal["BY_VARIATION"] = "none"

    def holds(self, row: Row) -> bool:
        return all(_passes(wanted, row.get(column), row) for column, wanted in self.when.items())


def _passes(wanted: Any, value: Any, row: Row) -> bool:
    if isinstance(wanted, tuple):
        return value in wanted
    return bool(wanted(value, row) if callable(wanted) else value == wanted)


Rules = Sequence[Rule]

# --- is there a figure, and what does it rest on ------------------------------------------------------------------

WITHOUT_A_FIGURE: Rules = (
    Rule(
        {"missing_because": "NOT_SUPPLIED", "restored_by": known},
        "Not available: {reason}. It takes {restored_by}.",
        "bad",
    ),
    Rule({"missing_because": "NOT_SUPPLIED"}, "Not available: {reason}.", "bad"),
    Rule({"missing_because": "NOT_BY_WEEK"}, "It is stated by the month, so it has no chart by week."),
    Rule({"missing_because": "NOT_DELIVERED"}, "There is no figure: the files that it needs did not come.", "bad"),
    Rule({"missing_because": "NOTHING_TO_MEASURE"}, "There is no figure: there was nothing to measure."),
    Rule({"missing_because": "NOT_MEASURABLE"}, "There is no figure: none of the records could be measured.", "bad"),
    Rule({}, "There is no figure.", "bad"),
)

QUALITY: Rules = (
    Rule(
        {"quality_state": "DISRUPTED", "value_excluding_disruptions": missing},
        "An outage falls into it: {value} with the outage; without it nothing is left to measure.",
        "part",
    ),
    Rule(
        {"quality_state": "DISRUPTED", "value_excluding_disruptions": reads_unlike("value")},
        "An outage falls into it: {value} with the outage, {without} without.",
        "part",
    ),
    Rule({"quality_state": "DISRUPTED"}, "An outage falls into it: {value} with the outage and without it.", "part"),
    Rule(
        {"quality_state": "PARTIAL", "complete_day_count": before("day_count")},
        "The figure is of a part only: it rests on {complete} of {days}.",
        "part",
    ),
    Rule({"quality_state": "PARTIAL"}, "The figure is of a part only: not all that it needs is there yet.", "part"),
    Rule({"quality_state": "LATE"}, "The figure will still move: files of another system have not come yet.", "part"),
    Rule(
        {"quality_state": "ESTIMATED"},
        "The figure is in part an estimate: on days shortly before, files did not come.",
        "part",
    ),
    Rule({"quality_state": "OK"}, ""),
    Rule({}, "What the figure rests on is not known.", "part"),
)

# Days may be missing beside the outage.
ALSO_PARTIAL: Rules = (
    Rule(
        {"quality_state": "DISRUPTED", "complete_day_count": before("day_count")},
        "It is of a part only: it rests on {complete} of {days}.",
        "part",
    ),
)

MEASURED: Rules = (
    Rule({"coverage_ratio": under(0.9)}, "Only {measured} of {eligible} records could be measured.", "part"),
)

# --- what the chart says ------------------------------------------------------------------------------------------

_JUDGED = ("improvement", "concern")
_UNJUDGED = ("neither_high", "neither_low")
_STANDS_OUT = "{this} stands out: it is {side} than its usual range."
_STOOD_OUT = "It has been {side} than its usual range for {run} in a row."
_LATER_RUN = "{this} belongs to a run of seven weeks or more, some of which came after it."

CHARTED: Rules = (
    Rule({"signal_start": before("period_start")}, "The newest week on its chart is that of {signal_week}."),
)

DIRECTION: Rules = (
    Rule({"signal_start": missing}, "It has no control chart yet."),
    Rule(
        {"variation": missing, "point_count": under(_CHART)},
        "Its chart cannot judge yet: it has {points} of the thirteen weeks that it takes.",
    ),
    Rule({"variation": missing}, "Its chart does not judge it."),
    Rule({"variation": "common_cause"}, "It varies as it has before; {this_} does not stand out."),
    # A trend, also where its newest week lies outside the limits.
    Rule(
        {"variation": _JUDGED, "weeks_in_trend": at_least(_RUN)},
        "It has been getting {side} for {trend} in a row.",
        "BY_VARIATION",
    ),
    Rule({"variation": "neither_high", "weeks_in_trend": at_least(_RUN)}, "It has been rising for {trend} in a row."),
    Rule({"variation": "neither_low", "weeks_in_trend": at_least(_RUN)}, "It has been falling for {trend} in a row."),
    # Outside the limits.
    Rule({"variation": _JUDGED, "run_rule": 1, "weeks_in_run": 1}, _STANDS_OUT, "BY_VARIATION"),
    Rule({"variation": _JUDGED, "run_rule": 1}, _STOOD_OUT, "BY_VARIATION"),
    Rule({"variation": _UNJUDGED, "run_rule": 1, "weeks_in_run": 1}, _STANDS_OUT),
    Rule({"variation": _UNJUDGED, "run_rule": 1}, _STOOD_OUT),
    # Two of three far from the average.
    Rule(
        {"variation": _JUDGED, "run_rule": 3, "weeks_in_run": at_least(2)},
        "{pair} of the last three weeks were much {side} than its average.",
        "BY_VARIATION",
    ),
    Rule(
        {"variation": _UNJUDGED, "run_rule": 3, "weeks_in_run": at_least(2)},
        "{pair} of the last three weeks were much {side} than its average.",
    ),
    Rule({"run_rule": 3}, "{this} and weeks after it were much {side} than its average.", "BY_VARIATION"),
    # Weeks on one side.
    Rule(
        {"variation": _JUDGED, "run_rule": 4, "weeks_in_run": at_least(_RUN)},
        "It has been {side} than its average for {run} in a row.",
        "BY_VARIATION",
    ),
    Rule(
        {"variation": _UNJUDGED, "run_rule": 4, "weeks_in_run": at_least(_RUN)},
        "It has been {side} than its average for {run} in a row.",
    ),
    # A week of long ago may be part of a run that only the weeks after it made one.
    Rule({"variation": _JUDGED, "run_rule": (2, 4)}, _LATER_RUN, "BY_VARIATION"),
    Rule({"variation": _UNJUDGED, "run_rule": (2, 4)}, _LATER_RUN),
    Rule({}, "Its chart does not judge it."),
)

# Beside a week outside the limits or a pair: how long it has been on that side of its average.
ALSO_ON_ONE_SIDE: Rules = (
    Rule({"weeks_in_trend": at_least(_RUN)}, ""),
    Rule({"run_rule": 1, "weeks_on_one_side": same_as("weeks_in_run")}, ""),
    Rule(
        {"variation": _JUDGED, "run_rule": (1, 3), "weeks_on_one_side": at_least(_RUN)},
        "It has been {side} than its average for {on_side} in a row.",
        "BY_VARIATION",
    ),
    Rule(
        {"variation": _UNJUDGED, "run_rule": (1, 3), "weeks_on_one_side": at_least(_RUN)},
        "It has been {side} than its average for {on_side} in a row.",
    ),
)

LEFT_OUT: Rules = (
    Rule({"variation": missing}, ""),
    Rule({"weeks_left_out": 1}, "One week in between is not on its chart and is not counted."),
    Rule({"weeks_left_out": at_least(2)}, "{left_out} weeks in between are not on its chart and are not counted."),
)

_OUT_OF_DATE = "What changed should be named, so that the chart can begin anew."

ASSURANCE: Rules = (
    Rule({"signal_target": missing}, ""),
    Rule({"better": "neither"}, ""),
    Rule({"assurance": missing}, "Whether it will reach {target} cannot be said yet."),
    Rule(
        {"assurance": "consistently_failing", "weeks_met_count": most_of("weeks_compared_count")},
        "By the limits of its chart {target} is out of reach, yet it was reached in {met} of the last {compared} "
        "weeks. " + _OUT_OF_DATE,
        "part",
    ),
    Rule(
        {"assurance": "consistently_failing", "weeks_met_count": at_least(1)},
        "As it runs now it will not reach {target}, but for single weeks: {met} of the last {compared}.",
        "bad",
    ),
    Rule({"assurance": "consistently_failing"}, "As it runs now it will not reach {target}.", "bad"),
    Rule(
        {"assurance": "consistently_passing", "weeks_met_count": few_of("weeks_compared_count")},
        "By the limits of its chart {target} is within reach, yet it was reached in only {met} of the last {compared} "
        "weeks. " + _OUT_OF_DATE,
        "part",
    ),
    Rule(
        {"assurance": "consistently_passing", "weeks_met_count": before("weeks_compared_count")},
        "As it runs now it will reach {target}, but for single weeks: it did in {met} of the last {compared}.",
        "good",
    ),
    Rule({"assurance": "consistently_passing"}, "As it runs now it will reach {target}.", "good"),
    Rule(
        {"assurance": "hit_and_miss", "weeks_met_count": 0},
        "It reached {target} in none of the last {compared} weeks; by the limits of its chart it sometimes would.",
    ),
    Rule(
        {"assurance": "hit_and_miss", "weeks_met_count": same_as("weeks_compared_count")},
        "It reached {target} in all of the last {compared} weeks; by the limits of its chart it sometimes would not.",
    ),
    Rule(
        {"assurance": "hit_and_miss", "weeks_met_count": known},
        "It reached {target} in {met} of the last {compared} weeks, as chance would have it: as it runs now, it "
        "sometimes will and sometimes will not.",
    ),
    Rule({"assurance": "hit_and_miss"}, "As it runs now it sometimes reaches {target} and sometimes does not."),
    Rule({}, "Whether it will reach {target} cannot be said yet."),
)

PHASE: Rules = (
    Rule({"signal_start": missing}, ""),
    Rule({"phase": at_least(2), "phase_cause": known}, "Its chart begins anew on {phase_start}: {cause}."),
)

# --- where it is going --------------------------------------------------------------------------------------------

LOOKING_AHEAD: Rules = (
    Rule({"kind": "TREND", "status": "NOT_AVAILABLE", "target": missing}, "No target is set, so there is no date."),
    Rule({"status": ("NOT_AVAILABLE", "ERROR"), "reason": known}, "{label}: nothing can be said ({reason}).", "part"),
    Rule({"status": ("NOT_AVAILABLE", "ERROR")}, "{label}: nothing can be said.", "part"),
    Rule(
        {"kind": "SCENARIO", "reaches_early": same_as("reaches_on"), "reaches_late": same_as("reaches_on")},
        "{label}: {target} is met from {reaches_month}.",
    ),
    Rule(
        {"kind": "SCENARIO", "reaches_on": known, "reaches_early": known, "reaches_late": known},
        "{label}: {target} is met from {reaches_month}, at the earliest {early_month}, at the latest {late_month}.",
    ),
    Rule(
        {"kind": "SCENARIO", "reaches_on": known, "reaches_early": known},
        "{label}: {target} is met from {reaches_month}, at the earliest {early_month}, though it may not be by "
        "{last_month}.",
    ),
    Rule({"kind": "SCENARIO", "reaches_on": known}, "{label}: {target} is met from {reaches_month}."),
    Rule(
        {"kind": "SCENARIO", "reaches_early": known},
        "{label}: {target} is not met by {last_month}, though it may be from {early_month}.",
    ),
    Rule({"kind": "SCENARIO"}, "{label}: {target} is not met by {last_month}."),
    Rule({"kind": "TREND", "is_met_now": True}, "Its level of late meets {target}."),
    Rule(
        {"kind": "TREND", "reaches_on": known, "reaches_early": known, "reaches_late": known},
        "If it goes on as it now does, its level meets {target} from the week of {reaches_day}: at the earliest "
        "{early_day}, at the latest {late_day}.",
    ),
    Rule(
        {"kind": "TREND", "reaches_on": known, "reaches_early": known},
        "If it goes on as it now does, its level meets {target} from the week of {reaches_day}, at the earliest "
        "{early_day}; that it does by {horizon_day} cannot be counted on.",
    ),
    Rule(
        {"kind": "TREND", "reaches_on": known},
        "If it goes on as it now does, its level meets {target} from the week of {reaches_day}.",
    ),
    Rule(
        {"kind": "TREND", "reaches_early": known},
        "If it goes on as it now does, its level does not meet {target} by {horizon_day}; at best it does from the "
        "week of {early_day}.",
    ),
    Rule({"kind": "TREND"}, "If it goes on as it now does, its level does not meet {target} by {horizon_day}."),
)

CAUTION: Rules = (
    Rule({"status": "PARTIAL", "reason": known}, "To be read with care: {reason}.", "part"),
    Rule({"status": "PARTIAL"}, "To be read with care.", "part"),
)

# Of a trend: nought between the ends of its interval is no trend.
GOING: Rules = (
    Rule({"trend_lower_95": missing}, ""),
    Rule({"trend_lower_95": above(0), "better": "higher"}, "Over the last half year it has got better.", "good"),
    Rule({"trend_lower_95": above(0), "better": "lower"}, "Over the last half year it has got worse.", "bad"),
    Rule({"trend_lower_95": above(0)}, "Over the last half year it has risen."),
    Rule({"trend_upper_95": under(0), "better": "higher"}, "Over the last half year it has got worse.", "bad"),
    Rule({"trend_upper_95": under(0), "better": "lower"}, "Over the last half year it has got better.", "good"),
    Rule({"trend_upper_95": under(0)}, "Over the last half year it has fallen."),
    Rule({}, "Over the last half year it has had no trend to speak of."),
)

FORECAST: Rules = (
    Rule({"status": ("NOT_AVAILABLE", "ERROR"), "reason": known}, "There is no forecast ({reason}).", "part"),
    Rule({"status": ("NOT_AVAILABLE", "ERROR")}, "There is no forecast.", "part"),
    Rule(
        {"beats_naive": False, "beats_seasonal_naive": False},
        "The forecast does no better than to say that next week will be as this one, or as the same week a year "
        "before.",
        "part",
    ),
    Rule({"beats_naive": False}, "The forecast does no better than to say that next week will be as this one.", "part"),
    Rule(
        {"beats_seasonal_naive": False},
        "The forecast does no better than to say that a week will be as the same week a year before.",
        "part",
    ),
    Rule(
        {"beats_naive": True, "beats_seasonal_naive": True},
        "Tried on weeks that it had not seen, the forecast does better than to say that all stays as it was.",
    ),
    Rule(
        {"beats_naive": True},
        "Tried on weeks that it had not seen, the forecast does better than to say that next week will be as this one.",
    ),
    Rule({}, "How good the forecast is has not been tried.", "part"),
)

# --- beside what --------------------------------------------------------------------------------------------------

COMPARED: Rules = (
    Rule({"year_before_value": known}, "A year before: {year_before}."),
    Rule({"year_before_start": known}, "A year before there was no figure."),
    Rule({}, "The year before is not in the data."),
)

OUTAGE: Rules = (
    Rule({"ended_at": missing}, "An outage began on {began} and had not ended.", "part"),
    Rule(
        {"is_in_period": False},
        "The outage of {began} was over; not everything worked again until {restored}.",
        "part",
    ),
    Rule({}, "An outage lasted from {began} to {ended}.", "part"),
)

LOST: Rules = (
    Rule({"is_in_period": False}, ""),
    Rule({"calls_lost_state": "known", "calls_lost": known}, "{lost} lost.", "part"),
    Rule({"calls_lost_low": known, "calls_lost_high": known}, "Between {lost_low} and {lost_high} were lost.", "part"),
    Rule({}, "How many calls were lost is not known.", "part"),
)

KEYED_IN: Rules = (Rule({"back_keyed_count": at_least(1)}, "{back_keyed} keyed in later from paper.", "part"),)


def standing_of(measure: Row) -> list[Said]:
    """How a measure stands in a week: what its chart says, whether it will reach its target, what the figure rests on.

    `measure` is a row of reports.brief_measures. At least one sentence; where there is no figure, why, and no more.
    """
    if measure.get("value") is None:
        return list(_said(measure, WITHOUT_A_FIGURE))
    tables = (CHARTED, DIRECTION, ALSO_ON_ONE_SIDE, LEFT_OUT, ASSURANCE, QUALITY, ALSO_PARTIAL, MEASURED)
    return list(_said(measure, *tables))


def rests_on(figure_row: Row) -> list[Said]:
    """What a figure rests on, of a row of reports.brief_figures; nothing where all of it is there."""
    if figure_row.get("value") is None:
        return list(_said(figure_row, WITHOUT_A_FIGURE))
    return list(_said(figure_row, QUALITY, ALSO_PARTIAL, MEASURED))


def compared(figure_row: Row) -> list[Said]:
    """A figure beside that of the year before, of a row of reports.brief_figures; two figures make no trend."""
    return list(_said(figure_row, COMPARED))


def chart_begins(measure: Row) -> list[Said]:
    """Why the chart of a measure begins anew, where it does."""
    return list(_said(measure, PHASE))


def trajectory_of(row: Row) -> list[Said]:
    """Where it is going and when the target is reached, of a row of reports.brief_trajectories."""
    return list(_said(row, GOING, LOOKING_AHEAD, CAUTION))


def forecast_of(accuracy: Row) -> list[Said]:
    """Whether the forecast is worth having, of a row of metrics.forecast_accuracy."""
    return list(_said(accuracy, FORECAST))


def outage_of(row: Row) -> list[Said]:
    """What an outage did, of a row of reports.brief_disruptions that is of the whole (line ALL)."""
    return list(_said(row, OUTAGE, LOST, KEYED_IN))


def _said(row: Row, *tables: Rules) -> Iterator[Said]:
    """Of each table the first rule that holds."""
    words = _words(row)
    for rules in tables:
        rule = next((each for each in rules if each.holds(row)), None)
        if rule is not None and rule.words:
            yield Said(rule.words.format_map(words), _tone(rule, row), row.get("kpi_id"))


def _tone(rule: Rule, row: Row) -> Tone:
    if rule.tone != "BY_VARIATION":
        return rule.tone
    return {"improvement": "good", "concern": "bad"}.get(str(row.get("variation")), "none")  # type: ignore[return-value]


# --- how values read in a sentence --------------------------------------------------------------------------------


class _Words(dict[str, str]):
    """What a sentence names and its row lacks reads as not known."""

    def __missing__(self, name: str) -> str:
        return "not known"


def _words(row: Row) -> _Words:
    """Every entry that a rule may name, as it reads."""
    is_earlier = before("period_start")(row.get("signal_start"), row)
    this = "that week" if is_earlier else "this week"
    said = {
        "value": _shown(row, row.get("value")),
        "without": _shown(row, row.get("value_excluding_disruptions")),
        "year_before": _shown(row, row.get("year_before_value")),
        "target": _goal(row),
        "reason": _clause(row.get("reason") or row.get("register_reason")),
        "restored_by": _clause(row.get("restored_by")),
        "label": str(row.get("label") or row.get("kpi_id") or ""),
        "this": this.capitalize(),
        "this_": this,
        "side": _side(row),
        "cause": _clause(row.get("phase_cause")),
        "pair": "All three" if row.get("weeks_in_run") == 3 else "Two",
        "run": weeks(row.get("weeks_in_run")),
        "trend": weeks(row.get("weeks_in_trend")),
        "on_side": weeks(row.get("weeks_on_one_side")),
        "left_out": _little(row.get("weeks_left_out")).capitalize(),
        "points": _little(row.get("point_count")),
        "met": number(row.get("weeks_met_count")),
        "compared": number(row.get("weeks_compared_count")),
        "complete": number(row.get("complete_day_count")),
        "days": plural(row.get("day_count") or 0, "day"),
        "measured": number(row.get("measured_count")),
        "eligible": number(row.get("eligible_count")),
        "signal_week": day(row.get("signal_start")),
        "phase_start": day(row.get("phase_starts_on")),
        "began": clock(row.get("started_at_local")),
        "ended": clock(row.get("ended_at_local")),
        "restored": day(row.get("restored_at")),
        "lost": _counted(row.get("calls_lost"), "call was", "calls were"),
        "lost_low": number(row.get("calls_lost_low")),
        "lost_high": plural(row.get("calls_lost_high") or 0, "call"),
        "back_keyed": _counted(row.get("back_keyed_count"), "incident was", "incidents were"),
        "reaches_month": month(row.get("reaches_on")),
        "early_month": month(row.get("reaches_early")),
        "late_month": month(row.get("reaches_late")),
        "last_month": month(row.get("last_month")),
        "reaches_day": day(row.get("reaches_on")),
        "early_day": day(row.get("reaches_early")),
        "late_day": day(row.get("reaches_late")),
        "horizon_day": day(row.get("last_month")),
    }
    return _Words(said)


def weeks(count: int | None) -> str:
    """`seven weeks`, `one week`, `14 weeks`."""
    return f"{_little(count)} {'week' if count == 1 else 'weeks'}"


def _little(count: int | None) -> str:
    """A small count in words."""
    if count is None:
        return "not known"
    return _LITTLE[count] if 0 <= count < len(_LITTLE) else number(count)


def _counted(count: int | None, one: str, many: str) -> str:
    return plural(count or 0, one, many)


def _side(row: Row) -> str:
    """The side that a signal points to: better or worse where the measure has a better side."""
    variation = row.get("variation")
    if variation in _JUDGED:
        return "better" if variation == "improvement" else "worse"
    return "higher" if row.get("variation_direction") == "high" else "lower"


def _shown(row: Row, value: Any) -> str:
    return figure(value, row.get("unit"))


def _goal(row: Row) -> str:
    """A target as people say it: 80 %, not 80.0 %; where less is better, so much or less."""
    target = row.get("signal_target") if row.get("signal_target") is not None else row.get("target")
    said = _shown({"unit": row.get("unit") or "ratio"}, target).replace(".0 %", " %")
    return f"{said} or less" if row.get("better") == "lower" else said


def _clause(text: Any) -> str:
    """Words that others wrote, as the end of a sentence."""
    return str(text).strip().rstrip(".") if text else "not known why"
