"""XmR control charts of weekly figures, worked out from their definition with exact fractions.

What belongs here: phases, limits, the four rules, variation and assurance of one series. Not here: where a series comes
from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise

LIMIT, ZONE, SCREEN = Fraction("2.66"), Fraction(2, 3) * Fraction("2.66"), Fraction("3.267")
BASELINE, LEAST, RUN = 20, 13, 7
CHARTED = ("OK", "ESTIMATED")
SHOWN = (*CHARTED, "DISRUPTED")


@dataclass(frozen=True)
class Week:
    """One weekly figure of a series."""

    monday: date
    value: float | None
    quality_state: str = "OK"
    target: float | None = None


@dataclass
class Signal:
    """What the chart says of one week."""

    value: float
    quality_state: str
    phase: int = 0
    phase_starts_on: date | None = None
    point_count: int = 0
    centre: Fraction | None = None
    lower_limit: Fraction | None = None
    upper_limit: Fraction | None = None
    moving_range_mean: Fraction | None = None
    moving_range: Fraction | None = None
    rules: tuple[bool, bool, bool, bool] = (False, False, False, False)
    variation: str | None = None
    variation_direction: str | None = None
    assurance: str | None = None
    run_rule: int | None = None
    weeks_in_run: int | None = None
    run_started_on: date | None = None
    weeks_in_trend: int | None = None
    weeks_on_one_side: int | None = None
    is_in_limits: bool = False
    is_newest_point: bool = False


@dataclass(frozen=True)
class Limits:
    """Where the process lies."""

    centre: Fraction
    moving_range_mean: Fraction

    @property
    def lower(self) -> Fraction:
        return self.centre - LIMIT * self.moving_range_mean

    @property
    def upper(self) -> Fraction:
        return self.centre + LIMIT * self.moving_range_mean


def exact(value: float) -> Fraction:
    """A figure as it counts: to nine places."""
    return Fraction(round(Fraction(value) * 10**9), 10**9)


def chart(weeks: Sequence[Week], *, better: str, breaks: Sequence[date] = ()) -> dict[date, Signal]:
    """The chart of a series, by Monday. `breaks`: first days of new phases, each with a named cause."""
    shown = sorted((week for week in weeks if week.quality_state in SHOWN), key=lambda week: week.monday)
    phases: dict[date | None, list[Week]] = {}
    for week in shown:
        begun = [day for day in breaks if day <= week.monday]
        phases.setdefault(max(begun, default=None), []).append(week)
    signals: dict[date, Signal] = {}
    for number, (starts_on, members) in enumerate(phases.items(), start=1):
        charted = [week for week in members if week.quality_state in CHARTED]
        for week in members:
            assert week.value is not None
            signals[week.monday] = Signal(week.value, week.quality_state, number, starts_on, len(charted))
        _judge(charted, members, signals, better)
    newest = max((week.monday for week in shown if week.quality_state in CHARTED), default=None)
    if newest is not None:
        signals[newest].is_newest_point = True
    return signals


def limits_of(values: Sequence[Fraction], *, screen: bool = True) -> Limits | None:
    """The limits that the first points of a phase set; None under 13 points."""
    if len(values) < LEAST:
        return None
    first = values[:BASELINE]
    ranges = [abs(later - earlier) for earlier, later in pairwise(first)]
    mean_range = sum(ranges) / Fraction(len(ranges))
    if screen:
        kept = [each for each in ranges if each < SCREEN * mean_range]
        if any(kept):  # else the limits would lie on the centre
            mean_range = sum(kept) / Fraction(len(kept))
    return Limits(sum(first) / Fraction(len(first)), mean_range)


def _judge(charted: list[Week], members: list[Week], signals: dict[date, Signal], better: str) -> None:
    values = [exact(week.value) for week in charted if week.value is not None]
    limits = limits_of(values)
    if limits is None:
        return
    for week in members:
        signal = signals[week.monday]
        signal.centre, signal.moving_range_mean = limits.centre, limits.moving_range_mean
        signal.lower_limit, signal.upper_limit = limits.lower, limits.upper
    outside = [(value > limits.upper) - (value < limits.lower) for value in values]
    sides = [(value > limits.centre) - (value < limits.centre) for value in values]
    trends = trend_members(values)
    pairs = pair_members(values, limits)
    runs = side_run_members(sides)
    for place, week in enumerate(charted):
        signal = signals[week.monday]
        signal.moving_range = abs(values[place] - values[place - 1]) if place else None
        signal.is_in_limits = place < BASELINE
        signal.rules = (outside[place] != 0, trends[place] != 0, pairs[place], runs[place])
        direction = outside[place] or trends[place] or (sides[place] if pairs[place] or runs[place] else 0)
        signal.variation = _variation(direction, better)
        signal.variation_direction = {1: "high", -1: "low"}.get(direction)
        signal.assurance = _assurance(week.target, limits, better)
        _say_how_long(signal, place, direction, charted, values, outside, sides, pairs)


def _say_how_long(
    signal: Signal,
    place: int,
    direction: int,
    charted: Sequence[Week],
    values: Sequence[Fraction],
    outside: Sequence[int],
    sides: Sequence[int],
    pairs: Sequence[bool],
) -> None:
    """How many points back the signal goes, by walking back from it."""
    if signal.rules[3]:
        signal.weeks_on_one_side = _back(place, lambda at: sides[at] == sides[place])
    if direction == 0:
        return
    if _is_in_a_trend(values, place, direction):
        climbing = [direction * (later - earlier) > 0 for earlier, later in pairwise(values)]
        signal.weeks_in_trend = 1 if place == 0 else 1 + _back(place - 1, lambda at: climbing[at])
    lengths = {
        1: _back(place, lambda at: outside[at] == outside[place]) if outside[place] else None,
        2: signal.weeks_in_trend,
        3: sum(pairs[at] for at in range(max(place - 2, 0), place + 1) if set(sides[at : place + 1]) == {sides[place]}),
        4: signal.weeks_on_one_side,
    }
    signal.run_rule = signal.rules.index(True) + 1
    signal.weeks_in_run = lengths[signal.run_rule]
    assert signal.weeks_in_run is not None
    first = max(place - 2, 0) if signal.run_rule == 3 else place - signal.weeks_in_run + 1
    signal.run_started_on = charted[first].monday


def _back(place: int, holds: Callable[[int], bool]) -> int:
    """Over how many points up to this one, and this one, something holds without a break."""
    count = 0
    while place - count >= 0 and holds(place - count):
        count += 1
    return count


def _is_in_a_trend(values: Sequence[Fraction], place: int, direction: int) -> bool:
    """Whether the point is one of seven that go this way."""
    windows = [values[first : first + RUN] for first in range(max(place - RUN + 1, 0), place + 1)]
    return any(
        len(window) == RUN and all(direction * (later - earlier) > 0 for earlier, later in pairwise(window))
        for window in windows
    )


def trend_members(values: Sequence[Fraction]) -> list[int]:
    """1 for members of a rise over 7 points, -1 of a fall, 0 for others; where two meet, the later one."""
    found = [0] * len(values)
    for first in range(len(values) - RUN + 1):
        window = values[first : first + RUN]
        steps = {(later > earlier) - (later < earlier) for earlier, later in pairwise(window)}
        if steps in ({1}, {-1}):
            found[first : first + RUN] = [steps.pop()] * RUN
    return found


def pair_members(values: Sequence[Fraction], limits: Limits) -> list[bool]:
    """Which points lie between two and three sigma, with another such one among three on the same side."""
    zone = limits.centre + ZONE * limits.moving_range_mean
    found = [False] * len(values)
    for first in range(len(values) - 2):
        places = range(first, first + 3)
        for sign in (1, -1):
            heights = {place: sign * (values[place] - limits.centre) for place in places}
            near = [
                place
                for place, height in heights.items()
                if zone - limits.centre < height <= limits.upper - limits.centre
            ]
            if min(heights.values()) > 0 and len(near) >= 2:
                for place in near:
                    found[place] = True
    return found


def side_run_members(sides: Sequence[int]) -> list[bool]:
    """Which points are in a row of 7 or more on one side; a point on the centre (0) is on neither."""
    found = [False] * len(sides)
    for first in range(len(sides) - RUN + 1):
        window = sides[first : first + RUN]
        if window[0] != 0 and len(set(window)) == 1:
            found[first : first + RUN] = [True] * RUN
    return found


def _variation(direction: int, better: str) -> str:
    if direction == 0:
        return "common_cause"
    if better not in ("higher", "lower"):
        return "neither_high" if direction > 0 else "neither_low"
    return "improvement" if (direction > 0) == (better == "higher") else "concern"


def _assurance(target: float | None, limits: Limits, better: str) -> str | None:
    if target is None or better not in ("higher", "lower"):
        return None
    asked = exact(target)
    if limits.lower <= asked <= limits.upper:
        return "hit_and_miss"
    is_passed = (asked < limits.lower) == (better == "higher")
    return "consistently_passing" if is_passed else "consistently_failing"
