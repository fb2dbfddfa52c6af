"""Tiny made-up worlds: a handful of export files with as many edges as fit. No expectations.

`write_world(folder, seed)` writes one world; the same seed gives the same bytes. Three days around an ordinary night, a
turn of the year or one of the two clock changes, with the traps of calls (boundary waits, short abandons, redials at
600 and 601 seconds, midnight, several legs), of incidents (regrades, missing arrivals, back records, reopened ones), of
their appointments (attended at the slot's end and a second later, booked at the second of a regrade), of outcomes,
contacts and staff (unknown codes, missing and negative figures), of states (everything that can happen to one, in any
order and often at one instant, up to and past the as-of instant), of waiting (re-assessed at the very limit) and of
deliveries (corrections, copies, parts, encodings, bad rows, bad files, days that never
came).
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from .clocks import LONDON
from .layouts import LAYOUTS, Layout

Row = dict[str, Any]  # field -> value; instants are aware datetimes, text is written as it stands

FIRST_DAYS = (
    date(2021, 9, 6),
    date(2021, 10, 30),  # 31 October: 01:00 to 01:59 occurs twice
    date(2021, 3, 27),  # 28 March: 01:00 to 01:59 does not exist
    date(2021, 12, 30),  # week, month, quarter and calendar year turn
    date(2022, 3, 30),  # financial year turns
)
WAITS = (0, 1, 4, 5, 6, 9, 10, 11, 29, 30, 31, 75)
AREAS = ("HEREF", "NWORC", "SWORC", "SHROP", "TELF", "TELF", "ATLANTIS", "")
CALLERS = ("07700900001", "+447700900001", "+44 7700 900001", "07700 900002", "01632960003", "WITHHELD", "")
WRAPS = (
    "NEW_INCIDENT", "UPDATE_REQUEST", "OFFICER_CONTACT", "WRONG_AGENCY", "ADVICE", "INTERNAL", "NUISANCE", "OTHER",
    "NEW_CODE", "",
)  # fmt: skip
ODD_TEXTS = ('says "soon"', "two\nlines", "a,b;c\td", "café", "plain", "")


class _World:
    """The rows of one world by export and business date."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        first = FIRST_DAYS[seed % len(FIRST_DAYS)]
        self.days = [first + timedelta(days=index) for index in range(3)]
        self.rows: dict[tuple[str, date], list[Row]] = {}
        self.call_numbers = dict.fromkeys(self.days, 0)
        self.calls: list[tuple[str, datetime]] = []  # key and time offered, for incidents to refer to

    def add(self, export: str, day: date, **row: Any) -> None:
        self.rows.setdefault((export, day), []).append(row)

    def instant(self, day: date) -> datetime:
        """A time of that London day; every fourth lies at one of its edges or about the change of the clocks."""
        midnight = datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)
        edges = (0, 1, 3599, 3600, 5399, 7199, 7200, 9000, 82_800, 86_340, 86_399)
        seconds = self.rng.choice(edges) if self.rng.random() < 0.25 else self.rng.randrange(86_400)
        found = midnight + timedelta(seconds=seconds)
        return found if found.astimezone(LONDON).date() == day else midnight + timedelta(hours=12)


def _after(start: datetime, seconds: int) -> datetime:
    return start + timedelta(seconds=seconds)


# --- calls --------------------------------------------------------------------------------------------------------
def _leg(world: _World, queue: str, disposition: str, **seconds: Any) -> Row:
    rng = world.rng
    answered = disposition == "ANS"
    wait = rng.choice(WAITS)
    ring = min(wait, rng.randrange(3))
    leg = {
        "queue": queue,
        "disposition": disposition,
        "ivr_secs": rng.randrange(20),
        "queue_secs": wait - ring,
        "ring_secs": ring,
        "talk_secs": rng.randrange(300) if answered else 0,
        "hold_secs": rng.randrange(20) if answered else 0,
        "wrap_secs": rng.randrange(60) if answered else 0,
        "agent_id": f"A{rng.randrange(3)}" if answered else "",
        "team": f"T{rng.randrange(2)}" if answered else "",
        "wrap_code": rng.choice(WRAPS) if answered else "",
    }
    return leg | seconds


def _legs(world: _World, line: str) -> list[Row]:
    """One of the shapes that calls take."""
    own = {"999": "OCC_999", "101": "OCC_101", "SWITCHBOARD": "SWITCHBOARD", "INTERNAL": "INTERNAL"}.get(
        line, "OCC_101"
    )
    other = {"OCC_999": "OCC_101", "OCC_101": "OCC_999"}.get(own, "CRIME_BUREAU")

    def leg(queue: str, disposition: str, **seconds: Any) -> Row:
        return _leg(world, queue, disposition, **seconds)

    shapes: tuple[Callable[[], list[Row]], ...] = (
        lambda: [leg(own, "ANS")],
        lambda: [leg(own, "ANS")],
        lambda: [leg("", "XFER"), leg(own, "ANS")],
        lambda: [leg(other, "ANS")],  # helped out by the other call takers
        lambda: [leg(own, "XFER"), leg(other, "ANS"), leg("CRIME_BUREAU", "ANS")],
        lambda: [leg("", "XFER"), leg("CRIME_BUREAU", "ANS")],  # answered elsewhere
        lambda: [leg("CRIME_BUREAU", "ANS"), leg(own, "ABN")],  # elsewhere first, then lost in the queue
        lambda: [leg(own, "ABN")],
        lambda: [leg(own, "ABN", queue_secs=world.rng.choice((3, 4, 5)), ring_secs=0)],
        lambda: [leg("", "IVR_ABN", queue_secs="", ring_secs="")],
        lambda: [leg("", "IVR_END", queue_secs="", ring_secs="")],
        lambda: [leg(own, world.rng.choice(("OVF", "CBK", "SILENT", "LOST", "XFER", "TIMED_OUT", "")))],
        lambda: [leg(own, "TEST"), leg(own, "ANS")],
        lambda: [leg("", "ANS")],  # answered in no queue
        lambda: [leg(own, "ANS", queue_secs=""), leg(own, "ANS")],
        lambda: [leg(own, "ANS", ring_secs=-1)],
        lambda: [leg(own, "ANS", talk_secs=-5)],
        lambda: [leg(own, "ANS", hold_secs="")],
        lambda: [leg(own, "ANS"), leg("CRIME_BUREAU", "ANS", queue_secs=-3)],  # after the answer: wait stays known
        lambda: [leg("NEW_QUEUE", "ANS")],
    )
    return world.rng.choice(shapes)()


