"""Every answer equals a recount in plain Python from the delivered files, which shares no code with the queries.

A recount says what the answer must hold, by the columns that name a row; a row too many or too few is a difference too.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration import questions
from orchestration.publish.generation import copy_to_single_file
from orchestration.settings import Settings
from tests import reference
from tests.questions.facts import Facts, Row, day, instant, local, monday, month_end, percentile, share
from tests.reference import signals
from tests.reference.landing import delivered_days
from tests.reference.parameters import target_seconds
from tests.reference.states import states_as_of
from tests.support import ask

Expected = dict[tuple[Any, ...], Row]
AREAS = ("HEREF", "NWORC", "SWORC", "SHROP", "TELF")
NOT_OFFERED = ("abandoned_in_menu", "ended_by_menu", "answered_elsewhere")


def answered(settings: Settings, number: str, **choices: str) -> list[Row]:
    """The rows of an answer, as mappings."""
    answer = questions.ask(settings, questions.question(number), choices)
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]


def assert_equal(found: Iterable[Row], keys: tuple[str, ...], expected: Expected) -> None:
    """The same rows by their keys, and in each the expected columns."""
    by_key = {tuple(row[name] for name in keys): row for row in found}
    assert by_key.keys() == expected.keys()
    different = [
        (key, name, wanted, by_key[key][name])
        for key, columns in expected.items()
        for name, wanted in columns.items()
        if not is_same(wanted, by_key[key][name])
    ]
    assert different == []


def is_same(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, Fraction | float | Decimal) and isinstance(found, float | int | Decimal):
        return math.isclose(float(wanted), float(found), rel_tol=1e-9, abs_tol=1e-9)
    return bool(wanted == found)


def figure_columns(facts: Facts, key: tuple[Any, ...]) -> Row:
    """What the reference says of one row of kpi_results."""
    row = facts.figures[key]
    return {
        "numerator": row.numerator,
        "denominator": row.denominator,
        "value": row.value,
        "measured_count": row.measured_count,
        "eligible_count": row.eligible_count,
    }


# --- calls
def test_q01_gives_the_newest_periods_and_the_years_that_were_published(
    season_warehouse: Settings, facts: Facts
) -> None:
    expected: Expected = {}
    targets = list(facts.reference_data("targets"))

    def target(kpi_id: str, start: date) -> Fraction | None:
        for row in targets:
            ends = date.fromisoformat(row["valid_to"]) if row["valid_to"] else date.max
            if row["kpi_id"] == kpi_id and date.fromisoformat(row["valid_from"]) <= start < ends:
                return Fraction(row["target"])
        return None

    ends = {"day": lambda start: start, "week": lambda start: start + timedelta(days=6), "month": month_end}
    for kpi_id in ("calls_999_within_10s", "calls_101_within_30s"):
        for period_type, newest in (("day", 14), ("week", 13), ("month", 13), ("quarter", 8), ("year", 5)):
            keys = [key for key in facts.figures if key[:2] == (kpi_id, period_type) and key[3] == "force"]
            for key in sorted(keys, key=lambda each: each[2])[-newest:]:
                wanted = target(kpi_id, key[2])
                value = facts.figures[key].value
                expected[(kpi_id, period_type, key[2], "exports")] = figure_columns(facts, key) | {
                    "target": wanted,
                    "is_target_met": None if value is None or wanted is None else value >= wanted,
                }
                if period_type in ends:
                    last = ends[period_type](key[2])
                    expected[(kpi_id, period_type, key[2], "exports")]["disruption_keys"] = facts.disruption_keys(
                        key[2], last
                    )
        for row in facts.reference_data("published_figures"):
            if row["kpi_id"] == kpi_id:
                start, value = date.fromisoformat(row["period_start"]), Fraction(row["value"])
                wanted = target(kpi_id, start)
                expected[(kpi_id, row["period_type"], start, f"published: {row['source']}")] = {
                    "value": value,
                    "target": wanted,
                    "is_target_met": None if wanted is None else value >= wanted,
                    "numerator": None,
                    "quality_state": "PUBLISHED",
                }
    found = answered(season_warehouse, "Q01")
    assert_equal(found, ("kpi_id", "period_type", "period_start", "source"), expected)
    of_101 = [row for row in found if row["kpi_id"] == "calls_101_within_30s" and row["period_type"] == "year"]
    years = [(row["period_start"], row["value"]) for row in of_101][-3:]
    assert years == [(date(2020, 4, 1), 0.52), (date(2019, 4, 1), 0.657), (date(2018, 4, 1), 0.618)]


def test_q02_counts_the_calls_of_the_month_by_line_weekday_and_half_hour(
    season_warehouse: Settings, facts: Facts
) -> None:
    month = facts.chosen_month("acd_segments")
    groups: dict[tuple[Any, ...], list[reference.Call]] = defaultdict(list)
    for call in facts.calls:
        offered = local(call.offered_at)
        if call.outcome != "test" and offered.date().replace(day=1) == month:
            groups[(call.line, "whole month", "")].append(call)
            groups[(call.line, "weekday", f"{offered.isoweekday()} {offered:%A}")].append(call)
            half_hour = f"{offered.hour:02d}:{offered.minute // 30 * 30:02d}"
            groups[(call.line, "half-hour", half_hour)].append(call)
    expected: Expected = {}
    for key, calls in groups.items():
        offered_count = sum(call.outcome not in NOT_OFFERED for call in calls)
        talked = [call for call in calls if call.outcome == "answered"]
        waits = [call.wait_seconds for call in talked if call.wait_seconds is not None]
        gone = [call for call in calls if call.outcome == "abandoned"]
        short = sum(call.is_short_abandon for call in gone)
        known = [call for call in gone if call.caller is not None]
        redialled = sum(call.is_redialled for call in known)
        expected[key] = {
            "month_start": month,
            "presented_count": len(calls),
            "offered_count": offered_count,
            "wait_mean": share(sum(waits), len(waits)),
            "wait_median": percentile(waits, Fraction(1, 2)),
            "wait_p90": percentile(waits, Fraction(9, 10)),
            "wait_p95": percentile(waits, Fraction(19, 20)),
            "wait_longest": max(waits, default=None),
            "short_abandon_seconds": 5,
            "short_abandoned_count": short,
            "short_abandoned_ratio": share(short, offered_count),
            "long_abandoned_count": len(gone) - short,
            "long_abandoned_ratio": share(len(gone) - short, offered_count - short),
            "redialled_count": redialled,
            "abandoned_with_token_count": len(known),
            "redialled_ratio": share(redialled, len(known)),
            "callback_count": sum(call.outcome == "callback" for call in calls),
            "measured_count": len(waits),
            "eligible_count": len(talked),
            "disruption_keys": facts.disruption_keys(month, month_end(month)),
        }
    assert_equal(answered(season_warehouse, "Q02"), ("line", "part", "part_of"), expected)
    assert any(columns["short_abandoned_count"] for columns in expected.values())
    assert any(columns["redialled_count"] for columns in expected.values())


def test_q05_divides_demand_by_type_area_and_month(season_warehouse: Settings, facts: Facts) -> None:
    answers: dict[tuple[date, str], list[reference.Call]] = defaultdict(list)
    for call in facts.calls:
        if call.outcome == "answered":
            month = local(call.offered_at).date().replace(day=1)
            incident = facts.incident_of_call.get(call.call_key)
            answers[month, "FORCE"].append(call)
            answers[month, facts.incident[incident].area_code if incident else "NO_INCIDENT"].append(call)
    expected: Expected = {}
    for (month, area), calls in answers.items():
        coded = [call for call in calls if call.has_wrap_code]
        days = facts.days_of("acd_segments", month, month_end(month))
        for demand in ("internal", "failure", "other_agency"):
            count = sum(call.demand_type == demand for call in coded)
            expected[(month, area, demand)] = {
                "call_count": count,
                "coded_count": len(coded),
                "share_ratio": share(count, len(coded)),
                "day_count": days,
                "calls_per_day": share(count, days),
                "measured_count": len(coded),
                "eligible_count": len(calls),
                "disruption_keys": facts.disruption_keys(month, month_end(month)),
            }
    for (month, area, demand), columns in expected.items():
        earlier = [key for key in expected if key[1:] == (area, demand) and key[0] < month]
        before = expected[max(earlier)]["calls_per_day"] if earlier else None
        columns["change_per_day"] = columns["calls_per_day"] - before if before is not None else None
    assert_equal(answered(season_warehouse, "Q05"), ("month_start", "area_code", "demand_type"), expected)
    one_area = answered(season_warehouse, "Q05", area="TELF")
    assert {row["area_code"] for row in one_area} == {"TELF"}
    assert len(one_area) == sum(key[1] == "TELF" for key in expected)


def test_q06_puts_digital_contacts_beside_101_calls_by_week(season_warehouse: Settings, facts: Facts) -> None:
    contacts = facts.rows("digital_contacts")
    live = min(monday(local(instant(row["OPENED"])).date()) for row in contacts if row["CHANNEL"] == "DIGITAL_DESK")
    assert live == date(2021, 9, 20)
    months = {local(instant(row["OPENED"])).date().replace(day=1) for row in contacts}
    groups: dict[tuple[date, str], list[Row]] = defaultdict(list)
    for row in contacts:
        week = monday(local(instant(row["OPENED"])).date())
        groups[week, "ALL"].append(row)
        groups[week, row["PLATFORM"]].append(row)
    expected: Expected = {}
    for (week, platform), rows in groups.items():
        days = sum((week + timedelta(days=number)).replace(day=1) in months for number in range(7))
        calls = facts.figures.get(("calls_offered", "week", week, "line", "101"))
        call_days = facts.days_of("acd_segments", week, week + timedelta(days=6))
        inwards = sum(row["DIRECTION"] == "IN" for row in rows)
        outwards = sum(row["DIRECTION"] == "OUT" for row in rows)
        expected[(week, platform)] = {
            "weeks_since_live": (week - live).days // 7,
            "engagement_count": inwards,
            "outbound_count": outwards,
            "day_count": days,
            "engagements_per_day": share(inwards, days),
            "outbound_per_day": share(outwards, days),
            "calls_101_offered": calls.numerator if calls else None,
            "calls_101_per_day": share(calls.numerator, call_days) if calls and calls.numerator is not None else None,
            "measured_count": inwards + outwards,
            "eligible_count": len(rows),
        }
    assert_equal(answered(season_warehouse, "Q06"), ("week_start_date", "platform"), expected)


def test_q07_puts_the_factors_beside_the_weeks_that_fell(season_warehouse: Settings, facts: Facts) -> None:
    staffed: dict[date, int] = defaultdict(int)
    intervals: dict[Any, Any] = facts.landing.tables["acd_agent_intervals"]
    for (start, _), (_, seconds, *_) in intervals.items():
        staffed[monday(local(start).date())] += seconds or 0
    people: dict[date, list[Row]] = defaultdict(list)
    for row in facts.rows("workforce"):
        if row["UNIT"] == "OCC":
            people[date.fromisoformat(f"{row['MONTH']}-01")].append(row)
    expected: Expected = {}
    before: Row = {}
    weeks = sorted(key for key in facts.figures if key[:2] == ("calls_101_within_30s", "week") and key[3] == "force")
    for key in weeks:
        week = key[2]
        columns = figure_columns(facts, key)
        columns["within_ratio"] = columns.pop("value")
        starts = int(datetime.combine(week, datetime.min.time(), local_zone()).timestamp())
        ends = int(datetime.combine(week + timedelta(days=7), datetime.min.time(), local_zone()).timestamp())
        overlap = max(0, min(facts.outage_ends, ends) - max(facts.outage_starts, starts))
        roles = people[week.replace(day=1)]
        places = sum(Fraction(row["ESTABLISHMENT_FTE"]) for row in roles)
        staff = sum(Fraction(row["STRENGTH_FTE"]) for row in roles)
        columns |= {
            "staffed_hours": Fraction(staffed[week], 3600),
            "occupancy_ratio": facts.figures[("calls_occupancy", "week", week, "force", "FORCE")].value,
            "offered_count": facts.figures[("calls_offered", "week", week, "force", "FORCE")].value,
            "disruption_hours": Fraction(overlap, 3600),
            "vacancy_ratio": share(places - staff, places),
            "abstraction_ratio": share(sum(Fraction(row["ABSTRACTED_FTE"]) for row in roles), staff),
            "disruption_keys": facts.disruption_keys(week, week + timedelta(days=6)),
        }
        if before:
            columns |= {
                "is_fall": columns["within_ratio"] < before["within_ratio"],
                "within_change": columns["within_ratio"] - before["within_ratio"],
                "staffed_hours_change": columns["staffed_hours"] - before["staffed_hours"],
                "occupancy_change": columns["occupancy_ratio"] - before["occupancy_ratio"],
                "offered_change": columns["offered_count"] - before["offered_count"],
            }
        expected[(week,)] = before = columns
    assert_equal(answered(season_warehouse, "Q07"), ("week_start_date",), expected)
    assert {columns.get("is_fall") for columns in expected.values()} == {None, True, False}
    assert sum(columns["disruption_hours"] for columns in expected.values()) == Fraction(23, 2)


def local_zone() -> Any:
    from tests.questions.facts import LONDON

    return LONDON


def test_q08_keeps_the_clocks_apart_and_states_the_difference(season_warehouse: Settings, facts: Facts) -> None:
    for force in ("West Mercia", "Cheshire"):
        national = {
            date.fromisoformat(f"{row['MONTH']}-01"): row
            for row in facts.rows("bt_999_national")
            if row["FORCE"] == force
        }
        own = {key[2]: row for key, row in facts.figures.items() if key[:2] == ("calls_999_within_10s", "month")
               and key[3] == "force"}  # fmt: skip
        expected: Expected = {}
        for month in own.keys() | national.keys():
            ours, theirs = own.get(month), national.get(month)
            their_share = share(int(theirs["UNDER_10"]), int(theirs["CALLS"])) if theirs else None
            our_share = ours.value if ours else None
            expected[(month,)] = {
                "force_in_time_count": ours.numerator if ours else None,
                "force_known_wait_count": ours.denominator if ours else None,
                "force_ratio": our_share,
                "national_under_10_count": int(theirs["UNDER_10"]) if theirs else None,
                "national_call_count": int(theirs["CALLS"]) if theirs else None,
                "national_ratio": their_share,
                "national_mean_seconds": Fraction(theirs["MEAN_SECONDS"]) if theirs else None,
                "difference_in_calls": ours.denominator - int(theirs["CALLS"]) if ours and theirs else None,
                "difference_points": None if our_share is None or their_share is None
                else 100 * (our_share - their_share),
            }  # fmt: skip
        assert any(columns["difference_points"] for columns in expected.values())
        found = answered(season_warehouse, "Q08", **({} if force == "West Mercia" else {"force": force}))
        assert_equal(found, ("month_start",), expected)


CHARTED = {
    "calls_999_within_10s": "higher", "calls_101_within_30s": "higher", "calls_abandoned": "lower",
    "demand_failure": "lower", "calls_answered": "higher",
}  # fmt: skip


def test_q03_says_what_the_control_charts_say(season_warehouse: Settings, facts: Facts) -> None:
    """Charts drawn anew from the weekly figures of the reference, in whole weeks that nothing disrupted."""
    targets = {"calls_999_within_10s": 0.9, "calls_101_within_30s": 0.6}
    expected: Expected = {}
    for kpi_id, better in CHARTED.items():
        weeks = []
        for key in sorted(key for key in facts.figures if key[:2] == (kpi_id, "week") and key[3] == "force"):
            value, last = facts.figures[key].value, key[2] + timedelta(days=6)
            is_whole = facts.days_of("acd_segments", key[2], last) == 7
            state = "DISRUPTED" if facts.disruption_keys(key[2], last) else "OK" if is_whole else "PARTIAL"
            assert value is not None
            weeks.append(signals.Week(key[2], float(value), state, targets.get(kpi_id)))
        chart = signals.chart(weeks, better=better)
        newest = max(monday for monday, each in chart.items() if each.is_newest_point)
        point = chart[newest]
        figure = facts.figures[(kpi_id, "week", newest, "force", "FORCE")]
        expected[(kpi_id,)] = {
            "week_start_date": newest,
            "numerator": figure.numerator,
            "denominator": figure.denominator,
            "value": figure.value,
            "centre": point.centre,
            "lower_limit": point.lower_limit,
            "upper_limit": point.upper_limit,
            "variation": point.variation,
            "assurance": point.assurance,
            "target": targets.get(kpi_id),
            "signal_count": sum(any(each.rules) for each in chart.values()),
            "point_count": sum(week.quality_state == "OK" for week in weeks),
            "disruption_keys": facts.outage["DISRUPTION_ID"],
        }
    found = answered(season_warehouse, "Q03")
    assert_equal([row for row in found if row["kpi_id"] in CHARTED], ("kpi_id",), expected)
    assert {row["scope_code"] for row in found} == {"FORCE"}
    assert {row["scope_code"] for row in answered(season_warehouse, "Q03", area="TELF")} == {"TELF"}


# --- incidents
def test_q09_says_how_fast_of_how_many_and_how_it_is_known(season_warehouse: Settings, facts: Facts) -> None:
    sources: dict[tuple[date, str, str], list[str]] = defaultdict(list)
    for each in facts.incidents:
        if (
            each.is_attended and not each.is_duplicate and not each.is_back_record
            and each.grade_final == "1" and each.at_scene_source
        ):  # fmt: skip
            urban = "Y" if each.is_urban else "N"
            scopes = (("force", "FORCE"), ("area", each.area_code), ("urban", urban),
                      ("area_urban", f"{each.area_code}/{urban}"))  # fmt: skip
            for scope in scopes:
                sources[(day(each.created_day).replace(day=1), *scope)].append(each.at_scene_source)
    expected: Expected = {}
    for key, row in facts.figures.items():
        if key[:2] == ("response_grade1_median", "month"):
            within = facts.figures.get(("response_grade1_within_target", *key[1:]))
            p90 = facts.figures[("response_grade1_p90", *key[1:])]
            known = sources[key[2:]]
            expected[key[2:]] = {
                "median_seconds": row.value,
                "p90_seconds": p90.value,
                "within_ratio": within.value if within else None,
                "measured_count": row.measured_count,
                "eligible_count": row.eligible_count,
                "from_incident_export_count": known.count("incident_export"),
                "from_resource_status_count": known.count("resource_status"),
                "from_legacy_export_count": known.count("legacy_export"),
            }
            if within and within.denominator:
                expected[key[2:]] |= {"within_numerator": within.numerator, "within_denominator": within.denominator}
    found = answered(season_warehouse, "Q09")
    assert_equal(found, ("month_start", "scope_type", "scope_code"), expected)
    for column in ("from_incident_export_count", "from_resource_status_count", "from_legacy_export_count"):
        assert sum(row[column] for row in found) > 0
    for row in found:
        assert row["measured_count"] == sum(row[f"from_{name}_count"] for name in
                                            ("incident_export", "resource_status", "legacy_export"))  # fmt: skip
    one = answered(season_warehouse, "Q09", area="HEREF", month="2021-10")
    assert {(row["month_start"], row["scope_code"]) for row in one} == {
        (date(2021, 10, 1), code) for code in ("HEREF", "HEREF/Y", "HEREF/N")
    }


@pytest.mark.parametrize(
    "change", ["is_duplicate = true", "is_back_record = true", "is_attended = false", "grade_final = '2'"]
)
def test_q09_says_how_of_the_incidents_that_are_in_the_figure_only(
    season_warehouse: Settings, tmp_path: Path, change: str
) -> None:
    file = tmp_path / "occ.duckdb"
    copy_to_single_file(season_warehouse, file)
    with duckdb.connect(str(file)) as con:
        con.execute(f"update marts.fct_incidents set {change}")
        answer = questions.ask_on(con, questions.question("Q09"), {"month": "2021-12"})
    places = [index for index, name in enumerate(answer.columns) if name.startswith("from_")]
    assert len(places) == 3
    assert {row[index] for row in answer.rows for index in places} == {0}


def test_q10_gives_the_median_of_every_stage(season_warehouse: Settings, facts: Facts) -> None:
    month = facts.chosen_month("saab_incidents")
    stages = ("answer", "create", "grade", "assign", "en_route", "scene", "close")
    expected: Expected = {}
    for number, stage in enumerate(stages, 1):
        for key, row in facts.figures.items():
            if key[:3] == (f"response_stage_{stage}_median", "month", month):
                expected[(*key[3:], number)] = {
                    "median_seconds": row.value,
                    "measured_count": row.measured_count,
                    "eligible_count": row.eligible_count,
                    "month_start": month,
                }
    assert {key[2] for key in expected} == set(range(1, 8))
    assert_equal(answered(season_warehouse, "Q10"), ("scope_type", "scope_code", "stage_no"), expected)


def shift_of(at: int) -> str:
    hour = local(at).hour
    return "EARLY" if 7 <= hour < 15 else "LATE" if 15 <= hour < 23 else "NIGHT"


def test_q13_compares_the_areas_by_shift(season_warehouse: Settings, facts: Facts) -> None:
    month = facts.chosen_month("saab_incidents")
    waits: dict[tuple[str, str], list[int | None]] = defaultdict(list)
    for each in facts.incidents:
        if each.first_tasked_at is not None and day(each.created_day).replace(day=1) == month:
            took = None
            if each.first_assigned_at is not None and each.first_assigned_at >= each.first_tasked_at:
                took = each.first_assigned_at - each.first_tasked_at
            for area in ("ALL", each.area_code):
                for shift in ("ALL", shift_of(each.first_tasked_at)):
                    waits[area, shift].append(took)
    events: dict[tuple[str, str], list[str]] = defaultdict(list)
    for key, log in facts.events.items():
        for event in log:
            if event.code in ("TASKED", "TASK_DECLINED") and local(event.at).date().replace(day=1) == month:
                for area in ("ALL", facts.incident[key].area_code if key in facts.incident else "UNKNOWN"):
                    for shift in ("ALL", shift_of(event.at)):
                        events[area, shift].append(event.code)
    expected: Expected = {}
    for scope in waits.keys() | events.keys():
        known = [took for took in waits[scope] if took is not None]
        declined, tasked = events[scope].count("TASK_DECLINED"), events[scope].count("TASKED")
        expected[scope] = {
            "median_seconds": percentile(known, Fraction(1, 2)),
            "p90_seconds": percentile(known, Fraction(9, 10)),
            "measured_count": len(known),
            "eligible_count": len(waits[scope]),
            "declined_count": declined,
            "tasked_count": tasked,
            "declined_ratio": share(declined, tasked),
            "month_start": month,
        }
    assert_equal(answered(season_warehouse, "Q13"), ("area_code", "shift"), expected)


# --- unresourced
WAITING = ("UNRESOURCED", "DIARY", "DIARY_OVERDUE")


def test_q11_counts_now_each_hour_and_the_average_day(season_warehouse: Settings, facts: Facts) -> None:
    as_of = states_as_of(facts.landing)
    assert as_of is not None
    today = local(as_of - 1).date()
    expected: Expected = {}
    groups: dict[tuple[str, str, str], list[reference.State]] = defaultdict(list)
    for each in facts.states:
        if each.ended_at is None and each.state in WAITING and not each.is_duplicate:
            kind = str(each.kind)
            for key in (("ALL", "FORCE", "ALL"), (kind, "FORCE", "ALL"), (kind, each.area_code, "ALL"),
                        (kind, "FORCE", each.grade)):  # fmt: skip
                groups[key].append(each)
    assert groups["ALL", "FORCE", "ALL"]
    for (kind, area, grade), members in groups.items():
        ages = [as_of - each.spell_started_at for each in members if each.spell_started_at is not None]
        beyond = 0
        for each in members:
            target = target_seconds(each.grade, each.is_urban, each.created_day, facts.targets)
            beyond += target is not None and as_of - (each.spell_started_at or as_of) > target
        expected[("1 now", local(as_of), "ALL", kind, area, grade)] = {
            "on_date": today,
            "incident_count": len(members),
            "high_risk_count": sum(each.thrive_risk == "HIGH" for each in members),
            "domestic_abuse_count": sum(each.is_domestic_abuse for each in members),
            "beyond_target_count": beyond,
            "oldest_hours": Fraction(max(ages), 3600),
            "measured_count": len(members),
            "eligible_count": len(members),
            "upper_limit": None,
            "disruption_keys": None,
        }
    hours: dict[tuple[Any, ...], list[reference.HourCell]] = defaultdict(list)
    for cell in facts.hours:
        if day(cell.hour_day) == today:
            for kind in ("ALL", cell.kind):
                hours[("2 each hour of the newest day", local(cell.hour_at), kind)].append(cell)
    assert len(hours) == 24 * 5
    for (part, at, kind), cells in hours.items():
        oldest = [cell.oldest_seconds for cell in cells if cell.oldest_seconds is not None]
        expected[(part, at, f"{at:%H}:00", kind, "FORCE", "ALL")] = {
            "incident_count": sum(cell.incident_count for cell in cells),
            "high_risk_count": sum(cell.high_risk_count for cell in cells),
            "domestic_abuse_count": sum(cell.domestic_abuse_count for cell in cells),
            "beyond_target_count": sum(cell.beyond_target_count for cell in cells),
            "oldest_hours": Fraction(max(oldest), 3600) if oldest else None,
            "measured_count": 0 if cells[0].is_estimated else 1,
        }
    expected |= average_day(facts, date(2021, 12, 1))
    keys = ("part", "at_local", "hour_of_day", "kind", "area_code", "grade")
    assert_equal(answered(season_warehouse, "Q11"), keys, expected)
    november = answered(season_warehouse, "Q11", month="2021-11", area="TELF")
    of_month = {key: columns for key, columns in average_day(facts, date(2021, 11, 1)).items() if key[4] == "TELF"}
    assert_equal([row for row in november if row["part"] == "3 average day"], keys, of_month)


def average_day(facts: Facts, month: date) -> Expected:
    averages: dict[tuple[str, ...], list[reference.HourCell]] = defaultdict(list)
    for cell in facts.hours:
        if day(cell.hour_day).replace(day=1) == month:
            for key in (("ALL", "ALL", "FORCE", "ALL"), ("ALL", cell.kind, "FORCE", "ALL"),
                        ("ALL", cell.kind, cell.area_code, "ALL"), ("ALL", cell.kind, "FORCE", cell.grade),
                        (f"{local(cell.hour_at):%H}:00", cell.kind, "FORCE", "ALL")):  # fmt: skip
                averages[key].append(cell)
    expected: Expected = {}
    for key, cells in averages.items():
        known = [cell for cell in cells if not cell.is_estimated]
        count = len({cell.hour_at for cell in known})
        expected[("3 average day", None, *key)] = {
            "on_date": month,
            "incident_count": share(sum(cell.incident_count for cell in known), count),
            "high_risk_count": share(sum(cell.high_risk_count for cell in known), count),
            "domestic_abuse_count": share(sum(cell.domestic_abuse_count for cell in known), count),
            "beyond_target_count": share(sum(cell.beyond_target_count for cell in known), count),
            "hourly_count_sum": sum(cell.incident_count for cell in known),
            "hour_count": count,
            "measured_count": count,
            "eligible_count": len({cell.hour_at for cell in cells}),
            "disruption_keys": facts.disruption_keys(month, month_end(month)),
        }
    return expected


def test_q11_holds_counts_against_the_limits_where_there_are_any(season_warehouse: Settings, tmp_path: Path) -> None:
    file = tmp_path / "occ.duckdb"
    copy_to_single_file(season_warehouse, file)
    with duckdb.connect(str(file)) as con:
        con.execute("drop table if exists marts.dim_unresourced_limits")
        con.execute(
            "create table marts.dim_unresourced_limits as select * from (values "
            "('FORCE', 'ALL', 'ALL', 120, 90, date '2018-01-01', date '2021-12-15', ''), "
            "('FORCE', 'ALL', 'ALL', 130, 95, date '2021-12-15', null, ''), "
            "('TELF', 'ALL', 'LIVE', 20, 10, date '2018-01-01', null, '')) as listed "
            "(area_code, grade, kind, upper_limit, area_of_concern, valid_from, valid_to, source)"
        )
        answer = questions.ask_on(con, questions.question("Q11"), {})
    found = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    limits = {
        (row["part"][0], row["area_code"], row["kind"]): (row["upper_limit"], row["area_of_concern"])
        for row in found
        if row["upper_limit"] is not None and row["hour_of_day"] in ("ALL", "12:00")
    }
    assert limits == {
        ("1", "FORCE", "ALL"): (130, 95),
        ("2", "FORCE", "ALL"): (130, 95),
        ("3", "FORCE", "ALL"): (120, 90),
        ("3", "TELF", "LIVE"): (20, 10),
    }


def test_q12_names_the_risk_that_waits_and_counts_its_hours(season_warehouse: Settings, facts: Facts) -> None:
    as_of = states_as_of(facts.landing)
    assert as_of is not None
    expected: Expected = {}
    for each in facts.states:
        is_open = each.ended_at is None and each.state == "UNRESOURCED" and not each.is_duplicate
        if is_open and each.thrive_risk == "HIGH" and each.spell_started_at is not None:
            expected[("1 waiting now at high risk", None, each.area_code, each.incident_key)] = {
                "waited_hours": Fraction(as_of - each.spell_started_at, 3600)
            }
    for key, waited in facts.figures.items():
        if key[:2] == ("unresourced_hours", "month"):
            risk = facts.figures.get(("unresourced_risk_hours", *key[1:]))
            again = facts.figures.get(("rethrive_in_time", *key[1:]))
            risk_hours = risk.value if risk and risk.value is not None else Fraction(0)
            expected[("2 by month and area", key[2], key[4], None)] = {
                "unresourced_hours": waited.value,
                "risk_hours": risk_hours,
                "risk_hours_ratio": risk_hours / waited.value if waited.value else None,
                "rethrived_count": again.numerator if again else None,
                "delayed_count": again.denominator if again else None,
                "rethrive_ratio": again.value if again else None,
                "measured_count": again.measured_count if again else 0,
                "eligible_count": again.eligible_count if again else 0,
            }
    assert any(columns.get("rethrived_count") for columns in expected.values())
    assert any(columns.get("risk_hours") for columns in expected.values())
    found = answered(season_warehouse, "Q12")
    assert_equal(found, ("part", "month_start", "area_code", "incident_key"), expected)


def test_q14_adds_up_in_every_period(season_warehouse: Settings, facts: Facts) -> None:
    assert_equal(answered(season_warehouse, "Q14"), ("period_type", "period_start", "kind"), stocks(facts, None))
    one_area = answered(season_warehouse, "Q14", area="SHROP")
    assert_equal(one_area, ("period_type", "period_start", "kind"), stocks(facts, "SHROP"))


def stocks(facts: Facts, area: str | None) -> Expected:
    hours: dict[tuple[int, str], list[reference.HourCell]] = defaultdict(list)
    for cell in facts.hours:
        if area in (None, cell.area_code):
            hours[cell.hour_at, cell.kind].append(cell)
    periods: dict[tuple[str, date, str], list[tuple[int, list[reference.HourCell]]]] = defaultdict(list)
    for (at, kind), cells in sorted(hours.items()):
        today = local(at).date()
        month = today.replace(day=1)
        for period_type, start in (("week", monday(today)), ("month", month),
                                   ("quarter", month.replace(month=(month.month - 1) // 3 * 3 + 1))):  # fmt: skip
            periods[period_type, start, kind].append((at, cells))
    expected: Expected = {}
    closed: dict[tuple[str, str], int] = defaultdict(int)
    for (period_type, start, kind), members in sorted(periods.items()):
        stock = [sum(cell.incident_count for cell in cells) for _, cells in members]
        known = [each for each, (_, cells) in zip(stock, members, strict=True) if not cells[0].is_estimated]
        last = {"week": start + timedelta(days=6), "month": month_end(start),
                "quarter": month_end(start + timedelta(days=62))}[period_type]  # fmt: skip
        expected[(period_type, start, kind)] = {
            "opening_stock": closed[period_type, kind],
            "inflow_count": sum(cell.inflow_count for _, cells in members for cell in cells),
            "outflow_count": sum(cell.outflow_count for _, cells in members for cell in cells),
            "closing_stock": stock[-1],
            "difference": 0,
            "hourly_count_sum": sum(known),
            "hour_count": len(known),
            "average_stock": share(sum(known), len(known)),
            "measured_count": len(known),
            "eligible_count": len(members),
            "disruption_keys": facts.disruption_keys(start, last),
        }
        closed[period_type, kind] = stock[-1]
    return expected


# --- diary
Version = dict[str, Any]


def appointments_of(facts: Facts) -> dict[str, list[Version]]:
    """Every appointment's versions in order."""
    fields = ("version", "incident", "diary", "booked_at", "slot_start", "slot_end", "status", "attended_at")
    found: dict[str, list[tuple[int, Version]]] = defaultdict(list)
    table: dict[Any, Any] = facts.landing.tables["saab_diary"]
    for (appointment, number), record in table.items():
        found[appointment].append((number, dict(zip(fields, record, strict=False))))
    return {
        key: [version for _, version in sorted(versions, key=lambda each: each[0])] for key, versions in found.items()
    }


