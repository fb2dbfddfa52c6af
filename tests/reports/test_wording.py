"""A briefing's sentences claim no more than their row holds. A failure: somebody is told what the chart does not say.

What reads the sentences here knows English, not the rules: every sentence must be one that it understands, and what it
understands must hold for the row.
"""

# ruff: noqa: E501  (a sentence that is read stands in one line)
from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.reports.brief import wording
from orchestration.reports.brief.blocks import Said

Row = dict[str, Any]
MONDAY = date(2022, 1, 3)
_NUMBERS = [
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
]
_N = r"(\d+|[A-Za-z]+)"
_WEEK = r"\d{1,2} [A-Z][a-z]+ \d{4}"
_MUCH = r"[\d,.]+(?: (?:min|h|%))*(?: \d\d (?:s|min))?(?: [a-z]+)*"


def count(word: str) -> int:
    """`seven`, `Seven` or `7`."""
    return int(word) if word.isdigit() else _NUMBERS.index(word.lower())


# --- the reader ---------------------------------------------------------------------------------------------------


def understood(text: str, row: Row) -> list[str]:
    """What is claimed of the row and does not hold. A sentence that is not understood is a claim that nobody checked."""
    wrong = []
    for sentence in re.split(r"(?<=[a-z%\d])\.(?: |$)", text):
        if not sentence:
            continue
        for pattern, holds in _CLAIMS.items():
            if found := re.fullmatch(pattern, sentence):
                if not holds(row, *found.groups()):
                    wrong.append(sentence)
                break
        else:
            wrong.append(f"not understood: {sentence}")
    return wrong


def points_to(row: Row, side: str) -> bool:
    """Whether the chart's signal is on that side; better and worse only of measures that have a better side."""
    if side in ("better", "worse"):
        is_high = (side == "better") == (row["better"] == "higher")
        return (
            row["better"] in ("higher", "lower")
            and row["variation"] == {"better": "improvement", "worse": "concern"}[side]
            and row["variation_direction"] == ("high" if is_high else "low")
        )
    wanted = "high" if side in ("higher", "rising") else "low"
    return row["better"] == "neither" and row["variation"] == f"neither_{wanted}"


def is_trend(row: Row, side: str, weeks: str) -> bool:
    return points_to(row, side) and row["rule_2"] and row["weeks_in_trend"] == count(weeks) >= 7


def is_on_one_side(row: Row, side: str, weeks: str) -> bool:
    return points_to(row, side) and row["rule_4"] and row["weeks_on_one_side"] == count(weeks) >= 7


def is_outside(row: Row, side: str, weeks: str) -> bool:
    return points_to(row, side) and row["rule_1"] and row["weeks_in_run"] == count(weeks) > 1


def stands_out(row: Row, when: str, side: str) -> bool:
    return is_said_of(row, when) and points_to(row, side) and row["rule_1"] and row["weeks_in_run"] == 1


def is_pair(row: Row, many: str, side: str) -> bool:
    return points_to(row, side) and row["rule_3"] and row["weeks_in_run"] == {"Two": 2, "All three": 3}[many]


def is_said_of(row: Row, when: str) -> bool:
    """This week is the row's own."""
    return (when.lower() == "this week") == (row["signal_start"] == row["period_start"])


def is_of_a_later_run(row: Row, when: str) -> bool:
    length = row["weeks_in_trend"] if row["rule_2"] and not row["rule_1"] else row["weeks_on_one_side"]
    return is_said_of(row, when) and (row["rule_2"] or row["rule_4"]) and length is not None and length < 7


def is_target(row: Row, said: str) -> bool:
    """80 % of a target of 0.8; where less is better, so much or less."""
    found = re.fullmatch(r"([\d.]+) %( or less)?", said)
    assert found
    return abs(float(found[1]) / 100 - row["signal_target"]) < 0.0006 and bool(found[2]) == (row["better"] == "lower")


def assures(row: Row, said: str, state: str) -> bool:
    return is_target(row, said) and row["assurance"] == state