def _add_call(world: _World, day: date, start: datetime, line: str, cli: str, legs: list[Row]) -> None:
    world.call_numbers[day] += 1
    call_id = f"{world.call_numbers[day]:04d}"
    at = start
    for number, leg in enumerate(legs, 1):
        # A later leg can start earlier: a meet-me conference.
        at = _after(at, world.rng.choice((-30, 10, 20, 40))) if number > 1 else at
        row = leg | {"call_id": call_id, "segment": number, "seg_start": at, "seg_end": _after(at, 90)}
        world.add("acd_segments", day, dialled=line, cli=cli, **row)
    world.calls.append((f"{day:%Y%m%d}-{call_id}", start))


def _add_calls(world: _World, day: date) -> None:
    lines = ("999", "999", "101", "101", "101", "SWITCHBOARD", "INTERNAL", "OTHER", "112", "")
    for _ in range(world.rng.randrange(15, 30)):
        line = world.rng.choice(lines)
        _add_call(world, day, world.instant(day), line, world.rng.choice(CALLERS), _legs(world, line))
    for gap in (0, 1, 600, 601):  # the edges of the redial window, each with a caller of its own
        cli, start = f"0770090010{gap % 7}", world.instant(day)
        _add_call(world, day, start, "101", cli, [_leg(world, "OCC_101", "ABN")])
        end = _after(start, gap)
        if end.astimezone(LONDON).date() in world.call_numbers:
            _add_call(world, end.astimezone(LONDON).date(), end, "101", cli, [_leg(world, "OCC_101", "ANS")])


def _add_intervals(world: _World, day: date) -> None:
    midnight = datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)
    for half_hour in world.rng.sample(range(46), 4):
        for team in ("T0", "T1"):
            rng = world.rng
            world.add(
                "acd_agent_intervals",
                day,
                interval_start=_after(midnight, half_hour * 1800),
                team=team,
                staffed_secs=rng.choice((1800, 3600, 9000, "")),
                available_secs=rng.randrange(600),
                talk_secs=rng.choice((rng.randrange(900), rng.randrange(900), -1)),
                hold_secs=rng.randrange(60),
                wrap_secs=rng.randrange(200),
                aux_secs=rng.choice((0, 100, 1800)),
                planned_heads=rng.choice((2, 5)),
            )


# --- incidents ----------------------------------------------------------------------------------------------------
class _Log:
    """Numbers the events of one incident in the order keyed, and files each under the London day it was keyed."""

    def __init__(self, world: _World, reference: str) -> None:
        self.world, self.reference, self.number = world, reference, 0

    def write(self, at: datetime, code: str, keyed: datetime | None = None, **values: Any) -> None:
        self.number += 1
        day = min(max((keyed or at).astimezone(LONDON).date(), self.world.days[0]), self.world.days[-1])
        self.world.add(
            "saab_incident_log",
            day,
            inc_ref=self.reference,
            event_no=self.number,
            event_time=at,
            recorded_time=keyed or at,
            event_code=code,
            user_id="U1",
            **values,
        )


def _press(world: _World, reference: str, callsign: str, at: datetime, code: str) -> None:
    day = min(max(at.astimezone(LONDON).date(), world.days[0]), world.days[-1])
    world.add(
        "saab_resource_status", day, callsign=callsign, status_time=at, status_code=code, inc_ref=reference, lpa="TELF"
    )


def _resources(world: _World, log: _Log, start: datetime) -> datetime:
    """Assignments and what the officers pressed: missing, late, twice, without en route, before creation."""
    rng = world.rng
    at = start
    for number in range(rng.choice((0, 1, 1, 1, 2))):
        callsign = f"TX{rng.randrange(9)}{number}"
        at = _after(at, rng.randrange(600))
        log.write(at, "ASSIGNED", callsign=callsign)
        pressed = rng.choice(
            (("5", "6", "7"), ("5", "6", "6"), ("6",), ("5",), ("2",), ("early", "6"), ("5", "99", ""))
        )
        moment = at
        for code in pressed:
            moment = _after(moment, rng.choice((1, 60, 700, 1500)))
            when, code = (_after(start, -120), "6") if code == "early" else (moment, code)
            _press(world, log.reference, callsign, when, code)
        if rng.random() < 0.4:
            log.write(_after(moment, 30), "UNASSIGNED", callsign=callsign)
        at = _after(moment, 60)
    return at


