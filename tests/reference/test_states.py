"""The states of an incident proved by hand: each trap on its own, expectations worked out on paper.

A failure here means that the independent calculation itself is wrong, not the pipeline.
"""

from __future__ import annotations

from typing import Any

import pytest

from . import incidents
from .by_hand import KEY, Made, at, wall
from .states import State, states, states_as_of


def walked(made: Made) -> list[State]:
    landing = made.landing()
    return [each for each in states(landing, incidents(landing)) if each.incident_key == KEY]


def shown(made: Made, *more: str) -> list[tuple[object, ...]]:
    """State, start and end on the wall clock, and whatever else is asked for."""
    return [
        (each.state, wall(each.started_at), wall(each.ended_at), *(getattr(each, name) for name in more))
        for each in walked(made)
    ]


def graded(grade: str = "2") -> Made:
    """Created at 10:00, graded at 10:01."""
    return Made().incident().event(at("10:00"), "CREATED").event(at("10:01"), "GRADED", grade)


START = ("UNGRADED", "10:00", "10:01")


# --- grades -------------------------------------------------------------------------------------------------------
def test_an_incident_without_a_log_is_ungraded_from_its_creation_on() -> None:
    assert shown(Made().incident(grade_curr="1"), "grade") == [("UNGRADED", "10:00", "", "UNGRADED")]


def test_an_incident_without_a_log_that_its_row_says_is_closed_is_ungraded_until_then() -> None:
    made = Made().incident(status="CLOSED", closed=at("12:00"))
    assert shown(made) == [("UNGRADED", "10:00", "12:00"), ("CLOSED", "12:00", "")]


def test_an_ungraded_incident_waits_for_its_first_grade_then_for_a_resource() -> None:
    assert shown(graded(), "grade", "kind") == [
        (*START, "UNGRADED", None),
        ("UNRESOURCED", "10:01", "", "2", "LIVE"),
    ]


def test_grade_4_needs_no_resource() -> None:
    assert shown(graded("4")) == [START, ("RESOLVED_WITHOUT", "10:01", "")]


def test_a_regrade_in_the_queue_is_a_new_interval_of_the_same_spell() -> None:
    made = graded("3").event(at("10:30"), "REGRADED", "1").event(at("10:40"), "REGRADED", "1")
    assert shown(made, "grade", "spell_started_at")[1:] == [
        ("UNRESOURCED", "10:01", "10:30", "3", at("10:01")),
        ("UNRESOURCED", "10:30", "", "1", at("10:01")),
    ]


def test_a_regrade_to_4_ends_the_spell_and_back_begins_another() -> None:
    made = graded("2").event(at("10:30"), "REGRADED", "4").event(at("10:40"), "REGRADED", "2")
    assert shown(made, "spell_started_at")[1:] == [
        ("UNRESOURCED", "10:01", "10:30", at("10:01")),
        ("RESOLVED_WITHOUT", "10:30", "10:40", None),
        ("UNRESOURCED", "10:40", "", at("10:40")),
    ]


def test_an_unknown_grade_is_the_unknown_member_and_waits_for_a_resource() -> None:
    assert shown(graded("9"), "grade")[1:] == [("UNRESOURCED", "10:01", "", "UNKNOWN")]


def test_a_grade_event_without_a_value_says_nothing() -> None:
    assert shown(graded("").event(at("10:05"), "GRADED", "2").event(at("10:06"), "REGRADED"), "grade") == [
        ("UNGRADED", "10:00", "10:05", "UNGRADED"),
        ("UNRESOURCED", "10:05", "", "2"),
    ]


def test_events_before_creation_take_effect_at_creation_in_their_order() -> None:
    made = Made().incident()
    made.event(at("09:58"), "GRADED", "2").event(at("09:59"), "ASSIGNED", by="TX1").event(at("09:57"), "GRADED", "3")
    assert shown(made, "grade") == [("ASSIGNED", "10:00", "", "2")]


