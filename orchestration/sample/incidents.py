"""The dispatch room: incidents are graded, assessed, tasked, assigned, attended, diarised and closed by a finite force.

A discrete-event simulation per area. An incident waits (unresourced) when no crew of its area is free; nothing sets how
many wait. What belongs here: what happens. What is written down, and when: recorder.py.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from datetime import date, timedelta
from heapq import heappop, heappush
from random import Random
from typing import Any

from orchestration.sample.arrivals import draw_flat
from orchestration.sample.calls import Report
from orchestration.sample.clock import Clock, at_local, midnight
from orchestration.sample.diary import DiaryBook
from orchestration.sample.draws import TABLE_SIZE, choices, factor, lognormal, rounded, stream, uniform
from orchestration.sample.model import CLOSED, OPEN, Appointment, Crew, Incident
from orchestration.sample.outcomes import OutcomeBook
from orchestration.sample.parameters import (
    CATEGORIES,
    DOMESTIC_CATEGORIES,
    EMERGENCY_SHAPE,
    OFFICE_SHAPE,
    WEEKDAY_SHAPE,
    Parameters,
    day_factor,
    season_factor,
)
from orchestration.sample.recorder import Recorder

HOUR = 3600
GRADE_DELAY = {
    "999": lognormal(40, 0.5, 10, 400),
    "101": lognormal(95, 0.6, 15, 900),
    "OFFICER": lognormal(60, 0.6, 10, 600),
    "ALARM": lognormal(50, 0.5, 10, 400),
    "OTHER_AGENCY": lognormal(150, 0.7, 20, 1800),
    "": lognormal(900, 1.0, 30, 14400),
}
DISPATCH_DELAY = {"1": lognormal(48, 0.6, 8, 400), "": lognormal(100, 0.7, 15, 1200)}
DESK_TIME = lognormal(9000, 1.1, 300, 6 * 86400)  # resolution without deployment
CLOSE_DELAY = lognormal(1500, 1.3, 60, 4 * 86400)
SMALL = uniform(5, 45)
BREAK_SECONDS = 1800
SHIFTS = (("E", 7, 9), ("L", 15, 9), ("N", 22, 9))  # letter, start hour (local), hours
SHAPES = {
    "SOH": WEEKDAY_SHAPE,
    "FRONT_COUNTER": OFFICE_SHAPE,
    "SWITCHBOARD": OFFICE_SHAPE,
    "OTHER_AGENCY": OFFICE_SHAPE,
}
QUALIFIERS = choices(
    {
        "": 55,
        "ALC": 12,
        "MH": 9,
        "YOUTH": 7,
        "VULN": 6,
        "ALC|MH": 3,
        "DRUGS": 3,
        "VULN|MH": 2,
        "HATE": 1.5,
        "WEAPON": 1.5,
    }
)
RISK = {
    "1": choices({"HIGH": 0.55, "MEDIUM": 0.35, "STANDARD": 0.10}),
    "2": choices({"HIGH": 0.18, "MEDIUM": 0.52, "STANDARD": 0.30}),
    "3": choices({"HIGH": 0.03, "MEDIUM": 0.32, "STANDARD": 0.65}),
    "4": choices({"HIGH": 0.01, "MEDIUM": 0.14, "STANDARD": 0.85}),
}
REVIEW_AFTER = (0, 120, 2400, 4 * HOUR)  # by grade: GMP escalates grade 1 at once and grade 2 at 40 minutes
REVIEW_AGAIN = 3 * HOUR

Handler = Callable[[int, Any, Any], None]


class Place:
    """An area's crews and waiting lists."""

    __slots__ = ("at_scene", "free", "moving", "queues")

    def __init__(self) -> None:
        self.free: deque[Crew] = deque()
        self.queues: tuple[deque[Incident], ...] = (deque(), deque(), deque(), deque())
        self.moving: list[Crew] = []
        self.at_scene: list[Crew] = []