def outcome_of(latest: Version) -> str | None:
    if latest["status"] == "ATTENDED":
        if latest["attended_at"] is None or latest["slot_end"] is None:
            return None
        return "KEPT" if latest["attended_at"] <= latest["slot_end"] else "LATE"
    return latest["status"] if latest["status"] in ("FAILED", "CANCELLED_VICTIM", "CANCELLED_POLICE") else "OUTSTANDING"


def at_booking(facts: Facts, incident: str, booked_at: int | None, codes: tuple[str, str]) -> str | None:
    """What the log said last at the booking."""
    if booked_at is None:
        return None
    known = [event for event in facts.events.get(incident, []) if event.code in codes and event.at <= booked_at]
    return max(known, key=lambda event: (event.at, event.number)).to_value if known else None


def test_q15_says_what_goes_into_the_diaries_and_what_comes_of_it(season_warehouse: Settings, facts: Facts) -> None:
    as_of = int(reference.as_of(facts.landing)["incidents"].timestamp())
    rows = []
    for versions in appointments_of(facts).values():
        first, latest = versions[0], versions[-1]
        incident = facts.incident.get(latest["incident"])
        grade = at_booking(facts, latest["incident"], first["booked_at"], ("GRADED", "REGRADED"))
        risk = at_booking(facts, latest["incident"], first["booked_at"], ("THRIVE", "RETHRIVE"))
        waiting = None
        if incident and first["slot_start"] is not None and first["slot_start"] >= incident.created_at:
            waiting = first["slot_start"] - incident.created_at
        has_passed = latest["slot_end"] is not None and latest["slot_end"] <= as_of
        month = local(latest["slot_end"]).date().replace(day=1).isoformat() if latest["slot_end"] else "no slot end"
        rows.append({
            "diary": latest["diary"], "month": month, "grade": grade or "none yet", "risk": risk or "none yet",
            "abuse": bool(incident and incident.is_domestic_abuse), "is_known": incident is not None,
            "is_inappropriate": grade == "1" or risk == "HIGH", "outcome": outcome_of(latest),
            "is_judgeable": has_passed and latest["status"] != "CANCELLED_VICTIM", "waiting": waiting,
            "age": as_of - latest["slot_end"] if has_passed and outcome_of(latest) == "OUTSTANDING" else None,
            "is_moved": any(version["status"] == "MOVED" for version in versions),
        })  # fmt: skip
    expected: Expected = {}
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups["1 what goes in", row["diary"], None, row["grade"], row["risk"], row["abuse"]].append(row)
        for scope in ((row["diary"], row["month"]), (row["diary"], "ALL"), ("ALL", "ALL")):
            groups[("2 what came of it", *scope, None, None, None)].append(row)
    for key, members in groups.items():
        if key[0] == "1 what goes in":
            diary_count = sum(row["diary"] == key[1] for row in rows)
            expected[key] = {
                "appointment_count": len(members),
                "diary_count": diary_count,
                "share_ratio": share(len(members), diary_count),
                "inappropriate_count": sum(row["is_inappropriate"] for row in members),
                "measured_count": sum(row["is_known"] for row in members),
                "eligible_count": len(members),
            }
            continue
        judged = [row["outcome"] for row in members if row["is_judgeable"] and row["outcome"]]
        outcomes = [row["outcome"] for row in members]
        waits = [row["waiting"] for row in members if row["waiting"] is not None]
        ages = [row["age"] for row in members if row["age"] is not None]
        median = percentile(waits, Fraction(1, 2))
        expected[key] = {
            "appointment_count": len(members),
            "judged_count": len(judged),
            "kept_count": judged.count("KEPT"),
            "kept_ratio": share(judged.count("KEPT"), len(judged)),
            "late_count": judged.count("LATE"),
            "failed_count": judged.count("FAILED"),
            "failed_ratio": share(judged.count("FAILED"), len(judged)),
            "cancelled_by_victim_count": outcomes.count("CANCELLED_VICTIM"),
            "cancelled_by_police_count": outcomes.count("CANCELLED_POLICE"),
            "outstanding_count": outcomes.count("OUTSTANDING"),
            "outstanding_age_days": Fraction(max(ages), 86_400) if ages else None,
            "moved_count": sum(row["is_moved"] for row in members),
            "moved_ratio": share(sum(row["is_moved"] for row in members), len(members)),
            "days_waiting_median": median / 86_400 if median is not None else None,
            "days_waiting_known_count": len(waits),
            "eligible_count": sum(row["is_judgeable"] for row in members),
        }
    found = answered(season_warehouse, "Q15")
    keys = ("part", "diary_code", "month", "grade_at_booking", "risk_at_booking", "is_domestic_abuse")
    assert_equal(found, keys, expected)
    total = expected[("2 what came of it", "ALL", "ALL", None, None, None)]
    assert all(total[name] for name in ("kept_count", "late_count", "failed_count", "moved_count", "outstanding_count"))
    assert any(columns.get("inappropriate_count") for columns in expected.values())