def test_events_go_by_time_then_by_number_not_as_keyed() -> None:
    made = graded().event(at("10:20"), "UNASSIGNED", by="TX1").event(at("10:10"), "ASSIGNED", by="TX1")
    made.event(at("10:30"), "ASSIGNED", by="TX2").event(at("10:30"), "UNASSIGNED", by="TX2")
    assert shown(made)[1:] == [
        ("UNRESOURCED", "10:01", "10:10"),
        ("ASSIGNED", "10:10", "10:20"),
        ("UNRESOURCED", "10:20", ""),
    ]


# --- resources ----------------------------------------------------------------------------------------------------
def test_a_resource_goes_from_assigned_over_en_route_and_at_scene_to_awaiting_closure() -> None:
    made = graded().event(at("10:05"), "ASSIGNED", by="TX1").event(at("11:00"), "UNASSIGNED", by="TX1")
    made.event(at("12:00"), "CLOSED").press(at("10:06"), "5").press(at("10:20"), "6").press(at("10:50"), "2")
    assert shown(made) == [
        START,
        ("UNRESOURCED", "10:01", "10:05"),
        ("ASSIGNED", "10:05", "10:06"),
        ("EN_ROUTE", "10:06", "10:20"),
        ("AT_SCENE", "10:20", "11:00"),
        ("AWAITING_CLOSURE", "11:00", "12:00"),
        ("CLOSED", "12:00", ""),
    ]


def test_a_missing_arrival_brings_the_incident_back_into_the_queue() -> None:
    made = graded().event(at("10:05"), "ASSIGNED", by="TX1").event(at("11:00"), "UNASSIGNED", by="TX1")
    made.press(at("10:06"), "5")
    assert shown(made, "spell_started_at")[2:] == [
        ("ASSIGNED", "10:05", "10:06", None),
        ("EN_ROUTE", "10:06", "11:00", None),
        ("UNRESOURCED", "11:00", "", at("11:00")),
    ]


def test_reassignment_starts_afresh() -> None:
    """The first assignment came as far as en route; the second is assigned only."""
    made = graded().event(at("10:05"), "ASSIGNED", by="TX1").event(at("10:10"), "UNASSIGNED", by="TX1")
    made.event(at("10:15"), "ASSIGNED", by="TX1").press(at("10:06"), "5")
    assert [state for state, *_ in shown(made)][2:] == ["ASSIGNED", "EN_ROUTE", "UNRESOURCED", "ASSIGNED"]


def test_a_second_assignment_of_a_resource_that_is_assigned_starts_it_afresh() -> None:
    made = graded().event(at("10:05"), "ASSIGNED", by="TX1").event(at("10:15"), "ASSIGNED", by="TX1")
    made.press(at("10:06"), "5")
    assert shown(made)[2:] == [
        ("ASSIGNED", "10:05", "10:06"),
        ("EN_ROUTE", "10:06", "10:15"),
        ("ASSIGNED", "10:15", ""),
    ]


@pytest.mark.parametrize(
    ("pressed", "counts"),
    [("10:04:59", False), ("10:05", True), ("10:05:01", True), ("10:59:59", True), ("11:00", False), ("11:01", False)],
)
def test_a_status_counts_from_assigned_inclusive_to_unassigned_exclusive(pressed: str, counts: bool) -> None:
    made = graded().event(at("10:05"), "ASSIGNED", by="TX1").event(at("11:00"), "UNASSIGNED", by="TX1")
    made.press(at(pressed), "6")
    found = shown(made)
    assert (("AT_SCENE", pressed, "11:00") in found) is counts
    assert found[-1] == ("AWAITING_CLOSURE" if counts else "UNRESOURCED", "11:00", "")


