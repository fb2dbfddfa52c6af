"""Staff and answered calls: the model of `priority.py` calibrated on half-hours as observed, and what scenarios give.

A half-hour's model needs calls offered, handling times, patience and staffed positions; all four come from the marts.
What the model leaves out (calls that come in clumps, redials into a room that is still full, people who come and go)
is mended by a correction fitted on observed weeks: the part of the people there that counts, the same for both lines,
so that as many 101 calls are answered in time as were, and a shift of the log odds for what is left of each line. What
belongs here: the arithmetic on arrays. Reading and writing stand in `run.py`; the method in words in docs/capacity.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestration.analysis.priority import Lines, solve
from orchestration.analysis.scenarios import Capacity, Scenario

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SLOTS = 7 * 48
_STEADY = 300  # calls that a half-hour's own handling time weighs as much as that of the line
_ODDS = 16.0  # log odds beyond which a share is as good as 0 or 1
_MONTH_WEEKS = 365.25 / 12 / 7


class CannotSay(Exception):
    """Why nothing can be said, in words."""


@dataclass(frozen=True)
class Observed:
    """Half-hours of days that are whole: one entry a half-hour; arrays of two rows are the first and second line."""

    week: Ints  # 0 is the first
    slot: Ints  # weekday x 48 + half-hour
    positions: Floats  # people there for calls
    offered: Floats  # (2, n) calls that came into the line's queues
    left: Floats  # of these, given up, called back or sent on
    waited: Floats  # seconds that all of them waited in the queue
    taken: Floats  # answered calls with a known handling time
    handled: Floats  # seconds of ringing, talk, hold and wrap of those
    answered: Floats  # calls of the line (as the indicator has it) answered after a known wait
    within: Floats  # of these, in time
    ring_seconds: tuple[float, float]  # mean of rings that are themselves in time
    ring_ratio: tuple[float, float]  # share of those
    redialled_ratio: float  # of calls of the second line that were given up, tried again
    weeks: tuple[date, ...]  # Mondays

    def of_weeks(self, weeks: Sequence[int]) -> Observed:
        """The half-hours of these weeks alone."""
        at = np.isin(self.week, weeks)
        return replace(
            self,
            week=self.week[at],
            slot=self.slot[at],
            positions=self.positions[at],
            offered=self.offered[:, at],
            left=self.left[:, at],
            waited=self.waited[:, at],
            taken=self.taken[:, at],
            handled=self.handled[:, at],
            answered=self.answered[:, at],
            within=self.within[:, at],
        )


_SMALL_ROOM = 12  # people that the calls keep busy


class Surface:
    """The model over a grid of calls and people, to be read in between.

    Read at the same margin of people (in roots of the load) at the four grid points around, as log odds: there shares
    hardly bend. That this is close to the chain itself is tested.
    """

    def __init__(self, rates: Floats, handle: Floats, patience: Floats, within: Floats, reserve: int) -> None:
        """`rates` (2, n): calls a second that occur; `handle`, `patience`, `within` one value a line, seconds."""
        self._handle = handle
        self._axes = [self._axis(rates[0], 7), self._axis(rates[1], 10)]
        first, second = np.meshgrid(*self._axes, indexing="ij")
        self._load = first * handle[0] + second * handle[1]
        # One person more bends the shares of a small room, not of a large one: there every third is worked out.
        step = np.where(self._load < _SMALL_ROOM, 1, 3)
        low = np.maximum(np.floor(self._load - 2.5 * np.sqrt(self._load)), 1)
        count = np.ceil((self._load + 5 * np.sqrt(self._load) + 2 - low) / step).astype(int)
        self._low, self._step, self._wide = low, step, int(count.max()) + 1
        people = low[:, :, None] + step[:, :, None] * np.arange(self._wide)
        kept = np.arange(self._wide) <= count[:, :, None]  # beyond the highest nothing new is worked out
        at = np.nonzero(kept)
        found = solve(
            first[at[:2]], second[at[:2]], people[kept],
            handle=(self._load / (first + second))[at[:2]],
            first_patience=patience[0], second_patience=patience[1], reserve=reserve,
            first_within=within[0], second_within=within[1],
        )  # fmt: skip
        self._odds = np.empty((4, *people.shape))
        for row, shares in enumerate(_four(found)):
            filled = np.empty(people.shape)
            filled[kept] = _odds(shares)
            last = np.take_along_axis(filled, count[:, :, None], axis=2)
            self._odds[row] = np.where(kept, filled, last)

    @staticmethod
    def _axis(rates: Floats, count: int) -> Floats:
        low, high = max(float(rates.min()) * 0.8, 1e-6), max(float(rates.max()) * 1.25, 2e-6)
        return np.exp(np.linspace(math.log(low), math.log(high), count))

    def read(self, first: Floats, second: Floats, people: Floats) -> Floats:
        """(4, n): answered in time of answered and given up of offered, of the first line, then of the second."""
        load = first * self._handle[0] + second * self._handle[1]
        margin = (people - load) / np.sqrt(load)
        i, part_i = _place(self._axes[0], first)
        j, part_j = _place(self._axes[1], second)
        total = np.zeros((4, len(first)))
        for di in (0, 1):
            for dj in (0, 1):
                weight = (part_i if di else 1 - part_i) * (part_j if dj else 1 - part_j)
                a, b = i + di, j + dj
                near = self._load[a, b]
                above = near + margin * np.sqrt(near) - self._low[a, b]
                at = np.clip(above / self._step[a, b], 0, self._wide - 1)
                k = np.minimum(at.astype(int), self._wide - 2)
                part = at - k
                total += weight * ((1 - part) * self._odds[:, a, b, k] + part * self._odds[:, a, b, k + 1])
        shares: Floats = _shares(total)
        return shares


def _four(found: Lines) -> tuple[Floats, Floats, Floats, Floats]:
    return found.first_ratio, found.first_abandoned, found.second_ratio, found.second_abandoned


def _place(axis: Floats, values: Floats) -> tuple[Ints, Floats]:
    clipped = np.clip(values, axis[0], axis[-1])
    at = np.clip(np.searchsorted(axis, clipped, side="right") - 1, 0, len(axis) - 2)
    return at, (np.log(clipped) - np.log(axis[at])) / (np.log(axis[at + 1]) - np.log(axis[at]))


def _odds(share: Any) -> Any:
    inside = np.clip(share, 1e-7, 1 - 1e-7)
    return np.log(inside / (1 - inside))


def _shares(odds: Any) -> Any:
    return 1 / (1 + np.exp(-np.clip(odds, -_ODDS, _ODDS)))


@dataclass(frozen=True)
class Model:
    """Calibrated: what a half-hour of the week is like, and the surface to read."""

    rate: Floats  # (2, SLOTS) calls a second in an ordinary week of those observed
    handle: Floats  # (2, SLOTS) seconds, its own as far as calls bear it
    line_handle: Floats  # (2,)
    patience: Floats  # (2,) seconds: waited by all, for every one that left
    positions: Floats  # (SLOTS,) mean
    ring_ratio: Floats  # (2,)
    redialled_ratio: float
    surface: Surface
    effort: float  # part of the people there that counts: the correction
    correction: Floats  # (2,) added to log odds: what is left of it
    spread: Floats  # (2,) of a week's log odds around the corrected model

    def shares(self, slot: Ints, positions: Floats, demand: Floats) -> Floats:
        """(4, n) uncorrected (see Surface.read); `demand` (2, n) relative to an ordinary week."""
        work = self.rate[:, slot] * demand * self.handle[:, slot] / self.line_handle[:, None]
        found = self.surface.read(work[0], work[1], np.maximum(positions * self.effort, 0.5))
        found[[0, 2]] *= self.ring_ratio[:, None]
        return found


def levels_of(seen: Observed, rate: Floats) -> Floats:
    """(2, weeks): calls of each week relative to an ordinary one; 1 where a week has none."""
    count = len(seen.weeks)
    out = np.ones((2, count))
    for line in (0, 1):
        came = np.bincount(seen.week, seen.offered[line], count)
        usual = np.bincount(seen.week, rate[line, seen.slot] * 1800, count)
        out[line] = np.where((came > 0) & (usual > 0), came / np.maximum(usual, 1e-9), 1.0)
    return out


def calibrate(seen: Observed, capacity: Capacity) -> Model:
    """Rates, times, patience and the correction, from what was observed. Raises CannotSay."""
    found = sorted(set(seen.week.tolist()))
    if len(found) < capacity.weeks_needed:
        raise CannotSay(f"{len(found)} weeks with calls and staffed time; {capacity.weeks_needed} are needed")
    times = np.bincount(seen.slot, minlength=SLOTS)
    if times.min() == 0:
        raise CannotSay(f"{int((times == 0).sum())} half-hours of the week never came with calls and staffed time")
    if min(seen.left.sum(axis=1).min(), seen.taken.sum(axis=1).min()) < 30:
        raise CannotSay("fewer than 30 callers who gave up, or calls with a handling time, on one of the lines")
    sums = {
        name: np.stack([np.bincount(seen.slot, each[line], SLOTS) for line in (0, 1)])
        for name, each in (("offered", seen.offered), ("taken", seen.taken), ("handled", seen.handled))
    }
    # A half-hour in which none came is not one in which none can come.
    rate = np.maximum(sums["offered"], 0.25) / times / 1800
    line_handle = seen.handled.sum(axis=1) / seen.taken.sum(axis=1)
    handle = (sums["handled"] + _STEADY * line_handle[:, None]) / (sums["taken"] + _STEADY)
    patience = seen.waited.sum(axis=1) / seen.left.sum(axis=1)
    room = capacity.room
    within = np.array([room.first.within_seconds, room.second.within_seconds]) - np.array(seen.ring_seconds)
    work = rate * handle / line_handle[:, None]
    surface = Surface(work, line_handle, patience, np.maximum(within, 0), room.reserve)
    model = Model(
        rate, handle, line_handle, patience, np.bincount(seen.slot, seen.positions, SLOTS) / times,
        np.array(seen.ring_ratio), seen.redialled_ratio, surface, 1.0, np.zeros(2), np.zeros(2),
    )  # fmt: skip
    return _corrected(model, seen)


def _corrected(model: Model, seen: Observed) -> Model:
    low, high = 0.6, 1.4
    aim = float(seen.within[1].sum() / seen.answered[1].sum())
    for _ in range(15):
        model = replace(model, effort=(low + high) / 2)
        within, answered = by_week(model, seen)
        low, high = (model.effort, high) if within[1].sum() / answered[1].sum() < aim else (low, model.effort)
    correction, spread = np.zeros(2), np.zeros(2)
    used = sorted(set(seen.week.tolist()))
    for line in (0, 1):
        real_within, real_answered = _real(seen, line)
        correction[line] = _odds(real_within[used].sum() / real_answered[used].sum()) - _odds(
            within[line, used].sum() / answered[line, used].sum()
        )
        rest = _odds(real_within[used] / np.maximum(real_answered[used], 1)) - _odds(
            within[line, used] / answered[line, used]
        )
        spread[line] = float(np.std(rest, ddof=1))
    return replace(model, correction=correction, spread=spread)


def _real(seen: Observed, line: int) -> tuple[Floats, Floats]:
    count = len(seen.weeks)
    within: Floats = np.bincount(seen.week, seen.within[line], count).astype(float)
    answered: Floats = np.bincount(seen.week, seen.answered[line], count).astype(float)
    return within, answered


def by_week(model: Model, seen: Observed) -> tuple[Floats, Floats]:
    """(2, weeks) each: calls answered in time, and answered, that the model gives for weeks as they were staffed.

    Without the shift of log odds.
    """
    demand = levels_of(seen, model.rate)[:, seen.week]
    return _sums(model, seen, seen.positions, demand)[:2]


def _sums(model: Model, seen: Observed, positions: Floats, demand: Floats) -> tuple[Floats, Floats, Floats]:
    found = model.shares(seen.slot, positions, demand)
    offered = model.rate[:, seen.slot] * demand * 1800
    answered = offered * (1 - found[[1, 3]])
    count = len(seen.weeks)
    summed: list[Floats] = [
        np.stack([np.bincount(seen.week, each[line], count).astype(float) for line in (0, 1)])
        for each in (answered * found[[0, 2]], answered, offered)
    ]
    return summed[0], summed[1], summed[2]


@dataclass(frozen=True)
class Tested:
    """Of one line: how the model did on weeks that it had not seen, given their calls and staff."""

    fitted_weeks: int
    tested_weeks: int
    bias_uncorrected: float  # mean of predicted less observed share of a week, without the correction
    bias: float
    mean_error: float  # mean absolute
    worst_error: float
    effort: float  # correction of the model calibrated on all weeks: the part of people that counts
    correction: float  # and the shift of log odds


def tested(seen: Observed, capacity: Capacity, whole: Model) -> list[Tested]:
    """Calibrated on the first two thirds of the weeks, tried on the others. Raises CannotSay."""
    found = sorted(set(seen.week.tolist()))
    cut = max(capacity.weeks_needed, round(len(found) * 2 / 3))
    if len(found) - cut < 2:
        raise CannotSay(f"{len(found)} weeks leave none to try the model on")
    model = calibrate(seen.of_weeks(found[:cut]), capacity)
    rest = seen.of_weeks(found[cut:])
    within, answered = by_week(model, rest)
    bare = replace(model, effort=1.0)
    bare_within, bare_answered = by_week(bare, rest)
    out = []
    for line in (0, 1):
        real_within, real_answered = _real(rest, line)
        at = found[cut:]
        real = real_within[at] / np.maximum(real_answered[at], 1)
        plain = bare_within[line, at] / bare_answered[line, at]
        error = _shares(_odds(within[line, at] / answered[line, at]) + model.correction[line]) - real
        out.append(
            Tested(
                cut, len(at), float((plain - real).mean()), float(error.mean()), float(np.abs(error).mean()),
                float(np.abs(error).max()), whole.effort, float(whole.correction[line]),
            )
        )  # fmt: skip
    return out


# --- half-hours of the week ---------------------------------------------------------------------------------------


def half_hours(model: Model, seen: Observed, targets: Sequence[float | None]) -> list[dict[str, Any]]:
    """One entry a half-hour of the week and line (0, 1): as observed, as modelled, and the people it takes."""
    demand = levels_of(seen, model.rate)[:, seen.week]
    found = model.shares(seen.slot, seen.positions, demand)
    shift = [_slot_shift(model, seen, found, demand, line) for line in (0, 1)]
    needed = [_needed(model, line, shift[line], targets[line]) for line in (0, 1)]
    out = []
    for line in (0, 1):
        weight = model.rate[line, seen.slot] * demand[line] * (1 - found[2 * line + 1])
        share = _shares(_odds(found[2 * line] / model.ring_ratio[line]) + shift[line]) * model.ring_ratio[line]
        predicted = np.bincount(seen.slot, weight * share, SLOTS) / np.bincount(seen.slot, weight, SLOTS)
        sums = [
            np.bincount(seen.slot, each[line], SLOTS) for each in (seen.within, seen.answered, seen.left, seen.offered)
        ]
        for slot in range(SLOTS):
            within, answered, left, offered = (float(each[slot]) for each in sums)
            out.append(
                {
                    "slot": slot,
                    "line": line,
                    "offered_per_hour": float(model.rate[line, slot] * 3600),
                    "handle_seconds": float(model.handle[line, slot]),
                    "patience_seconds": float(model.patience[line]),
                    "staffed": float(model.positions[slot]),
                    "predicted_within_ratio": float(predicted[slot]),
                    "observed_within_ratio": within / answered if answered else None,
                    "answered_count": int(answered),
                    "abandoned_ratio": left / offered if offered else None,
                    "staff_needed": needed[line][slot],
                }
            )
    return out


def _slot_shift(model: Model, seen: Observed, found: Floats, demand: Floats, line: int) -> float:
    """The correction for single half-hours: the shift that gives as many calls in time as there were."""
    weight = model.rate[line, seen.slot] * demand[line] * 1800 * (1 - found[2 * line + 1])
    odds = _odds(found[2 * line] / model.ring_ratio[line])
    aim = float(seen.within[line].sum() / seen.answered[line].sum())
    low, high = -8.0, 8.0
    for _ in range(50):
        middle = (low + high) / 2
        share = float((weight * _shares(odds + middle)).sum() / weight.sum()) * model.ring_ratio[line]
        low, high = (middle, high) if share < aim else (low, middle)
    return (low + high) / 2


def _needed(model: Model, line: int, shift: float, target: float | None) -> list[int | None]:
    """Fewest people at which the half-hour meets the target with an ordinary week's calls; None: none do."""
    if target is None:
        return [None] * SLOTS
    load = (model.rate * model.handle).sum(axis=0)
    most = math.ceil(float((load + 6 * np.sqrt(load)).max()) + 3)
    slot, people = (each.ravel() for each in np.meshgrid(np.arange(SLOTS), np.arange(1, most + 1), indexing="ij"))
    found = model.shares(slot, people.astype(float), np.ones((2, len(slot))))[2 * line]
    share = _shares(_odds(found / model.ring_ratio[line]) + shift) * model.ring_ratio[line]
    is_met = (share >= target).reshape(SLOTS, most)
    # From that number on it stays met: a dent of the surface must not make a number too low.
    stays = np.flip(np.cumprod(np.flip(is_met, axis=1), axis=1), axis=1).astype(bool)
    return [int(np.argmax(row)) + 1 if row.any() else None for row in stays]