def test_q16_names_the_incidents_that_were_parked_and_never_attended(season_warehouse: Settings, facts: Facts) -> None:
    appointments: dict[str, list[Version]] = defaultdict(list)
    for versions in appointments_of(facts).values():
        appointments[versions[-1]["incident"]].append(versions[-1])
    parked = [each for each in facts.incidents if each.incident_key in appointments and not each.is_duplicate]
    months: dict[date, list[reference.Incident]] = defaultdict(list)
    for each in parked:
        months[day(each.created_day).replace(day=1)].append(each)
    expected: Expected = {}
    for month, members in months.items():
        never = sum(each.never_attended_after_diary for each in members)
        expected[("1 by month", month, None)] = {
            "never_attended_count": never,
            "with_appointment_count": len(members),
            "never_attended_ratio": share(never, len(members)),
            "measured_count": len(members),
            "eligible_count": len(members),
        }
    for each in parked:
        if each.never_attended_after_diary:
            latest = appointments[each.incident_key]
            ends = [version["slot_end"] for version in latest if version["slot_end"] is not None]
            expected[("2 incidents", day(each.created_day).replace(day=1), each.incident_key)] = {
                "created_at_local": local(each.created_at),
                "area_code": each.area_code,
                "grade_final": each.grade_final,
                "thrive_risk": each.thrive_risk,
                "is_domestic_abuse": each.is_domestic_abuse,
                "is_open": each.is_open,
                "appointment_count": len(latest),
                "diaries": ", ".join(sorted({version["diary"] for version in latest})),
                "last_slot_end_local": local(max(ends)) if ends else None,
            }
            if len(latest) == 1:
                expected[("2 incidents", day(each.created_day).replace(day=1), each.incident_key)]["last_outcome"] = (
                    outcome_of(latest[0])
                )
    assert any(key[0] == "2 incidents" for key in expected)
    assert_equal(answered(season_warehouse, "Q16"), ("part", "month_start", "incident_key"), expected)
    telf = answered(season_warehouse, "Q16", area="TELF", month="2021-10")
    assert all(row["area_code"] in ("TELF", None) and row["month_start"] == date(2021, 10, 1) for row in telf)