def met(row: Row, weeks: str, of: str) -> bool:
    return (row["weeks_met_count"], row["weeks_compared_count"]) == (count(weeks), count(of))


def is_shown(value: float, said: str) -> bool:
    """A share, as it reads."""
    found = re.fullmatch(r"(?:over |under )?([\d.]+) %", said)
    return bool(found) and abs(float(found[1]) / 100 - value) < 0.0006


def is_missing(row: Row, because: str | None) -> bool:
    return row["value"] is None and row["missing_because"] == because


_TARGET = r"([\d.]+ %(?: or less)?)"
_SHARE = r"((?:over |under )?[\d.]+ %)"
_CLAIMS: Mapping[str, Any] = {
    # Direction.
    rf"It has been getting (better|worse) for {_N} weeks in a row": is_trend,
    rf"It has been (rising|falling) for {_N} weeks in a row": is_trend,
    rf"It has been (better|worse|higher|lower) than its average for {_N} weeks in a row": is_on_one_side,
    rf"It has been (better|worse|higher|lower) than its usual range for {_N} weeks in a row": is_outside,
    r"(This week|That week) stands out: it is (better|worse|higher|lower) than its usual range": stands_out,
    r"(Two|All three) of the last three weeks were much (better|worse|higher|lower) than its average": is_pair,
    r"(This week|That week) and weeks after it were much (better|worse|higher|lower) than its average": lambda row, when, side: (
        is_said_of(row, when) and points_to(row, side) and row["rule_3"] and row["weeks_in_run"] == 1
    ),
    r"(This week|That week) belongs to a run of seven weeks or more, some of which came after it": is_of_a_later_run,
    r"It varies as it has before; (this week|that week) does not stand out": lambda row, when: (
        is_said_of(row, when) and row["variation"] == "common_cause" and not any(row[f"rule_{n}"] for n in (1, 2, 3, 4))
    ),
    r"It has no control chart yet": lambda row: row["signal_start"] is None,
    rf"Its chart cannot judge yet: it has {_N} of the thirteen weeks that it takes": lambda row, weeks: (
        row["variation"] is None and row["point_count"] == count(weeks) < 13
    ),
    rf"The newest week on its chart is that of ({_WEEK})": lambda row, week: (
        row["signal_start"] < row["period_start"] and datetime.strptime(week, "%d %B %Y").date() == row["signal_start"]
    ),
    rf"{_N} weeks? in between (?:is|are) not on its chart and (?:is|are) not counted": lambda row, weeks: (
        row["variation"] not in (None, "common_cause") and row["weeks_left_out"] == count(weeks)
    ),
    # Assurance.
    rf"As it runs now it will not reach {_TARGET}": lambda row, goal: (
        assures(row, goal, "consistently_failing") and row["weeks_met_count"] == 0
    ),
    rf"As it runs now it will not reach {_TARGET}, but for single weeks: (\d+) of the last (\d+)": lambda row, goal, *n: (
        assures(row, goal, "consistently_failing") and met(row, *n) and 0 < 2 * int(n[0]) <= int(n[1])
    ),
    rf"As it runs now it will reach {_TARGET}": lambda row, goal: (
        assures(row, goal, "consistently_passing") and row["weeks_met_count"] == row["weeks_compared_count"]
    ),
    rf"As it runs now it will reach {_TARGET}, but for single weeks: it did in (\d+) of the last (\d+)": lambda row, goal, *n: (
        assures(row, goal, "consistently_passing") and met(row, *n) and int(n[1]) <= 2 * int(n[0]) < 2 * int(n[1])
    ),
    rf"By the limits of its chart {_TARGET} is out of reach, yet it was reached in (\d+) of the last (\d+) weeks": lambda row, goal, *n: (
        assures(row, goal, "consistently_failing") and met(row, *n) and 2 * int(n[0]) > int(n[1])
    ),
    rf"By the limits of its chart {_TARGET} is within reach, yet it was reached in only (\d+) of the last (\d+) weeks": lambda row, goal, *n: (
        assures(row, goal, "consistently_passing") and met(row, *n) and 2 * int(n[0]) < int(n[1])
    ),
    r"What changed should be named, so that the chart can begin anew": lambda row: True,
    rf"It reached {_TARGET} in none of the last (\d+) weeks; by the limits of its chart it sometimes would": lambda row, goal, of: (
        assures(row, goal, "hit_and_miss") and met(row, "0", of)
    ),
    rf"It reached {_TARGET} in all of the last (\d+) weeks; by the limits of its chart it sometimes would not": lambda row, goal, of: (
        assures(row, goal, "hit_and_miss") and met(row, of, of)
    ),
    rf"It reached {_TARGET} in (\d+) of the last (\d+) weeks, as chance would have it: as it runs now, it sometimes will and "
    r"sometimes will not": lambda row, goal, *n: assures(row, goal, "hit_and_miss") and met(row, *n),
    rf"Whether it will reach {_TARGET} cannot be said yet": lambda row, goal: (
        is_target(row, goal) and row["assurance"] is None
    ),
    # What the figure rests on.
    rf"An outage falls into it: {_SHARE} with the outage, {_SHARE} without": lambda row, with_it, without: (
        row["quality_state"] == "DISRUPTED"
        and is_shown(row["value"], with_it)
        and is_shown(row["value_excluding_disruptions"], without)
    ),
    rf"An outage falls into it: {_SHARE} with the outage and without it": lambda row, said: (
        row["quality_state"] == "DISRUPTED"
        and is_shown(row["value"], said)
        and is_shown(row["value_excluding_disruptions"], said)
    ),
    rf"An outage falls into it: {_SHARE} with the outage; without it nothing is left to measure": lambda row, said: (
        row["quality_state"] == "DISRUPTED"
        and is_shown(row["value"], said)
        and row["value_excluding_disruptions"] is None
    ),
    r"(?:The figure|It) is of a part only: it rests on (\d+) of (\d+) days?": lambda row, came, of: (
        row["quality_state"] in ("PARTIAL", "DISRUPTED")
        and (row["complete_day_count"], row["day_count"]) == (int(came), int(of))
        and int(came) < int(of)
    ),
    r"The figure is of a part only: not all that it needs is there yet": lambda row: (
        row["quality_state"] == "PARTIAL" and row["complete_day_count"] == row["day_count"]
    ),
    r"The figure will still move: files of another system have not come yet": lambda row: (
        row["quality_state"] == "LATE"
    ),
    r"The figure is in part an estimate: on days shortly before, files did not come": lambda row: (
        row["quality_state"] == "ESTIMATED"
    ),
    r"Only ([\d,]+) of ([\d,]+) records could be measured": lambda row, some, of: (
        int(some.replace(",", "")) == row["measured_count"] and int(of.replace(",", "")) == row["eligible_count"]
    ),
    # No figure.
    r"Not available: nobody sends it": lambda row: is_missing(row, "NOT_SUPPLIED") and row["register_reason"],
    r"It takes an export of it": lambda row: is_missing(row, "NOT_SUPPLIED") and row["restored_by"],
    r"It is stated by the month, so it has no chart by week": lambda row: is_missing(row, "NOT_BY_WEEK"),
    r"There is no figure: the files that it needs did not come": lambda row: is_missing(row, "NOT_DELIVERED"),
    r"There is no figure: there was nothing to measure": lambda row: is_missing(row, "NOTHING_TO_MEASURE"),
    r"There is no figure: none of the records could be measured": lambda row: is_missing(row, "NOT_MEASURABLE"),
}  # fmt: skip