# --- scenarios ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Staff:
    """One month's staff list of those who take calls, full-time equivalents."""

    month: date
    establishment: float
    strength: float
    abstracted: float

    @property
    def available(self) -> float:
        return self.strength - self.abstracted


@dataclass(frozen=True)
class Month:
    """What a scenario gives for one month."""

    month: date
    staffed: float  # full-time equivalents there after abstraction
    ratio: tuple[float, float]
    lower: tuple[float, float]
    upper: tuple[float, float]


@dataclass(frozen=True)
class Answer:
    """What a scenario gives: months, and when the target of the second line is met; None: not within the months."""

    months: list[Month]
    met_on: date | None
    met_early: date | None
    met_late: date | None
    met_share: float  # of draws, in which it is met within the months
    is_season_known: bool


def season(seen_by_month: Mapping[tuple[int, int], tuple[float, float]]) -> dict[int, tuple[float, float]] | None:
    """Calls a day of each calendar month relative to the mean of twelve, (first, second); None under a year."""
    found: dict[int, list[tuple[float, float]]] = {}
    for (_, month), both in sorted(seen_by_month.items()):
        found.setdefault(month, []).append(both)
    if len(found) < 12:
        return None
    means = {
        month: tuple(float(np.mean([each[line] for each in both])) for line in (0, 1)) for month, both in found.items()
    }
    level = [float(np.mean([each[line] for each in means.values()])) for line in (0, 1)]
    return {month: (each[0] / level[0], each[1] / level[1]) for month, each in means.items()}