def _diary(world: _World, log: _Log, start: datetime) -> None:
    rng = world.rng
    appointment = f"AP-{log.reference[-8:]}"
    day = start.astimezone(LONDON).date()
    for version in range(1, rng.choice((1, 2, 3)) + 1):
        slot = _after(start, rng.choice((3600, 86_400, 400_000)))
        status = rng.choice(("BOOKED", "MOVED", "ATTENDED", "FAILED", "CANCELLED_VICTIM", "CANCELLED_POLICE"))
        world.add(
            "saab_diary",
            min(day + timedelta(days=version - 1), world.days[-1]),
            appt_id=appointment,
            version=version,
            inc_ref=log.reference,
            diary=rng.choice(("DA_DIARY_CAR", "DIARY_CAR", "SCHEDULED")),
            booked_at=start,
            slot_start=slot,
            slot_end=rng.choice((_after(slot, 3600), _after(slot, 3600), "")),
            status=status,
            attended_at=_after(slot, 600) if status == "ATTENDED" else "",
            callsign="DC1",
            lpa="TELF",
            updated_at=_after(start, version * 60),
        )
    log.write(start, "DIARY_BOOKED", from_value=appointment, to_value="SCHEDULED")


def _close(world: _World, log: _Log, at: datetime) -> datetime | str:
    """Closing in its variants; what the row's CLOSED column says."""
    rng = world.rng
    variant = rng.choice(("event", "event", "row only", "reopened", "closed again", "open"))
    closed = _after(at, rng.randrange(1, 4000))
    if variant == "open":
        return ""
    if variant != "row only":
        log.write(closed, "CLOSED")
    if variant in ("reopened", "closed again"):
        log.write(_after(closed, 300), "REOPENED")
    if variant == "closed again":
        closed = _after(closed, 900)
        log.write(closed, "CLOSED")
    return closed


def _add_incident(world: _World, day: date, number: int) -> None:
    rng = world.rng
    reference = f"WM-{day:%Y%m%d}-{number:05d}"
    created = world.instant(day)
    keyed = _after(created, rng.choice((0, 5, 5, 4000)))
    log = _Log(world, reference)
    log.write(created, "CREATED", keyed=keyed)
    grade = rng.choice(("1", "1", "2", "2", "3", "4", "9", ""))
    final = rng.choice((grade, grade, "1", "2"))
    graded = _after(created, rng.choice((-10, 0, 30, 90)))
    if grade:
        log.write(graded, "GRADED", to_value=grade)
    if final != grade:
        log.write(_after(graded, 200), "REGRADED", from_value=grade, to_value=final)
    if rng.random() < 0.5:
        log.write(_after(created, 100), "TASKED", to_value="TELF")
    at = _resources(world, log, created)
    if rng.random() < 0.3:
        _diary(world, log, at)
    closed = _close(world, log, at)
    call = rng.choice(world.calls)[0] if world.calls and rng.random() < 0.6 else ""
    row = {
        "inc_ref": reference,
        "created": created,
        "recorded": keyed,
        "source": rng.choice(("999", "101", "SOH", "PIGEON", "")),
        "call_ref": rng.choice((call, call, "20200101-0001")),
        "open_code": rng.choice(("PSW01", "PSW-CONCERN", "ADM-TEST", "")),
        "close_code": rng.choice(("", "", "CRM-THEFT", "ADM-MESSAGE", "PSW02")),
        "qualifiers": rng.choice(ODD_TEXTS),
        "grade_init": grade,
        "grade_curr": final,
        "lpa": rng.choice(AREAS),
        "beat": "B1",
        "urban": rng.choice(("Y", "Y", "N", "N", "?", "")),
        "thrive_risk": rng.choice(("HIGH", "MEDIUM", "STANDARD", "")),
        "da_flag": rng.choice(("Y", "N")),
        "repeat_victim": rng.choice(("Y", "N", "")),
        "back_record": rng.choice(("N", "N", "N", "N", "Y", "")),
        "linked_to": rng.choice(("", "", "", "", f"WM-{day:%Y%m%d}-00001")),
        "status": "CLOSED" if closed else "OPEN",
        "closed": closed,
        "last_updated": _after(created, 600),
        "first_at_scene": rng.choice(("", _after(created, 700), _after(created, 1000), _after(created, -5))),
        "pnc_checked": rng.choice(("Y", "N")),
    }
    world.add("saab_incidents", day, **row)
    _resend(world, day, row)


# --- states -------------------------------------------------------------------------------------------------------
# Seconds after creation: few, so that much happens at one instant, and about the limits.
OFFSETS = (
    -60,
    -60,
    0,
    0,
    0,
    60,
    60,
    120,
    120,
    300,
    600,
    600,
    899,
    900,
    901,
    1800,
    3600,
    3600,
    3601,
    7200,
    40_000,
    90_000,
)
STEPS = (
    "GRADED", "GRADED", "REGRADED", "REGRADED", "RETHRIVE", "TASKED", "TASKED", "TASK_DECLINED", "ASSIGNED", "ASSIGNED",
    "ASSIGNED", "UNASSIGNED", "UNASSIGNED", "DIARY_BOOKED", "DIARY_BOOKED", "DIARY_MOVED", "DIARY_MOVED",
    "DIARY_FAILED", "CLOSED", "CLOSED", "REOPENED", "REOPENED", "LINKED", "NEW_CODE",
)  # fmt: skip
DIARIES = ("DA_DIARY_CAR", "DIARY_CAR", "DIARY_CAR", "SCHEDULED", "NEW_DIARY", "")
APPOINTMENT_STATUSES = (
    "BOOKED", "BOOKED", "MOVED", "MOVED", "MOVED", "ATTENDED", "ATTENDED", "FAILED", "CANCELLED_VICTIM",
    "CANCELLED_POLICE", "LOST",
)  # fmt: skip


