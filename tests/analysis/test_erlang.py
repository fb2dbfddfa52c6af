"""Erlang B, C and A against printed values, limits and a simulation."""

from __future__ import annotations

import heapq
from collections import deque
from random import Random

import pytest

from orchestration.analysis.erlang import erlang_a, erlang_b, erlang_c

# calls an hour, handling time, servers, threshold: share that waits, in time, mean wait, occupancy (domain.md 5.2)
C_VALUES = (
    (200, 180, 14, 20, 0.174132, 0.88835, 7.836, 0.714286),
    (200, 180, 15, 20, 0.102042, 0.941453, 3.674, 0.666667),
    (720, 240, 55, 15, 0.238701, 0.845883, 8.184, 0.872727),
    (24, 400, 6, 10, None, 0.943007, None, 0.444444),
    (90, 480, 16, 30, None, 0.840678, 24.55, 0.75),
)


def test_erlang_b_gives_the_reference_value() -> None:
    assert erlang_b(10, 14) == pytest.approx(0.056819, abs=5e-7)


@pytest.mark.parametrize(("calls", "handle", "servers", "within", "waits", "share", "wait", "occupancy"), C_VALUES)
def test_erlang_c_gives_the_reference_values(
    calls: int,
    handle: int,
    servers: int,
    within: int,
    waits: float | None,
    share: float,
    wait: float | None,
    occupancy: float,
) -> None:
    found = erlang_c(calls / 3600, handle, servers, within)
    assert found.within_ratio == pytest.approx(share, abs=5e-7)
    assert found.occupancy == pytest.approx(occupancy, abs=5e-7)
    if waits is not None:
        assert found.wait_probability == pytest.approx(waits, abs=5e-7)
    if wait is not None:
        assert found.mean_wait == pytest.approx(wait, abs=5e-3)


def test_the_fewest_servers_that_meet_a_target_are_the_reference_s() -> None:
    assert erlang_c(24 / 3600, 400, 5, 10).within_ratio < 0.9 <= erlang_c(24 / 3600, 400, 6, 10).within_ratio
    assert erlang_c(90 / 3600, 480, 15, 30).within_ratio < 0.8 <= erlang_c(90 / 3600, 480, 16, 30).within_ratio


def test_erlang_a_gives_the_reference_values() -> None:
    found = erlang_a(100 / 1800, 180, 14, 300, 20)
    assert found.wait_probability == pytest.approx(0.145260, abs=5e-7)
    assert found.abandoned_ratio == pytest.approx(0.013984, abs=5e-7)
    assert found.occupancy == pytest.approx(0.704297, abs=5e-7)
    assert found.mean_wait == pytest.approx(4.195, abs=5e-4)
    assert found.within_ratio == pytest.approx(0.916792, abs=5e-7)
    crowded = erlang_a(100 / 1800, 180, 10, 300, 20)
    assert crowded.wait_probability == pytest.approx(0.599433, abs=5e-7)
    assert crowded.abandoned_ratio == pytest.approx(0.109438, abs=5e-7)
    assert crowded.occupancy == pytest.approx(0.890562, abs=5e-7)
    assert crowded.mean_wait == pytest.approx(32.83, abs=5e-3)


def test_with_endless_patience_erlang_a_is_erlang_c() -> None:
    without, patient = erlang_c(0.05, 200, 14, 20), erlang_a(0.05, 200, 14, 1e8, 20)
    assert patient.within_ratio == pytest.approx(without.within_ratio, abs=1e-6)
    assert patient.mean_wait == pytest.approx(without.mean_wait, rel=1e-5)


def test_nobody_waits_longer_than_no_time_without_patience_and_what_is_lost_is_erlang_b() -> None:
    assert erlang_a(0.05, 200, 12, 1e-4, 20).abandoned_ratio == pytest.approx(erlang_b(10, 12), rel=1e-3)


@pytest.mark.parametrize("servers", [300, 500, 600])
def test_hundreds_of_servers_add_up_at_any_load(servers: int) -> None:
    """Whoever is not lost is answered: occupancy, abandonment and the mean queue tell one story."""
    found = erlang_a(2.5, 200, servers, 240, 20)
    assert found.occupancy <= 1 + 1e-12
    assert found.abandoned_ratio == pytest.approx(found.mean_wait / 240, rel=1e-9)
    assert found.abandoned_ratio >= 1 - servers / 500 - 1e-12
    assert 0 <= found.within_ratio <= 1 - found.abandoned_ratio + 1e-12


def test_a_load_that_nobody_could_answer_is_refused_where_nobody_gives_up() -> None:
    with pytest.raises(ValueError, match="needs more than 10 servers"):
        erlang_c(0.1, 100, 10, 20)


