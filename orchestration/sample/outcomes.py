"""What came of domestic-abuse incidents: the monthly outcome export."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from random import Random

from orchestration.sample.clock import Clock
from orchestration.sample.draws import TABLE_SIZE, choices
from orchestration.sample.model import Incident
from orchestration.sample.parameters import Parameters

DAY = 86400
VICTIMS = 60000  # numbers in use (invented)
OUTCOME_CODES = choices({"16": 48, "15": 22, "01": 12, "14": 6, "18": 6, "10": 4, "21": 2})
# Outcomes framework: 16 is the victim not supporting [1.8]; the other shares are invented.
RISK_GRADES = choices({"STANDARD": 58, "MEDIUM": 32, "HIGH": 10})


class OutcomeBook:
    """Rows by the month in which they were written or changed."""

    def __init__(self, parameters: Parameters, clock: Clock, seed: int) -> None:
        self._parameters = parameters
        self._clock = clock
        self._crimes = 0
        self._recent: list[int] = []
        self._next = 0
        self.rows: dict[date, list[tuple[int, str]]] = {}
        self.crimes_by_week: dict[date, int] = {}

    def victim(self, rnd: Callable[[], float], is_repeat: bool) -> int:
        """A victim's number; repeat victims are among the last few thousand."""
        if is_repeat and self._recent:
            return self._recent[int(rnd() * len(self._recent))]
        number = 1 + int(rnd() * VICTIMS)
        if len(self._recent) < 4000:
            self._recent.append(number)
        else:
            self._recent[self._next] = number
            self._next = (self._next + 1) % 4000
        return number

    def record(self, rng: Random, incident: Incident) -> None:
        """The outcome is written a day or so after closing and sometimes changed later."""
        rnd = rng.random
        is_crime = rnd() < self._parameters.incidents.domestic_abuse_crime
        crime = ""
        if is_crime:
            self._crimes += 1
            crime = f"22/{100000 + self._crimes % 900000}/{self._clock.local_day(incident.created):%y}"
        attended = bool(incident.true_scene)
        quick = attended and incident.true_scene - incident.created < 3600
        present = attended and rnd() < (0.42 if quick else 0.22)  # absent in 71 % [1.8]
        rate = self._parameters.areas[incident.area].arrest * (1.0 if attended else 0.45)
        arrested = is_crime and rnd() < rate * (1.6 if present else 0.75)
        arrest_at = (
            (incident.true_scene or incident.closed) + (int(rnd() * 2400) if present else 7200 + int(rnd() * 3 * DAY))
            if arrested
            else 0
        )
        assessed = rnd() < (0.93 if attended else 0.55)
        supports = rnd() < (0.52 if quick else 0.42)
        fields = [
            incident.ref,
            crime,
            f"V{incident.victim:06d}",
            _flag(present),
            self._clock.local(arrest_at) if arrest_at else "",
            "DASH" if assessed else "",
            RISK_GRADES[int(rnd() * TABLE_SIZE)] if assessed else "",
            _flag(arrested or rnd() < 0.4),
            _flag(attended and rnd() < 0.78),
            _flag(is_crime and rnd() < 0.04),
            _flag(supports),
        ]
        written = max(incident.closed, arrest_at) + 7200 + int(rnd() * 2 * DAY)
        code = OUTCOME_CODES[int(rnd() * TABLE_SIZE)] if is_crime and rnd() < 0.6 else ""
        self._add(written, [*fields, code])
        if is_crime and not code:
            later = written + 3 * DAY + int(rnd() * 30 * DAY)
            self._add(later, [*fields, OUTCOME_CODES[int(rnd() * TABLE_SIZE)]])

    def _add(self, written: int, fields: list[str]) -> None:
        month = self._clock.local_day(written).replace(day=1)
        self.rows.setdefault(month, []).append((written, ",".join([*fields, self._clock.local(written)])))


def _flag(value: bool) -> str:
    return "Y" if value else "N"