def test_q16_leaves_duplicates_out(season_warehouse: Settings, tmp_path: Path) -> None:
    file = tmp_path / "occ.duckdb"
    copy_to_single_file(season_warehouse, file)
    with duckdb.connect(str(file)) as con:
        con.execute("update marts.fct_incidents set is_duplicate = true")
        assert questions.ask_on(con, questions.question("Q16"), {}).rows == []


# --- the pilot
def test_q17_gives_outcomes_by_pilot_and_other_areas(season_warehouse: Settings, facts: Facts) -> None:
    design = facts.reference_data("da_pilot_design")
    areas = {row["area_code"] for row in design}
    starts, ends = date.fromisoformat(design[0]["starts_on"]), date.fromisoformat(design[0]["ends_on"])
    outcomes = facts.outcomes()
    diaries: dict[str, set[str]] = defaultdict(set)
    for versions in appointments_of(facts).values():
        diaries[versions[-1]["incident"]].add(versions[-1]["diary"])

    def place(of: date, area: str) -> tuple[str, str]:
        phase = "before" if of < starts else "during" if of <= ends else "after"
        return phase, "pilot" if area in areas else "other"

    ours = [each for each in facts.incidents if each.is_domestic_abuse and not each.is_duplicate
            and each.system_version != "legacy"]  # fmt: skip
    victims: dict[str, list[reference.Incident]] = defaultdict(list)
    for each in ours:
        victim = outcomes.get(each.incident_key, {}).get("VICTIM_ID")
        if victim:
            victims[victim].append(each)
    repeats = {
        each.incident_key
        for of_victim in victims.values()
        for each in of_victim
        if any(each.created_at - 28 * 86_400 <= other.created_at < each.created_at for other in of_victim)
    }
    groups: dict[tuple[Any, ...], list[reference.Incident]] = defaultdict(list)
    for each in ours:
        scope = place(day(each.created_day), each.area_code)
        groups[("1 before and during", *scope, None)].append(each)
        groups[("2 weekly", *scope, monday(day(each.created_day)))].append(each)
    waited: dict[tuple[Any, ...], int] = defaultdict(int)
    for state in facts.states:
        if state.state == "UNRESOURCED" and not state.is_domestic_abuse and not state.is_duplicate:
            began = local(state.started_at).date()
            seconds = state.ended_at - state.started_at if state.ended_at is not None else 0
            waited[("1 before and during", *place(began, state.area_code), None)] += seconds
            waited[("2 weekly", *place(began, state.area_code), monday(began))] += seconds
    expected: Expected = {}
    for key, members in groups.items():
        known = [outcomes[each.incident_key] for each in members if each.incident_key in outcomes]
        times = [each.response_seconds for each in members if each.response_seconds is not None]
        counts = {
            "attended_24h": sum(seconds <= 86_400 for seconds in times),
            "arrest": sum(bool(row["ARREST_AT"]) for row in known),
            "risk_assessed": sum(bool(row["RISK_GRADE"]) for row in known),
            "positive_action": sum(row["POSITIVE_ACTION"] == "Y" for row in known),
            "victim_supports": sum(row["VICTIM_SUPPORTS"] == "Y" for row in known),
            "repeat_28d": sum(each.incident_key in repeats for each in members),
        }
        expected[key] = {
            "incident_count": len(members),
            "attendance_median_seconds": percentile(times, Fraction(1, 2)),
            "response_known_count": len(times),
            "outcome_known_count": len(known),
            "victim_known_count": sum(bool(row["VICTIM_ID"]) for row in known),
            "in_da_diary_count": sum("DA_DIARY_CAR" in diaries[each.incident_key] for each in members),
            "in_other_diary_count": sum(bool(diaries[each.incident_key] - {"DA_DIARY_CAR"}) for each in members),
            "other_unresourced_hours": Fraction(waited[key], 3600) if key in waited else None,
            "measured_count": len(known),
            "eligible_count": len(members),
        }
        for name, count in counts.items():
            expected[key] |= {f"{name}_count": count, f"{name}_ratio": share(count, len(members))}
    assert {key[1:3] for key in expected} >= {
        (phase, area) for phase in ("before", "during") for area in ("pilot", "other")
    }
    found = answered(season_warehouse, "Q17")
    assert_equal(found, ("part", "phase", "areas", "week_start_date"), expected)
    assert sum(row["repeat_28d_count"] for row in found) > 0