def simulate(
    rng: Random, rate: float, handle: float, servers: int, patience: float, within: float, calls: int
) -> tuple[float, float]:
    """Share of calls answered in time, and given up, call by call."""
    free_at = [0.0] * servers
    now, in_time, gone = 0.0, 0, 0
    for _ in range(calls):
        now += rng.expovariate(rate)
        wait = max(0.0, free_at[0] - now)
        if wait > rng.expovariate(1 / patience):
            gone += 1
            continue
        in_time += wait <= within
        heapq.heapreplace(free_at, now + wait + rng.expovariate(1 / handle))
    return in_time / calls, gone / calls


def test_a_simulation_agrees_with_erlang_a() -> None:
    found = erlang_a(0.06, 180, 10, 240, 20)
    in_time, gone = simulate(Random(5), 0.06, 180, 10, 240, 20, 120_000)
    assert in_time == pytest.approx(found.within_ratio, abs=0.02)
    assert gone == pytest.approx(found.abandoned_ratio, abs=0.01)


# --- two lines ---


def simulate_lines(
    seed: int,
    rates: tuple[float, float],
    handle: float,
    servers: int,
    patience: tuple[float, float],
    reserve: int,
    within: tuple[float, float],
    calls: int,
) -> tuple[list[float], list[float]]:
    """Shares answered in time of offered, and given up, of both lines: first come, first served within a line."""
    rng = Random(seed)
    offered, in_time, gone = [0, 0], [0, 0], [0, 0]
    queues: tuple[deque[list[float]], deque[list[float]]] = (deque(), deque())
    busy: list[float] = []
    arrival, now = rng.expovariate(sum(rates)), 0.0
    while offered[0] + offered[1] < calls:
        now = min(arrival, busy[0] if busy else arrival)
        if busy and busy[0] <= arrival:
            heapq.heappop(busy)
        else:
            line = int(rng.random() * sum(rates) > rates[0])
            offered[line] += 1
            queues[line].append([now, now + rng.expovariate(1 / patience[line])])
            arrival = now + rng.expovariate(sum(rates))
        for line in (0, 1):
            while queues[line] and servers - len(busy) > (reserve if line else 0):
                came, leaves = queues[line].popleft()
                if leaves <= now:
                    gone[line] += 1
                    continue
                in_time[line] += now - came <= within[line]
                heapq.heappush(busy, now + rng.expovariate(1 / handle))
    return [a / b for a, b in zip(in_time, offered, strict=True)], [a / b for a, b in zip(gone, offered, strict=True)]


@pytest.mark.parametrize(("servers", "reserve"), [(14, 0), (14, 1), (11, 1), (17, 2)])
def test_a_simulation_agrees_with_two_lines(servers: int, reserve: int) -> None:
    from orchestration.analysis.priority import solve

    given = {"handle": 480.0, "reserve": reserve}
    found = solve(
        0.006,
        0.021,
        servers,
        first_patience=90,
        second_patience=400,
        first_within=8,
        second_within=27,
        **given,  # type: ignore[arg-type]
    )
    in_time, gone = simulate_lines(3, (0.006, 0.021), 480, servers, (90, 400), reserve, (8, 27), 60_000)
    assert in_time[0] == pytest.approx(float(found.first_within[0]), abs=0.015)
    assert in_time[1] == pytest.approx(float(found.second_within[0]), abs=0.03)
    assert gone[0] == pytest.approx(float(found.first_abandoned[0]), abs=0.01)
    assert gone[1] == pytest.approx(float(found.second_abandoned[0]), abs=0.015)


def test_two_lines_alike_are_erlang_a_together() -> None:
    from orchestration.analysis.priority import solve

    found = solve(
        30 / 1800,
        70 / 1800,
        14,
        handle=180,
        first_patience=300,
        second_patience=300,
        reserve=0,
        first_within=20,
        second_within=20,
    )
    assert 0.3 * found.first_abandoned[0] + 0.7 * found.second_abandoned[0] == pytest.approx(0.013984, abs=5e-7)
    assert 0.3 * found.first_wait[0] + 0.7 * found.second_wait[0] == pytest.approx(4.195, abs=5e-4)
    assert found.blocked[0] == pytest.approx(0.145260, abs=5e-7)
    assert found.first_within[0] > found.second_within[0]


def test_a_first_line_that_hardly_rings_leaves_the_second_to_erlang_a() -> None:
    from orchestration.analysis.priority import solve

    alone = erlang_a(0.06, 180, 11, 240, 20)
    found = solve(
        1e-9, 0.06, 11, handle=180, first_patience=60, second_patience=240, reserve=0, first_within=8, second_within=20
    )
    assert found.second_within[0] == pytest.approx(alone.within_ratio, abs=1e-6)
    assert found.second_abandoned[0] == pytest.approx(alone.abandoned_ratio, abs=1e-6)
    with pytest.raises(ValueError, match="must be positive"):
        solve(
            0.0,
            0.06,
            11,
            handle=180,
            first_patience=60,
            second_patience=240,
            reserve=0,
            first_within=8,
            second_within=20,
        )
