"""The unresourced hours and the figures of waiting proved by hand: expectations worked out on paper.

A failure here means that the independent calculation itself is wrong, not the pipeline.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from . import HourCell, KpiRow, Limit, ResponseTarget, incidents, indicators, states, unresourced_hourly
from .by_hand import Made, at
from .clocks import local_midnight, utc_text
from .unresourced import hours_of

# 6 September 2021 is a Monday; three days of exports unless said otherwise.
SIX, SEVEN, EIGHT = date(2021, 9, 6), date(2021, 9, 7), date(2021, 9, 8)


def hourly(made: Made, targets: tuple[ResponseTarget, ...] = (), limits: tuple[Limit, ...] = ()) -> list[HourCell]:
    landing = made.landing()
    return list(unresourced_hourly(landing, states(landing, incidents(landing)), targets, limits))


def stocks(cells: list[HourCell], grade: str = "2", kind: str = "LIVE", area: str = "TELF") -> dict[int, HourCell]:
    return {each.hour_at: each for each in cells if (each.area_code, each.grade, each.kind) == (area, grade, kind)}


def flows(cells: list[HourCell], grade: str = "2", kind: str = "LIVE") -> dict[str, tuple[int, int, int]]:
    """Clock of each hour at which something is or moved -> stock, in, out."""
    return {
        (utc_text(each.hour_at) or "")[8:13]: (each.incident_count, each.inflow_count, each.outflow_count)
        for each in stocks(cells, grade, kind).values()
        if each.incident_count or each.inflow_count or each.outflow_count
    }


def waiting(grade: str = "2", end: int | None = None, start: int | None = None, key: str = "A", **said: Any) -> Made:
    """One incident that waits from 10:10 (09:10 UTC) to 12:00."""
    made = Made()
    wait(made, grade, end, start, key, **said)
    return made


def wait(
    made: Made, grade: str = "2", end: int | None = None, start: int | None = None, key: str = "A", **said: Any
) -> None:
    start = at("10:10") if start is None else start
    made.incident(start, key, **said)
    made.event(start, "GRADED", grade, key=key)
    made.event(at("12:00") if end is None else end, "CLOSED", key=key)


# --- which hours --------------------------------------------------------------------------------------------------
def test_every_cell_of_every_hour_is_there() -> None:
    cells = hourly(Made(days=1))
    assert len(cells) == 24 * 6 * 6 * 4
    assert {each.area_code for each in cells} == {"HEREF", "NWORC", "SWORC", "SHROP", "TELF", "UNKNOWN"}
    assert {each.grade for each in cells} == {"1", "2", "3", "4", "UNKNOWN", "UNGRADED"}
    assert {each.kind for each in cells} == {"LIVE", "SCHEDULED", "DIARY_CAR", "DA_DIARY_CAR"}
    assert all(each.incident_count == 0 and each.oldest_seconds is None for each in cells)


@pytest.mark.parametrize(
    ("day", "count"), [(date(2021, 3, 28), 23), (date(2021, 10, 31), 25), (SIX, 24), (date(2021, 10, 30), 24)]
)
def test_days_have_23_24_or_25_hours(day: date, count: int) -> None:
    hours = hours_of(Made(days=1, first=day).landing())
    assert len(hours) == count
    assert hours[0] == local_midnight(day)


def test_hours_run_from_the_first_date_of_any_saab_export_to_the_as_of_of_states() -> None:
    made = Made(saab_incidents=(0,), saab_incident_log=(0, 2))
    hours = hours_of(made.landing())
    assert (hours.start, hours.stop) == (at("00:00"), at("00:00", 8))
    assert hours_of(Made(saab_incident_log=(0, 1, 2)).landing()) == range(0)


def test_a_day_that_one_of_the_two_exports_misses_is_estimated() -> None:
    for made in (Made(saab_incidents=(1,)), Made(saab_incident_log=(1,))):
        cells = hourly(made)
        assert {each.hour_day for each in cells if each.is_estimated} == {(SEVEN - date(1970, 1, 1)).days}
    assert not any(each.is_estimated for each in hourly(Made(saab_diary=(1,), saab_resource_status=(1,))))


# --- stock and flow -----------------------------------------------------------------------------------------------
def test_an_incident_is_counted_at_every_hour_it_waits() -> None:
    """From 09:10 to 11:00 UTC: there at 10:00; at 11:00, the instant it closed, gone."""
    assert flows(hourly(waiting())) == {"06T10": (1, 1, 0), "06T11": (0, 0, 1)}


def test_a_start_at_the_hour_counts_at_that_hour_and_in_its_inflow() -> None:
    assert flows(hourly(waiting(start=at("11:00"), end=at("12:00:01")))) == {
        "06T10": (1, 1, 0),
        "06T11": (1, 0, 0),
        "06T12": (0, 0, 1),
    }


def test_who_comes_and_goes_within_the_hour_is_in_both_flows_and_in_no_stock() -> None:
    assert flows(hourly(waiting(start=at("10:10"), end=at("10:50")))) == {"06T10": (0, 1, 1)}


def test_the_first_hour_takes_in_everything_before_it() -> None:
    made = waiting(start=at("09:00", 5), end=at("10:00", 5), key="A")
    wait(made, start=at("09:30", 5), end=at("02:30"), key="B")
    assert flows(hourly(made)) == {
        "05T23": (1, 2, 1),
        "06T00": (1, 0, 0),
        "06T01": (1, 0, 0),
        "06T02": (0, 0, 1),
    }


def test_a_regrade_goes_out_of_one_cell_and_into_the_other_and_the_age_goes_on() -> None:
    made = waiting("3", end=at("13:00")).event(at("11:30"), "REGRADED", "1", key="A")
    cells = hourly(made)
    assert flows(cells, "3") == {"06T10": (1, 1, 0), "06T11": (0, 0, 1)}
    assert flows(cells, "1") == {"06T11": (1, 1, 0), "06T12": (0, 0, 1)}
    assert stocks(cells, "1")[at("12:00")].oldest_seconds == 6600


def test_a_reassignment_is_out_and_in_and_a_new_age() -> None:
    made = waiting(end=at("14:00")).event(at("11:05"), "ASSIGNED", by="TX1", key="A")
    made.event(at("11:20"), "UNASSIGNED", by="TX1", key="A")
    cells = hourly(made)
    assert flows(cells) == {"06T10": (1, 1, 0), "06T11": (1, 1, 1), "06T12": (1, 0, 0), "06T13": (0, 0, 1)}
    assert stocks(cells)[at("12:00")].oldest_seconds == 2400


def test_a_booking_moves_from_live_to_its_diary_and_stays_there_when_it_is_overdue() -> None:
    made = waiting("3", end=at("18:00")).event(at("11:30"), "DIARY_BOOKED", "DA_DIARY_CAR", of="AP1", key="A")
    made.version(1, "BOOKED", at("13:00"), key="A")
    cells = hourly(made)
    assert flows(cells, "3") == {"06T10": (1, 1, 0), "06T11": (0, 0, 1)}
    diary = flows(cells, "3", "DA_DIARY_CAR")
    assert diary == {"06T11": (1, 1, 0), **{f"06T{hour}": (1, 0, 0) for hour in range(12, 17)}, "06T17": (0, 0, 1)}
    assert stocks(cells, "3", "DA_DIARY_CAR")[at("17:00")].oldest_seconds == 5 * 3600 + 1800


def test_the_oldest_the_high_risk_and_the_domestic_abuse_are_counted_beside_the_stock() -> None:
    made = waiting(key="A", thrive_risk="HIGH")
    wait(made, start=at("10:30"), key="B", da_flag="Y", thrive_risk="MEDIUM")
    wait(made, start=at("10:40"), key="C", da_flag="Y", thrive_risk="HIGH")
    wait(made, start=at("10:05"), key="D", linked_to="A", thrive_risk="HIGH")
    cell = stocks(hourly(made))[at("11:00")]
    assert (cell.incident_count, cell.high_risk_count, cell.domestic_abuse_count, cell.oldest_seconds) == (
        3,
        2,
        2,
        3000,
    )


def test_a_booking_before_the_first_grade_is_ungraded() -> None:
    made = Made().incident(at("10:10"), "A").event(at("10:20"), "DIARY_BOOKED", "SCHEDULED", of="AP1", key="A")
    assert stocks(hourly(made), "UNGRADED", "SCHEDULED")[at("11:00")].incident_count == 1


@pytest.mark.parametrize(
    ("seconds", "count"),
    [(3000, 0), (2999, 1)],  # waits 3,000 s at 11:00
)
def test_beyond_target_is_longer_than_the_target_in_force_when_it_was_created(seconds: int, count: int) -> None:
    target = ResponseTarget("2", True, seconds, valid_from=SIX, valid_to=SEVEN)
    assert stocks(hourly(waiting(), (target,)))[at("11:00")].beyond_target_count == count
    for other in (target._replace(is_urban=False), target._replace(grade="1"), target._replace(valid_from=SEVEN)):
        assert stocks(hourly(waiting(), (other,)))[at("11:00")].beyond_target_count == 0


def test_limits_stand_in_their_own_cell_on_their_days() -> None:
    limits = (
        Limit("TELF", "2", "LIVE", 5, 10, valid_from=SEVEN, valid_to=EIGHT),
        Limit("FORCE", "ALL", "ALL", 100, 200),
    )
    found = {
        (each.hour_day - 18876, each.upper_limit, each.area_of_concern)
        for each in stocks(hourly(Made(), (), limits)).values()
    }
    assert found == {(0, None, None), (1, 5, 10), (2, None, None)}
    assert not any(each.upper_limit for each in stocks(hourly(Made(), (), limits), grade="3").values())


def test_the_doubled_hour_is_two_hours() -> None:
    """Closed at 01:30 of the second pass (01:30 UTC): waits at 00:00 and 01:00 UTC, both 01:00 on the wall."""
    made = Made(days=1, first=date(2021, 10, 31))
    start = local_midnight(date(2021, 10, 31))  # 23:00 UTC
    made.incident(start + 600, "A").event(start + 600, "GRADED", "2", key="A")
    made.event(start + 6600, "TASKED", key="A")  # 01:50, first pass
    made.event(start + 5400, "CLOSED", key="A")  # 01:30 lies before it: second pass
    assert flows(hourly(made)) == {"31T00": (1, 1, 0), "31T01": (1, 0, 0), "31T02": (0, 0, 1)}


# --- figures ------------------------------------------------------------------------------------------------------
def rows_of(made: Made, targets: tuple[ResponseTarget, ...] = ()) -> list[KpiRow]:
    landing = made.landing()
    return indicators(landing, [], incidents(landing), targets)


def figure(
    rows: list[KpiRow], kpi: str, period: str = "day", start: date = SIX, code: str = "FORCE"
) -> tuple[int | None, int | None, Fraction | None, int, int] | None:
    """numerator, denominator, value, measured, eligible"""
    for row in rows:
        if (row.kpi_id, row.period_type, row.period_start, row.scope_code) == (kpi, period, start, code):
            return row.numerator, row.denominator, row.value, row.measured_count, row.eligible_count
    return None


def test_created_incidents_are_counted_without_duplicates_and_administration() -> None:
    made = Made().incident(key="A", grade_curr="2", source="999").incident(key="B", linked_to="A")
    made.incident(key="C", open_code="ADM-TEST").incident(key="D", open_code="ADM-TEST", close_code="CRM-THEFT")
    made.incident(key="E", open_code="CRM-THEFT", close_code="ADM-TEST")
    made.incident(key="F", open_code="ADM-TEST", close_code="NOT-LISTED", lpa="MOON", source="PIGEON")
    found = rows_of(made)
    assert figure(found, "incidents_created") == (3, None, Fraction(3), 3, 3)
    assert [figure(found, "incidents_created", code=code) for code in ("2", "999", "MOON")] == [
        (1, None, Fraction(1), 1, 1),
        (1, None, Fraction(1), 1, 1),
        None,
    ]
    assert figure(found, "incidents_created", code="UNGRADED") == (2, None, Fraction(2), 2, 2)
    unknown = [row.scope_type for row in found if row.scope_code == "UNKNOWN" and row.kpi_id == "incidents_created"]
    assert sorted(set(unknown)) == ["area", "source"]


def test_the_daily_average_is_incident_hours_over_hours() -> None:
    """Two and three hours of waiting in a day of 24: 5 / 24. The area counts its own, over all hours."""
    made = waiting(end=at("12:10"))
    wait(made, end=at("13:10"), key="B", lpa="SHROP")
    found = rows_of(made)
    assert figure(found, "unresourced_daily_average") == (5, 24, Fraction(5, 24), 24, 24)
    assert figure(found, "unresourced_daily_average", code="SHROP") == (3, 24, Fraction(3, 24), 24, 24)
    assert figure(found, "unresourced_daily_average", code="2") == (5, 24, Fraction(5, 24), 24, 24)
    assert figure(found, "unresourced_daily_average", "week") == (5, 72, Fraction(5, 72), 72, 72)
    assert figure(found, "unresourced_daily_average", start=SEVEN, code="HEREF") == (0, 24, Fraction(0), 24, 24)


@pytest.mark.parametrize(("day", "hours"), [(date(2021, 3, 28), 23), (date(2021, 10, 31), 25)])
def test_who_waits_all_day_is_one_on_average_whatever_the_clock_does(day: date, hours: int) -> None:
    made = Made(days=1, first=day).incident(local_midnight(day), "A", lpa="SHROP")
    made.event(local_midnight(day), "GRADED", "2", key="A")
    found = rows_of(made)
    assert figure(found, "unresourced_daily_average", start=day) == (hours, hours, Fraction(1), hours, hours)
    assert figure(found, "unresourced_hours", start=day, code="SHROP") == (hours * 3600, 3600, Fraction(hours), 1, 1)


def test_estimated_hours_are_in_neither_side_of_the_average() -> None:
    """Waits on over the second day, of which no log came."""
    made = Made(saab_incident_log=(1,))
    wait(made, end=at("10:30", 8), start=at("22:30"))
    found = rows_of(made)
    assert figure(found, "unresourced_daily_average") == (1, 24, Fraction(1, 24), 24, 24)
    assert figure(found, "unresourced_daily_average", start=SEVEN) == (0, 0, None, 0, 24)
    assert figure(found, "unresourced_daily_average", "week") == (12, 48, Fraction(1, 4), 48, 72)


def test_hours_of_waiting_are_cut_at_midnight() -> None:
    """From 23:00 to 01:30: one hour and an hour and a half."""
    found = rows_of(waiting(start=at("23:00"), end=at("01:30", 7), thrive_risk="HIGH"))
    for kpi in ("unresourced_hours", "unresourced_risk_hours"):
        assert figure(found, kpi) == (3600, 3600, Fraction(1), 1, 1)
        assert figure(found, kpi, start=SEVEN) == (5400, 3600, Fraction(3, 2), 1, 1)
        assert figure(found, kpi, "week") == (9000, 3600, Fraction(5, 2), 2, 2)
        assert figure(found, kpi, start=EIGHT) == (0, 3600, Fraction(0), 0, 0)


def test_open_waiting_goes_on_to_the_as_of_and_days_not_delivered_are_left_out() -> None:
    made = Made(saab_incidents=(1,)).incident(at("23:00"), "A").event(at("23:00"), "GRADED", "2", key="A")
    found = rows_of(made)
    assert figure(found, "unresourced_hours", "week") == (25 * 3600, 3600, Fraction(25), 2, 2)
    assert figure(found, "unresourced_hours", start=SEVEN) == (None, 3600, None, 0, 0)
    assert figure(found, "unresourced_risk_hours", "week") == (0, 3600, Fraction(0), 0, 0)


def test_a_regrade_makes_two_pieces_of_one_waiting() -> None:
    found = rows_of(waiting().event(at("11:00"), "REGRADED", "1", key="A"))
    assert figure(found, "unresourced_hours") == (6600, 3600, Fraction(11, 6), 2, 2)


def test_beyond_target_is_the_longest_spell_against_the_final_grades_target() -> None:
    """A waits 6,600 s twice regraded; B 600 and 1,200 s; C has no target; D never waited."""
    made = waiting(grade_curr="1").event(at("11:00"), "REGRADED", "1", key="A")
    wait(made, key="B", grade_curr="2", start=at("11:00"))
    for clock, code in (("11:10", "ASSIGNED"), ("11:20", "UNASSIGNED"), ("11:40", "ASSIGNED")):
        made.event(at(clock), code, by="TX1", key="B")
    wait(made, key="C", grade_curr="3")
    made.incident(key="D", grade_curr="1")
    for seconds, hits in ((6599, 1), (6600, 0)):
        targets = (ResponseTarget("1", True, seconds), ResponseTarget("2", True, 1200))
        assert figure(rows_of(made, targets), "unresourced_beyond_target") == (hits, 2, Fraction(hits, 2), 2, 3)
    targets = (ResponseTarget("1", True, 6600), ResponseTarget("2", True, 1199))
    assert figure(rows_of(made, targets), "unresourced_beyond_target") == (1, 2, Fraction(1, 2), 2, 3)


@pytest.mark.parametrize(
    ("waited", "rethriven", "expected"),
    [
        (3600, 60, None),  # not longer than the limit
        (3601, None, (0, 1)),
        (3601, 3600, (1, 1)),
        (3601, 3601, (0, 1)),
        (3601, 0, (1, 1)),
        (3601, -1, (0, 1)),
    ],
)
def test_rethrive_in_time_is_at_most_the_limit_after_the_spell_began(
    waited: int, rethriven: int | None, expected: tuple[int, int] | None
) -> None:
    start = at("10:10")
    made = waiting(start=start, end=start + waited, thrive_risk="HIGH")
    if rethriven is not None:
        made.event(start + rethriven, "RETHRIVE", "HIGH", key="A")
    found = figure(rows_of(made), "rethrive_in_time")
    assert found == ((0, 0, None, 0, 0) if expected is None else (*expected, Fraction(*expected), 1, 1))


def test_rethrive_asks_every_long_spell_of_high_risk_on_the_day_it_began() -> None:
    made = waiting(start=at("23:30"), end=at("12:00", 8), thrive_risk="HIGH")
    made.event(at("23:45"), "RETHRIVE", "HIGH", key="A").event(at("05:00", 7), "ASSIGNED", by="X", key="A")
    made.event(at("06:00", 7), "UNASSIGNED", by="X", key="A")
    wait(made, end=at("20:00"), key="B", thrive_risk="MEDIUM")
    wait(made, end=at("20:00"), key="C", thrive_risk="HIGH", linked_to="A")
    found = rows_of(made)
    assert figure(found, "rethrive_in_time") == (1, 1, Fraction(1), 1, 1)
    assert figure(found, "rethrive_in_time", start=SEVEN) == (0, 1, Fraction(0), 1, 1)
    assert figure(found, "rethrive_in_time", "week", code="TELF") == (1, 2, Fraction(1, 2), 2, 2)


def test_tasking_time_is_first_tasked_to_first_assigned_where_that_is_the_order() -> None:
    made = (
        Made().incident(key="A").event(at("10:01"), "TASKED", key="A").event(at("10:04"), "ASSIGNED", by="X", key="A")
    )
    made.incident(key="B", linked_to="A").event(at("10:01"), "TASKED", key="B").event(at("10:01"), "ASSIGNED", key="B")
    made.incident(key="C").event(at("10:02"), "TASKED", key="C").event(at("10:01"), "ASSIGNED", by="X", key="C")
    made.incident(key="D").event(at("10:01"), "TASKED", key="D")
    made.incident(key="E").event(at("10:01"), "ASSIGNED", by="X", key="E")
    assert figure(rows_of(made), "tasking_time_median") == (None, 2, Fraction(90), 2, 4)


def test_taskings_and_declines_count_on_their_own_days_orphans_too() -> None:
    made = (
        Made().incident(key="A").event(at("23:50"), "TASKED", key="A").event(at("00:10", 7), "TASK_DECLINED", key="A")
    )
    made.event(at("12:00"), "TASKED", key="ORPHAN")
    found = rows_of(made)
    assert figure(found, "tasking_declined") == (0, 2, Fraction(0), 2, 2)
    assert figure(found, "tasking_declined", start=SEVEN) == (1, 0, None, 0, 1)
    assert figure(found, "tasking_declined", "week") == (1, 2, Fraction(1, 2), 2, 3)
    assert figure(found, "tasking_declined", code="UNKNOWN") == (0, 1, Fraction(0), 1, 1)


def test_back_keyed_is_marked_or_recorded_after_more_than_the_limit() -> None:
    ten = at("10:00")
    made = Made().incident(ten, "A", recorded=ten + 3600).incident(ten, "B", recorded=ten + 3601, linked_to="A")
    made.incident(ten, "C", back_record="Y").incident(ten, "D").incident(ten, "E", recorded=ten - 5, back_record="Y")
    made.incident(ten, "F", recorded=ten + 10, back_record="Y")
    found = rows_of(made)
    assert figure(found, "records_back_keyed") == (4, 5, Fraction(4, 5), 5, 6)
    assert figure(found, "back_key_delay_median") == (None, 2, Fraction(3611, 2), 2, 4)


def test_figures_of_waiting_begin_with_the_incidents_and_end_with_the_states() -> None:
    found = rows_of(Made(saab_incidents=(0,), saab_incident_log=(2,)))
    days = {
        kpi: sorted({row.period_start.day for row in found if (row.kpi_id, row.period_type) == (kpi, "day")})
        for kpi in ("unresourced_daily_average", "unresourced_hours", "rethrive_in_time", "incidents_created")
    }
    assert days == {
        "unresourced_daily_average": [7],
        "unresourced_hours": [7],
        "rethrive_in_time": [7],
        "incidents_created": [7, 8],
    }