# --- rows as the views make them ----------------------------------------------------------------------------------

VARIATIONS = {
    ("higher", "high"): "improvement",
    ("higher", "low"): "concern",
    ("lower", "high"): "concern",
    ("lower", "low"): "improvement",
    ("neither", "high"): "neither_high",
    ("neither", "low"): "neither_low",
}
SIGNALS: tuple[Row, ...] = (
    {"rule_1": True, "run_rule": 1, "weeks_in_run": 1},
    {"rule_1": True, "run_rule": 1, "weeks_in_run": 3},
    {"rule_1": True, "rule_4": True, "run_rule": 1, "weeks_in_run": 1, "weeks_on_one_side": 9},
    {"rule_1": True, "rule_4": True, "run_rule": 1, "weeks_in_run": 8, "weeks_on_one_side": 8},
    {"rule_1": True, "rule_2": True, "run_rule": 1, "weeks_in_run": 2, "weeks_in_trend": 7},
    {"rule_1": True, "rule_2": True, "run_rule": 1, "weeks_in_run": 2},  # a trend the other way
    {"rule_2": True, "run_rule": 2, "weeks_in_run": 7, "weeks_in_trend": 7},
    {"rule_2": True, "rule_4": True, "run_rule": 2, "weeks_in_run": 14, "weeks_in_trend": 14, "weeks_on_one_side": 7},
    {"rule_2": True, "run_rule": 2, "weeks_in_run": 1, "weeks_in_trend": 1},
    {"rule_3": True, "run_rule": 3, "weeks_in_run": 2},
    {"rule_3": True, "run_rule": 3, "weeks_in_run": 3},
    {"rule_3": True, "run_rule": 3, "weeks_in_run": 1},
    {"rule_3": True, "rule_4": True, "run_rule": 3, "weeks_in_run": 2, "weeks_on_one_side": 11},
    {"rule_4": True, "run_rule": 4, "weeks_in_run": 7, "weeks_on_one_side": 7},
    {"rule_4": True, "run_rule": 4, "weeks_in_run": 21, "weeks_on_one_side": 21},
    {"rule_4": True, "run_rule": 4, "weeks_in_run": 4, "weeks_on_one_side": 4},
)
STATES = ("OK", "ESTIMATED", "DISRUPTED", "PARTIAL", "LATE")
ASSURANCES = ("consistently_failing", "consistently_passing", "hit_and_miss")
REASONS = ("NOT_SUPPLIED", "NOT_BY_WEEK", "NOT_DELIVERED", "NOTHING_TO_MEASURE", "NOT_MEASURABLE")


