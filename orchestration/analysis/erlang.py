"""Waiting by formula: Erlang B, C and A in steady state. One kind of call; two kinds stand in `priority.py`.

Times are in one unit throughout (seconds here); `rate` is calls per that unit. Sums run over terms relative to the
state in which everybody is busy, so hundreds of servers neither overflow nor vanish. pyworkforce has Erlang A too, at
the price of OR-tools (a solver of 30 MB), and without the share answered among the answered; hence these few lines.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_TINY = 1e-17  # of a sum: what follows does not show
_STATES = 2_000_000  # more waiting callers than that are not looked at


@dataclass(frozen=True)
class Waiting:
    """What callers and staff see in steady state; shares from 0 to 1, times in the unit that came in."""

    wait_probability: float  # of calls offered, have to wait
    within_ratio: float  # of calls offered, answered within the time
    within_of_answered_ratio: float
    mean_wait: float  # of all calls offered, until answered or given up
    abandoned_ratio: float  # of calls offered
    occupancy: float  # of servers


def erlang_b(load: float, servers: int) -> float:
    """Share of calls lost when nobody can wait. Raises ValueError for a load or number that is negative."""
    if load < 0 or servers < 0:
        raise ValueError("load and servers cannot be negative")
    if load == 0:
        return 1.0 if servers == 0 else 0.0
    inverse = 1.0
    for count in range(1, servers + 1):
        inverse = 1.0 + inverse * count / load
        if inverse == math.inf:
            return 0.0
    return 1.0 / inverse


def erlang_c(rate: float, handle: float, servers: int, within: float) -> Waiting:
    """Nobody gives up. Raises ValueError where the load is not below the servers: then no steady state exists."""
    load = rate * handle
    if not 0 <= load < servers:
        raise ValueError(f"a load of {load:g} needs more than {servers} servers when nobody gives up")
    blocked = erlang_b(load, servers)
    waits = servers * blocked / (servers - load * (1 - blocked))
    share = 1 - waits * math.exp(-(servers - load) * within / handle)
    return Waiting(waits, share, share, waits * handle / (servers - load), 0.0, load / servers)


def erlang_a(rate: float, handle: float, servers: int, patience: float, within: float) -> Waiting:
    """Callers give up after an exponential time of mean `patience`; steady at any load.

    `within_ratio` counts calls answered by then; one that gives up by then is not answered. Raises ValueError for
    times or numbers that are not positive.
    """
    from scipy.special import betainc

    if min(handle, patience, servers) <= 0 or rate <= 0 or within < 0:
        raise ValueError("rate, handle, patience and servers must be positive")
    capacity, leaving = servers / handle, 1 / patience
    # Relative to the state "all busy, none waits": the states below sum to 1/B, those above term by term.
    below = 1 / erlang_b(rate * handle, servers) if erlang_b(rate * handle, servers) > 0 else math.inf
    if math.isinf(below):
        return Waiting(0.0, 1.0, 1.0, 0.0, 0.0, rate * handle / servers)
    terms = _queue(rate, capacity, leaving)
    scale = max(terms)  # logarithms: the longest queue may be far more likely than none
    weights = [math.exp(each - scale) for each in terms]
    total = below * math.exp(-scale) + sum(weights[1:])
    busy = [each / total for each in weights]  # by number waiting
    waiting = sum(count * each for count, each in enumerate(busy))
    waits = sum(busy)
    abandoned = leaving * waiting / rate
    # Found with k waiting: the time until served is a sum of exponentials whose rates step by `leaving`, so that
    # exp(-leaving x time) follows a beta distribution; own patience is that factor once more.
    steps = capacity / leaving
    gone = -math.expm1(-leaving * within)
    served = sum(
        each * steps / (steps + count + 1) * float(betainc(count + 1, steps + 1, gone))
        for count, each in enumerate(busy)
        if each > _TINY
    )
    waits = min(waits, 1.0)
    share = (1 - waits) + served
    return Waiting(
        waits, share, share / (1 - abandoned), waiting / rate, abandoned, rate * (1 - abandoned) * handle / servers
    )


def _queue(rate: float, capacity: float, leaving: float) -> list[float]:
    """Logarithms of the chances of 0, 1, 2 ... waiting, relative to none, until they no longer show."""
    terms, highest = [0.0], 0.0
    for count in range(1, _STATES):
        step = math.log(rate / (capacity + count * leaving))
        terms.append(terms[-1] + step)
        highest = max(highest, terms[-1])
        # What is left is less than a geometric series with this step.
        if step < 0 and terms[-1] - highest - math.log(-math.expm1(step)) < math.log(_TINY):
            break
    return terms
