"""Small landings put together in memory, for expectations worked out on paper. No files, no expectations.

Times are London wall clock of September 2021: `at("10:05")` is 6 September, `at("10:05", 8)` the 8th.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from . import clocks
from .landing import Delivery, Landing
from .layouts import LAYOUTS

FIRST = date(2021, 9, 6)
KEY = "WM-20210906-00001"
_DAILY = ("saab_incidents", "saab_incident_log", "saab_resource_status", "saab_diary")


def at(clock: str, day: int = FIRST.day) -> int:
    """The instant of a wall-clock time, `HH:MM` or `HH:MM:SS`."""
    hours, minutes, seconds = (*(int(part) for part in clock.split(":")), 0)[:3]
    return clocks.local_midnight(FIRST.replace(day=day)) + hours * 3600 + minutes * 60 + seconds


def wall(instant: int | None) -> str:
    """The wall clock of an instant, with the day where it is not the first; empty for none."""
    if instant is None:
        return ""
    local = datetime.fromtimestamp(instant, UTC).astimezone(clocks.LONDON)
    text = f"{local:%H:%M:%S}".removesuffix(":00")
    return text if local.date() == FIRST else f"{local.day}. {text}"


class Made:
    """A landing in the making; by default the four exports of SAAB came every day of three."""

    def __init__(self, days: int = 3, first: date = FIRST, **missing: tuple[int, ...]) -> None:
        """`missing` says for an export the days (0, 1, 2) that did not come."""
        self.tables: dict[str, dict[tuple[Any, ...], tuple[Any, ...]]] = {export: {} for export in _DAILY}
        self.deliveries = [
            self._delivered(export, clocks.day_date(clocks.day_number(first) + day))
            for export in _DAILY
            for day in range(days)
            if day not in missing.get(export, ())
        ]
        self.numbers: dict[str, int] = {}

    @staticmethod
    def _delivered(export: str, day: date, rows: int = 1) -> Delivery:
        name = f"{export}_{day:%Y%m%d}.csv"
        return Delivery(name, name, export, "5", name, 1, day, "LOADED", None, rows_read=rows, rows_loaded=rows)

    def add(self, export: str, key: tuple[Any, ...], **said: Any) -> Made:
        layout = LAYOUTS[export][0]
        kinds = {column.field: column.kind for column in layout.columns}
        record = (said.get(field, "" if kinds[field] == "text" else None) for field in layout.keep)
        self.tables[export][key] = (layout.version, *record)
        return self

    def incident(self, created: int | None = None, key: str = KEY, **said: Any) -> Made:
        """An open, urban incident in TELF, created at 10:00 unless said otherwise."""
        usual = {"lpa": "TELF", "urban": "Y", "da_flag": "N", "status": "OPEN", "source": "101"}
        created = at("10:00") if created is None else created
        return self.add("saab_incidents", (key,), **(usual | {"inc_ref": key, "created": created} | said))

    def event(self, when: int, code: str, value: str = "", *, of: str = "", by: str = "", key: str = KEY) -> Made:
        """The next event of the incident: `value` what it says, `of` which appointment, `by` which callsign."""
        number = self.numbers[key] = self.numbers.get(key, 0) + 1
        said = {"event_time": when, "recorded_time": when, "event_code": code}
        return self.add("saab_incident_log", (key, number), **said, from_value=of, to_value=value, callsign=by)

    def press(self, when: int, code: str, by: str = "TX1", key: str = KEY) -> Made:
        return self.add("saab_resource_status", (by, when, code), inc_ref=key)

    def version(
        self, number: int, status: str, slot_end: int | None = None, *, of: str = "AP1", key: str = KEY, **said: Any
    ) -> Made:
        """A version of an appointment of the diary car unless said otherwise."""
        usual = {"inc_ref": key, "diary": "DIARY_CAR", "status": status, "slot_end": slot_end}
        return self.add("saab_diary", (of, number), **(usual | said))

    def landing(self) -> Landing:
        return Landing(self.deliveries, [], self.tables)