def staff_in(scenario: Scenario, staff: Sequence[Staff], ahead: int) -> float:
    """Full-time equivalents there after abstraction, `ahead` months after the newest staff list."""
    newest = staff[-1]
    recent = staff[-3:]
    absent = sum(each.abstracted for each in recent) / sum(each.strength for each in recent)
    strength = newest.strength
    if (filled := scenario.vacancies_filled) is not None:
        steps = filled.months_from(newest.month)
        share = 1.0 if steps == 0 else min(1.0, ahead / steps)
        strength += max(0.0, newest.establishment - newest.strength) * share
    if (raised := scenario.hours_raised) is not None and ahead >= raised.when.months_from(newest.month):
        strength += raised.staff * (raised.to_share - raised.from_share)
    if (away := scenario.abstraction) is not None and ahead >= away.when.months_from(newest.month):
        absent = away.ratio
    return strength * (1 - absent)


class Outlook:
    """Answers scenarios from one calibrated model; months that come out alike are worked out once."""

    def __init__(
        self,
        model: Model,
        seen: Observed,
        staff: Sequence[Staff],
        capacity: Capacity,
        seasons: Mapping[int, tuple[float, float]] | None,
    ) -> None:
        if not staff:
            raise CannotSay("no staff list names strength and abstraction of those who take calls")
        self._model, self._seen, self._staff, self._capacity = model, seen, staff, capacity
        self._seasons = seasons
        self._weeks = np.array(sorted(set(seen.week.tolist())))
        first, last = seen.weeks[int(self._weeks[0])], seen.weeks[int(self._weeks[-1])]
        then = [each for each in staff if first.replace(day=1) <= each.month <= last]
        self._usual = float(np.mean([each.available for each in then or [staff[-1]]]))
        self._usual_season = self._season_of_weeks()
        rng = np.random.default_rng(capacity.seed)
        count = len(self._weeks)
        self._picked = rng.integers(0, count, (capacity.draws, count))
        noise = rng.standard_normal((capacity.draws, 2, capacity.months_ahead))
        self._noise = noise * model.spread[None, :, None] / math.sqrt(_MONTH_WEEKS)
        within, answered = by_week(model, seen)
        real = [_real(seen, line) for line in (0, 1)]
        # Each draw of weeks has its own correction: what is uncertain about the model.
        self._shift = np.stack(
            [
                _odds(self._drawn(real[line][0]) / self._drawn(real[line][1]))
                - _odds(self._drawn(within[line]) / self._drawn(answered[line]))
                for line in (0, 1)
            ]
        )
        self._known: dict[tuple[float, float, float], tuple[Floats, Floats, Floats]] = {}

    def _drawn(self, by_week_: Floats) -> Floats:
        drawn: Floats = by_week_[self._weeks][self._picked].sum(axis=1)
        return drawn

    def _season_of_weeks(self) -> tuple[float, float]:
        if self._seasons is None:
            return (1.0, 1.0)
        both = [self._seasons[self._seen.weeks[int(week)].month] for week in self._weeks]
        return float(np.mean([each[0] for each in both])), float(np.mean([each[1] for each in both]))

    def answer(self, scenario: Scenario, target: float) -> Answer:
        """The months after the newest staff list, and when calls of the second line meet the target."""
        newest = self._staff[-1].month
        months: list[Month] = []
        drawn: list[Floats] = []
        edge = (1 - self._capacity.level) / 2
        for ahead in range(1, self._capacity.months_ahead + 1):
            month = _later(newest, ahead)
            there = staff_in(scenario, self._staff, ahead)
            demand = (1 + scenario.demand.first, 1 + scenario.demand.second)
            if self._seasons is not None:
                now = self._seasons[month.month]
                demand = tuple(demand[line] * now[line] / self._usual_season[line] for line in (0, 1))  # type: ignore[assignment]
            within, answered = self._force(there / self._usual, demand)
            ratios, lows, highs = [], [], []
            for line in (0, 1):
                plain = _odds(within[line, self._weeks].sum() / answered[line, self._weeks].sum())
                odds = _odds(self._drawn(within[line]) / self._drawn(answered[line])) + self._shift[line]
                draws = _shares(odds + self._noise[:, line, ahead - 1])
                ratios.append(float(_shares(plain + self._model.correction[line])))
                lows.append(float(np.quantile(draws, edge)))
                highs.append(float(np.quantile(draws, 1 - edge)))
            # Whether the target is met is asked of the level, not of one month's luck.
            drawn.append(_shares(odds))
            months.append(Month(month, there, (ratios[0], ratios[1]), (lows[0], lows[1]), (highs[0], highs[1])))
        return self._dated(months, np.stack(drawn), target, edge)

    def _dated(self, months: list[Month], drawn: Floats, target: float, edge: float) -> Answer:
        met = next((each.month for each in months if each.ratio[1] >= target), None)
        hits = drawn >= target
        first = np.sort(np.where(hits.any(axis=0), hits.argmax(axis=0), len(months)))
        early, late = (int(first[min(len(first) - 1, int(share * len(first)))]) for share in (edge, 1 - edge))
        dates = [each.month for each in months]
        return Answer(
            months,
            met,
            dates[early] if early < len(dates) else None,
            dates[late] if late < len(dates) else None,
            float(hits.any(axis=0).mean()),
            self._seasons is not None,
        )

    def _force(self, staffed: float, demand: tuple[float, float]) -> tuple[Floats, Floats]:
        """(2, weeks) each: answered in time and answered, with that part of usual staff and calls."""
        calm = self._worked(1.0, (1.0, 1.0))
        found = self._worked(staffed, demand)
        given_up, usual = (_given_up(each) for each in (found, calm))
        again = self._model.redialled_ratio
        # Whoever is answered does not ring again.
        change = (1 - again * usual) / (1 - again * given_up)
        within, answered, _ = self._worked(staffed, (demand[0], demand[1] * change))
        return within, answered

    def _worked(self, staffed: float, demand: tuple[float, float]) -> tuple[Floats, Floats, Floats]:
        key = (round(staffed, 4), round(demand[0], 4), round(demand[1], 4))
        if key not in self._known:
            relative = np.repeat(np.array(key[1:])[:, None], len(self._seen.slot), axis=1)
            self._known[key] = _sums(self._model, self._seen, self._seen.positions * key[0], relative)
        return self._known[key]


def _given_up(found: tuple[Floats, Floats, Floats]) -> float:
    return float(1 - found[1][1].sum() / found[2][1].sum())


def _later(month: date, count: int) -> date:
    year, number = divmod(month.year * 12 + month.month - 1 + count, 12)
    return date(year, number + 1, 1)
