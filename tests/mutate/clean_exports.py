"""False alarms: what the rules say of exports in which nothing is wrong, in ordinary weeks and in odd ones.

Each season is a simulated control room of its own seed: weeks that land at once, judged as a first run judges them,
then single days, judged as daily runs judge them. The outage of 6 September 2021 is no part of any: rules that tell of
it are right. A judgement is one rule that could be computed on something; WARN and FAIL are alarms.
"""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from orchestration.quality.run import run_rules
from orchestration.sample import write_sample
from orchestration.settings import RULES, Settings
from tests.mutate.planting import FAILING, land_and_build, publish_deliveries
from tests.support import settings_for


@dataclass(frozen=True)
class Season:
    """A stretch of days: up to `single` at once, then day by day."""

    name: str
    seed: int
    first: date
    single: date  # the first day that comes alone
    last: date
    scale: float = 0.3


SEASONS = (
    Season("autumn", 101, date(2021, 9, 13), date(2021, 10, 12), date(2021, 10, 14)),
    Season("clocks back", 102, date(2021, 10, 4), date(2021, 10, 30), date(2021, 11, 2)),
    Season("Christmas and New Year", 103, date(2021, 11, 29), date(2021, 12, 24), date(2022, 1, 3)),
    Season("clocks forward", 104, date(2022, 2, 28), date(2022, 3, 26), date(2022, 3, 29)),
    Season("Easter", 105, date(2022, 3, 28), date(2022, 4, 14), date(2022, 4, 19)),
    Season("Jubilee", 106, date(2022, 5, 9), date(2022, 6, 1), date(2022, 6, 6)),
    Season("a whole force in autumn", 107, date(2021, 9, 20), date(2021, 10, 23), date(2021, 10, 26), 1.0),
)


@dataclass
class Alarms:
    """Judgements of a season, and the rules that did not pass, each with how often."""

    judgements: int = 0
    alarms: Counter[str] = field(default_factory=Counter)
    where: dict[str, list[str]] = field(default_factory=dict)


def judge_season(season: Season, folder: Path) -> Alarms:
    """Land and judge a season from nothing; its files and warehouse are removed afterwards."""
    place = folder / f"season_{season.seed}"
    shutil.rmtree(place, ignore_errors=True)
    write_sample(
        place / "sample",
        date_from=season.first,
        date_to=season.last,
        scale=season.scale,
        seed=season.seed,
        legacy_months=[],
        plant_faults=False,
        progress=None,
    )
    settings = settings_for(place, place / "landing")
    settings.landing.mkdir(parents=True)
    settings.warehouse.mkdir(parents=True)
    found = Alarms()
    day = season.single - timedelta(days=1)
    _deliver(place, settings, season.first - timedelta(days=400), day)
    _judge(settings, f"to {day}", found, full=True)
    while day < season.last:
        day += timedelta(days=1)
        _deliver(place, settings, day, day)
        _judge(settings, f"{day}", found, full=False)
    shutil.rmtree(place)
    return found


def _deliver(place: Path, settings: Settings, first: date, last: date) -> None:
    """Files of these days; those of a month come on its last day."""
    for path in sorted((place / "sample" / "landing").rglob("*.csv*")):
        digits = path.name.split("_")[-1][:8] if path.name.split("_")[-1][:8].isdigit() else ""
        if digits and first <= _due(path.name, digits) <= last:
            shutil.copy2(path, settings.landing / path.name)


def _due(name: str, digits: str) -> date:
    day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    daily = ("saab_", "acd_", "service_disruptions")
    if name.startswith(daily):
        return day
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _judge(settings: Settings, when: str, found: Alarms, *, full: bool) -> None:
    land_and_build(settings, RULES, full=full)
    results = run_rules(settings.build_db, generation="mutate", full=full, rules_dir=RULES)
    publish_deliveries(settings)
    for result in results:
        status = str(result.status)
        found.judgements += status in {"PASS", *FAILING}
        if status in FAILING:
            found.alarms[result.rule_id] += 1
            said = f"{when}: {status} {result.failed_count} of {result.checked_count}"
            found.where.setdefault(result.rule_id, []).append(said)
