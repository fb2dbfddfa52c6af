"""The unresourced incidents of every hour, by brute force: each incident in each hour it waits. No indicators.

Choices, where the description is silent:
- Cells are all known areas, grades and kinds, with the unknown members, and UNGRADED.
- Intervals that follow each other in one cell are one stay: nobody goes out and in. The first hour's flows hold every
  start and every end at or before it, so that counts add up from nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

from . import clocks
from .landing import Landing, delivered_days, first_day
from .layouts import AREAS, GRADES, UNKNOWN
from .parameters import Limit, ResponseTarget, limits_of, target_seconds
from .states import UNGRADED, State, states_as_of

HOUR = 3600
KINDS = ("DA_DIARY_CAR", "DIARY_CAR", "LIVE", "SCHEDULED")
SAAB = ("saab_incidents", "saab_incident_log", "saab_resource_status", "saab_diary")
DAILY = ("saab_incidents", "saab_incident_log")  # what a day needs to be delivered

Where = tuple[str, str, str]  # area, grade, kind


class HourCell(NamedTuple):
    hour_at: int
    hour_day: int  # London day
    area_code: str
    grade: str
    kind: str
    is_estimated: bool
    incident_count: int
    high_risk_count: int
    domestic_abuse_count: int
    oldest_seconds: int | None
    beyond_target_count: int
    inflow_count: int
    outflow_count: int
    upper_limit: int | None
    area_of_concern: int | None


class Stay(NamedTuple):
    """An unbroken time of one incident in one cell."""

    where: Where
    started_at: int
    ended_at: int | None


class _Count:
    """What one cell holds at one hour."""

    __slots__ = ("abuse", "beyond", "high", "incidents", "oldest", "went_in", "went_out")

    def __init__(self) -> None:
        self.incidents = self.high = self.abuse = self.beyond = self.went_in = self.went_out = 0
        self.oldest: int | None = None


def hours_of(landing: Landing) -> range:
    """Every hour from the midnight of the first business date of the SAAB exports to the as-of instant, exclusive."""
    first, end = first_day(landing, SAAB), states_as_of(landing)
    if first is None or end is None:
        return range(0)
    return range(clocks.local_midnight(clocks.day_date(first)), end, HOUR)


def days_delivered(landing: Landing) -> set[int]:
    """London days on which both the incidents and their log came."""
    first, *others = (delivered_days(landing, (export,)) for export in DAILY)
    return first.intersection(*others)


def _where(state: State) -> Where | None:
    """The cell of an interval; none when it is not counted."""
    return (state.area_code, state.grade, state.kind) if state.kind and not state.is_duplicate else None


def stays(states: Iterable[State]) -> Iterator[Stay]:
    """The stays of incidents whose intervals come in order."""
    now: Stay | None = None
    key = ""
    for state in states:
        where = _where(state)
        if now and key == state.incident_key and now.where == where and now.ended_at == state.started_at:
            now = now._replace(ended_at=state.ended_at)
            continue
        if now:
            yield now
        key = state.incident_key
        now = Stay(where, state.started_at, state.ended_at) if where else None
    if now:
        yield now


def _place(hours: range, at: int) -> int:
    """The first hour at or after an instant; those before the first hour belong to it."""
    return max(-((hours.start - at) // HOUR), 0)


def _count_stock(
    states: Iterable[State], hours: range, targets: Sequence[ResponseTarget], counts: list[dict[Where, _Count]]
) -> None:
    for state in states:
        where = _where(state)
        if where is None:
            continue
        assert state.spell_started_at is not None
        target = target_seconds(state.grade, state.is_urban, state.created_day, targets)
        for place in range(_place(hours, state.started_at), len(hours)):
            at = hours[place]
            if state.ended_at is not None and at >= state.ended_at:
                break
            waited = at - state.spell_started_at
            count = counts[place].setdefault(where, _Count())
            count.incidents += 1
            count.high += state.thrive_risk == "HIGH"
            count.abuse += state.is_domestic_abuse
            count.oldest = waited if count.oldest is None else max(count.oldest, waited)
            count.beyond += target is not None and waited > target


def _count_flows(states: Iterable[State], hours: range, counts: list[dict[Where, _Count]]) -> None:
    for stay in stays(states):
        place = _place(hours, stay.started_at)
        if place < len(hours):
            counts[place].setdefault(stay.where, _Count()).went_in += 1
        if stay.ended_at is not None:
            place = _place(hours, stay.ended_at)
            if place < len(hours):
                counts[place].setdefault(stay.where, _Count()).went_out += 1


def unresourced_hourly(
    landing: Landing,
    states: Sequence[State],
    targets: Sequence[ResponseTarget] = (),
    limits: Sequence[Limit] = (),
) -> Iterator[HourCell]:
    """Every cell of every hour, in order; `states` as `states()` gives them."""
    hours = hours_of(landing)
    counts: list[dict[Where, _Count]] = [{} for _ in hours]
    _count_stock(states, hours, targets, counts)
    _count_flows(states, hours, counts)
    delivered = days_delivered(landing)
    wheres = sorted(product(AREAS | {UNKNOWN}, GRADES | {UNKNOWN, UNGRADED}, KINDS))
    nothing = _Count()
    for at, held in zip(hours, counts, strict=True):
        day = clocks.local_day(at)
        for where in wheres:
            count = held.get(where, nothing)
            yield HourCell(
                at,
                day,
                *where,
                day not in delivered,
                count.incidents,
                count.high,
                count.abuse,
                count.oldest,
                count.beyond,
                count.went_in,
                count.went_out,
                *limits_of(where, day, limits),
            )