def a_measure(**said: Any) -> Row:
    """A measure of a week that is whole and ordinary, but for what is said."""
    ordinary: Row = {
        "kpi_id": "calls_101_within_30s", "scope_type": "force", "scope_code": "FORCE", "label": "Calls", "unit": "ratio",
        "better": "higher", "period_start": MONDAY, "value": 0.6743, "value_excluding_disruptions": 0.6743,
        "quality_state": "OK", "day_count": 7, "complete_day_count": 7, "measured_count": 914, "eligible_count": 914,
        "coverage_ratio": 1.0, "missing_because": None, "register_reason": None, "restored_by": None,
        "signal_start": MONDAY, "signal_target": None, "variation": "common_cause", "variation_direction": None,
        "assurance": None, "phase": 1, "phase_cause": None, "phase_starts_on": None, "point_count": 60,
        "rule_1": False, "rule_2": False, "rule_3": False, "rule_4": False, "run_rule": None, "weeks_in_run": None,
        "weeks_in_trend": None, "weeks_on_one_side": None, "weeks_left_out": None, "weeks_met_count": None,
        "weeks_compared_count": None,
    }  # fmt: skip
    assert said.keys() <= ordinary.keys()
    return ordinary | said


@st.composite
def a_row(draw: st.DrawFn) -> Row:
    """Any row of reports.brief_measures: what the chart says, the target, and what the figure rests on."""
    better = draw(st.sampled_from(["higher", "lower", "neither"]))
    row = a_measure(better=better)
    if draw(st.integers(0, 9)) == 0:
        because = draw(st.sampled_from(REASONS))
        told = {"register_reason": "nobody sends it.", "restored_by": draw(st.none() | st.just("an export of it"))}
        return row | {"value": None, "quality_state": "NOT_AVAILABLE", "missing_because": because} | told
    row |= draw(_charts(better))
    row |= draw(_targets(better, row))
    row |= draw(_states())
    return row