def test_at_one_instant_all_events_come_before_the_status() -> None:
    """Unassigned and assigned again at 11:00: the status of that second is the second assignment's."""
    made = graded().event(at("10:05"), "ASSIGNED", by="TX1").event(at("11:00"), "UNASSIGNED", by="TX1")
    made.event(at("11:00"), "ASSIGNED", by="TX1").press(at("11:00"), "5")
    assert shown(made)[2:] == [("ASSIGNED", "10:05", "11:00"), ("EN_ROUTE", "11:00", "")]


def test_the_furthest_status_holds() -> None:
    made = graded().event(at("10:05"), "ASSIGNED", by="TX1")
    made.press(at("10:06"), "6").press(at("10:10"), "5").press(at("10:20"), "2")
    assert shown(made)[2:] == [("ASSIGNED", "10:05", "10:06"), ("AT_SCENE", "10:06", "")]


def test_of_two_resources_the_furthest_counts_until_it_leaves() -> None:
    made = graded().event(at("10:05"), "ASSIGNED", by="TX1").event(at("10:06"), "ASSIGNED", by="TX2")
    made.event(at("10:30"), "UNASSIGNED", by="TX2").event(at("10:40"), "UNASSIGNED", by="TX1")
    made.press(at("10:07"), "5", by="TX1").press(at("10:08"), "6", by="TX2")
    assert shown(made)[2:] == [
        ("ASSIGNED", "10:05", "10:07"),
        ("EN_ROUTE", "10:07", "10:08"),
        ("AT_SCENE", "10:08", "10:30"),
        ("EN_ROUTE", "10:30", "10:40"),
        ("AWAITING_CLOSURE", "10:40", ""),
    ]


def test_a_status_for_another_incident_or_for_none_does_not_count() -> None:
    made = graded().event(at("10:05"), "ASSIGNED", by="TX1")
    made.press(at("10:06"), "6", key="WM-20210906-00002").press(at("10:07"), "6", key="").press(
        at("10:08"), "6", by="X"
    )
    assert shown(made)[2:] == [("ASSIGNED", "10:05", "")]


def test_a_status_before_creation_does_not_count() -> None:
    made = Made().incident().event(at("09:50"), "ASSIGNED", by="TX1").press(at("09:55"), "6")
    assert shown(made) == [("ASSIGNED", "10:00", "")]


def test_assignments_without_a_callsign_are_ignored() -> None:
    assert shown(graded().event(at("10:05"), "ASSIGNED").event(at("10:06"), "UNASSIGNED"))[1:] == [
        ("UNRESOURCED", "10:01", "")
    ]


def test_an_assignment_of_no_length_leaves_the_spell_unbroken() -> None:
    made = graded().event(at("10:05"), "ASSIGNED", by="TX1").event(at("10:05"), "UNASSIGNED", by="TX1")
    assert shown(made, "spell_started_at")[1:] == [("UNRESOURCED", "10:01", "", at("10:01"))]


# --- closing ------------------------------------------------------------------------------------------------------
def test_reopening_keeps_the_grade_only() -> None:
    """A resource at scene, a booking and having been attended are gone after the incident was closed and reopened."""
    made = graded("3").event(at("10:05"), "ASSIGNED", by="TX1").press(at("10:06"), "6")
    made.version(1, "BOOKED", at("09:00", 8)).event(at("10:07"), "DIARY_BOOKED", "DIARY_CAR", of="AP1")
    made.event(at("11:00"), "CLOSED").event(at("12:00"), "REOPENED")
    assert shown(made, "grade")[3:] == [
        ("AT_SCENE", "10:06", "11:00", "3"),
        ("CLOSED", "11:00", "12:00", "3"),
        ("UNRESOURCED", "12:00", "", "3"),
    ]