class _Trap:
    """One incident to which anything happens."""

    def __init__(self, world: _World, day: date, number: int) -> None:
        self.world, self.day = world, day
        self.reference = f"WM-{day:%Y%m%d}-{number:05d}"
        self.created = world.instant(day)
        self.log = _Log(world, self.reference)
        # Never seven digits in a row: those are masked wherever they stand.
        self.callsigns = (f"TR{day:%d}{number}A", f"TR{day:%d}{number}A", f"TR{day:%d}{number}B")
        self.appointments = (f"AQ-{day:%d}{number}A", f"AQ-{day:%d}{number}A", f"AQ-{day:%d}{number}B")

    def when(self) -> datetime:
        """Some seconds after creation, or about the as-of instant, or at a full hour, when the hours are counted."""
        rng = self.world.rng
        kind = rng.random()
        if kind < 0.06:
            last = self.world.days[-1] + timedelta(days=1)
            end = datetime(last.year, last.month, last.day, tzinfo=LONDON).astimezone(UTC)
            return _after(end, rng.choice((-1, 0, 1)))
        if kind < 0.16:
            hour = self.created.replace(minute=0, second=0)
            return _after(hour, 3600 * rng.randrange(1, 4) + rng.choice((-1, 0, 0, 1)))
        return _after(self.created, rng.choice(OFFSETS))

    def happen(self) -> None:
        rng = self.world.rng
        code = rng.choice(STEPS)
        said: Row = {}
        if code in ("GRADED", "REGRADED"):
            said["to_value"] = rng.choice(("1", "2", "2", "3", "3", "4", "9", ""))
        elif code in ("ASSIGNED", "UNASSIGNED"):
            said["callsign"] = rng.choice((*self.callsigns, *self.callsigns, ""))
        elif code == "RETHRIVE":
            said["to_value"] = "HIGH"
        elif code == "TASKED":
            said["to_value"] = "TELF"
        elif code.startswith("DIARY_"):
            said["from_value"] = rng.choice((*self.appointments, *self.appointments, ""))
            said["to_value"] = rng.choice(DIARIES) if code == "DIARY_BOOKED" else ""
        self.log.write(self.when(), code, **said)

    def press(self) -> None:
        rng = self.world.rng
        reference = rng.choice((self.reference,) * 6 + (f"WM-{self.day:%Y%m%d}-00001", ""))
        _press(
            self.world, reference, rng.choice(self.callsigns), self.when(), rng.choice(("5", "5", "6", "6", "2", "06"))
        )

    def book(self, appointment: str) -> None:
        """The versions of one appointment, the first of them perhaps never delivered."""
        rng = self.world.rng
        for version in range(rng.choice((1, 1, 1, 2)), rng.choice((2, 2, 3, 4, 5))):
            status = rng.choice(APPOINTMENT_STATUSES)
            start = _after(self.created, rng.choice((-90_000, 0, 3600, 86_400, 400_000)))
            end = rng.choice((self.when(), self.when(), _after(start, 3600), ""))
            self.world.add(
                "saab_diary",
                self.world.days[min(self.world.days.index(self.day) + version - 1, 2)],
                appt_id=appointment,
                version=version,
                inc_ref=self.reference,
                diary=rng.choice(DIARIES),
                booked_at=rng.choice((self.when(), self.when(), "")),
                slot_start=rng.choice((start, start, "")),
                slot_end=end,
                status=status,
                attended_at=rng.choice((self.when(), self.when(), "")) if status == "ATTENDED" else "",
                callsign="DC1",
                lpa=rng.choice(AREAS),
                updated_at=rng.choice((self.when(), self.when(), self.when(), "")),
            )

    def row(self) -> Row:
        rng = self.world.rng
        is_closed = rng.random() < 0.4
        return {
            "inc_ref": self.reference,
            "created": self.created,
            "recorded": rng.choice((self.created, _after(self.created, 3600), _after(self.created, 3601), "")),
            "source": rng.choice(("999", "101", "")),
            "open_code": "PSW-CONCERN",
            "grade_init": "2",
            "grade_curr": rng.choice(("1", "2", "2", "3", "9", "")),
            "lpa": rng.choice(AREAS),
            "urban": rng.choice(("Y", "N")),
            "thrive_risk": rng.choice(("HIGH", "HIGH", "MEDIUM", "STANDARD", "")),
            "da_flag": rng.choice(("Y", "N")),
            "back_record": rng.choice(("N", "N", "N", "N", "N", "Y")),
            "linked_to": rng.choice(("", "", "", "", "", f"WM-{self.day:%Y%m%d}-00001")),
            "status": "CLOSED" if is_closed else "OPEN",
            "closed": rng.choice((self.when(), self.when(), "")) if is_closed else "",
            "last_updated": _after(self.created, 600),
        }