@st.composite
def _charts(draw: st.DrawFn, better: str) -> Row:
    kind = draw(st.sampled_from(["none", "short", "common", "signal", "signal", "signal"]))
    if kind == "none":
        return {"signal_start": None, "variation": None, "point_count": None}
    earlier = {"signal_start": MONDAY - timedelta(weeks=draw(st.sampled_from([0, 0, 1, 5])))}
    if kind == "short":
        return earlier | {"variation": None, "point_count": draw(st.integers(1, 12))}
    if kind == "common":
        return earlier
    direction = draw(st.sampled_from(["high", "low"]))
    signal = dict(draw(st.sampled_from(SIGNALS)))
    if signal["run_rule"] in (2, 4) and signal["weeks_in_run"] >= 7:
        signal["weeks_in_run"] = draw(st.integers(7, 60))
        signal[{2: "weeks_in_trend", 4: "weeks_on_one_side"}[signal["run_rule"]]] = signal["weeks_in_run"]
    between = 0 if signal["weeks_in_run"] == 1 else draw(st.integers(0, 15))
    left_out = {"weeks_left_out": None if signal["run_rule"] == 3 else between}
    return earlier | signal | left_out | {"variation": VARIATIONS[better, direction], "variation_direction": direction}


@st.composite
def _targets(draw: st.DrawFn, better: str, row: Row) -> Row:
    if row["signal_start"] is None or draw(st.booleans()):
        return {}
    target = {"signal_target": draw(st.sampled_from([0.8, 0.9, 0.6, 0.655]))}
    compared = draw(st.integers(1, 13))
    if better == "neither":
        return target
    if row["variation"] is not None:
        target |= {"assurance": draw(st.sampled_from(ASSURANCES))}
    return target | {"weeks_compared_count": compared, "weeks_met_count": draw(st.integers(0, compared))}


@st.composite
def _states(draw: st.DrawFn) -> Row:
    state = draw(st.sampled_from(STATES))
    eligible = draw(st.integers(1, 3000))
    measured = draw(st.integers(0, eligible))
    value = draw(st.integers(0, 1000)) / 1000
    found: Row = {"quality_state": state, "measured_count": measured, "eligible_count": eligible, "value": value}
    found |= {"coverage_ratio": measured / eligible, "value_excluding_disruptions": value}
    if state == "DISRUPTED":
        other = draw(st.none() | st.integers(0, 1000).map(lambda n: n / 1000) | st.just(value))
        found |= {"value_excluding_disruptions": other}
    if state in ("DISRUPTED", "PARTIAL"):
        found |= {"complete_day_count": draw(st.integers(0, 7))}
    return found


# --- the tests ----------------------------------------------------------------------------------------------------


def told(row: Row) -> str:
    return " ".join(each.text for each in wording.standing_of(row))


@settings(max_examples=600, deadline=None)
@given(a_row())
def test_nothing_is_claimed_that_the_row_does_not_hold(row: Row) -> None:
    assert understood(told(row), row) == []


def test_every_state_of_a_chart_is_told_and_truly() -> None:
    """Every signal with every direction, assurance and quality: one sentence at least, and each of them holds."""
    seen = set()
    for (better, direction), signal, assurance, state in itertools.product(
        VARIATIONS, (*SIGNALS, None), (*ASSURANCES, None), STATES
    ):
        row = a_measure(better=better, quality_state=state)
        if signal is not None:
            row |= signal | {"variation": VARIATIONS[better, direction], "variation_direction": direction}
        if assurance and better != "neither":
            row |= {"assurance": assurance, "signal_target": 0.8, "weeks_compared_count": 13, "weeks_met_count": 3}
        said = told(row)
        assert said
        assert understood(said, row) == [], row
        seen.add(said)
    assert len(seen) > 300  # the states are told apart


