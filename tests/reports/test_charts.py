"""Pictures of briefings: what is drawn is what the rows say. A failure: a picture shows what the data do not hold."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from orchestration.reports.charts import canvas, capacity, control, drawing, icons, pilot, stock, trajectory

Row = dict[str, Any]
_SVG = "{http://www.w3.org/2000/svg}"
_HOSTILE = "</text></svg><script>alert(1)</script><a href='x' id='y' style='z'>&\u202e"
_FORBIDDEN = re.compile(r"<(script|style|a|image|use|foreignObject)\b|\s(id|href|style|on\w+)=|url\(", re.IGNORECASE)


def weeks(count: int, **changed: Any) -> list[Row]:
    """Weeks of a share that is nothing unusual."""
    return [
        {
            "period_start": date(2020, 1, 6) + timedelta(weeks=number),
            "value": 0.74 + 0.01 * (number % 3),
            "value_excluding_disruptions": None,
            "centre": 0.75,
            "lower_limit": 0.70,
            "upper_limit": 0.80,
            "target": 0.8,
            "variation": "common_cause",
            "phase": 1,
            "phase_starts_on": date(2019, 10, 1),
            "phase_cause": "The beginning",
            "quality_state": "OK",
            **changed,
        }
        for number in range(count)
    ]


def drawn(rows: Sequence[Row], unit: str = "ratio", title: str = "Title", description: str = "What it shows") -> str:
    return str(control.chart(rows, unit, "higher", title, description))


def marks(svg: str, group: str, tag: str | None = None) -> list[ET.Element]:
    """What stands in the groups of that name."""
    found = [
        mark for held in ET.fromstring(svg).iter(f"{_SVG}g") if held.get("class") == f"chart-{group}" for mark in held
    ]
    return [mark for mark in found if tag is None or mark.tag == f"{_SVG}{tag}"]


def said(svg: str) -> str:
    return " ".join("".join(element.itertext()) for element in ET.fromstring(svg).iter(f"{_SVG}text"))


def across(mark: ET.Element) -> tuple[float, float]:
    return float(mark.get("x1", "nan")), float(mark.get("x2", "nan"))


# --- control charts ---------------------------------------------------------------------------------------------------
def test_every_week_is_one_point_and_its_shape_says_what_its_row_says() -> None:
    rows = weeks(30)
    for first, last, variation in (
        (0, 4, "concern"),
        (4, 9, "improvement"),
        (9, 11, "neither_high"),
        (11, 12, "neither_low"),
        (12, 14, None),
    ):
        for row in rows[first:last]:
            row["variation"] = variation
    rows[20]["quality_state"] = "DISRUPTED"
    rows[21]["value"] = None
    svg = drawn(rows)
    assert len(marks(svg, "concern", "rect")) == 4
    assert len(marks(svg, "improvement", "polygon")) == 5
    assert len(marks(svg, "higher", "polygon")) == 2
    assert len(marks(svg, "lower", "polygon")) == 1
    assert len(marks(svg, "not-judged", "circle")) == 2
    assert len(marks(svg, "disrupted", "circle")) == 1
    assert len(marks(svg, "usual", "circle")) == 30 - 4 - 5 - 2 - 1 - 2 - 1 - 1


def test_a_disrupted_week_is_hollow_joined_to_nothing_and_seen_with_and_without() -> None:
    rows = weeks(20)
    rows[10] |= {"quality_state": "DISRUPTED", "variation": None, "value": 0.60, "value_excluding_disruptions": 0.72}
    rows[3]["value_excluding_disruptions"] = 0.5  # of a whole week: not shown
    svg = drawn(rows)
    (ring,) = marks(svg, "disrupted")
    assert ring.get("fill") == "#ffffff"
    assert len(marks(svg, "without")) == 1
    at = f"{ring.get('cx')},{ring.get('cy')}"
    joined = [mark.get("d", "") for mark in marks(svg, "value", "path")]
    assert len(joined) == 2
    assert not any(at in line for line in joined)
    assert sum(line.count(",") for line in joined) == 19


def test_a_line_is_parted_where_a_week_is_missing_and_where_a_phase_begins() -> None:
    rows = weeks(20)
    del rows[5]
    for row in rows[12:]:
        row["phase"] = 2
    assert [mark.get("d", "").count(",") for mark in marks(drawn(rows), "value", "path")] == [5, 7, 7]


def test_mean_and_limits_stand_for_the_weeks_of_their_phase_alone() -> None:
    rows = weeks(20)
    for row in rows[12:]:
        row |= {"phase": 2, "centre": 0.6, "lower_limit": 0.55, "upper_limit": 0.65, "value": 0.6}
        row |= {"phase_starts_on": date(2020, 3, 30), "phase_cause": "A new telephone system"}
    svg = drawn(rows)
    (first, second), limits = marks(svg, "mean"), marks(svg, "limits")
    assert across(first)[1] == across(second)[0]
    assert first.get("y1") != second.get("y1")
    assert [across(limit) for limit in limits] == [across(first), across(second)] * 2
    assert "A new telephone system" in said(svg)
    assert "The beginning" not in said(svg)  # begun before the picture


def test_the_target_is_a_step_where_it_changed_and_a_gap_where_there_was_none() -> None:
    rows = weeks(30)
    for row in rows[10:20]:
        row["target"] = 0.6
    for row in rows[20:25]:
        row["target"] = None
    svg = drawn(rows)
    held = marks(svg, "target", "line")
    level = [mark for mark in held if mark.get("y1") == mark.get("y2")]
    risers = [mark for mark in held if mark.get("x1") == mark.get("x2")]
    assert len(level) == 3
    assert len(risers) == 1
    assert across(level[0])[1] == across(level[1])[0] == across(risers[0])[0]
    assert across(level[2])[0] > across(level[1])[1]
    assert "Target 60 %" in said(svg)
    assert "Target 80 %" in said(svg)


def test_a_limit_beyond_what_is_possible_is_not_drawn() -> None:
    svg = drawn(weeks(20, lower_limit=-0.1, upper_limit=1.2))
    assert marks(svg, "limits") == []
    assert "limit" not in said(svg).replace("not in the limits", "")


@pytest.mark.parametrize(
    ("unit", "times", "words"),
    [("ratio", 1, "per cent"), ("seconds", 100, "seconds"), ("seconds", 1000, "minutes"), ("seconds", 20000, "hours"),
     ("calls", 100, "calls"), ("days", 3, "days"), (None, 3, "number")],
)  # fmt: skip
def test_the_axis_is_in_the_units_words(unit: str, times: float, words: str) -> None:
    rows = weeks(20)
    for row in rows:
        for name in ("value", "centre", "lower_limit", "upper_limit", "target"):
            row[name] *= times
    assert marks(drawn(rows, unit), "unit")[0].text == words


@pytest.mark.parametrize("unit", ["ratio", "seconds", "calls"])
@pytest.mark.parametrize("level", [0.0, 1.0])
def test_values_that_are_all_one_have_an_axis(unit: str, level: float) -> None:
    """Also all or nothing of a share."""
    rows = weeks(20, value=level, centre=level, lower_limit=level, upper_limit=level, target=level)
    svg = drawn(rows, unit)
    assert len(marks(svg, "axis-y", "text")) > 1
    assert_within(svg)


def test_the_table_has_a_row_for_each_point() -> None:
    rows = weeks(20)
    rows[3]["value"] = None
    rows[4] |= {"quality_state": "DISRUPTED", "value_excluding_disruptions": 0.7}
    names, table = control.columns(rows, "ratio")
    assert len(table) == 19
    assert {len(row) for row in table} == {len(names)}
    assert [row[2] for row in table].count("–") == 18


def test_nothing_to_show_is_said() -> None:
    assert "no week" in said(drawn([]))
    assert "no week" in said(drawn(weeks(3, value=None)))
    assert len(marks(drawn(weeks(1)), "usual")) == 1


def test_hostile_texts_stay_text() -> None:
    rows = weeks(30)
    for row in rows[15:]:
        row |= {"phase": 2, "phase_cause": _HOSTILE}
    svg = drawn(rows, unit=_HOSTILE, title=_HOSTILE, description=_HOSTILE)
    assert not _FORBIDDEN.search(re.sub(r">[^<]*<", "><", svg))
    assert "alert(1)" in said(svg)
    assert "\u202e" not in svg


def test_the_same_rows_give_the_same_bytes_and_change_nothing() -> None:
    rows = weeks(104)
    assert drawn(rows) == drawn(rows)
    assert rows == weeks(104)


def test_no_label_is_cut_off() -> None:
    """Every text lies within the picture, by a generous measure of its letters."""
    rows = weeks(104)
    for row in rows[90:]:
        row |= {"phase": 2, "phase_cause": "A cause of many words that goes on for longer than one line has room"}
    assert_within(drawn(rows))


def assert_within(svg: str) -> None:
    root = ET.fromstring(svg)
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    for text, right, down in _texts(root, 0, 0):
        long = canvas.length(text.text or "", float(text.get("font-size", canvas.LETTERS)))
        at = right + float(text.get("x", 0)) - {"end": long, "middle": long / 2}.get(text.get("text-anchor", ""), 0)
        assert -1 <= at <= at + long <= width + 1, text.text
        assert 9 <= down + float(text.get("y", 0)) <= height, text.text


def _texts(element: ET.Element, right: float, down: float) -> Iterator[tuple[ET.Element, float, float]]:
    """Every text, and by how much it is moved."""
    if moved := element.get("transform"):
        by = moved.removeprefix("translate(").removesuffix(")").split(",")
        right, down = right + float(by[0]), down + float(by[1])
    if element.tag == f"{_SVG}text":
        yield element, right, down
    for child in element:
        yield from _texts(child, right, down)


def test_words_are_wrapped_and_none_is_lost() -> None:
    text = "a few words and " + "onelongword" * 12
    assert "".join(canvas.wrapped(text, 100)).replace(" ", "") == text.replace(" ", "")
    assert all(canvas.length(part) <= 100 for part in canvas.wrapped(text, 100))


def test_labels_that_would_meet_are_pushed_apart() -> None:
    found = canvas.spread_out([10, 12, 13, 190], 14, 0, 190)
    assert all(after - before >= 14 for before, after in pairwise(found))
    assert found[-1] == 190


# --- where it is going ------------------------------------------------------------------------------------------------
def ahead(count: int, **changed: Any) -> list[Row]:
    """Weeks to come, each a little less sure."""
    return [
        {
            "period_start": date(2021, 6, 7) + timedelta(weeks=number),
            "value": 0.75,
            **{f"{end}_{level}": 0.75 + sign * level * (number + 1) / 10_000 for level in (80, 95)
               for end, sign in (("lower", -1), ("upper", 1))},
            **changed,
        }
        for number in range(count)
    ]  # fmt: skip


def corners(mark: ET.Element) -> int:
    return mark.get("d", "").count(",")


def test_a_fan_has_the_weeks_that_were_those_to_come_and_both_intervals() -> None:
    history = weeks(74)
    history[60] |= {"quality_state": "DISRUPTED"}
    svg = str(trajectory.fan(history, ahead(26), 0.8, "ratio", "Title", "Words", reaches_on=date(2021, 8, 2)))
    assert [corners(mark) for mark in marks(svg, "past", "path")] == [60, 13]
    assert len(marks(svg, "past", "circle")) == 1
    assert [corners(mark) for mark in marks(svg, "forecast", "path")] == [26]
    assert [corners(mark) for name in ("interval-80", "interval-95") for mark in marks(svg, name)] == [52, 52]
    assert "reached 2 Aug 2021" in said(svg)
    assert "Target 80 %" in said(svg)
    assert_within(svg)
    names, table = trajectory.fan_columns(ahead(26), "ratio")
    assert len(table) == 26
    assert {len(row) for row in table} == {len(names)}


def test_a_fan_promises_nothing_that_is_not_forecast() -> None:
    svg = str(trajectory.fan(weeks(74), [], None, "ratio", "Title", "Words"))
    assert "orecast" not in said(svg)
    assert "reached" not in said(svg)
    assert marks(svg, "target") == marks(svg, "interval-95") == []
    nothing = str(trajectory.fan([], ahead(3, value=None), 0.8, "ratio", "Title", "Words"))
    assert "neither" in said(nothing)


def months(scenario: str, level: float, **changed: Any) -> list[Row]:
    return [
        {
            "scenario": scenario,
            "label": f"The scenario {scenario}",
            "month": date(2022, 1 + number, 1),
            "within_101_ratio": level,
            "within_101_lower": level - 0.02,
            "within_101_upper": level + 0.02,
            "staffed_fte": 120.4,
            "met_on": None,
            **changed,
        }
        for number in range(12)
    ]


def test_every_scenario_has_its_own_plot_and_only_one_that_meets_the_target_has_a_mark() -> None:
    rows = months("b", 0.85, met_on=date(2022, 3, 1)) + months("a", 0.7) + months("c", 0.9, within_101_ratio=None)
    svg = str(trajectory.scenarios(rows, 0.8, "Title", "Words"))
    assert [corners(mark) for mark in marks(svg, "scenario", "path")] == [12, 12]
    assert [corners(mark) for mark in marks(svg, "interval", "path")] == [24, 24]
    assert len(marks(svg, "target", "line")) == 2
    assert len(marks(svg, "met", "polygon")) == 1
    assert said(svg).index("The scenario a") < said(svg).index("The scenario b")
    assert "The scenario c" not in said(svg)
    assert_within(svg)
    assert len(trajectory.scenarios_columns(rows)[1]) == 24


# --- the pilot --------------------------------------------------------------------------------------------------------
def differences(**changed: Any) -> list[Row]:
    return [
        {
            "week_number": number,
            "week_start_date": date(2021, 11, 22) + timedelta(weeks=number),
            "phase": "before" if number < 0 else "during",
            "effect": 0.01 * number,
            "lower_90": 0.01 * number - 0.1,
            "upper_90": 0.01 * number + 0.1,
            **changed,
        }
        for number in range(-12, 6)
    ]


def test_weeks_before_the_pilot_are_hollow_and_those_since_are_full() -> None:
    rows = differences()
    rows[4]["effect"] = None
    rows[5]["lower_90"] = None
    svg = str(pilot.event_study(rows, "ratio", "Title", "Words"))
    assert {mark.get("fill") for mark in marks(svg, "before")} == {"#ffffff"}
    assert len(marks(svg, "before", "circle")) == 11
    assert len(marks(svg, "during", "circle")) == 6
    assert "#ffffff" not in {mark.get("fill") for mark in marks(svg, "during")}
    assert len(marks(svg, "interval", "line")) == 16
    begins = across(marks(svg, "begins", "line")[0])[0]
    assert all(float(mark.get("cx", 0)) < begins for mark in marks(svg, "before"))
    assert all(float(mark.get("cx", 0)) > begins for mark in marks(svg, "during"))
    assert_within(svg)
    assert len(pilot.event_columns(rows, "ratio")[1]) == 17


def test_every_choice_of_areas_is_a_line_and_the_pilots_own_is_full() -> None:
    rows = [
        {"areas": f"AREA{number}|{_HOSTILE}", "effect": 0.01 * (5 - number), "rank": number, "is_actual": number == 3}
        for number in range(1, 11)
    ]
    svg = str(pilot.permutations(rows, "ratio", "Title", "Words"))
    assert len(marks(svg, "other", "circle")) == 9
    (actual,) = marks(svg, "actual", "circle")
    assert actual.get("fill") != "#ffffff"
    assert not _FORBIDDEN.search(re.sub(r">[^<]*<", "><", svg))
    assert_within(svg)
    assert len(pilot.permutations_columns(rows, "ratio")[1]) == 10


# --- people, and what waits -------------------------------------------------------------------------------------------
def test_what_is_lacking_is_drawn_where_fewer_were_there_than_the_line_that_needs_more() -> None:
    rows = [
        {"weekday": day, "half_hour": half, "line": line, "staffed": 3.0, "staff_needed": need + (half in (10, 11, 20))}
        for day in range(1, 8)
        for half in range(48)
        for line, need in (("999", 1), ("101", 3))
    ]  # fmt: skip
    svg = str(capacity.half_hours(rows, "Title", "Words"))
    assert [corners(mark) for mark in marks(svg, "lacking", "path")] == [8, 4] * 7
    assert len(marks(svg, "there", "path")) == 7
    assert all(day in said(svg) for day in capacity.DAYS)
    assert_within(svg)
    names, table = capacity.columns(rows)
    assert len(table) == 48
    assert names[1:] == list(capacity.DAYS)
    assert table[10][1:] == ["3.0 of 4"] * 7


def test_each_day_has_what_waited_what_came_and_what_went() -> None:
    rows = [
        {
            "period_start": date(2021, 12, 20) + timedelta(days=number),
            "opening_count": 10,
            "closing_count": 12,
            "inflow_count": 7,
            "outflow_count": 5,
        }
        for number in range(28)
        if number != 9
    ]
    svg = str(stock.chart(rows, "Title", "Words"))
    assert [corners(mark) for mark in marks(svg, "stock", "path")] == [9, 18]
    assert len(marks(svg, "stock-points", "circle")) == 27
    came, went = marks(svg, "came", "rect"), marks(svg, "went", "rect")
    assert len(came) == len(went) == 27
    assert float(came[0].get("height", 0)) / float(went[0].get("height", 1)) == pytest.approx(7 / 5, rel=0.05)
    assert_within(svg)
    assert len(stock.columns(rows)[1]) == 27


@pytest.mark.parametrize(
    "svg",
    [
        trajectory.fan([], [], None, None, _HOSTILE, _HOSTILE),
        trajectory.scenarios([], None, _HOSTILE, _HOSTILE),
        pilot.event_study([], None, _HOSTILE, _HOSTILE),
        pilot.permutations([], None, _HOSTILE, _HOSTILE),
        capacity.half_hours([], _HOSTILE, _HOSTILE),
        stock.chart([], _HOSTILE, _HOSTILE),
        trajectory.scenarios(months(_HOSTILE, 0.7), 0.8, _HOSTILE, _HOSTILE),
    ],
)
def test_a_picture_of_nothing_says_so_and_hostile_texts_stay_text_in_all_of_them(svg: str) -> None:
    assert said(str(svg))
    assert not _FORBIDDEN.search(re.sub(r">[^<]*<", "><", str(svg)))


# --- colours ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "colour", [canvas.ORANGE, canvas.BLUE, canvas.PURPLE, canvas.GREY, canvas.TARGET, drawing.INK, drawing.SOFT]
)
def test_words_and_signs_stand_out_from_white(colour: str) -> None:
    """WCAG 1.4.3 and 1.4.11: 4.5 to 1 for words; on paper without colour the same."""
    assert contrast(colour) >= 4.5


def contrast(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


# --- icons ------------------------------------------------------------------------------------------------------------
def test_every_sign_differs_from_every_other_without_colour_and_has_its_words() -> None:
    judged = {"concern": ("high", "low"), "improvement": ("high", "low"), "common_cause": (None,)}
    judged |= {"neither_high": ("high",), "neither_low": ("low",)}
    signs = [icons.variation(code, direction) for code, directions in judged.items() for direction in directions]
    signs += [icons.assurance(code) for code in ("consistently_passing", "consistently_failing", "hit_and_miss")]
    shapes = [re.sub(r"#(?!ffffff)[0-9a-f]{6}|<title>.*</title>", "", str(sign)) for sign in signs]
    assert len(set(shapes)) == len(signs)
    assert all(re.search(r"<title>\w.*</title>", str(sign)) for sign in signs)
    assert not any(_FORBIDDEN.search(str(sign)) for sign in signs)


_STROKES = {  # of each letter, as one looks at it
    "H": "M17,12V28M17,20H27M27,12V28",
    "L": "M18,12V28H27",
    "P": "M17,29V12H23a4.7,4.7 0 0 1 0,9.4H17",
    "F": "M18,28V12H27M18,20H25",
    "?": "M17,16a5,5 0 1 1 7.5,4.3q-2.5,1.6 -2.5,4.2M22,28.4v0.3",
}


@pytest.mark.parametrize(
    ("sign", "hue", "is_full", "letter", "words"),
    [
        (icons.variation("concern", "high"), "orange", True, "H", "Concern: running high"),
        (icons.variation("concern", "low"), "orange", True, "L", "Concern: running low"),
        (icons.variation("improvement", "high"), "blue", False, "H", "Improvement: running high"),
        (icons.variation("improvement", "low"), "blue", False, "L", "Improvement: running low"),
        (icons.variation("common_cause", None), "grey", False, None, "Nothing unusual"),
        (icons.assurance("consistently_passing"), "blue", False, "P", "The target is reached, as it runs now"),
        (icons.assurance("consistently_failing"), "orange", True, "F", "The target is not reached, as it runs now"),
        (icons.assurance("hit_and_miss"), "grey", False, "?", "The target is hit and missed"),
    ],
)
def test_a_sign_has_the_colour_and_the_letter_of_the_convention(
    sign: str, hue: str, is_full: bool, letter: str | None, words: str
) -> None:
    """Making Data Count: orange concern, blue improvement, grey neither; H and L; P, F and ?."""
    root = ET.fromstring(sign)
    (ring,) = root.iter(f"{_SVG}circle")
    assert hue_of(ring.get("stroke", "")) == hue
    assert (ring.get("fill") != "#ffffff") == is_full
    strokes = [path.get("d") for path in root.iter(f"{_SVG}path")]
    assert [name for name, stroke in _STROKES.items() if stroke in strokes] == ([letter] if letter else [])
    assert root.findtext(f"{_SVG}title") == words


def test_points_of_a_chart_have_the_colours_of_its_signs() -> None:
    rows = weeks(20)
    rows[3]["variation"], rows[4]["variation"] = "concern", "improvement"
    svg = drawn(rows)
    hues = {kind: {hue_of(mark.get("fill", "")) for mark in marks(svg, kind)} for kind in _HUES}
    assert hues == {kind: {hue} for kind, hue in _HUES.items()}


_HUES = {"concern": "orange", "improvement": "blue", "usual": "grey"}


def hue_of(colour: str) -> str:
    """The name of a colour, from how much there is of red, green and blue."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    if max(red, green, blue) - min(red, green, blue) < 30:
        return "grey"
    return "orange" if red > green > blue else "blue" if blue > green > red else "another"


def test_what_is_not_judged_has_no_sign() -> None:
    assert icons.variation(None, None) is None
    assert icons.assurance(None) is None
    assert icons.variation("<script>", None) is None