def _add_trap(world: _World, day: date, number: int) -> None:
    """Anything in any order; the log may have no closing, no event at all, or an incident that never came."""
    rng = world.rng
    trap = _Trap(world, day, number)
    for _ in range(rng.choice((0, 3, 6, 9, 9, 12, 12, 15))):
        trap.happen()
    for _ in range(rng.choice((0, 0, 2, 5))):
        trap.press()
    for appointment in rng.sample(trap.appointments[1:], rng.choice((0, 1, 1, 2))):
        trap.book(appointment)
    if rng.random() < 0.95:
        row = trap.row()
        world.add("saab_incidents", day, **row)
        _resend(world, day, row)


class _Story(_Trap):
    """One incident as it might go: each step follows from the ones before it, often in the same second."""

    def __init__(self, world: _World, day: date, number: int) -> None:
        super().__init__(world, day, number)
        self.moment = self.created
        self.assigned: list[str] = []
        self.versions: dict[str, int] = {}  # appointment -> its newest version
        self.booked: list[str] = []
        self.is_closed = False

    def step(self) -> None:
        rng = self.world.rng
        self.moment = _after(self.moment, rng.choice((0, 0, 1, 60, 60, 600, 1800, 3600, 20_000)))
        steps = [self.regrade, self.assign, self.assign, self.book_another]
        if self.is_closed:
            steps = [self.regrade, self.assign, self.reopen, self.reopen, self.reopen]
        if self.assigned:
            steps += [self.arrive] * 4 + [self.release] * 2
        if self.booked and not self.is_closed:
            steps += [self.move, self.move, self.move, self.fail, self.attend, self.cancel]
        if not self.is_closed:
            steps.append(self.close)
        rng.choice(steps)()

    def regrade(self) -> None:
        self.log.write(self.moment, "REGRADED", to_value=self.world.rng.choice(("1", "2", "3", "4")))

    def assign(self) -> None:
        callsign = self.world.rng.choice(self.callsigns)
        self.assigned.append(callsign)
        self.log.write(self.moment, "ASSIGNED", callsign=callsign)

    def release(self) -> None:
        callsign = self.assigned.pop(self.world.rng.randrange(len(self.assigned)))
        self.log.write(self.moment, "UNASSIGNED", callsign=callsign)

    def arrive(self) -> None:
        rng = self.world.rng
        _press(self.world, self.reference, rng.choice(self.assigned), self.moment, rng.choice(("5", "5", "6")))

    def version(self, appointment: str, status: str, **said: Any) -> None:
        number = self.versions[appointment] = self.versions.get(appointment, 0) + 1
        slot = _after(self.moment, self.world.rng.choice((0, 60, 600, 3600, 20_000, 200_000)))
        day = min(max(self.moment.astimezone(LONDON).date(), self.world.days[0]), self.world.days[-1])
        usual = {
            "slot_start": slot,
            "slot_end": _after(slot, 3600),
            "callsign": "DC1",
            "lpa": "TELF",
            "diary": "DIARY_CAR",
        }
        self.world.add(
            "saab_diary",
            day,
            **usual,
            **said,
            appt_id=appointment,
            version=number,
            inc_ref=self.reference,
            booked_at=self.created,
            status=status,
            updated_at=self.moment,
        )

    def book_another(self) -> None:
        appointment = self.world.rng.choice(self.appointments)
        self.booked.append(appointment)
        self.log.write(self.moment, "DIARY_BOOKED", from_value=appointment, to_value=self.world.rng.choice(DIARIES))
        self.version(appointment, "BOOKED")

    def move(self) -> None:
        appointment = self.world.rng.choice(self.booked)
        self.log.write(self.moment, "DIARY_MOVED", from_value=appointment)
        self.version(appointment, "MOVED")

    def fail(self) -> None:
        appointment = self.booked.pop()
        self.log.write(self.moment, "DIARY_FAILED", from_value=self.world.rng.choice((appointment, "")))
        self.version(appointment, "FAILED")

    def attend(self) -> None:
        self.version(self.booked.pop(), "ATTENDED", attended_at=self.moment)

    def cancel(self) -> None:
        self.version(self.booked.pop(), self.world.rng.choice(("CANCELLED_VICTIM", "CANCELLED_POLICE")))

    def close(self) -> None:
        self.is_closed = True
        self.log.write(self.moment, "CLOSED")

    def reopen(self) -> None:
        self.is_closed = False
        self.log.write(self.moment, "REOPENED")


def _add_story(world: _World, day: date, number: int) -> None:
    story = _Story(world, day, number)
    story.log.write(story.created, "CREATED")
    if world.rng.random() < 0.9:
        story.log.write(_after(story.created, 30), "GRADED", to_value=world.rng.choice(("1", "2", "3", "3", "4")))
    for _ in range(world.rng.randrange(3, 18)):
        story.step()
    world.add("saab_incidents", day, **(story.row() | {"status": "CLOSED" if story.is_closed else "OPEN"}))


def _add_waiting(world: _World, day: date, number: int) -> None:
    """Waits for a resource about as long as a limit allows, and is assessed again just in time, late or never."""
    rng = world.rng
    trap = _Trap(world, day, number)
    start = trap.created
    trap.log.write(start, "CREATED")
    trap.log.write(start, "GRADED", to_value=rng.choice(("1", "2", "3")))
    if rng.random() < 0.3:
        trap.log.write(_after(start, 600), "REGRADED", to_value="2")
    for seconds in rng.sample((-1, 0, 3599, 3600, 3601), rng.choice((0, 1, 1, 2))):
        trap.log.write(_after(start, seconds), "RETHRIVE", to_value="HIGH")
    end = _after(start, rng.choice((899, 900, 901, 3600, 3601, 3601, 5000, 9000)))
    trap.log.write(end, "ASSIGNED", callsign=trap.callsigns[0])
    if rng.random() < 0.5:
        back = _after(end, rng.choice((0, 60)))
        trap.log.write(back, "UNASSIGNED", callsign=trap.callsigns[0])
        if rng.random() < 0.5:
            trap.log.write(_after(back, 3600), "RETHRIVE", to_value="HIGH")
        trap.log.write(_after(back, rng.choice((3600, 3601, 7200))), "CLOSED")
    world.add("saab_incidents", day, **(trap.row() | {"thrive_risk": rng.choice(("HIGH", "HIGH", "HIGH", "MEDIUM"))}))