# --- resilience and people
def test_q18_says_what_the_outage_did(season_warehouse: Settings, facts: Facts) -> None:
    starts, ends = local(facts.outage_starts), local(facts.outage_ends)
    expected: Expected = {}
    for measure, days in (
        ("calls received in the outage", 0), ("same hours a week before", -7), ("same hours a week after", 7),
    ):  # fmt: skip
        shifted = timedelta(days=days)
        for line in ("999", "101", "SWITCHBOARD", "INTERNAL", "OTHER"):
            count = sum(
                call.line == line
                and call.outcome != "test"
                and starts + shifted <= local(call.offered_at) < ends + shifted
                for call in facts.calls
            )
            expected[(measure, line, None)] = {"value": count, "unit": "calls"}
    assert sum(columns["value"] for key, columns in expected.items() if key[0] == "same hours a week before") > 0
    inside = [each for each in facts.incidents if facts.is_in_outage(each.created_at)]
    later = [each for each in inside if each.is_back_record]
    delays = [
        each.recorded_at - each.created_at
        for each in later
        if each.recorded_at is not None and each.recorded_at >= each.created_at
    ]
    restored = instant(facts.outage["RESTORED_AT"])
    again = sum(
        any(event.code == "RETHRIVE" and facts.outage_starts <= event.at < restored
            for event in facts.events.get(each.incident_key, []))
        for each in inside
    )  # fmt: skip
    overflowed = sum(call.outcome == "overflow" and facts.is_in_outage(call.offered_at) for call in facts.calls)
    assert later
    assert again
    expected |= {
        ("calls known lost", "FORCE", None): {"value": int(facts.outage["CALLS_LOST"])},
        ("calls answered by other forces", "FORCE", None): {"value": overflowed},
        ("incidents keyed in later", "FORCE", None): {
            "numerator": len(later), "denominator": len(inside), "value": share(len(later), len(inside)),
        },
        ("delay of what was keyed in later, median", "FORCE", None): {
            "value": percentile(delays, Fraction(1, 2)), "measured_count": len(delays), "eligible_count": len(later),
        },
        ("delay of what was keyed in later, longest", "FORCE", None): {"value": max(delays)},
        ("incidents re-assessed until restoration", "FORCE", None): {
            "numerator": again, "denominator": len(inside), "value": share(again, len(inside)),
        },
    }  # fmt: skip
    for kpi_id in ("calls_999_within_10s", "calls_101_within_30s", "calls_abandoned", "response_grade1_median"):
        for kind, start in (("day", starts.date()), ("day", ends.date()), ("week", monday(starts.date())),
                            ("month", starts.date().replace(day=1))):  # fmt: skip
            key = (kpi_id, kind, start, "force", "FORCE")
            expected[(f"{kpi_id} of the {kind}", "FORCE", start)] = figure_columns(facts, key) | {
                "value_excluding_disruptions": without_outage(facts, kpi_id, kind, start),
                "quality_state": "DISRUPTED",
            }
    effects = ask(season_warehouse, "select line, calls_lost_low, calls_lost_high from reports.disruption_effects")
    for line, low, high in effects:
        scope = "FORCE" if line == "ALL" else line
        expected[("calls lost, at least", scope, None)] = {"value": low}
        expected[("calls lost, at most", scope, None)] = {"value": high}
    lost = int(facts.outage["CALLS_LOST"])
    assert expected[("calls lost, at least", "FORCE", None)] == expected[("calls lost, at most", "FORCE", None)]
    assert expected[("calls lost, at most", "FORCE", None)] == {"value": lost}
    assert all(low == 0 and 0 <= high <= lost for line, low, high in effects if line != "ALL")
    found = answered(season_warehouse, "Q18")
    assert {row["disruption_keys"] for row in found} == {facts.outage["DISRUPTION_ID"]}
    assert_equal(found, ("measure", "scope_code", "period_start"), expected)