def test_nothing_that_happens_while_closed_outlasts_reopening_but_the_grade() -> None:
    made = graded("3").event(at("11:00"), "CLOSED").event(at("11:10"), "ASSIGNED", by="TX1").press(at("11:11"), "6")
    made.version(1, "BOOKED", at("09:00", 8)).event(at("11:12"), "DIARY_BOOKED", "DIARY_CAR", of="AP1")
    made.event(at("11:20"), "REGRADED", "1").event(at("12:00"), "REOPENED").press(at("12:01"), "6")
    assert shown(made, "grade")[2:] == [
        ("CLOSED", "11:00", "11:20", "3"),
        ("CLOSED", "11:20", "12:00", "1"),
        ("UNRESOURCED", "12:00", "", "1"),
    ]


def test_a_second_closing_moves_nothing_and_a_closing_and_reopening_in_one_second_leaves_no_trace() -> None:
    made = graded().event(at("11:00"), "CLOSED").event(at("11:30"), "CLOSED").event(at("12:00"), "REOPENED")
    made.event(at("13:00"), "CLOSED").event(at("13:00"), "REOPENED")
    assert shown(made)[2:] == [("CLOSED", "11:00", "12:00"), ("UNRESOURCED", "12:00", "")]


def test_reopening_an_open_incident_ends_awaiting_closure_only() -> None:
    made = graded().event(at("10:05"), "ASSIGNED", by="TX1").press(at("10:06"), "6")
    made.event(at("10:10"), "REOPENED").event(at("11:00"), "UNASSIGNED", by="TX1")
    assert shown(made)[3:] == [("AT_SCENE", "10:06", "11:00"), ("UNRESOURCED", "11:00", "")]


@pytest.mark.parametrize(
    ("row", "events", "expected"),
    [
        ({"status": "CLOSED", "closed": at("12:00")}, [], [("UNRESOURCED", "10:01", "12:00"), ("CLOSED", "12:00", "")]),
        ({"status": "OPEN", "closed": at("12:00")}, [], [("UNRESOURCED", "10:01", "")]),
        ({"status": "CLOSED"}, [], [("UNRESOURCED", "10:01", "")]),
        (
            {"status": "CLOSED", "closed": at("12:00")},
            [("11:00", "CLOSED")],
            [("UNRESOURCED", "10:01", "11:00"), ("CLOSED", "11:00", "")],
        ),
        (
            {"status": "CLOSED", "closed": at("12:00")},
            [("12:30", "REOPENED")],
            [("UNRESOURCED", "10:01", "12:00"), ("CLOSED", "12:00", "12:30"), ("UNRESOURCED", "12:30", "")],
        ),
        (
            {"status": "CLOSED", "closed": at("12:00")},
            [("12:00", "REOPENED")],
            [("UNRESOURCED", "10:01", "12:00"), ("CLOSED", "12:00", "")],
        ),
    ],
)
def test_without_a_closing_event_the_row_says_when(
    row: dict[str, Any], events: list[tuple[str, str]], expected: list[tuple[str, str, str]]
) -> None:
    made = graded().incident(**row)
    for clock, code in events:
        made.event(at(clock), code)
    assert shown(made)[1:] == expected


# --- the diary ----------------------------------------------------------------------------------------------------
def booked(diary: str = "DIARY_CAR", slot_end: int | None = None) -> Made:
    """Grade 3, appointment AP1 booked at 11:00 with its slot to 15:00 unless said otherwise."""
    made = graded("3").event(at("11:00"), "DIARY_BOOKED", diary, of="AP1")
    return made.version(1, "BOOKED", at("15:00") if slot_end is None else slot_end)


def test_a_booking_is_in_the_diary_until_its_slot_ends_and_overdue_from_then_on() -> None:
    assert shown(booked(), "kind", "diary_code", "appointment_key", "spell_started_at")[1:] == [
        ("UNRESOURCED", "10:01", "11:00", "LIVE", None, None, at("10:01")),
        ("DIARY", "11:00", "15:00", "DIARY_CAR", "DIARY_CAR", "AP1", at("11:00")),
        ("DIARY_OVERDUE", "15:00", "", "DIARY_CAR", "DIARY_CAR", "AP1", at("11:00")),
    ]