def _resend(world: _World, day: date, row: Row) -> None:
    """The same incident on a later day: changed, unchanged, or with an older stamp than the row that is there."""
    later = day + timedelta(days=1)
    if later > world.days[-1] or world.rng.random() < 0.5:
        return
    change = world.rng.choice(
        (
            {},
            {"grade_curr": "1", "last_updated": _after(row["last_updated"], 60)},
            {"lpa": "HEREF", "last_updated": _after(row["last_updated"], -60)},
            {"urban": "Y", "last_updated": row["last_updated"]},
            {"back_record": "N", "last_updated": ""},
        )
    )
    world.add("saab_incidents", later, **(row | change))


def _add_legacy(world: _World) -> None:
    month = (world.days[0].replace(day=1) - timedelta(days=1)).replace(day=1)
    for number in range(1, 13):
        rng = world.rng
        created = rng.choice(("10:00:00", "23:50:00", "23:59:59", "00:00:00"))
        world.add(
            "legacy_incidents",
            month,
            incidentno=number,
            incidentdate=f"{rng.randrange(1, 28):02d}/{month:%m/%Y}",
            createdtime=created,
            grade=rng.choice(("1", "1", "2", "3", "7")),
            lpa=rng.choice(AREAS),
            category=rng.choice(("PSW01", "CRM-BURG", "ADM-TEST", "")),
            source="999",
            da=rng.choice(("Y", "N", "")),
            firstassigned=rng.choice((created, "23:59:59", "00:05:00", "")),
            firstatscene=rng.choice((created, "00:10:00", "00:04:00", "11:00:00", "")),
            closed=rng.choice(("12:00:00", "00:30:00", "")),
        )


# --- appointments, outcomes, contacts, staff ----------------------------------------------------------------------
def _add_appointment(world: _World, day: date, number: int) -> None:
    """Attended at the slot's end or a second later, regraded at the second of booking, of no incident that came."""
    rng = world.rng
    trap = _Trap(world, day, number)
    start = trap.created
    trap.log.write(start, "CREATED")
    booked = _after(start, 60)
    for seconds, code, value in rng.sample(
        ((59, "GRADED", "1"), (60, "REGRADED", "2"), (60, "REGRADED", "1"), (61, "REGRADED", "1"), (30, "GRADED", "8"),
         (60, "THRIVE", "HIGH"), (61, "RETHRIVE", "HIGH"), (60, "RETHRIVE", "MEDIUM"), (0, "THRIVE", "")),
        rng.choice((0, 2, 4)),
    ):  # fmt: skip
        trap.log.write(_after(start, seconds), code, to_value=value)
    end = _after(start, rng.choice((3600, 3600, 86_400, 400_000)))
    status = rng.choice(("ATTENDED", "ATTENDED", "ATTENDED", "FAILED", "CANCELLED_VICTIM", "CANCELLED_POLICE", "ODD"))
    attended = rng.choice((_after(end, -1), end, _after(end, 1), "")) if status == "ATTENDED" else ""
    latest = {"status": status, "attended_at": attended, "slot_end": rng.choice((end, end, end, end, ""))}
    for version, said in enumerate(({"status": rng.choice(("BOOKED", "MOVED")), "slot_end": end}, latest), 1):
        world.add(
            "saab_diary",
            day,
            **said,
            appt_id=f"AX-{day:%d}-{number}",
            version=version,
            inc_ref=rng.choice(
                (trap.reference, trap.reference, trap.reference, trap.reference, "WM-20200101-00001", "")
            ),
            diary=rng.choice((*DIARIES, "ODD", "")),
            booked_at=rng.choice((booked, booked, booked, "")) if version == 1 else _after(booked, 30),
            slot_start=rng.choice((_after(end, -3600), _after(start, -1), start, "")),
            callsign="DC1",
            lpa=rng.choice(AREAS),
            updated_at=_after(booked, version),
        )
    if rng.random() < 0.9:
        world.add("saab_incidents", day, **(trap.row() | {"da_flag": rng.choice(("Y", "N"))}))


def _months(world: _World) -> list[date]:
    return sorted({day.replace(day=1) for day in world.days})


def _add_outcomes(world: _World) -> None:
    """Outcomes of some incidents of the world: corrected in the same file, without a victim, of no incident."""
    rng = world.rng
    known = [(row["inc_ref"], row["created"]) for day in world.days for row in world.rows["saab_incidents", day]]
    for reference, created in [*dict(known).items(), ("WM-20200101-00001", world.instant(world.days[0]))]:
        for version in range(rng.choice((0, 1, 1, 2))):
            world.add(
                "da_outcomes",
                created.astimezone(LONDON).date().replace(day=1),
                inc_ref=reference,
                crime_ref=rng.choice(("22/1", "")),
                victim_id=rng.choice(("V1", "V2", "V3", "")),
                suspect_present=rng.choice(("Y", "N", "", "?")),
                arrest_at=rng.choice((_after(created, 3600), "")),
                risk_tool=rng.choice(("DASH", "DARA", "")),
                risk_grade=rng.choice(("HIGH", "STANDARD", "")),
                positive_action=rng.choice(("Y", "N", "?")),
                bwv=rng.choice(("Y", "N", "")),
                protective_order=rng.choice(("Y", "N", "")),
                victim_supports=rng.choice(("Y", "N", "")),
                outcome_code=rng.choice(("OC1", "")),
                updated_at=rng.choice((_after(created, 5000 - version), _after(created, 5000 + version), "")),
            )


