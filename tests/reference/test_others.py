"""Appointments, domestic abuse, digital contact, staff and deliveries worked out by hand."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from . import Pilot, appointments, domestic_abuse, incidents, indicators
from .by_hand import Made, at
from .clocks import DAY_SECONDS
from .landing import Delivery, Landing

OTHER = "WM-20210906-00002"


def figure(landing: Landing, kpi_id: str, period: tuple[str, date], scope: str = "FORCE") -> tuple[object, ...] | None:
    """Numerator, denominator, value, measured and eligible."""
    for row in indicators(landing, [], incidents(landing)):
        if (row.kpi_id, row.period_type, row.period_start, row.scope_code) == (kpi_id, *period, scope):
            return row.numerator, row.denominator, row.value, row.measured_count, row.eligible_count
    return None


def monthly(made: Made, export: str, *months: date) -> Made:
    for month in months:
        name = f"{export}_{month:%Y%m%d}.csv"
        made.deliveries.append(
            Delivery(name, name, export, "1", name, 1, month, "LOADED", None, rows_read=1, rows_loaded=1)
        )
    made.tables.setdefault(export, {})
    return made


# --- diary --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("status", "attended", "outcome"),
    [
        ("ATTENDED", at("12:00"), "KEPT"),
        ("ATTENDED", at("12:00:01"), "LATE"),
        ("ATTENDED", None, None),
        ("FAILED", None, "FAILED"),
        ("CANCELLED_VICTIM", None, "CANCELLED_VICTIM"),
        ("MOVED", None, "OUTSTANDING"),
        ("ODD", None, "OUTSTANDING"),
    ],
)
def test_an_appointment_is_kept_until_the_second_its_slot_ends(
    status: str, attended: int | None, outcome: str | None
) -> None:
    made = Made().incident().version(1, "BOOKED", at("11:00")).version(2, status, at("12:00"), attended_at=attended)
    landing = made.landing()
    (one,) = appointments(landing, incidents(landing))
    assert (one.outcome, one.version, one.has_slot_passed) == (outcome, 2, True)


def test_a_slot_has_passed_when_it_ends_with_the_last_day() -> None:
    made = Made().incident().version(1, "BOOKED", at("00:00", 9)).version(1, "BOOKED", at("00:00:01", 9), of="AP2")
    landing = made.landing()
    assert [one.has_slot_passed for one in appointments(landing, incidents(landing))] == [True, False]


@pytest.mark.parametrize(
    ("regraded", "reason"),
    [(at("10:30"), "high risk and grade 1"), (at("10:30:01"), "high risk")],
)
def test_what_was_known_at_the_second_of_booking_makes_it_inappropriate(regraded: int, reason: str) -> None:
    made = Made().incident().event(at("10:00"), "GRADED", "2").event(at("10:05"), "THRIVE", "HIGH")
    made.event(regraded, "REGRADED", "1").version(1, "BOOKED", at("12:00"), booked_at=at("10:30"))
    landing = made.landing()
    (one,) = appointments(landing, incidents(landing))
    assert (one.is_inappropriate, one.inappropriate_reason) == (True, reason)


def test_a_cancelling_victim_and_an_unknown_time_leave_the_measured_appointments() -> None:
    made = Made().incident()
    for key, status, attended in (
        ("AP1", "ATTENDED", at("12:00")),
        ("AP2", "ATTENDED", None),
        ("AP3", "CANCELLED_VICTIM", None),
        ("AP4", "FAILED", None),
    ):
        made.version(1, status, at("12:00"), of=key, attended_at=attended)
    day = ("day", date(2021, 9, 6))
    assert figure(made.landing(), "diary_kept_on_time", day) == (1, 2, Fraction(1, 2), 2, 3)
    assert figure(made.landing(), "diary_failed", day) == (1, 2, Fraction(1, 2), 2, 3)


def test_an_orphan_appointment_is_eligible_and_not_measured() -> None:
    made = Made().incident(da_flag="Y").version(1, "BOOKED", at("12:00"), slot_start=at("16:00"))
    made.version(1, "BOOKED", at("12:00"), of="AP2", key=OTHER)
    day = ("day", date(2021, 9, 6))
    assert figure(made.landing(), "diary_domestic_abuse", day) == (1, 1, Fraction(1), 1, 2)
    assert figure(made.landing(), "diary_days_waiting", day) == (None, 1, Fraction(1, 4), 1, 2)


# --- domestic abuse -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("days", "seconds", "repeats"),
    [(28, 0, (True, True)), (28, 1, (False, True)), (365, 0, (False, True)), (365, 1, (False, False))],
)
def test_a_repeat_counts_to_the_second(days: int, seconds: int, repeats: tuple[bool, bool]) -> None:
    made = monthly(Made(), "da_outcomes", date(2021, 9, 1))
    made.incident(at("10:00") - days * DAY_SECONDS - seconds, key=OTHER, da_flag="Y").incident(da_flag="Y")
    for key in (OTHER, "WM-20210906-00001"):
        made.add("da_outcomes", (key,), victim_id="V1")
    landing = made.landing()
    first = {one.incident_key: one for one in domestic_abuse(landing, incidents(landing))}
    assert (first["WM-20210906-00001"].is_repeat_28d, first["WM-20210906-00001"].is_repeat_365d) == repeats
    assert not first[OTHER].is_repeat_365d


def test_two_incidents_of_one_second_and_a_duplicate_are_no_repeat() -> None:
    made = monthly(Made(), "da_outcomes", date(2021, 9, 1))
    made.incident(da_flag="Y").incident(key=OTHER, da_flag="Y")
    made.incident(at("09:00"), key="WM-20210906-00003", da_flag="Y", linked_to=OTHER)
    for key in ("WM-20210906-00001", OTHER, "WM-20210906-00003"):
        made.add("da_outcomes", (key,), victim_id="V1")
    landing = made.landing()
    assert not any(one.is_repeat_28d for one in domestic_abuse(landing, incidents(landing)))


def test_a_missing_outcome_counts_as_not_and_none_at_all_as_unknown() -> None:
    made = monthly(Made(), "da_outcomes", date(2021, 9, 1)).incident(da_flag="Y").incident(key=OTHER, da_flag="Y")
    day = ("day", date(2021, 9, 6))
    assert figure(made.landing(), "da_arrest", day) == (0, 2, None, 0, 2)
    made.add("da_outcomes", (OTHER,), arrest_at=at("11:00"))
    assert figure(made.landing(), "da_arrest", day) == (1, 2, Fraction(1, 2), 1, 2)
    assert figure(made.landing(), "da_repeat_28d", day) == (0, 2, None, 0, 2)


def test_the_pilot_ends_with_its_last_day() -> None:
    made = Made().incident(at("23:59:59", 7), da_flag="Y").incident(at("00:00", 8), key=OTHER, da_flag="Y", lpa="HEREF")
    landing = made.landing()
    pilot = [Pilot("TELF", date(2021, 9, 1), date(2021, 9, 7))]
    found = domestic_abuse(landing, incidents(landing), pilot)
    assert [(one.is_pilot_area, one.is_pilot_period) for one in found] == [(True, True), (False, False)]


# --- digital contact, staff, deliveries ---------------------------------------------------------------------------
def test_a_month_of_contacts_is_stated_per_elapsed_day_and_per_weekday() -> None:
    made = monthly(Made(), "digital_contacts", date(2021, 9, 1))
    for number, (opened, direction) in enumerate(((at("10:00"), "IN"), (at("10:00", 11), "IN"), (at("10:00"), "OUT"))):
        made.add("digital_contacts", (f"C{number}",), channel="SOH", direction=direction, opened=opened)
    landing, month = made.landing(), ("month", date(2021, 9, 1))
    assert figure(landing, "digital_engagements_per_day", month, "SOH") == (2, 30, Fraction(1, 15), 2, 2)
    assert figure(landing, "digital_engagements_per_weekday", month, "SOH") == (2, 22, Fraction(1, 11), 2, 2)
    assert figure(landing, "digital_outbound", month) == (1, None, Fraction(1), 1, 1)
    # A quiet Tuesday had no contact; a quiet Sunday has no weekday to share them among.
    assert figure(landing, "digital_engagements_per_day", ("day", date(2021, 9, 7))) == (0, 1, Fraction(0), 0, 0)
    assert figure(landing, "digital_engagements_per_weekday", ("day", date(2021, 9, 12))) == (0, 0, None, 0, 0)


def test_a_missing_or_negative_figure_of_staff_is_not_measured() -> None:
    made = monthly(Made(), "workforce", date(2021, 9, 1))
    for role, planned, strength in (("A", "10.5", "8.4"), ("B", "5", None), ("C", "-1", "3"), ("D", "0", "2")):
        made.add("workforce", ("2021-09", "OCC", role), establishment_fte=planned, strength_fte=strength)
    month = ("month", date(2021, 9, 1))
    assert figure(made.landing(), "workforce_vacancy", month) == (
        Fraction(1, 10),
        Fraction(21, 2),
        Fraction(1, 105),
        2,
        4,
    )
    assert figure(made.landing(), "workforce_vacancy", ("quarter", date(2021, 7, 1))) is None


def test_a_stage_without_the_one_before_it_is_not_measured() -> None:
    made = monthly(Made(), "recruitment", date(2021, 9, 1))
    for stage, count in (("APPLIED", 40), ("ASSESSED", 10), ("APPOINTED", 3)):
        made.add("recruitment", ("2021-09", stage), count=count)
    landing, month = made.landing(), ("month", date(2021, 9, 1))
    assert figure(landing, "recruitment_conversion", month, "ASSESSED") == (10, 40, Fraction(1, 4), 1, 1)
    assert figure(landing, "recruitment_conversion", month, "APPOINTED") == (0, 0, None, 0, 1)
    assert figure(landing, "recruitment_conversion", month, "APPLIED") is None


def test_completeness_runs_from_an_exports_first_day_to_the_newest_of_its_system() -> None:
    made = Made(saab_incidents=(0,), saab_diary=(2,))
    week = ("week", date(2021, 9, 6))
    assert figure(made.landing(), "source_completeness", week, "saab_incidents") == (2, 2, Fraction(1), 2, 2)
    assert figure(made.landing(), "source_completeness", week, "saab_diary") == (2, 3, Fraction(2, 3), 3, 3)
