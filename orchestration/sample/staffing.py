"""Who is on duty to take calls: heads planned on the forecast, less vacancies and abstraction.

Waits and abandonment are nowhere set: they follow from these heads and from who rings.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from orchestration.sample.arrivals import expected, half_hours
from orchestration.sample.clock import Clock
from orchestration.sample.draws import factor, rounded, stream
from orchestration.sample.parameters import Telephony

SHIFT_TEAMS = ("OCC_A", "OCC_B", "OCC_C", "OCC_D", "OCC_E")
PEAK_TEAM = "OCC_PEAK"
SWITCHBOARD_TEAM = "SWITCHBOARD"
BUREAU_TEAM = "CRIME_BUREAU"
PEAK_SHARE = 0.25  # of heads on duty come from the part-time peak team (invented)
BREAK_SHARE = 0.13  # of staffed time is not for calls: breaks, briefing, training (invented)


@dataclass(frozen=True)
class Heads:
    """One team in one half-hour: people free for calls, people staffed in all, people planned."""

    team: str
    on_calls: int
    staffed: int
    planned: int


def is_strained(seed: int, day: date, telephony: Telephony) -> bool:
    """Whether the week of this day is a bad one for staffing."""
    monday = day - timedelta(days=day.weekday())
    return stream(seed, "week", monday.isoformat()).random() < telephony.strained_weeks


def roster(seed: int, day: date, clock: Clock, telephony: Telephony, scale: float) -> list[tuple[int, list[Heads]]]:
    """For each half-hour of a local day its start and the heads of every team on duty."""
    rng = stream(seed, "roster", day.isoformat())
    shortfall = telephony.strained_shortfall if is_strained(seed, day, telephony) else telephony.calm_shortfall
    by_shift = [shortfall + factor(rng, telephony.shift_spread) - 1 for _ in range(3)]
    loads = _loads(day, clock, telephony, scale)
    result = []
    for index, start in enumerate(half_hours(day)):
        hour = clock.local_second(start) // 3600
        shift = 0 if 7 <= hour < 15 else 1 if 15 <= hour < 23 else 2
        team_day = day - timedelta(days=1) if hour < 7 else day  # a night belongs to the day it began
        core = SHIFT_TEAMS[(team_day.toordinal() + shift * 2) % 5]
        calls, switchboard, bureau = (load[index] for load in loads)
        planned = _planned(calls, telephony.margin)
        present = rounded(rng, planned * (1 - by_shift[shift]))
        heads = max(1, present)
        peak = int(heads * PEAK_SHARE) if heads > 3 else 0
        planned_heads = math.ceil(planned)
        planned_peak = int(planned_heads * PEAK_SHARE) if heads > 3 else 0
        teams = [_heads(rng, core, heads - peak, planned_heads - planned_peak)]
        if peak:
            teams.append(_heads(rng, PEAK_TEAM, peak, planned_peak))
        teams.append(_fixed(rng, SWITCHBOARD_TEAM, switchboard, 0.9))
        teams.append(_fixed(rng, BUREAU_TEAM, bureau, 0.6))
        result.append((start, teams))
    return result


def _loads(day: date, clock: Clock, telephony: Telephony, scale: float) -> tuple[list[float], list[float], list[float]]:
    """Forecast work in people (arrivals times handling time) of call takers, switchboard and crime bureau."""
    calls = telephony.calls_a_day
    minutes = telephony.handle_minutes
    queued_101 = 1 - telephony.menu_abandoned - telephony.menu_ended - telephony.menu_to_switchboard
    queued_101 -= telephony.menu_to_crime_bureau
    means = {line: expected(line, day, clock, calls[line] * scale) for line in calls}
    takers = [
        (a * minutes["OCC_999"] + b * queued_101 * minutes["OCC_101"] + c * minutes["INTERNAL"]) / 30
        for a, b, c in zip(means["999"], means["101"], means["INTERNAL"], strict=True)
    ]
    board = [
        (a + b * telephony.menu_to_switchboard) * minutes["SWITCHBOARD"] / 30
        for a, b in zip(means["SWITCHBOARD"], means["101"], strict=True)
    ]
    to_bureau = telephony.menu_to_crime_bureau + telephony.transfer_to_crime_bureau * queued_101
    bureau = [b * to_bureau * minutes["CRIME_BUREAU"] / 30 for b in means["101"]]
    return takers, board, bureau


def _planned(load: float, margin: float) -> float:
    """Heads for a load: the load and a margin that grows with its square root (economy of scale)."""
    return load + margin * math.sqrt(load)


def _heads(rng: Random, team: str, on_calls: int, planned: int) -> Heads:
    staffed = on_calls + rounded(rng, on_calls * BREAK_SHARE / (1 - BREAK_SHARE))
    return Heads(team, on_calls, staffed, max(planned, 0) + round(planned * BREAK_SHARE))


def _fixed(rng: Random, team: str, load: float, margin: float) -> Heads:
    planned = _planned(load, margin)
    heads = max(1, rounded(rng, planned))
    return _heads(rng, team, heads, math.ceil(planned))