def _add_month(world: _World, month: date) -> None:
    rng = world.rng
    for number in range(rng.randrange(5, 25)):
        opened = world.instant(month + timedelta(days=rng.randrange(28)))
        world.add(
            "digital_contacts",
            month,
            contact_id=f"{month:%m}-{number}",
            channel=rng.choice(("SOH", "DIGITAL_DESK", "EMAIL", "PIGEON", "")),
            platform="WEB",
            direction=rng.choice(("IN", "IN", "IN", "OUT", "SIDEWAYS", "")),
            opened=rng.choice((opened, opened, opened, opened, "")),
            first_reply=_after(opened, 60),
            closed="",
            topic="T",
            inc_ref="",
        )
    for unit in ("OCC", "RESPONSE"):
        for role in ("A", "B"):
            world.add(
                "workforce",
                month,
                month=f"{month:%Y-%m}",
                unit=unit,
                role=role,
                establishment_fte=rng.choice(("10.5", "0", "7.25", "-1", "")),
                strength_fte=rng.choice(("9.1", "12", "0", "-0.5", "")),
                headcount=9,
                abstracted_fte=rng.choice(("1.3", "0", "-2", "")),
            )
    for stage in rng.sample(("APPLIED", "ASSESSED", "INTERVIEWED", "APPOINTED", "ODD"), rng.choice((3, 4, 5))):
        world.add("recruitment", month, month=f"{month:%Y-%m}", stage=stage, count=rng.choice((0, 3, 40, -1, "")))


# --- files --------------------------------------------------------------------------------------------------------
def _render(value: Any, kind: str) -> str:
    if not isinstance(value, datetime):
        return str(value)
    if kind == "utc":
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    local = value.astimezone(LONDON)
    return local.isoformat(timespec="seconds") if kind == "offset" else local.strftime("%d/%m/%Y %H:%M:%S")


def _table(layout: Layout, rows: list[Row]) -> list[list[str]]:
    header = [column.header for column in layout.columns]
    return [header, *([_render(row.get(column.field, ""), column.kind) for column in layout.columns] for row in rows)]


def _encode(table: list[list[str]], delimiter: str = ",", encoding: str = "utf-8", newline: str = "\r\n") -> bytes:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator=newline).writerows(table)
    return stream.getvalue().encode(encoding)


def _spoil(world: _World, table: list[list[str]], layout: Layout) -> None:
    """Bad rows between the good ones: each must be quarantined alone."""
    rng = world.rng
    for _ in range(rng.choice((0, 0, 1, 2))):
        row = list(rng.choice(table[1:]))
        # No format is laid down for the number of a legacy incident: what is no number there is left alone.
        kinds = [
            index for index, each in enumerate(layout.columns) if each.kind != "text" and each.field != "incidentno"
        ]
        spot = rng.choice(kinds)
        key = next(index for index, column in enumerate(layout.columns) if column.field == layout.key[0])
        spoiled = (
            [*row, "one too many"],
            row[:-1],
            [*row[:spot], "31/02/2021 10:00:00", *row[spot + 1 :]],
            [*row[:spot], "12.5", *row[spot + 1 :]],
            [*row[:key], "", *row[key + 1 :]],
            ["N\0UL", *row[1:]],
        )
        table.insert(rng.randrange(1, len(table) + 1), rng.choice(spoiled))