@pytest.mark.parametrize("because", REASONS)
def test_a_figure_that_is_not_there_is_told_without_a_number(because: str) -> None:
    """Even where a chart of earlier weeks would say much: nothing of it is told."""
    row = a_measure(
        value=None, quality_state="NOT_AVAILABLE", missing_because=because, register_reason="nobody sends it.",
        restored_by="an export of it", variation="concern", variation_direction="low", rule_1=True, run_rule=1,
        weeks_in_run=1, assurance="consistently_failing", signal_target=0.8, weeks_compared_count=13, weeks_met_count=0,
    )  # fmt: skip
    said = told(row)
    assert said
    assert not re.search(r"\d", said)
    assert understood(said, row) == []


@settings(max_examples=100, deadline=None)
@given(a_row())
def test_what_is_of_a_part_says_so(row: Row) -> None:
    said = told(row)
    if row["value"] is not None and row["quality_state"] == "PARTIAL":
        assert "of a part only" in said
    if row["value"] is not None and row["quality_state"] == "DISRUPTED":
        assert "outage" in said
    if row["better"] == "neither":
        assert not re.search(r"better|worse|reach", said)


def test_good_and_bad_news_are_marked_as_such() -> None:
    def tones(**said: Any) -> set[str]:
        return {each.tone for each in wording.standing_of(a_measure(**said))}

    falling = {"rule_2": True, "run_rule": 2, "weeks_in_run": 7, "weeks_in_trend": 7, "variation_direction": "low"}
    assert tones(variation="concern", **falling) == {"bad"}
    assert tones(better="lower", variation="improvement", **falling) == {"good"}
    assert tones(better="neither", variation="neither_low", **falling) == {"none"}
    assert tones() == {"none"}


def test_the_sentences_of_the_issue_can_be_said() -> None:
    row = a_measure(
        variation="concern", variation_direction="low", rule_2=True, run_rule=2, weeks_in_run=7, weeks_in_trend=7,
        signal_target=0.8, assurance="consistently_failing", weeks_met_count=0, weeks_compared_count=13,
    )  # fmt: skip
    assert told(row) == "It has been getting worse for seven weeks in a row. As it runs now it will not reach 80 %."


def test_the_reader_of_this_test_finds_a_false_claim() -> None:
    """Else it would find none because it looks at nothing."""
    row = a_measure(variation="improvement", variation_direction="high", rule_4=True, weeks_on_one_side=8)
    for false in (
        "It has been getting better for seven weeks in a row.",
        "It has been worse than its average for eight weeks in a row.",
        "It has been better than its average for nine weeks in a row.",
        "As it runs now it will not reach 80 %.",
        "It varies as it has before; this week does not stand out.",
        "Nobody knows why.",
    ):
        assert understood(false, row | {"signal_target": 0.8, "weeks_met_count": 0}), false
    assert understood("It has been better than its average for eight weeks in a row.", row) == []


# --- what is ahead, and outages -----------------------------------------------------------------------------------

SCENARIO: Row = {
    "kind": "SCENARIO", "kpi_id": "calls_101_within_30s", "label": "Vacancies filled", "target": 0.8, "unit": "ratio",
    "better": "higher", "status": "OK", "reason": None, "last_month": date(2024, 1, 1), "reaches_on": date(2022, 12, 1),
    "reaches_early": date(2022, 11, 1), "reaches_late": date(2023, 2, 1),
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {},
            "Vacancies filled: 80 % is met from December 2022, at the earliest November 2022, at the latest February 2023.",
        ),
        ({"reaches_early": date(2022, 12, 1), "reaches_late": date(2022, 12, 1)}, "Vacancies filled: 80 % is met from December 2022."),
        (
            {"reaches_late": None},
            "Vacancies filled: 80 % is met from December 2022, at the earliest November 2022, though it may not be by "
            "January 2024.",
        ),
        (
            {"reaches_on": None, "reaches_late": None},
            "Vacancies filled: 80 % is not met by January 2024, though it may be from November 2022.",
        ),
        ({"reaches_on": None, "reaches_early": None, "reaches_late": None}, "Vacancies filled: 80 % is not met by January 2024."),
        (
            {"status": "NOT_AVAILABLE", "reason": "no staff list came"},
            "Vacancies filled: nothing can be said (no staff list came).",
        ),
    ],
)  # fmt: skip
def test_a_scenario_says_when_or_that_it_does_not(changed: Row, said: str) -> None:
    assert wording.trajectory_of(SCENARIO | changed) == [
        Said(said, "part" if "nothing" in said else "none", SCENARIO["kpi_id"])
    ]


