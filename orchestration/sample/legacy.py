"""Months before SAAB Safe: the same dispatch room, told by the older system."""

from __future__ import annotations

from datetime import date, timedelta

from orchestration.sample.clock import Clock, days_between, next_month
from orchestration.sample.incidents import DispatchRoom
from orchestration.sample.model import Incident
from orchestration.sample.parameters import Parameters
from orchestration.sample.recorder import Recorder


def month_rows(month: date, parameters: Parameters, scale: float, seed: int) -> tuple[list[str], list[Incident]]:
    """Simulate one month and tell it as the older system did; the true incidents beside it."""
    last = next_month(month) - timedelta(days=1)
    clock = Clock(month, last)
    recorder = Recorder(parameters, clock, month)
    room = DispatchRoom(parameters, clock, recorder, scale, seed, with_digital_desk=False)
    for day in days_between(month, last):
        room.run_day(day, [])
        recorder.close_day()
    incidents = sorted([*room.finished, *room.open.values()], key=lambda i: (i.created, i.ref))
    rows: list[str] = []
    number, today = 0, None
    for incident in incidents:
        day = clock.local_day(incident.created)
        number = number + 1 if day == today else 1
        today = day
        rows.append(_row(number, day, incident, clock, parameters))
    return rows, incidents


def _row(number: int, day: date, i: Incident, clock: Clock, parameters: Parameters) -> str:
    times = []
    before = i.created
    for instant in (i.first_assigned, i.true_scene, i.closed):
        known = instant and before <= instant < before + 86400  # a clock time alone cannot tell a second day
        times.append(clock.hms(instant) if known else "")
        before = instant if known else before
    grade = i.grade or "4"
    return (
        f"{number},{day:%d/%m/%Y},{clock.hms(i.created)},{grade},{parameters.areas[i.area].code},{i.open_code},"
        f"{i.source},{'Y' if i.domestic else 'N'},{times[0]},{times[1]},{times[2]}"
    )