class _Writer:
    def __init__(self, world: _World, folder: Path) -> None:
        self.world, self.folder = world, folder
        self.paths: list[Path] = []

    def put(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".gz"):
            content = gzip.compress(content, mtime=0)
        path.write_bytes(content)
        self.paths.append(path)
        return path

    def export(self, export: str, day: date, rows: list[Row], is_new_version: bool) -> None:
        rng = self.world.rng
        layouts = LAYOUTS[export]
        layout = layouts[-1] if is_new_version else layouts[0]
        table = _table(layout, rows)
        _spoil(self.world, table, layout)
        if rng.random() < 0.3:
            _shuffle_columns(rng, table)
        style = rng.choice(
            (
                {},
                {},
                {"newline": "\n"},
                {"delimiter": ";"},
                {"delimiter": "\t", "newline": "\n"},
                {"encoding": "utf-8-sig"},
                {"encoding": "utf-16"},
                {"encoding": "cp1252"},
            )
        )
        stem = f"{export}_{day:%Y%m%d}"
        gz = rng.choice(("", "", "", ".gz"))
        if rng.random() < 0.2 and len(table) > 3:
            middle = len(table) // 2
            self.put(f"{stem}_part01.csv{gz}", _encode(table[:middle], **style))
            self.put(f"{stem}_part02.csv{gz}", _encode([table[0], *table[middle:]], **style))
        else:
            self.put(f"sub/{stem}.csv{gz}" if rng.random() < 0.2 else f"{stem}.csv{gz}", _encode(table, **style))
        if rng.random() < 0.3:
            self.correct(export, day, rows, layout)

    def correct(self, export: str, day: date, rows: list[Row], layout: Layout) -> None:
        """A later delivery of the day with some of its rows, some of them changed."""
        rng = self.world.rng
        changes: dict[str, Row] = {
            "acd_segments": {"queue_secs": 7},
            "saab_incidents": {"urban": "Y"},
            "saab_diary": {"status": "FAILED"},
            "saab_incident_log": {"to_value": "3"},
            "saab_resource_status": {"inc_ref": ""},
        }
        chosen = [row | changes.get(export, {}) if rng.random() < 0.5 else row for row in rows if rng.random() < 0.6]
        name = f"{export}_{day:%Y%m%d}_{rng.choice(('090000', '235959'))}.csv"
        self.put(name, _encode(_table(layout, chosen)))

    def mischief(self) -> None:
        """Files that must be left alone, counted as copies, or quarantined whole."""
        rng, day = self.world.rng, self.world.days[0]
        late = self.world.days[-1]
        original = rng.choice(self.paths)
        ending = "".join(original.suffixes)
        segments = _table(LAYOUTS["acd_segments"][0], self.world.rows["acd_segments", day])
        options: tuple[Callable[[], Path], ...] = (
            lambda: self.copy(f"again/{original.name}", original),
            lambda: self.copy(
                f"{original.name.partition('_20')[0]}_{late + timedelta(days=3):%Y%m%d}{ending}", original
            ),
            lambda: self.copy("Copy of export.csv", original),
            lambda: self.put("notes.txt", b"hello"),
            lambda: self.put(f"acd_segments_{late:%Y%m%d}.csv.filepart", b"CALL_ID,SEG"),
            lambda: self.put("acd_segments_20211332.csv", _encode(segments)),
            lambda: self.put(f"acd_segments_{day:%Y%m%d}_111111.csv", _encode([row[1:] for row in segments])),
            lambda: self.put(f"acd_segments_{day:%Y%m%d}_111112.csv", _encode([[*row, row[0]] for row in segments])),
            lambda: self.put(f"acd_segments_{day:%Y%m%d}_111113.csv", _encode(segments) + b"\x81\xff\n"),
            lambda: self.put(f"acd_segments_{day + timedelta(days=60):%Y%m%d}.csv", _encode(segments)),
            lambda: self.put(f"acd_segments_{late + timedelta(days=1):%Y%m%d}.csv", _encode(segments[:1])),
            lambda: self.put(f"acd_segments_{late + timedelta(days=2):%Y%m%d}.csv", _encode(segments[:1])),
            lambda: self.put(f"acd_segments_{day:%Y%m%d}_111114.csv", _encode(segments[:3]) + b'"9,1,\r\n1,2\r\n3'),
            lambda: self.put(f"acd_segments_{day:%Y%m%d}_111115.csv", _encode(segments).replace(b"\r\n", b"\r\n\r\n")),
            lambda: self.put(f"saab_incidents_{day:%Y%m%d}_222222.csv", b""),
        )
        for option in rng.sample(options, 5):
            option()

    def copy(self, name: str, original: Path) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(original.read_bytes())
        self.paths.append(path)
        return path


def _shuffle_columns(rng: Random, table: list[list[str]]) -> None:
    """Another column order, and a new column that no contract knows. Rows with a wrong field count stay wrong."""
    width = len(table[0])
    order = list(range(width))
    rng.shuffle(order)
    for index, row in enumerate(table):
        if len(row) == width:
            table[index] = [*(row[place] for place in order), "NEW_COLUMN" if index == 0 else "x"]
        else:
            table[index] = ["stray"] * (width + 3)


def plain_world(seed: int) -> dict[tuple[str, date], list[Row]]:
    """The rows of one world by export and business date, before any fault is planted: for those who write their own."""
    return _filled(seed).rows


def _filled(seed: int) -> _World:
    world = _World(seed)
    for day in world.days:
        _add_calls(world, day)
        _add_intervals(world, day)
    for day in world.days:
        for number in range(1, world.rng.randrange(8, 16)):
            _add_incident(world, day, number)
        for number in range(101, world.rng.randrange(105, 112)):
            _add_trap(world, day, number)
        for number in range(151, world.rng.randrange(155, 161)):
            _add_story(world, day, number)
        for number in range(201, 206):
            _add_waiting(world, day, number)
        for number in range(301, 307):
            _add_appointment(world, day, number)
    _add_legacy(world)
    _add_outcomes(world)
    for month in _months(world):
        _add_month(world, month)
    return world


def write_world(folder: Path, seed: int) -> list[Path]:
    """Write one world below `folder`, and say which files it made."""
    world = _filled(seed)
    writer = _Writer(world, folder)
    change = world.rng.choice((*world.days, None))  # the day from which the incident system sends version 6
    # Every other world misses a day of the incidents or of their log: of hours estimated and an as-of that is older.
    gone = {(world.rng.choice(("saab_incidents", "saab_incident_log")), world.rng.choice(world.days))}
    if world.rng.random() < 0.5:
        gone.clear()
    for (export, day), rows in sorted(world.rows.items()):
        is_missing = world.rng.random() < 0.05 and (export, day) != ("acd_segments", world.days[0])
        is_missing = is_missing or (export, day) in gone
        if not is_missing:
            writer.export(export, day, rows, change is not None and day >= change)
    writer.mischief()
    return writer.paths