@pytest.mark.parametrize(
    ("said", "own", "code", "kind"),
    [
        ("SCHEDULED", "DIARY_CAR", "SCHEDULED", "SCHEDULED"),
        ("DA_DIARY_CAR", "DIARY_CAR", "DA_DIARY_CAR", "DA_DIARY_CAR"),
        ("", "DA_DIARY_CAR", "DA_DIARY_CAR", "DA_DIARY_CAR"),
        ("BRAND_NEW", "DIARY_CAR", "DIARY_CAR", "DIARY_CAR"),
        ("BRAND_NEW", "NEWER", "UNKNOWN", "SCHEDULED"),
    ],
)
def test_the_diary_is_the_events_else_the_appointments_else_unknown(said: str, own: str, code: str, kind: str) -> None:
    made = booked(said).version(1, "BOOKED", at("15:00"), diary=own)
    assert shown(made, "diary_code", "kind")[2] == ("DIARY", "11:00", "15:00", code, kind)


def test_a_booking_without_a_row_or_a_slot_end_is_never_overdue() -> None:
    without_row = graded("3").event(at("11:00"), "DIARY_BOOKED", "SCHEDULED", of="AP9")
    without_end = graded("3").event(at("11:00"), "DIARY_BOOKED", "SCHEDULED", of="AP1").version(1, "BOOKED", None)
    assert shown(without_row)[2:] == shown(without_end)[2:] == [("DIARY", "11:00", "")]


def test_a_slot_that_ended_before_it_was_booked_is_overdue_at_once() -> None:
    assert shown(booked(slot_end=at("09:00")))[2:] == [("DIARY_OVERDUE", "11:00", "")]


def test_the_nth_move_takes_the_slot_of_the_nth_version_moved() -> None:
    made = booked().version(2, "MOVED", at("17:00")).version(3, "BOOKED", at("18:00")).version(4, "MOVED", at("20:00"))
    made.event(at("12:00"), "DIARY_MOVED", of="AP1").event(at("18:30"), "DIARY_MOVED", of="AP1")
    assert shown(made, "spell_started_at")[2:] == [
        ("DIARY", "11:00", "17:00", at("11:00")),
        ("DIARY_OVERDUE", "17:00", "18:30", at("11:00")),
        ("DIARY", "18:30", "20:00", at("11:00")),
        ("DIARY_OVERDUE", "20:00", "", at("11:00")),
    ]


def test_a_move_whose_version_never_came_is_never_overdue() -> None:
    assert shown(booked().event(at("12:00"), "DIARY_MOVED", of="AP1"))[2:] == [("DIARY", "11:00", "")]


def test_a_move_of_an_appointment_that_is_not_alive_changes_nothing_but_is_numbered() -> None:
    """Moved before it was booked: the next move is the second and takes the second version MOVED."""
    made = (
        graded("3").version(1, "BOOKED", at("15:00")).version(2, "MOVED", at("16:00")).version(3, "MOVED", at("19:00"))
    )
    made.event(at("10:30"), "DIARY_MOVED", of="AP1").event(at("11:00"), "DIARY_BOOKED", "SCHEDULED", of="AP1")
    made.event(at("12:00"), "DIARY_MOVED", of="AP1").event(at("12:30"), "DIARY_MOVED", of="AP2")
    assert shown(made)[2:] == [("DIARY", "11:00", "19:00"), ("DIARY_OVERDUE", "19:00", "")]


@pytest.mark.parametrize("named", ["AP1", ""])
def test_a_failed_appointment_goes_back_into_the_queue(named: str) -> None:
    made = booked().event(at("15:30"), "DIARY_FAILED", of=named)
    assert shown(made, "spell_started_at")[3:] == [
        ("DIARY_OVERDUE", "15:00", "15:30", at("11:00")),
        ("UNRESOURCED", "15:30", "", at("15:30")),
    ]


