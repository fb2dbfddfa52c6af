"""Appointment slots per area and diary: when the next one is free."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from orchestration.sample.clock import Clock, at_local
from orchestration.sample.draws import rounded
from orchestration.sample.model import Appointment
from orchestration.sample.parameters import Parameters

FIRST_SLOT_HOUR = 9
SEARCH_DAYS = 40
DIARIES = ("DIARY_CAR", "DA_DIARY_CAR", "SCHEDULED")


class DiaryBook:
    """The calendar of every diary."""

    def __init__(self, parameters: Parameters, clock: Clock, scale: float) -> None:
        self._parameters = parameters
        self._diary = parameters.diary
        self._clock = clock
        whole = Random(0)
        self._cars = {
            (area, diary): max(1, rounded(whole, self._diary.cars[diary] * scale))
            for area in range(len(parameters.areas))
            for diary in DIARIES
        }
        self._booked: dict[tuple[int, str, date], list[int]] = {}
        self._slot_starts: dict[date, list[int]] = {}
        self._first_free: dict[tuple[int, str], date] = {}

    def is_removed(self, area: int, diary: str, day: date) -> bool:
        """Whether the diary is suspended by the domestic-abuse pilot."""
        events = self._parameters.events
        if diary != "DA_DIARY_CAR" or not events.pilot_from <= day <= events.pilot_to:
            return False
        return self._parameters.areas[area].code in events.pilot_areas

    def book(self, item: Appointment, instant: int, rng: Random) -> bool:
        """Give the appointment the next slot that suits; False when its diary offers none."""
        area = item.incident.area
        cars = self._cars[(area, item.diary)]
        earliest = instant + (86400 if item.diary == "SCHEDULED" else 7200)
        today = self._clock.local_day(earliest)
        for offset in range(SEARCH_DAYS):
            day = today + timedelta(days=offset)
            if self.is_removed(area, item.diary, day):
                return False
            booked = self._booked.setdefault((area, item.diary, day), [0] * self._diary.slots_a_day)
            for index, start in enumerate(self._slots(day)):
                if booked[index] < cars and start >= earliest and rng.random() < 0.75:  # the caller's choice
                    item.car = booked[index]
                    booked[index] += 1
                    item.slot_start, item.slot_end = start, start + self._diary.slot_minutes * 60
                    return True
        return False

    def _slots(self, day: date) -> list[int]:
        found = self._slot_starts.get(day)
        if found is None:
            first = at_local(day, FIRST_SLOT_HOUR)
            found = self._slot_starts[day] = [
                first + index * self._diary.slot_minutes * 60 for index in range(self._diary.slots_a_day)
            ]
        return found

    def forget_before(self, day: date) -> None:
        """Drop past days, so that ten years need no more memory than one."""
        for key in [key for key in self._booked if key[2] < day]:
            del self._booked[key]
        for past in [past for past in self._slot_starts if past < day]:
            del self._slot_starts[past]