def without_outage(facts: Facts, kpi_id: str, kind: str, start: date) -> Fraction | None:
    """The figure of what did not fall into the outage."""
    last = {"day": start, "week": start + timedelta(days=6), "month": month_end(start)}[kind]
    if kpi_id == "response_grade1_median":
        return percentile(
            [
                each.response_seconds
                for each in facts.incidents
                if each.grade_final == "1" and each.is_attended and not each.is_duplicate and not each.is_back_record
                and each.response_seconds is not None and start <= day(each.created_day) <= last
                and not facts.is_in_outage(each.created_at)
            ],
            Fraction(1, 2),
        )  # fmt: skip
    calls = [
        call
        for call in facts.calls
        if start <= day(call.offered_day) <= last and not facts.is_in_outage(call.offered_at) and call.outcome != "test"
    ]
    if kpi_id == "calls_abandoned":
        offered = [call for call in calls if call.outcome not in NOT_OFFERED and not call.is_short_abandon]
        return share(sum(call.outcome == "abandoned" for call in offered), len(offered))
    line, seconds = ("999", 10) if "999" in kpi_id else ("101", 30)
    waits = [call.wait_seconds for call in calls if call.line == line and call.outcome == "answered"
             and call.wait_seconds is not None]  # fmt: skip
    return share(sum(wait <= seconds for wait in waits), len(waits))