@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize("late", [True, False])
@pytest.mark.parametrize("on", [True, False])
def test_a_trend_that_does_not_arrive_is_given_no_date_of_arrival(on: bool, early: bool, late: bool) -> None:
    row = SCENARIO | {"kind": "TREND", "last_month": date(2023, 1, 2), "is_met_now": False}
    row |= {
        name: None
        for name, there in (("on", on), ("early", early), ("late", late))
        if not there
        for name in [f"reaches_{name}"]
    }
    (said,) = wording.trajectory_of(row)
    assert ("its level meets 80 % from the week of 1 December 2022" in said.text) == on
    assert ("its level does not meet 80 % by 2 January 2023" in said.text) == (not on)
    assert ("1 November 2022" in said.text) == early or on
    assert ("1 February 2023" in said.text) == (on and early and late)


@pytest.mark.parametrize(("lower", "upper", "direction"), [(0.001, 0.002, 1), (-0.002, -0.001, -1), (-0.001, 0.002, 0)])
@pytest.mark.parametrize("better", ["higher", "lower", "neither"])
def test_a_trend_is_told_only_where_nought_is_not_in_its_interval(
    lower: float, upper: float, direction: int, better: str
) -> None:
    row = SCENARIO | {"kind": "TREND", "is_met_now": True, "better": better}
    said = wording.trajectory_of(row | {"trend_lower_95": lower, "trend_upper_95": upper})[0].text
    sign = {"higher": 1, "lower": -1, "neither": 0}[better]
    words = {1: "better", -1: "worse", 0: {1: "risen", -1: "fallen", 0: "no trend"}[direction]}
    assert words[sign * direction] in said
    assert ("no trend" in said) == (direction == 0)


def test_without_a_target_there_is_no_date() -> None:
    row = SCENARIO | {
        "kind": "TREND",
        "status": "NOT_AVAILABLE",
        "target": None,
        "reason": "marts.dim_targets lacks it",
    }
    assert [each.text for each in wording.trajectory_of(row)] == ["No target is set, so there is no date."]


def test_what_is_to_be_read_with_care_says_so() -> None:
    row = SCENARIO | {"kind": "TREND", "is_met_now": True, "status": "PARTIAL", "reason": "a season is missing"}
    assert [each.text for each in wording.trajectory_of(row)] == [
        "Its level of late meets 80 %.",
        "To be read with care: a season is missing.",
    ]


@pytest.mark.parametrize("naive", [True, False, None])
@pytest.mark.parametrize("seasonal", [True, False, None])
def test_a_forecast_that_is_no_better_than_naive_says_so(naive: bool | None, seasonal: bool | None) -> None:
    (said,) = wording.forecast_of(
        {"status": "OK", "reason": None, "beats_naive": naive, "beats_seasonal_naive": seasonal}
    )
    assert ("no better" in said.text) == (naive is False or seasonal is False)
    assert ("does better" in said.text) == (naive is True and seasonal is not False)


def test_an_outage_that_is_over_is_not_counted_again() -> None:
    row = {
        "is_in_period": False, "started_at_local": datetime(2021, 9, 6, 17, 30), "ended_at": datetime(2021, 9, 7, 4),
        "ended_at_local": datetime(2021, 9, 7, 5), "restored_at": datetime(2021, 9, 17, 11), "calls_lost": 14,
        "calls_lost_state": "known", "back_keyed_count": 17,
    }  # fmt: skip
    assert "14" not in " ".join(each.text for each in wording.outage_of(row))
    assert "14 calls were lost." in [each.text for each in wording.outage_of(row | {"is_in_period": True})]