def test_a_failure_of_another_appointment_changes_nothing() -> None:
    assert shown(booked().event(at("12:00"), "DIARY_FAILED", of="AP2")) == shown(booked())


def test_an_attended_appointment_awaits_closure() -> None:
    made = booked().version(2, "ATTENDED", at("15:00"), attended_at=at("14:00")).event(at("16:00"), "CLOSED")
    assert shown(made)[2:] == [
        ("DIARY", "11:00", "14:00"),
        ("AWAITING_CLOSURE", "14:00", "16:00"),
        ("CLOSED", "16:00", ""),
    ]


def test_an_appointment_attended_without_a_time_neither_ends_nor_attends() -> None:
    made = booked().version(2, "ATTENDED", at("15:00"))
    assert shown(made) == shown(booked())


def test_only_the_highest_version_says_that_it_was_attended() -> None:
    made = booked().version(2, "ATTENDED", at("15:00"), attended_at=at("14:00")).version(3, "FAILED", at("15:00"))
    assert shown(made) == shown(booked())


def test_an_appointment_that_the_log_never_booked_can_be_attended() -> None:
    made = graded("3").version(1, "ATTENDED", at("15:00"), attended_at=at("14:00"))
    assert shown(made)[1:] == [("UNRESOURCED", "10:01", "14:00"), ("AWAITING_CLOSURE", "14:00", "")]


@pytest.mark.parametrize("status", ["CANCELLED_VICTIM", "CANCELLED_POLICE"])
def test_the_first_cancelling_version_ends_a_booking_when_it_was_made(status: str) -> None:
    made = booked().version(2, status, updated_at=at("13:00")).version(3, "CANCELLED_POLICE", updated_at=at("14:00"))
    assert shown(made)[2:] == [("DIARY", "11:00", "13:00"), ("UNRESOURCED", "13:00", "")]


def test_an_appointment_booked_again_after_it_ended_starts_afresh() -> None:
    made = (
        booked().event(at("12:00"), "DIARY_FAILED", of="AP1").event(at("13:00"), "DIARY_BOOKED", "SCHEDULED", of="AP1")
    )
    assert shown(made, "spell_started_at")[2:] == [
        ("DIARY", "11:00", "12:00", at("11:00")),
        ("UNRESOURCED", "12:00", "13:00", at("12:00")),
        ("DIARY", "13:00", "15:00", at("13:00")),
        ("DIARY_OVERDUE", "15:00", "", at("13:00")),
    ]


def test_of_several_bookings_the_last_booked_counts_and_then_the_one_before() -> None:
    made = booked().version(1, "BOOKED", at("17:00"), of="AP2", diary="SCHEDULED")
    made.event(at("12:00"), "DIARY_BOOKED", "SCHEDULED", of="AP2").event(at("16:00"), "DIARY_FAILED", of="AP2")
    assert shown(made, "appointment_key", "spell_started_at")[2:] == [
        ("DIARY", "11:00", "12:00", "AP1", at("11:00")),
        ("DIARY", "12:00", "16:00", "AP2", at("12:00")),
        ("DIARY_OVERDUE", "16:00", "", "AP1", at("16:00")),
    ]


def test_two_appointments_of_one_diary_are_one_spell() -> None:
    made = booked().version(1, "BOOKED", at("17:00"), of="AP2")
    made.event(at("12:00"), "DIARY_BOOKED", "DIARY_CAR", of="AP2")
    assert shown(made, "appointment_key", "spell_started_at")[2:] == [
        ("DIARY", "11:00", "12:00", "AP1", at("11:00")),
        ("DIARY", "12:00", "17:00", "AP2", at("11:00")),
        ("DIARY_OVERDUE", "17:00", "", "AP2", at("11:00")),
    ]


