"""What the incident system writes down, and on which day: the four daily exports of the incident system.

The simulation tells the recorder what happened; the recorder knows when it was keyed. During the outage nothing is
keyed: paper is typed in the day after, in the order written. Radio statuses of the outage are not recorded at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from orchestration.sample.clock import Clock, midnight
from orchestration.sample.model import CLOSED, Appointment, Crew, Incident
from orchestration.sample.parameters import Parameters


@dataclass
class DayOfIncidents:
    """The lines of one local day's four exports."""

    day: date
    version_6: bool
    incidents: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)
    diary: list[str] = field(default_factory=list)
    touched: dict[str, Incident] = field(default_factory=dict)


class Recorder:
    """Collects lines for today and, where something is keyed after midnight, for tomorrow."""

    def __init__(self, parameters: Parameters, clock: Clock, first: date) -> None:
        self._parameters = parameters
        self._clock = clock
        self._version_6_from = parameters.events.version_6_from
        events = parameters.events
        self.outage_start = _local(events.outage_start)
        self.outage_end = _local(events.outage_end)
        self._outage_length = self.outage_end - self.outage_start
        self._area_codes = [area.code for area in parameters.areas]
        self._numbers: dict[str, int] = {}
        self.today = self._new_day(first)
        self.tomorrow = self._new_day(first + timedelta(days=1))
        self._end = midnight(first + timedelta(days=1))
        self._version_6_instant = midnight(self._version_6_from)
        self.statuses_not_recorded = 0
        self._seen_statuses: set[str] = set()

    def _new_day(self, day: date) -> DayOfIncidents:
        return DayOfIncidents(day, day >= self._version_6_from)

    def close_day(self) -> DayOfIncidents:
        """End the local day: whole rows of all incidents touched, as they stand now."""
        done = self.today
        self._write_rows(done)
        self._seen_statuses.clear()
        self.today = self.tomorrow
        self.tomorrow = self._new_day(self.today.day + timedelta(days=1))
        self._end = midnight(self.tomorrow.day)
        return done

    def freeze(self) -> None:
        """When the power goes: what today's export says of the incidents touched so far is as they stand now."""
        self._write_rows(self.today)

    def _write_rows(self, day: DayOfIncidents) -> None:
        for incident in day.touched.values():
            self._write_row(day, incident)
        day.touched.clear()

    def _write_row(self, day: DayOfIncidents, incident: Incident) -> None:
        day.incidents.append(self._row_6(incident) if day.version_6 else self._row_5(incident))

    # -- what is keyed ---

    def keyed(self, instant: int) -> int:
        """When something that happened at the instant was keyed."""
        if self.outage_start <= instant < self.outage_end:
            return self.outage_end + 900 + (instant - self.outage_start) * 14 // 10
        return instant

    def new_ref(self, instant: int) -> str:
        """The next incident number of the local day on which the incident is keyed."""
        day = f"{self._clock.local_day(self.keyed(instant)):%Y%m%d}"
        self._numbers[day] = number = self._numbers.get(day, 0) + 1
        return f"WM-{day}-{number:05d}"

    def log(
        self,
        incident: Incident,
        instant: int,
        code: str,
        source: str,
        target: str,
        callsign: str,
        user: int,
        late: int = 0,
    ) -> None:
        """One log event. Numbers rise in the order keyed."""
        recorded = self.keyed(instant) + late
        if recorded < incident.updated:
            recorded = incident.updated
        day = self.today if recorded < self._end else self.tomorrow
        if day is self.tomorrow and incident.ref in self.today.touched:
            del self.today.touched[incident.ref]
            self._write_row(self.today, incident)  # today's export ends here for this incident
        incident.updated = recorded
        incident.event_no += 1
        day.touched[incident.ref] = incident
        write = self._clock.with_offset if day.version_6 else self._clock.local
        event = write(instant)
        keyed = event if recorded == instant else write(recorded)
        day.log.append(
            f"{incident.ref},{incident.event_no},{event},{keyed},{code},{source},{target},{callsign},U{user}"
        )

    def status(self, crew: Crew, instant: int, code: str, incident: Incident | None) -> None:
        """One press of a radio button."""
        if self.outage_start <= instant < self.outage_end:
            self.statuses_not_recorded += 1
            return
        if instant == crew.last_status and code == crew.last_code:
            return
        crew.last_status, crew.last_code = instant, code
        day = self.today if instant < self._end else self.tomorrow
        ref = incident.ref if incident else ""
        key = f"{crew.callsign},{self._clock.local(instant)},{code}"
        if key in self._seen_statuses:
            return  # the doubled hour of October: the second pass would overwrite the first
        self._seen_statuses.add(key)
        day.statuses.append(f"{key},{ref},{self._area_codes[crew.area]}")

    def appointment(self, item: Appointment, instant: int) -> None:
        """The appointment as it stands after a change."""
        recorded = self.keyed(instant)
        local = self._clock.local
        day = self.today if recorded < self._end else self.tomorrow
        attended = local(item.attended_at) if item.attended_at else ""
        day.diary.append(
            f"{item.ref},{item.version},{item.incident.ref},{item.diary},{local(item.booked_at)},"
            f"{local(item.slot_start)},{local(item.slot_end)},{item.status},{attended},{item.callsign},{self._area_codes[item.incident.area]},"
            f"{local(recorded)}"
        )

    # -- rows ---

    def _row_5(self, i: Incident) -> str:
        local = self._clock.local
        return ",".join(self._common(i, local))

    def _row_6(self, i: Incident) -> str:
        write = self._clock.with_offset
        scene = write(i.scene_recorded) if i.scene_recorded >= self._version_6_instant else ""
        return ",".join([*self._common(i, write), scene, "Y" if i.pnc else "N"])

    def _common(self, i: Incident, write: object) -> list[str]:
        at = write
        assert callable(at)
        return [
            i.ref,
            at(i.created),
            at(i.recorded),
            i.source,
            i.call_ref,
            i.open_code,
            i.close_code if i.status == CLOSED else "",
            i.qualifiers,
            i.grade_initial,
            i.grade,
            self._area_codes[i.area],
            i.beat,
            "Y" if i.urban else "N",
            i.risk,
            "Y" if i.domestic else "N",
            "Y" if i.repeat_victim else "N",
            "Y" if i.back_record else "N",
            i.linked_to,
            i.status,
            at(i.closed) if i.closed else "",
            at(i.updated),
        ]


def _local(moment: tuple[int, int, int, int, int]) -> int:
    year, month, day, hour, minute = moment
    return midnight(date(year, month, day)) + hour * 3600 + minute * 60
