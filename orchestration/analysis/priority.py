"""Emergency calls before others in one room: a Markov chain of both queues, solved for many half-hours at once.

Calls of both lines are taken by the same people. An emergency call is answered by whoever is free; any other only if
more than `reserve` people are free; a call that has begun is not broken off. Callers give up after exponential times,
each line its own. Handling times are exponential with one mean for both lines (that of their mix): what this leaves
out is measured in docs/capacity.md and mended by the fitted correction of `capacity.py`.

The chain: n people busy with nobody of the second line waiting, up to c - reserve; from there the phase (people busy
plus emergency calls waiting) and the level (others waiting). Up to truncation it is solved exactly: level by level,
by the matrices R of a quasi-birth-death process (Neuts). The wait of the second line follows from the chain that one
caller sees, by uniformisation; that of the first line has a closed form.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_CHUNK = 32  # cases solved at once, as if each were as large as the largest
_AHEAD = 30  # whoever has more callers before them is not answered within a threshold of seconds


@dataclass(frozen=True)
class Lines:
    """One value a case, shares of calls offered; `first` is the line that goes first."""

    first_within: Floats
    first_abandoned: Floats
    first_wait: Floats
    second_within: Floats
    second_abandoned: Floats
    second_wait: Floats
    blocked: Floats  # share of time in which a call of the second line has to wait
    busy: Floats  # share of time in which an emergency call has to wait

    @property
    def first_ratio(self) -> Floats:
        """Answered in time, of those answered."""
        return self.first_within / np.maximum(1 - self.first_abandoned, 1e-12)

    @property
    def second_ratio(self) -> Floats:
        """Answered in time, of those answered."""
        return self.second_within / np.maximum(1 - self.second_abandoned, 1e-12)


def solve(
    first_rate: Any,
    second_rate: Any,
    servers: Any,
    *,
    handle: Any,
    first_patience: float,
    second_patience: float,
    reserve: int,
    first_within: float,
    second_within: float,
) -> Lines:
    """Steady state of every case: rates a second, `servers` whole people, `handle` seconds; times in the queue alone.

    Raises ValueError where a rate is not positive or somebody has nobody to answer.
    """
    cases = np.broadcast_arrays(
        np.asarray(first_rate, float), np.asarray(second_rate, float), np.asarray(servers, float), handle
    )
    first, second, people, times = (np.array(each, float).ravel() for each in cases)
    if min(first.min(), second.min(), times.min()) <= 0 or people.min() < 1:
        raise ValueError("rates, handling times and people must be positive")
    kept = np.minimum(reserve, people - 1)
    leaves = (1 / first_patience, 1 / second_patience)
    levels = _levels(first, second, people, kept, times, leaves[1])
    phases = _phases(first, people, kept, times)
    order = np.lexsort((levels, phases))
    parts = []
    for start in range(0, len(order), _CHUNK):
        at = order[start : start + _CHUNK]
        parts.append(
            _solve(
                first[at], second[at], people[at], kept[at], 1 / times[at], leaves,
                (first_within, second_within), int(levels[at].max()), int(phases[at].max()),
            )
        )  # fmt: skip
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return Lines(*(np.concatenate(column)[back] for column in zip(*parts, strict=True)))


def _levels(first: Floats, second: Floats, people: Floats, kept: Floats, times: Floats, leaving: float) -> Any:
    """How many callers of the second line may wait, at most, for all practical purposes."""
    capacity = people / times
    free = np.maximum((people - kept) / times * np.maximum(1 - first / capacity, 0.02), 1e-9)
    over = np.maximum(second - free, 0) / leaving
    wide = 6 * np.sqrt(second / leaving) + 10
    load = np.minimum(second / free, 0.999)
    geometric = math.log(1e-8) / np.log(load)
    return np.clip(np.ceil(np.minimum(over + wide, np.where(second < free, geometric + 5, np.inf))), 8, 600)


def _phases(first: Floats, people: Floats, kept: Floats, times: Floats) -> Any:
    """How many phases there may be, for all practical purposes: people kept free, then emergency calls waiting."""
    crowded = np.minimum(first * times / people, 0.95)
    return kept + 1 + np.clip(np.ceil(math.log(1e-6) / np.log(crowded)), 4, 60)


def _solve(
    first: Floats,
    second: Floats,
    people: Floats,
    kept: Floats,
    rate: Floats,
    leaves: tuple[float, float],
    within: tuple[float, float],
    levels: int,
    phases: int,
) -> tuple[Floats, ...]:
    from scipy.special import betainc

    cases = len(first)
    phase = np.arange(phases)[None, :]
    opened = people - kept  # busy people from which the second line has to wait
    waiting_first = np.maximum(phase - kept[:, None], 0)
    ends = np.minimum(opened[:, None] + phase, people[:, None]) * rate[:, None] + waiting_first * leaves[0]
    rises = np.broadcast_to(first[:, None], ends.shape).copy()
    rises[:, -1] = 0

    # Between levels: up by an arrival, down by giving up or, in phase 0, by being served.
    across = np.zeros((cases, phases, phases))
    at = np.arange(phases)
    across[:, at[:-1], at[1:]] = rises[:, :-1]
    across[:, at[1:], at[:-1]] = ends[:, 1:]
    moves = rises + np.where(phase > 0, ends, 0)
    served = ends[:, 0]
    rs: list[Floats] = [np.empty(0)] * levels
    down: Floats | None = None
    for level in range(levels, 0, -1):
        inner = across.copy()
        outs = moves + (second[:, None] if level < levels else 0) + level * leaves[1]
        outs[:, 0] += served
        inner[:, at, at] -= outs
        if down is not None:
            inner += down
        r = second[:, None, None] * np.linalg.inv(-inner)
        rs[level - 1] = r
        down = level * leaves[1] * r
        down[:, :, 0] += served[:, None] * r[:, :, 0]
    inner = across.copy()
    inner[:, at, at] -= moves + second[:, None]
    inner += down if down is not None else 0
    # Its left null vector: one equation gives way to "the phases sum to one".
    inner[:, :, 0] = 1
    right = np.zeros((cases, phases, 1))
    right[:, 0] = 1
    chance = np.linalg.solve(np.swapaxes(inner, 1, 2), right)[:, :, 0]
    states = [np.maximum(chance, 0)]
    for r in rs:
        states.append(np.einsum("ni,nij->nj", states[-1], r))
    stack = np.stack(states, axis=2)  # case, phase, level
    all_free = (first + second) / rate
    edge = states[0][:, 0] * served / (first + second)  # one fewer busy
    below = edge / _blocking(all_free, opened - 1)
    total = stack.sum(axis=(1, 2)) + below
    stack /= total[:, None, None]

    by_phase = stack.sum(axis=2)
    waits = phase >= kept[:, None]
    steps = (people * rate / leaves[0])[:, None]
    gone = -math.expm1(-leaves[0] * within[0])
    answered = steps / (steps + waiting_first + 1) * betainc(waiting_first + 1, steps + 1, gone)
    first_within = 1 - (by_phase * waits * (1 - answered)).sum(axis=1)
    first_queue = (by_phase * waiting_first).sum(axis=1)
    second_queue = (stack * np.arange(levels + 1)).sum(axis=(1, 2))
    blocked = by_phase.sum(axis=1)
    second_within = 1 - blocked + _served_in_time(stack, rises, ends, served, leaves[1], within[1])
    return (
        first_within,
        np.minimum(leaves[0] * first_queue / first, 1),
        first_queue / first,
        second_within,
        np.minimum(leaves[1] * second_queue / second, 1),
        second_queue / second,
        blocked,
        (by_phase * waits).sum(axis=1),
    )


def _served_in_time(
    stack: Floats, rises: Floats, ends: Floats, served: Floats, leaving: float, within: float
) -> Floats:
    """Chance that a caller of the second line comes to wait and is answered in time: their own chain, followed on."""
    seen = stack[:, :, : _AHEAD + 1].copy()  # by phase and callers ahead
    ahead = np.arange(seen.shape[2])[None, None, :]
    away = np.where(np.arange(rises.shape[1])[None, :] > 0, ends, 0)
    leave = ahead * leaving
    outs = (rises + away)[:, :, None] + leave + leaving
    outs[:, 0, :] += served[:, None]
    clock = outs.max(axis=(1, 2))
    spins = clock * within
    count = math.ceil(float(spins.max()) + 7 * math.sqrt(float(spins.max())) + 8)
    up, fall = rises / clock[:, None], away / clock[:, None]
    stay = 1 - outs / clock[:, None, None]
    weight = np.exp(-spins)  # Poisson: chance of that many steps by then; those beyond it are still waiting
    later = 1 - weight
    found = np.zeros(len(spins))
    for step in range(count):
        done = seen[:, 0, 0] * served / clock
        found += done * later  # this step is taken in time
        after = stay * seen
        after[:, 1:, :] += up[:, :-1, None] * seen[:, :-1, :]
        after[:, :-1, :] += fall[:, 1:, None] * seen[:, 1:, :]
        after[:, :, :-1] += (leave / clock[:, None, None])[:, :, 1:] * seen[:, :, 1:]
        after[:, 0, :-1] += (served / clock)[:, None] * seen[:, 0, 1:]
        seen = after
        weight = weight * spins / (step + 1)
        later = np.maximum(later - weight, 0)
    return found


def _blocking(load: Floats, servers: Floats) -> Floats:
    """Erlang B of many cases."""
    inverse = np.ones_like(load)
    for count in range(1, int(servers.max()) + 1):
        inverse = np.where(count <= servers, 1 + inverse * count / load, inverse)
    return 1 / inverse