def test_an_assignment_covers_a_booking_and_does_not_end_it() -> None:
    made = booked().event(at("12:00"), "ASSIGNED", by="TX1").event(at("16:00"), "UNASSIGNED", by="TX1")
    assert shown(made, "kind", "spell_started_at")[2:] == [
        ("DIARY", "11:00", "12:00", "DIARY_CAR", at("11:00")),
        ("ASSIGNED", "12:00", "16:00", None, None),
        ("DIARY_OVERDUE", "16:00", "", "DIARY_CAR", at("16:00")),
    ]


def test_a_booking_comes_before_the_grade() -> None:
    made = Made().incident().event(at("11:00"), "DIARY_BOOKED", "SCHEDULED", of="AP1").event(at("12:00"), "GRADED", "4")
    assert shown(made, "grade") == [
        ("UNGRADED", "10:00", "11:00", "UNGRADED"),
        ("DIARY", "11:00", "12:00", "UNGRADED"),
        ("DIARY", "12:00", "", "4"),
    ]


# --- the edges of time --------------------------------------------------------------------------------------------
def test_the_as_of_instant_is_the_end_of_the_older_of_the_incidents_and_their_log() -> None:
    assert states_as_of(Made(saab_incident_log=(2,)).landing()) == at("00:00", 8)
    assert states_as_of(Made(saab_incidents=(1, 2)).landing()) == at("00:00", 7)
    assert states_as_of(Made(saab_diary=(0, 1, 2)).landing()) == at("00:00", 9)
    assert states_as_of(Made(saab_incidents=(0, 1, 2)).landing()) is None


def test_nothing_at_or_after_the_as_of_instant_is_seen() -> None:
    end = at("00:00", 9)
    made = graded().event(end - 1, "ASSIGNED", by="TX1").press(end, "6").event(end, "CLOSED")
    assert shown(made)[1:] == [("UNRESOURCED", "10:01", "8. 23:59:59"), ("ASSIGNED", "8. 23:59:59", "")]
    assert shown(booked(slot_end=end))[2:] == [("DIARY", "11:00", "")]
    row = graded().incident(status="CLOSED", closed=end).event(end + 1, "CLOSED")
    assert shown(row)[1:] == [("UNRESOURCED", "10:01", "")]


def test_an_incident_created_at_the_as_of_instant_has_no_states_yet() -> None:
    assert walked(Made().incident(at("00:00", 9))) == []
    assert len(walked(Made().incident(at("00:00", 9) - 1))) == 1


def test_a_missing_day_of_the_log_leaves_the_state_before_it() -> None:
    """What the second day said never came: the incident waits until the third."""
    made = Made(saab_incident_log=(1,)).incident().event(at("10:01"), "GRADED", "2").event(at("09:00", 8), "CLOSED")
    assert shown(made)[1:] == [("UNRESOURCED", "10:01", "8. 09:00"), ("CLOSED", "8. 09:00", "")]


def test_incidents_of_the_system_before_have_no_states_and_orphans_make_none() -> None:
    made = Made().event(at("10:00"), "GRADED", "2").press(at("10:00"), "6").version(1, "BOOKED", at("12:00"))
    made.tables["legacy_incidents"] = {
        (at("00:00"), 1): ("1", "1", "TELF", "C", "999", "N", at("10:00"), None, None, None)
    }
    landing = made.landing()
    assert len(incidents(landing)) == 1
    assert states(landing, incidents(landing)) == []


def test_intervals_are_numbered_and_carry_what_the_incident_now_is() -> None:
    made = graded().incident(lpa="MOON", thrive_risk="HIGH", da_flag="Y", linked_to="X", urban="N")
    for number, each in enumerate(walked(made), 1):
        assert (each.number, each.area_code, each.thrive_risk) == (number, "UNKNOWN", "HIGH")
        assert (each.is_domestic_abuse, each.is_duplicate, each.is_urban) == (True, True, False)
