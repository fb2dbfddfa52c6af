"""When people get in touch: Poisson arrivals by half-hour with the daily and weekly shape of policing."""

from __future__ import annotations

from datetime import date
from random import Random

from orchestration.sample.clock import Clock, midnight
from orchestration.sample.draws import factor, poisson
from orchestration.sample.parameters import LINE_WEEKDAY, day_factor, new_year_factor, season_factor, shape_of

HALF_HOUR = 1800


def half_hours(day: date) -> list[int]:
    """The instants at which the local day's half-hours begin: 46, 48 or 50 of them."""
    end = midnight(date.fromordinal(day.toordinal() + 1))
    return list(range(midnight(day), end, HALF_HOUR))


def expected(line: str, day: date, clock: Clock, calls_a_day: float) -> list[float]:
    """Expected calls of a line in each half-hour of an ordinary local day: what the roster is planned on."""
    shape = shape_of(line, day)
    total = sum(shape)
    level = calls_a_day * LINE_WEEKDAY[line][day.weekday()] * season_factor(day)
    means = []
    for start in half_hours(day):
        hour = clock.local_second(start) / 3600
        mean = level * shape[int(hour)] / total / 2
        if line == "999":
            mean *= _night_out(day, hour)
        means.append(mean)
    return means


def draw(rng: Random, line: str, day: date, clock: Clock, calls_a_day: float, spread: float) -> list[int]:
    """Arrival instants of a line on a local day, in order; demand is higher or lower than forecast on the day."""
    level = factor(rng, spread) * day_factor(day, line)
    instants: list[int] = []
    rnd = rng.random
    for start, mean in zip(half_hours(day), expected(line, day, clock, calls_a_day), strict=True):
        if line == "999":
            mean *= new_year_factor(day, clock.local_second(start) / 3600)
        instants.extend(sorted(start + int(rnd() * HALF_HOUR) for _ in range(poisson(rng, mean * level))))
    return instants


def draw_flat(rng: Random, day: date, clock: Clock, a_day: float, shape: tuple[float, ...]) -> list[int]:
    """Arrival instants that follow an hourly shape and nothing else."""
    total = sum(shape)
    rnd = rng.random
    instants: list[int] = []
    for start in half_hours(day):
        mean = a_day * shape[clock.local_second(start) // 3600] / total / 2
        instants.extend(sorted(start + int(rnd() * HALF_HOUR) for _ in range(poisson(rng, mean))))
    return instants


def _night_out(day: date, hour: float) -> float:
    """Friday and Saturday nights: 00:00 to 04:00 about double other nights [Logie]."""
    if hour < 4 and day.weekday() in (5, 6):
        return 2.0
    if hour >= 22 and day.weekday() in (4, 5):
        return 1.25
    return 1.0