def test_q19_gives_people_by_month_and_the_funnel(season_warehouse: Settings, facts: Facts) -> None:
    expected: Expected = {}
    months: dict[date, list[Row]] = defaultdict(list)
    for row in facts.rows("workforce"):
        if row["UNIT"] == "OCC":
            months[date.fromisoformat(f"{row['MONTH']}-01")].append(row)

    def total(month: date, column: str) -> Fraction:
        return sum((Fraction(row[column]) for row in months[month]), Fraction(0))

    for month in list(months):
        places, staff = total(month, "ESTABLISHMENT_FTE"), total(month, "STRENGTH_FTE")
        gap, half_year_ago = places - staff, _months_before(month, 6)
        gain = (staff - total(half_year_ago, "STRENGTH_FTE")) / 6 if half_year_ago in months else None
        to_go = 0 if gap <= 0 else math.ceil(gap / gain) if gain is not None and gain > 0 else None
        expected[("1 people", month, "OCC")] = {
            "establishment_fte": places,
            "strength_fte": staff,
            "vacancy_fte": gap,
            "abstracted_fte": total(month, "ABSTRACTED_FTE"),
            "vacancy_ratio": share(gap, places),
            "abstraction_ratio": share(total(month, "ABSTRACTED_FTE"), staff),
            "monthly_gain_fte": gain,
            "months_to_establishment": to_go,
            "measured_count": len(months[month]),
            "eligible_count": len(months[month]),
            "disruption_keys": facts.disruption_keys(month, month_end(month)),
        }
    before = {"APPLIED": None, "ASSESSED": "APPLIED", "INTERVIEWED": "ASSESSED", "APPOINTED": "INTERVIEWED"}
    counts = {(date.fromisoformat(f"{row['MONTH']}-01"), row["STAGE"]): int(row["COUNT"])
              for row in facts.rows("recruitment")}  # fmt: skip
    newest = max(month for month, _ in counts)
    year = {
        stage: sum(
            count for (month, each), count in counts.items() if each == stage and month > _months_before(newest, 12)
        )
        for stage in before
    }
    for stage, earlier in before.items():
        of = year[earlier] if earlier else None
        expected[("2 funnel of the newest twelve months", newest, stage)] = {
            "stage_count": year[stage], "stage_before_count": of, "conversion_ratio": share(year[stage], of or 0),
        }  # fmt: skip
        for month in {month for month, _ in counts}:
            of = counts[month, earlier] if earlier else None
            expected[("3 funnel by month", month, stage)] = {
                "stage_count": counts[month, stage], "stage_before_count": of,
                "conversion_ratio": share(counts[month, stage], of or 0),
            }  # fmt: skip
    assert year == {"APPLIED": 411, "ASSESSED": 108, "INTERVIEWED": 65, "APPOINTED": 18}  # the minutes' own figures
    assert_equal(answered(season_warehouse, "Q19"), ("part", "month_start", "unit_or_stage"), expected)
    other_unit = answered(season_warehouse, "Q19", unit="CRIME_BUREAU")
    assert {row["unit_or_stage"] for row in other_unit if row["part"] == "1 people"} == {"CRIME_BUREAU"}


def _months_before(month: date, count: int) -> date:
    number = month.year * 12 + month.month - 1 - count
    return date(number // 12, number % 12 + 1, 1)


def test_q20_compares_the_weeks_about_a_change_of_version(season_warehouse: Settings, facts: Facts) -> None:
    """The season holds the change to version 6, and of the change to version 5 the weeks before alone."""
    figures: dict[str, dict[date, reference.KpiRow]] = defaultdict(dict)
    charted = {kpi_id for (kpi_id,) in ask(season_warehouse, "select distinct kpi_id from metrics.kpi_results")}
    for key, row in facts.figures.items():
        if key[0] in charted and key[1] == "week" and key[3] == "force":
            figures[key[0]][key[2]] = row

    def total(rows: list[reference.KpiRow], name: str) -> int | None:
        known = [getattr(row, name) for row in rows if getattr(row, name) is not None]
        return sum(known) if known else None

    expected: Expected = {}
    for version, changed in (("saab_5", date(2021, 3, 1)), ("saab_6", date(2021, 12, 13))):
        for kpi_id, weeks in figures.items():
            near = {start: row for start, row in weeks.items()
                    if changed - timedelta(days=48) <= start < changed + timedelta(days=42)
                    and (start + timedelta(days=6) < changed or start >= changed)}  # fmt: skip
            if not near:
                continue
            before = [row for start, row in near.items() if start < changed]
            after = [row for start, row in near.items() if start >= changed]
            was = [row.value for row in before if row.value is not None]
            now = [row.value for row in after if row.value is not None]
            mean_was, mean_now = (sum(values) / len(values) if values else None for values in (was, now))
            is_moved = None
            if len(was) >= 3 and len(now) >= 3:
                is_moved = mean_now < min(was) or mean_now > max(was)
            covered_was, covered_now = (
                share(sum(row.measured_count for row in rows), sum(row.eligible_count for row in rows))
                for rows in (before, after)
            )
            is_both = covered_was is not None and covered_now is not None
            expected[(version, kpi_id)] = {
                "changed_on": changed,
                "weeks_before": len(was),
                "weeks_after": len(now),
                "mean_before": None if mean_was is None else round(float(mean_was), 9),
                "mean_after": None if mean_now is None else round(float(mean_now), 9),
                "difference": None if mean_was is None or mean_now is None else mean_now - mean_was,
                "numerator_before": total(before, "numerator"),
                "denominator_before": total(before, "denominator"),
                "numerator_after": total(after, "numerator"),
                "denominator_after": total(after, "denominator"),
                "lowest_before": min(was, default=None),
                "highest_before": max(was, default=None),
                "is_moved": is_moved,
                "coverage_before": covered_was,
                "coverage_after": covered_now,
                "is_coverage_moved": abs(covered_now - covered_was) > Fraction(1, 20) if is_both else None,
                "is_broken": (not was) != (not now),
                "measured_count": sum(row.measured_count for row in near.values()),
                "eligible_count": sum(row.eligible_count for row in near.values()),
            }
    found = [row for row in answered(season_warehouse, "Q20") if row["kpi_id"] in figures]
    assert_equal(found, ("system_version", "kpi_id"), expected)
    assert {row["is_moved"] for row in found} == {True, False, None}
    assert {row["is_broken"] for row in found} == {True, False}


# --- management information itself
def test_q21_lists_what_can_be_produced_today(season_warehouse: Settings) -> None:
    """Of the system versions in force at the as-of date; the register itself is proved elsewhere."""
    register = ask(season_warehouse, "select kpi_id, system_version, status, reason from metrics.kpi_register")
    gone = {"legacy", "saab_5"}  # both ended before 2 January 2022
    expected: Expected = {
        (kpi_id, version): {"status": status, "reason": reason}
        for kpi_id, version, status, reason in register
        if version not in gone
    }
    found = answered(season_warehouse, "Q21")
    assert_equal(found, ("kpi_id", "system_version"), expected)
    order = ["NOT_AVAILABLE", "PARTIAL", "AVAILABLE"]
    assert [row["status"] for row in found] == sorted((row["status"] for row in found), key=order.index)
    assert all(row["reason"] and row["restored_by"] and row["owner"] for row in found if row["status"] != "AVAILABLE")


def test_q21_knows_an_older_version_while_it_is_in_force(season_warehouse: Settings, tmp_path: Path) -> None:
    file = tmp_path / "occ.duckdb"
    copy_to_single_file(season_warehouse, file)
    with duckdb.connect(str(file)) as con:
        con.execute("delete from quality.deliveries where business_date >= '2021-12-13'")
        answer = questions.ask_on(con, questions.question("Q21"), {})
    versions = {row[answer.columns.index("system_version")] for row in answer.rows}
    assert "saab_5" in versions
    assert versions.isdisjoint({"legacy", "saab_6"})


def test_q22_accounts_for_every_row_and_traces_a_figure(season_warehouse: Settings, facts: Facts) -> None:
    columns = ("rows_read", "rows_loaded", "rows_superseded", "rows_duplicate", "rows_quarantined", "rows_erased")
    totals: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(columns, 0))
    for each in facts.landing.deliveries:
        for column in columns:
            totals[each.export or "unknown"][column] += getattr(each, column)
    expected: Expected = {("1 rows of the export", name): {**found, "unaccounted_count": 0, "without_link_count": 0}
                          for name, found in totals.items()}  # fmt: skip
    newest = max(key[2] for key, row in facts.figures.items()
                 if key[:2] == ("calls_999_within_10s", "day") and key[3] == "force" and row.denominator)  # fmt: skip
    calls = [call for call in facts.calls if call.line == "999" and call.outcome == "answered"
             and call.wait_seconds is not None and day(call.offered_day) == newest]  # fmt: skip
    in_time = sum(call.wait_seconds <= 10 for call in calls if call.wait_seconds is not None)
    expected[("2 figure to rows", "calls_999_within_10s")] = {
        "period_start": newest, "numerator": in_time, "denominator": len(calls), "counted_numerator": in_time,
        "counted_denominator": len(calls), "traced_count": len(calls), "difference": 0,
    }  # fmt: skip
    assert_equal(answered(season_warehouse, "Q22"), ("part", "what"), expected)