class DispatchRoom:
    """The simulation; state carries over from day to day."""

    def __init__(
        self,
        parameters: Parameters,
        clock: Clock,
        recorder: Recorder,
        scale: float,
        seed: int,
        *,
        with_digital_desk: bool = True,
    ) -> None:
        self.parameters = parameters
        self.clock = clock
        self.recorder = recorder
        self.scale = scale
        self.seed = seed
        self.tally: Counter[str] = Counter()
        self.hourly: list[tuple[int, tuple[int, ...]]] = []
        self.finished: list[Incident] = []
        self.open: dict[str, Incident] = {}
        self.outcomes = OutcomeBook(parameters, clock, seed)
        self._with_digital_desk = with_digital_desk
        self._figures = parameters.incidents
        self._areas = parameters.areas
        self._area_table = [int(i) for i in choices({str(i): a.share for i, a in enumerate(parameters.areas)})]
        self._grades = {source: choices(shares) for source, shares in self._figures.grades.items()}
        self._travel = {
            True: lognormal(*self._figures.urban_travel, 60, 5400),
            False: lognormal(*self._figures.rural_travel, 90, 7200),
        }
        self._scene = lognormal(self._figures.scene_minutes[0] * 60, self._figures.scene_minutes[1], 240, 8 * HOUR)
        self._categories = choices(CATEGORIES)
        self._domestic_categories = choices(DOMESTIC_CATEGORIES)
        self._places = [Place() for _ in parameters.areas]
        self._waiting = [0] * (len(parameters.areas) * 4)
        self._recent: list[deque[tuple[int, str]]] = [deque(maxlen=12) for _ in parameters.areas]
        self._diary = DiaryBook(parameters, clock, scale)
        self._appointments = 0
        self._heap: list[tuple[int, int, Handler, Any, Any]] = []
        self._sequence = 0
        self._rng = Random(0)
        self._next_hour = 0
        self._reserve = 1 if scale > 0.3 else 0

    # -- the day ---

    def run_day(self, day: date, reports: list[Report]) -> None:
        """Simulate one local day with what the telephone room reported, and the other channels."""
        self._rng = stream(self.seed, "incidents", day.isoformat())
        end = midnight(day + timedelta(days=1))
        self._next_hour = max(self._next_hour, midnight(day))
        for report in reports + self._other_reports(day):
            self._push(max(report.created, midnight(day)), self._create, report, None)
        self._begin_shifts(day)
        if midnight(day) <= self.recorder.outage_start < end:
            self._push(self.recorder.outage_start, self._power_cut, None, None)
        self._diary.forget_before(day)
        heap = self._heap
        while heap and heap[0][0] < end:
            instant, _, handler, first, second = heappop(heap)
            while self._next_hour <= instant:
                self.hourly.append((self._next_hour, tuple(self._waiting)))
                self._next_hour += HOUR
            handler(instant, first, second)
        while self._next_hour < end:
            self.hourly.append((self._next_hour, tuple(self._waiting)))
            self._next_hour += HOUR

    def _push(self, instant: int, handler: Handler, first: Any, second: Any) -> None:
        self._sequence += 1
        heappush(self._heap, (instant, self._sequence, handler, first, second))

    def _power_cut(self, instant: int, _first: Any, _second: Any) -> None:
        self.recorder.freeze()

    def _other_reports(self, day: date) -> list[Report]:
        """Reports that do not come by telephone, and 999 calls that other forces took during the outage."""
        found: list[Report] = []
        sources = dict(self._figures.other_sources_a_day)
        events = self.parameters.events
        if self._with_digital_desk and day >= events.digital_desk_from and day.weekday() < 5:
            sources["DIGITAL_DESK"] = events.engagements_a_weekday * self._figures.digital_desk_share
        if not self._with_digital_desk:  # no telephone room is simulated for the legacy months
            telephony = self.parameters.telephony
            sources["999"] = telephony.calls_a_day["999"] * 0.62 * day_factor(day, "999") * season_factor(day)
            sources["101"] = telephony.calls_a_day["101"] * 0.26 * season_factor(day)
        for source, a_day in sources.items():
            rng = stream(self.seed, "reports", source, day.isoformat())
            shape = OFFICE_SHAPE if source == "DIGITAL_DESK" else SHAPES.get(source, EMERGENCY_SHAPE)
            found += [Report(t, source, "") for t in draw_flat(rng, day, self.clock, a_day * self.scale, shape)]
        found += self._diverted(day)
        return found

    def _diverted(self, day: date) -> list[Report]:
        start, end = self.recorder.outage_start, self.recorder.outage_end
        if end <= midnight(day) or start >= midnight(day + timedelta(days=1)):
            return []
        rng = stream(self.seed, "diverted", day.isoformat())
        a_day = self.parameters.telephony.calls_a_day["999"] * 0.6 * self.scale
        calls = draw_flat(rng, day, self.clock, a_day, EMERGENCY_SHAPE)
        return [Report(t, "999", "", is_back_record=True) for t in calls if start <= t < end]

    # -- from report to grade ---

    def _create(self, instant: int, report: Report, _second: Any) -> None:
        rnd = self._rng.random
        area = self._area_table[int(rnd() * TABLE_SIZE)]
        incident = Incident(self.recorder.new_ref(instant), instant, report.source, report.call_ref, area)
        incident.back_record = self.recorder.outage_start <= instant < self.recorder.outage_end
        incident.urban = rnd() < self._areas[area].urban
        incident.beat = f"{self._areas[area].code[0]}{1 + int(rnd() * 24):02d}"
        shares = self._figures.domestic_abuse
        share = shares.get(report.source, shares[""])
        if is_christmas(self.clock.local_day(instant)):
            share *= self._figures.christmas_uplift
        incident.domestic = rnd() < share
        table = self._domestic_categories if incident.domestic else self._categories
        incident.open_code = table[int(rnd() * TABLE_SIZE)]
        incident.close_code = incident.open_code if rnd() > 0.16 else table[int(rnd() * TABLE_SIZE)]
        incident.qualifiers = QUALIFIERS[int(rnd() * TABLE_SIZE)]
        incident.pnc = rnd() < 0.22
        if incident.domestic:
            incident.repeat_victim = rnd() < self._figures.repeat_victim
            incident.victim = self.outcomes.victim(rnd, incident.repeat_victim)
            if "DA" not in incident.qualifiers:
                incident.qualifiers = f"DA|{incident.qualifiers}".rstrip("|")
        self.open[incident.ref] = incident
        self.tally["created"] += 1
        self.recorder.log(incident, instant, "CREATED", "", incident.open_code, "", self._user())
        incident.recorded = incident.updated
        delays = GRADE_DELAY.get(report.source, GRADE_DELAY[""])
        self._push(instant + delays[int(rnd() * TABLE_SIZE)], self._grade, incident, None)

    def _user(self) -> int:
        return 1000 + int(self._rng.random() * 140)

    def _grade(self, instant: int, incident: Incident, _second: Any) -> None:
        rnd = self._rng.random
        table = self._grades.get(incident.source, self._grades[""])
        grade = table[int(rnd() * TABLE_SIZE)]
        if incident.domestic and grade == "4" and rnd() < 0.7:
            grade = "2" if rnd() < 0.45 else "3"  # a domestic is rarely settled without seeing anybody
        incident.grade = incident.grade_initial = grade
        user = self._user()
        if rnd() < 0.93:
            incident.risk = RISK[grade][int(rnd() * TABLE_SIZE)]
        assessed_first = incident.risk and rnd() < 0.12  # assessed while talking, keyed after grading
        self.recorder.log(incident, instant, "GRADED", "", grade, "", user)
        if incident.risk:
            at = (
                max(incident.created, instant - 20) if assessed_first else instant + SMALL[int(rnd() * TABLE_SIZE)] // 3
            )
            self.recorder.log(incident, at, "THRIVE", "", incident.risk, "", user)
        if incident.back_record:
            again = max(self.recorder.keyed(instant) + 60, incident.updated)
            self._push(max(again, self.recorder.outage_end + 1), self._assess_again, incident, None)
        if self._is_duplicate(incident):
            return
        self._recent[incident.area].append((instant, incident.ref))
        self._route(instant, incident)

    def _is_duplicate(self, incident: Incident) -> bool:
        recent = self._recent[incident.area]
        if not recent or self._rng.random() > self._figures.duplicate:
            return False
        at, other = recent[-1 - int(self._rng.random() * min(3, len(recent)))]
        if incident.created - at > 2 * HOUR:
            return False
        self._push(incident.updated + 60 + int(self._rng.random() * 600), self._link, incident, other)
        return True

    def _link(self, instant: int, incident: Incident, other: str) -> None:
        incident.linked_to = other
        self.recorder.log(incident, instant, "LINKED", "", other, "", self._user())
        self.tally["duplicates"] += 1
        self._close_later(instant, incident, 60 + int(self._rng.random() * 900))

    def _assess_again(self, instant: int, incident: Incident, _second: Any) -> None:
        if incident.status == OPEN or incident.back_record:
            self._rethrive(instant, incident)

    def _rethrive(self, instant: int, incident: Incident) -> None:
        before = incident.risk
        if not before or self._rng.random() < 0.2:
            incident.risk = RISK[incident.grade][int(self._rng.random() * TABLE_SIZE)]
        self.recorder.log(incident, instant, "RETHRIVE", before, incident.risk, "", self._user())

    def _route(self, instant: int, incident: Incident) -> None:
        """By grade: to the desk, to a diary, or to the area's crews."""
        rnd = self._rng.random
        grade = incident.grade
        if grade == "4":
            self._close_later(instant, incident, DESK_TIME[int(rnd() * TABLE_SIZE)])
            return
        diary = self.parameters.diary
        share = diary.share_of_grade_3 if grade == "3" else diary.share_of_grade_2 if grade == "2" else 0.0
        if rnd() < share and self._book(instant + 120 + int(rnd() * 900), incident):
            return
        if rnd() < self._figures.regraded_early:
            self._push(instant + 300 + int(rnd() * 2400), self._regrade, incident, None)
        incident.crews_wanted = 1
        if grade == "1":
            incident.crews_wanted = 1 if rnd() < 0.15 else 2 if rnd() < 0.65 else 3
        elif grade == "2":
            incident.crews_wanted = 2 if rnd() < 0.5 else 1
        self._task(instant + 5 + int(rnd() * (25 if grade == "1" else 120)), incident)

    def _task(self, instant: int, incident: Incident) -> None:
        self.recorder.log(incident, instant, "TASKED", "", self._areas[incident.area].code, "", self._user())
        self._wait(instant, incident)

    def _regrade(self, instant: int, incident: Incident, _second: Any) -> None:
        if incident.status == CLOSED or not incident.waiting:
            return
        chance = self._rng.random()
        grade = {"1": "2", "2": "1" if chance < 0.4 else "3", "3": "2"}[incident.grade]
        self._set_grade(instant, incident, grade)
        self._enlist(incident)
        self._dispatch(instant, incident.area)

    def _set_grade(self, instant: int, incident: Incident, grade: str) -> None:
        self.recorder.log(incident, instant, "REGRADED", incident.grade, grade, "", self._user())
        if incident.waiting:
            self._count(incident, -1)
        incident.grade = grade
        if incident.waiting:
            self._count(incident, 1)

    # -- waiting and dispatch ---

    def _count(self, incident: Incident, change: int) -> None:
        self._waiting[incident.area * 4 + int(incident.grade) - 1] += change

    def _enlist(self, incident: Incident) -> None:
        """Into the waiting list of its grade; a domestic without a diary car is treated as priority (the pilot)."""
        lane = int(incident.grade)
        if lane == 3 and incident.domestic:
            lane = 2
        incident.lane = lane
        self._places[incident.area].queues[lane].append(incident)

    def _wait(self, instant: int, incident: Incident) -> None:
        incident.waiting = True
        incident.waiting_since = instant
        self._count(incident, 1)
        self._enlist(incident)
        self._push(instant + REVIEW_AFTER[int(incident.grade)], self._review, incident, instant)
        self._dispatch(instant, incident.area)

    def _leave_queue(self, incident: Incident) -> None:
        if incident.waiting:
            incident.waiting = False
            self._count(incident, -1)

    def _next(self, place: Place, lane: int) -> Incident | None:
        queue = place.queues[lane]
        while queue:
            if queue[0].waiting and queue[0].lane == lane:
                return queue[0]
            queue.popleft()
        return None

    def _dispatch(self, instant: int, area: int) -> None:
        """Free crews take who waits: grade 1, 2, 3, the oldest first; one crew is kept for the next emergency."""
        place = self._places[area]
        start, end = self._figures.quiet_hours
        hour = self.clock.local_second(instant) // HOUR
        for lane in (1, 2) if hour >= start or hour < end else (1, 2, 3):
            while (incident := self._next(place, lane)) is not None:
                crew = self._crew_for(instant, place, incident, lane)
                if crew is None:
                    break
                place.queues[lane].popleft()
                self._leave_queue(incident)
                self._assign(instant, incident, crew)
                while len(incident.assigned) < incident.crews_wanted and len(place.free) > self._reserve:
                    self._assign(instant, incident, place.free.popleft())

    def _crew_for(self, instant: int, place: Place, incident: Incident, lane: int) -> Crew | None:
        if len(place.free) > (self._reserve if lane > 1 else 0):
            return place.free.popleft()
        if lane > 1:
            return None
        for crew in place.moving:  # an emergency takes a crew that is on its way to something less urgent
            job = crew.job
            if job is not None and job.grade != "1":
                place.moving.remove(crew)
                self._divert(instant, crew, job)
                return crew
        for crew in place.at_scene:  # or, nine times in ten, one that can leave something less urgent
            job = crew.job
            if job is not None and job.grade != "1" and self._rng.random() < 0.9:
                place.at_scene.remove(crew)
                self._unassign(instant, crew, job)
                if not job.assigned:
                    self._close_later(instant, job, CLOSE_DELAY[int(self._rng.random() * TABLE_SIZE)])
                return crew
        if instant - incident.waiting_since > 120 or self._rng.random() < 0.5:
            for other in self._places:
                if len(other.free) > self._reserve + 1:
                    return other.free.popleft()
        return None

    def _divert(self, instant: int, crew: Crew, job: Incident) -> None:
        job.assigned.remove(crew)
        crew.job = None
        crew.job_no += 1
        self.recorder.log(job, max(instant, job.updated), "UNASSIGNED", "", "", crew.callsign, self._user())
        self.tally["diverted"] += 1
        if not job.assigned and not job.true_scene and job.status == OPEN:
            job.waiting = True
            job.waiting_since = instant
            self._count(job, 1)
            job.lane = min(int(job.grade), 2)
            self._places[job.area].queues[job.lane].appendleft(job)

    def _assign(self, instant: int, incident: Incident, crew: Crew) -> None:
        rnd = self._rng.random
        table = DISPATCH_DELAY["1" if incident.grade == "1" else ""]
        at = max(instant + table[int(rnd() * TABLE_SIZE)], incident.created)
        if incident.grade != "1" and rnd() < self._figures.declined:
            self.recorder.log(incident, instant + 1, "TASK_DECLINED", "", "", crew.callsign, self._user())
            self.recorder.log(incident, instant + 30, "TASKED", "", self._areas[incident.area].code, "", self._user())
            at += 90
            self.tally["declined"] += 1
        self.recorder.log(incident, at, "ASSIGNED", "", "", crew.callsign, self._user())
        incident.assigned.append(crew)
        incident.first_assigned = incident.first_assigned or at
        crew.job = incident
        crew.job_no += 1
        travel = self._travel[incident.urban][int(rnd() * TABLE_SIZE)]
        if incident.grade != "1":
            travel = int(travel * self._figures.calmer_travel)
        if crew.area != incident.area:
            travel += 900
        if rnd() < 0.8:
            self.recorder.status(crew, at + 2, "15", incident)  # message received
        turned_out = at + SMALL[int(rnd() * TABLE_SIZE)]
        if rnd() > 0.04:  # arrival without en route
            self.recorder.status(crew, turned_out, "5", incident)
        self._places[crew.area].moving.append(crew)
        self._push(turned_out + travel, self._arrive, crew, crew.job_no)

    def _arrive(self, instant: int, crew: Crew, job_no: int) -> None:
        incident = crew.job
        if incident is None or crew.job_no != job_no:
            return  # diverted meanwhile
        place = self._places[crew.area]
        if crew in place.moving:
            place.moving.remove(crew)
        rnd = self._rng.random
        if rnd() < 0.015:
            self._stand_down(instant, crew, incident)
            return
        stay = self._scene[int(rnd() * TABLE_SIZE)]
        if len(incident.assigned) > 1:
            stay = stay * 3 // 4
        self._press_at_scene(instant, crew, incident, stay)
        if not incident.true_scene:
            incident.true_scene = instant
            if rnd() < self._figures.recorded_at_scene:
                incident.scene_recorded = instant
        if crew.is_response:
            place.at_scene.append(crew)
        self._push(instant + stay, self._leave, crew, job_no)

    def _press_at_scene(self, instant: int, crew: Crew, incident: Incident, stay: int) -> None:
        """Officers press the button: mostly at once, sometimes late, twice or never."""
        figures = self._figures
        chance = self._rng.random()
        if chance < figures.missing_at_scene:
            self.tally["at_scene_not_pressed"] += 1
            return
        chance -= figures.missing_at_scene
        if chance < figures.late_at_scene:
            self.recorder.status(crew, instant + min(stay - 1, 120 + int(self._rng.random() * 1500)), "6", incident)
            self.tally["at_scene_late"] += 1
            return
        self.recorder.status(crew, instant, "6", incident)
        if stay > 900 and self._rng.random() < 0.7:
            self.recorder.status(crew, instant + 400 + int(self._rng.random() * 300), "8", incident)
        if chance - figures.late_at_scene < figures.double_at_scene:
            self.recorder.status(crew, instant + min(stay - 1, 2 + int(self._rng.random() * 300)), "6", incident)
            self.tally["at_scene_twice"] += 1

    def _stand_down(self, instant: int, crew: Crew, incident: Incident) -> None:
        """Told to leave it before arriving."""
        self._unassign(instant, crew, incident)
        self._release(instant, crew)
        if not incident.assigned and not incident.true_scene and incident.status == OPEN and not incident.waiting:
            if self._rng.random() < 0.5:
                self._wait(instant, incident)
            else:
                self._close_later(instant, incident, CLOSE_DELAY[int(self._rng.random() * TABLE_SIZE)])

    def _unassign(self, instant: int, crew: Crew, incident: Incident) -> None:
        if crew in incident.assigned:
            incident.assigned.remove(crew)
        self.recorder.log(incident, instant, "UNASSIGNED", "", "", crew.callsign, self._user())
        crew.job = None
        crew.job_no += 1

    def _leave(self, instant: int, crew: Crew, job_no: int) -> None:
        incident = crew.job
        if incident is None or crew.job_no != job_no:
            return
        rnd = self._rng.random
        self._places[crew.area].at_scene.remove(crew)
        self._unassign(instant, crew, incident)
        if not incident.assigned:
            self._close_later(instant, incident, CLOSE_DELAY[int(rnd() * TABLE_SIZE)])
        chance = rnd()
        if chance < 0.045:  # an arrest: escort and custody
            self.recorder.status(crew, instant + 5, "9", None)
            self._push(instant + HOUR + int(rnd() * 2 * HOUR), self._available, crew, None)
        elif chance < 0.12:  # reports to write
            self.recorder.status(crew, instant + 5, "8", None)
            self._push(instant + 900 + int(rnd() * 1800), self._available, crew, None)
        else:
            self._release(instant, crew)

    def _available(self, instant: int, crew: Crew, _second: Any) -> None:
        self._release(instant, crew)

    def _release(self, instant: int, crew: Crew) -> None:
        if not crew.is_response:
            self.recorder.status(crew, instant, "2", None)
            return
        if instant >= crew.ends:
            self.recorder.status(crew, instant + 1, "11", None)
            crew.off = True
            return
        rnd = self._rng.random
        if rnd() < 0.45:  # notes to finish, but deployable
            self.recorder.status(crew, instant + 1, "7", None)
            self.recorder.status(crew, instant + 60 + int(rnd() * 240), "2", None)
        else:
            self.recorder.status(crew, instant + 1, "2", None)
        place = self._places[crew.area]
        place.free.append(crew)
        self._dispatch(instant, crew.area)

    # -- shifts ---

    def _begin_shifts(self, day: date) -> None:
        """Crews by area and shift: the roster less the day's absences."""
        for number, area in enumerate(self._areas):
            for index, (letter, hour, hours) in enumerate(SHIFTS):
                crews = max(1, self._crew_count(area.crews[index], day))
                start = at_local(day, hour)
                for crew_number in range(crews):
                    callsign = f"{area.code[:2]}{letter}{crew_number + 1:02d}"
                    crew = Crew(callsign, number, start + hours * HOUR)
                    begin = start + int(self._rng.random() * 900)
                    self._push(begin, self._on_duty, crew, None)

    def _crew_count(self, planned: float, day: date) -> int:
        """Crews at a scale: the busy part in proportion, the spare part with its square root."""
        busy = 0.85 * planned
        weekend = 1.08 if day.weekday() in (4, 5) else 0.98
        present = (busy * self.scale + (planned - busy) * self.scale**0.5) * weekend * factor(self._rng, 0.06)
        return rounded(self._rng, present)

    def _on_duty(self, instant: int, crew: Crew, _second: Any) -> None:
        self.recorder.status(crew, instant, "1", None)
        self.recorder.status(crew, instant + 120 + int(self._rng.random() * 600), "2", None)
        self._places[crew.area].free.append(crew)
        self._push(instant + 3 * HOUR + int(self._rng.random() * 2 * HOUR), self._break, crew, None)
        for _ in range(4):
            self._push(instant + HOUR + int(self._rng.random() * 7 * HOUR), self._at_station, crew, None)
        self._push(crew.ends, self._off_duty, crew, None)
        self._dispatch(instant + 1, crew.area)

    def _break(self, instant: int, crew: Crew, _second: Any) -> None:
        free = self._places[crew.area].free
        if crew not in free:
            return  # too busy to eat
        free.remove(crew)
        self.recorder.status(crew, instant, "4", None)
        self._push(instant + BREAK_SECONDS, self._available, crew, None)

    def _at_station(self, instant: int, crew: Crew, _second: Any) -> None:
        """A free crew looks in at a station; it can be sent from there."""
        if crew.job is None and not crew.off and crew in self._places[crew.area].free:
            self.recorder.status(crew, instant, "3", None)
            self.recorder.status(crew, instant + 300 + int(self._rng.random() * 900), "2", None)

    def _off_duty(self, instant: int, crew: Crew, _second: Any) -> None:
        free = self._places[crew.area].free
        if crew in free:
            free.remove(crew)
            self.recorder.status(crew, instant, "11", None)
            crew.off = True

    # -- reviews of what waits ---

    def _review(self, instant: int, incident: Incident, since: int) -> None:
        """A supervisor looks at what still waits: escalates, assesses again, offers an appointment, or settles it."""
        if not incident.waiting or incident.status == CLOSED or incident.waiting_since != since:
            return
        rnd = self._rng.random
        incident.reviews += 1
        waited = instant - since
        if incident.grade == "1" or (incident.grade == "2" and incident.reviews == 1 and rnd() < 0.7):
            self.recorder.log(incident, instant, "ESCALATED", "", "", "", self._user())
        if rnd() < (0.72 if incident.risk == "HIGH" else 0.25):
            self._rethrive(instant + 30, incident)
        if incident.grade in ("2", "3") and waited > self._limit(incident) and self._settle(instant, incident):
            return
        self._push(instant + REVIEW_AGAIN, self._review, incident, since)

    def _limit(self, incident: Incident) -> float:
        return self._figures.live_limit_hours * HOUR * (1.0 if incident.grade == "3" else 0.4)

    def _settle(self, instant: int, incident: Incident) -> bool:
        chance = self._rng.random()
        if chance < 0.30:
            if incident.grade == "2":
                self._set_grade(instant, incident, "3")
            return self._book(instant + 60, incident)
        if chance < 0.40:
            self._set_grade(instant, incident, "4")
            self._leave_queue(incident)
            self._close_later(instant, incident, CLOSE_DELAY[int(self._rng.random() * TABLE_SIZE)])
            return True
        return False

    # -- appointments ---

    def _book(self, instant: int, incident: Incident) -> bool:
        """Offer the next slot that suits; False when there is none."""
        rng = self._rng
        instant = max(instant, incident.updated)
        diary = "SCHEDULED" if rng.random() < 0.45 else "DIARY_CAR"
        if incident.domestic:
            diary = "DA_DIARY_CAR"
            if self._diary.is_removed(incident.area, diary, self.clock.local_day(instant)):
                return False
        self._appointments += 1
        item = Appointment(
            f"AP{self.clock.local_day(instant):%y%m%d}{self._appointments % 100000:05d}", incident, diary, instant
        )
        if not self._diary.book(item, instant, rng):
            return False
        self._leave_queue(incident)
        incident.appointment = item
        self.tally["booked"] += 1
        self.recorder.log(incident, instant, "DIARY_BOOKED", item.ref, diary, "", self._user())
        self.recorder.appointment(item, instant)
        if rng.random() < self.parameters.diary.moved:
            gap = max(1, item.slot_start - instant - HOUR)
            self._push(instant + int(rng.random() * gap), self._move, item, None)
        else:
            self._plan_visit(item)
        return True

    def _plan_visit(self, item: Appointment) -> None:
        rng = self._rng
        diary = self.parameters.diary
        chance = rng.random()
        since = max(item.booked_at, item.incident.updated)
        before = max(since + 300, item.slot_start - 1800 - int(rng.random() * 6 * HOUR))
        if chance < diary.failed:
            self._push(item.slot_end + 300 + int(rng.random() * 1800), self._fail, item, None)
        elif chance < diary.failed + diary.cancelled_victim:
            self._push(before, self._cancel, item, "CANCELLED_VICTIM")
        elif chance < diary.failed + diary.cancelled_victim + diary.cancelled_police:
            self._push(before, self._cancel, item, "CANCELLED_POLICE")
        else:
            late = rng.random() < diary.late
            arrive = item.slot_end + int(rng.random() * 2400) if late else item.slot_start + int(rng.random() * 1500)
            self._push(max(since + 300, arrive - 1200), self._set_out, item, arrive)

    def _move(self, instant: int, item: Appointment, _second: Any) -> None:
        if item.incident.appointment is not item:
            return
        instant = max(instant, item.incident.updated)
        item.version += 1
        if not self._diary.book(item, max(instant, item.slot_start), self._rng):
            item.version -= 1
            self._plan_visit(item)
            return
        item.status = "MOVED"
        self.recorder.log(item.incident, instant, "DIARY_MOVED", item.ref, item.diary, "", self._user())
        self.recorder.appointment(item, instant)
        self._plan_visit(item)

    def _set_out(self, instant: int, item: Appointment, arrive: int) -> None:
        """The diary car sets out; its name is now on the booking (same version, newer stamp)."""
        incident = item.incident
        letter = {"DIARY_CAR": "D", "DA_DIARY_CAR": "V", "SCHEDULED": "S"}[item.diary]
        crew = Crew(
            f"{self._areas[incident.area].code[:2]}{letter}{item.car + 1:02d}",
            incident.area,
            instant,
            is_response=False,
        )
        item.callsign = crew.callsign
        if self._rng.random() < 0.3:
            self.recorder.appointment(item, instant)
        self.recorder.log(incident, instant, "ASSIGNED", "", "", crew.callsign, self._user())
        incident.assigned.append(crew)
        incident.first_assigned = incident.first_assigned or instant
        crew.job = incident
        self.recorder.status(crew, instant + 20, "5", incident)
        self._push(max(arrive, instant + 120), self._visit, item, crew)

    def _visit(self, instant: int, item: Appointment, crew: Crew) -> None:
        incident = item.incident
        stay = 1200 + int(self._rng.random() * 2100)
        self._press_at_scene(instant, crew, incident, stay)
        if not incident.true_scene:
            incident.true_scene = instant
            incident.scene_recorded = instant
        item.attended_at = instant
        item.version += 1
        item.status = "ATTENDED"
        self._push(instant + stay, self._end_visit, item, crew)

    def _end_visit(self, instant: int, item: Appointment, crew: Crew) -> None:
        incident = item.incident
        self.recorder.appointment(item, instant)
        incident.appointment = None
        self._unassign(instant, crew, incident)
        self._release(instant, crew)
        self._close_later(instant, incident, CLOSE_DELAY[int(self._rng.random() * TABLE_SIZE)])

    def _fail(self, instant: int, item: Appointment, _second: Any) -> None:
        incident = item.incident
        item.version += 1
        item.status = "FAILED"
        incident.appointment = None
        self.recorder.log(incident, instant, "DIARY_FAILED", item.ref, item.diary, "", self._user())
        self.recorder.appointment(item, instant)
        self._after_no_visit(instant, incident, self.parameters.diary.closed_after_failure)

    def _cancel(self, instant: int, item: Appointment, status: str) -> None:
        item.version += 1
        item.status = status
        incident = item.incident
        incident.appointment = None
        self.recorder.appointment(item, instant)
        self._after_no_visit(instant, incident, 0.6 if status == "CANCELLED_VICTIM" else 0.0)

    def _after_no_visit(self, instant: int, incident: Incident, share_closed: float) -> None:
        rnd = self._rng.random
        if rnd() < share_closed:
            self._close_later(instant, incident, 300 + int(rnd() * HOUR))
        elif rnd() > 0.5 or not self._book(instant + 300, incident):
            self._wait(instant + 1, incident)

    # -- closing ---

    def _close_later(self, instant: int, incident: Incident, delay: int) -> None:
        if not incident.closing:
            incident.closing = True
            self._push(max(instant + delay, incident.updated + 1), self._close, incident, None)

    def _close(self, instant: int, incident: Incident, _second: Any) -> None:
        incident.closing = False
        if incident.assigned or incident.appointment is not None or incident.waiting:
            return  # somebody is still going there
        incident.status = CLOSED
        incident.closed = instant
        self.recorder.log(incident, instant, "CLOSED", "", incident.close_code, "", self._user())
        if self._rng.random() < self._figures.reopened:
            self._push(instant + HOUR + int(self._rng.random() * 2 * 86400), self._reopen, incident, None)
        else:
            self._finish(incident)

    def _finish(self, incident: Incident) -> None:
        if self.open.pop(incident.ref, None) is not None:
            self.finished.append(incident)
            if incident.domestic and not incident.linked_to:
                self.outcomes.record(self._rng, incident)

    def _reopen(self, instant: int, incident: Incident, _second: Any) -> None:
        incident.status = OPEN
        incident.closed = 0
        self.recorder.log(incident, instant, "REOPENED", "", "", "", self._user())
        self.tally["reopened"] += 1
        self._close_later(instant, incident, HOUR + int(self._rng.random() * 20 * HOUR))


def is_christmas(day: date) -> bool:
    """18 December to 2 January: domestic abuse peaks."""
    return (day.month == 12 and day.day >= 18) or (day.month == 1 and day.day <= 2)
