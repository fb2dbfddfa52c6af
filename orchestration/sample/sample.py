"""Puts the sample together: day by day, telephone room first, then dispatch, then files."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter

from orchestration.sample.calls import CallRoom, DayOfCalls
from orchestration.sample.clock import Clock, days_between, midnight, months_between, next_month
from orchestration.sample.faults import FaultPlan
from orchestration.sample.incidents import DispatchRoom
from orchestration.sample.layouts import (
    AGENTS,
    DIARY,
    DIGITAL,
    DISRUPTIONS,
    INCIDENTS_5,
    INCIDENTS_6,
    LEGACY,
    LOG_5,
    LOG_6,
    NATIONAL,
    OUTCOMES,
    RECRUITMENT,
    SEGMENTS,
    STATUS,
    WORKFORCE,
)
from orchestration.sample.legacy import month_rows
from orchestration.sample.other import (
    digital_rows,
    disruption_rows,
    national_rows,
    recruitment_rows,
    staff_months,
    workforce_rows,
)
from orchestration.sample.parameters import Parameters
from orchestration.sample.recorder import DayOfIncidents, Recorder
from orchestration.sample.truth import Truth
from orchestration.sample.writers import Delivery, Landing

DEFAULT_FROM = date(2021, 8, 30)
DEFAULT_TO = date(2022, 1, 9)
DEFAULT_LEGACY = (date(2021, 1, 1), date(2021, 2, 1))


@dataclass
class SampleSummary:
    """What was written."""

    landing: Path
    truth: Path
    date_from: date
    date_to: date
    scale: float
    seed: int
    files: int = 0
    bytes: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    faults: int = 0
    seconds: float = 0.0


def write_sample(
    out: Path,
    *,
    date_from: date = DEFAULT_FROM,
    date_to: date = DEFAULT_TO,
    scale: float = 1.0,
    seed: int = 2021,
    legacy_months: Sequence[date] = DEFAULT_LEGACY,
    plant_faults: bool = True,
    progress: Callable[[str], None] | None = None,
) -> SampleSummary:
    """Simulate the period and write ``out/landing`` and ``out/truth``; what stood there before is replaced.

    The same arguments give the same bytes on every machine.
    """
    if date_to < date_from:
        raise ValueError("the sample's last day lies before its first")
    if not 0 < scale <= 200:
        raise ValueError("the sample's scale must be above 0 and at most 200")
    return _Writer(out, date_from, date_to, scale, seed, list(legacy_months), plant_faults, progress).run()


class _Writer:
    """One run: the simulation's parts and the files they leave."""

    def __init__(
        self,
        out: Path,
        date_from: date,
        date_to: date,
        scale: float,
        seed: int,
        legacy_months: list[date],
        plant_faults: bool,
        progress: Callable[[str], None] | None,
    ) -> None:
        self.first, self.last, self.scale, self.seed = date_from, date_to, scale, seed
        self.legacy_months = [month.replace(day=1) for month in legacy_months]
        self.progress = progress or (lambda _message: None)
        self.parameters = Parameters()
        self.clock = Clock(date_from - timedelta(days=2), date_to)
        for folder in (out / "landing", out / "truth"):
            if folder.exists():
                shutil.rmtree(folder)
            folder.mkdir(parents=True)
        self.landing = Landing(out / "landing")
        self.truth = Truth(out / "truth", self.parameters, self.clock)
        self.faults = (
            FaultPlan(self.landing, self.truth, date_from, date_to, self.legacy_months, seed) if plant_faults else None
        )
        self.summary = SampleSummary(out / "landing", out / "truth", date_from, date_to, scale, seed)
        self.calls = CallRoom(self.parameters, self.clock, scale, seed, date_to)
        self.recorder = Recorder(self.parameters, self.clock, date_from)
        self.dispatch = DispatchRoom(self.parameters, self.clock, self.recorder, scale, seed)
        self.refs: dict[str, list[tuple[int, str]]] = {}
        self.emergency_calls: dict[date, int] = {}

    def run(self) -> SampleSummary:
        started = perf_counter()
        for month in self.legacy_months:
            self.progress(f"legacy month {month:%B %Y}")
            rows, incidents = month_rows(month, self.parameters, self.scale, self.seed)
            self.truth.legacy(month, incidents)
            self._drop(Delivery("legacy_incidents", month, LEGACY, rows))
        days = days_between(self.first, self.last)
        for day in days:
            self._day(day)
            if day.day == 1 or day == self.last:
                self.progress(f"{day:%d %B %Y}: {self.summary.files or self.landing.files} files")
        self.calls.drain()
        self._telephony(self.calls.take(self.last))
        self._monthly()
        if self.faults:
            self.faults.finish()
        self._finish(started)
        return self.summary

    # -- a day ---

    def _day(self, day: date) -> None:
        self.calls.run_day(day)
        if day > self.first:
            self._telephony(self.calls.take(day - timedelta(days=1)))
        reports, self.calls.reports = self.calls.reports, []
        self.dispatch.run_day(day, reports)
        self._incident_system(self.recorder.close_day())
        self.truth.hours(self.dispatch.hourly)
        self.dispatch.hourly = []
        self._keep_refs()
        self.truth.incidents(self.dispatch.finished)
        self.dispatch.finished = []

    def _keep_refs(self) -> None:
        """References that digital contacts will point at."""
        for incident in self.dispatch.open.values():
            if incident.source in ("SOH", "DIGITAL_DESK") and incident.created >= midnight(self.first):
                self.refs.setdefault(incident.ref, [(incident.created, incident.source)])

    def _telephony(self, day: DayOfCalls) -> None:
        self._drop(Delivery("acd_segments", day.day, SEGMENTS, day.lines, compressed=day.day.weekday() == 6))
        self._drop(Delivery("acd_agent_intervals", day.day, AGENTS, self._agent_rows(day)))
        month = day.day.replace(day=1)
        calls = sum(
            count for key, count in day.tally.items() if key.startswith("999|") and key.split("|")[1] in OUTCOMES_999
        )
        self.emergency_calls[month] = self.emergency_calls.get(month, 0) + calls
        self.truth.calls(day)

    def _agent_rows(self, day: DayOfCalls) -> list[str]:
        """Time of every team by half-hour: available is what is left of the staffed time."""
        rows = []
        for start, teams in day.heads:
            if self.recorder.outage_start <= start < self.recorder.outage_end:
                continue
            on_duty = {heads.team for heads in teams}
            planned = [(heads.team, heads.staffed, heads.on_calls, heads.planned) for heads in teams]
            planned += [(team, 0, 0, 0) for slot, team in day.intervals if slot == start and team not in on_duty]
            for team, staffed, on_calls, heads_planned in planned:
                talk, hold, wrap = day.intervals.get((start, team), [0, 0, 0])
                aux = (staffed - on_calls) * 1800
                available = on_calls * 1800 - talk - hold - wrap
                total = staffed * 1800 - min(0, available)  # who ends a call after the shift stays longer
                rows.append(
                    f"{self.clock.utc(start)},{team},{total},{max(0, available)},"
                    f"{talk},{hold},{wrap},{aux},{heads_planned}"
                )
        return rows

    def _incident_system(self, day: DayOfIncidents) -> None:
        incidents, log = (INCIDENTS_6, LOG_6) if day.version_6 else (INCIDENTS_5, LOG_5)
        self._drop(Delivery("saab_incidents", day.day, incidents, day.incidents))
        self._drop(Delivery("saab_incident_log", day.day, log, day.log, compressed=day.day.weekday() == 5))
        self._drop(Delivery("saab_resource_status", day.day, STATUS, day.statuses))
        self._drop(Delivery("saab_diary", day.day, DIARY, day.diary))

    # -- months ---

    def _monthly(self) -> None:
        self.progress("monthly exports")
        by_channel: dict[str, list[tuple[int, str]]] = {}
        for ref, [(created, source)] in self.refs.items():
            by_channel.setdefault(source, []).append((created, ref))
        for refs in by_channel.values():
            refs.sort()
        for month in months_between(self.first, self.last):
            rows = digital_rows(
                month, self.first, self.last, self.clock, self.parameters, self.scale, self.seed, by_channel
            )
            self._drop(Delivery("digital_contacts", month, DIGITAL, rows))
            end = midnight(min(next_month(month), self.last + timedelta(days=1)))
            outcomes = sorted(self.dispatch.outcomes.rows.get(month, []))
            self._drop(Delivery("da_outcomes", month, OUTCOMES, [row for written, row in outcomes if written < end]))
            if month >= self.parameters.events.emergency_answer_from:
                self._drop(
                    Delivery(
                        "bt_999_national", month, NATIONAL, national_rows(month, self.emergency_calls[month], self.seed)
                    )
                )
        for month in staff_months(self.first, self.last):
            self._drop(Delivery("workforce", month, WORKFORCE, workforce_rows(month, self.seed, self.scale)))
            self._drop(Delivery("recruitment", month, RECRUITMENT, recruitment_rows(month, self.parameters)))
        outage_day = date(*self.parameters.events.outage_end[:3])
        if self.first <= outage_day <= self.last:
            rows = disruption_rows(self.parameters, self.clock, self.scale)
            self._drop(Delivery("service_disruptions", outage_day, DISRUPTIONS, rows))

    # -- files ---

    def _drop(self, delivery: Delivery) -> None:
        self.summary.rows[delivery.export] = self.summary.rows.get(delivery.export, 0) + len(delivery.rows)
        if self.faults:
            self.faults.drop(delivery)
        else:
            self.landing.drop(delivery.path, delivery.data())

    def _finish(self, started: float) -> None:
        self.truth.incidents(list(self.dispatch.open.values()))
        self.summary.files = self.landing.files
        self.summary.bytes = self.landing.bytes
        self.summary.faults = len(self.truth.faults)
        self.truth.write(self.first, self.last, self.scale, self.seed, self.dispatch.tally, self.summary.rows)
        self.summary.seconds = perf_counter() - started


OUTCOMES_999 = frozenset({"answered", "abandoned", "overflow", "silent", "lost", "callback"})