def test_q22_finds_a_row_that_leads_nowhere(season_warehouse: Settings, tmp_path: Path) -> None:
    file = tmp_path / "occ.duckdb"
    copy_to_single_file(season_warehouse, file)
    with duckdb.connect(str(file)) as con:
        con.execute("delete from marts.fct_workforce where unit = 'CRIME_BUREAU'")
        con.execute("update marts.fct_calls set wait_seconds = 11 where line = '999' and wait_seconds <= 10")
        answer = questions.ask_on(con, questions.question("Q22"), {})
    rows = {row["what"]: row for row in (dict(zip(answer.columns, row, strict=True)) for row in answer.rows)}
    assert rows["workforce"]["without_link_count"] == 15
    assert rows["calls_999_within_10s"]["difference"] == rows["calls_999_within_10s"]["numerator"] > 0


def test_q23_counts_what_failed_and_what_was_set_aside(season_warehouse: Settings, facts: Facts) -> None:
    """Without an older generation the rules cannot be compared; what was set aside can."""
    results = ask(season_warehouse, "select rule_id, dimension, system, status, failed_count from quality.rule_results")
    touched = dict(ask(season_warehouse, "select rule_id, indicators from quality.rules"))
    groups: dict[tuple[str, str], list[tuple[Any, ...]]] = defaultdict(list)
    for row in results:
        groups[row[1], row[2]].append(row)
    expected: Expected = {}
    for (dimension, system), rows in groups.items():
        failing = [row for row in rows if row[3] in ("WARN", "FAIL")]
        names = {name for row in rows if row[3] in ("WARN", "FAIL", "ERROR") for name in touched[row[0]] or []}
        expected[("1 rules", dimension, system)] = {
            "checked_count": len(rows),
            "failing_count": len(failing),
            "error_count": sum(row[3] == "ERROR" for row in rows),
            "failing_rows": sum(row[4] for row in failing),
            "failing_rows_before": None,
            "is_better": None,
            "indicators": ", ".join(sorted(names)) or None,
        }
    week = monday(max(day(number) for number in delivered_days(facts.landing, ("saab_incidents",))))
    for export in {each.export for each in facts.landing.deliveries if each.export}:
        files = [each for each in facts.landing.deliveries if each.export == export and each.business_date]
        now = [each for each in files if monday(each.business_date) == week]
        before = [each for each in files if monday(each.business_date) == week - timedelta(days=7)]
        if now or before:
            rows_now, rows_before = (sum(each.rows_quarantined for each in some) for some in (now, before))
            expected[("2 rows and files set aside", "validity", export)] = {
                "checked_count": len(now),
                "failing_count": sum(each.status == "QUARANTINED" for each in now),
                "failing_rows": rows_now,
                "failing_rows_before": rows_before,
                "is_better": rows_now < rows_before,
            }
    assert_equal(answered(season_warehouse, "Q23"), ("part", "dimension", "system"), expected)
    assert any(columns["failing_count"] for key, columns in expected.items() if key[0] == "1 rules")


def test_q23_compares_with_the_generation_of_a_week_before(season_warehouse: Settings, tmp_path: Path) -> None:
    file = tmp_path / "occ.duckdb"
    copy_to_single_file(season_warehouse, file)
    with duckdb.connect(str(file)) as con:
        dimension, system, rule, failed = con.execute(
            "select dimension, system, rule_id, failed_count from quality.rule_results "
            "where status in ('WARN', 'FAIL') order by failed_count desc limit 1"
        ).fetchall()[0]
        for name, days, rows in (("20200101T000000Z", 7, 1000), ("20200102T000000Z", 6, 5000)):
            con.execute(
                "insert into quality.rule_results by name select * replace (? as generation, ? as failed_count, "
                "business_date - cast(? as integer) as business_date) from quality.rule_results "
                "where rule_id = ? and generation > '2021'",
                [name, failed + rows, days, rule],
            )
        answer = questions.ask_on(con, questions.question("Q23"), {})
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    (row,) = [row for row in rows if (row["part"], row["dimension"], row["system"]) == ("1 rules", dimension, system)]
    assert row["failing_rows_before"] == failed + 1000
    assert row["is_better"] is True


# --- the briefings
def test_q24_gives_the_first_pages(season_warehouse: Settings, facts: Facts) -> None:
    """The figures that the profile's list puts there, of the newest period that is over."""
    days = sorted(key[2] for key in facts.figures if key[:2] == ("calls_presented", "day") and key[3] == "force")
    shown = {
        "daily": days[-1],
        "weekly": max(each for each in days if each.weekday() == 0 and each + timedelta(days=6) <= days[-1]),
        "monthly": max(each for each in days if each.day == 1 and month_end(each) <= days[-1]),
    }
    found = [row for row in answered(season_warehouse, "Q24") if row["brief"] in shown]
    expected: Expected = {}
    for row in facts.reference_data("briefing_measures"):
        if row["is_first_page"] == "true" and row["brief"] in shown:
            key = (row["kpi_id"], row["period_type"], shown[row["brief"]], row["scope_type"], row["scope_code"])
            expected[(row["brief"], row["section"], *key)] = figure_columns(facts, key) if key in facts.figures else {}
    keys = ("brief", "section", "kpi_id")
    assert sum(bool(columns) for columns in expected.values()) > 30
    for row in found:
        row["period_type"] = {"daily": "day", "weekly": "week", "monthly": "month"}[row["brief"]]
    assert_equal(found, (*keys, "period_type", "period_start", "scope_type", "scope_code"), expected)
    judged = {row["variation"] for row in found}
    assert judged - {None}
