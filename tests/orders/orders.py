"""Whole runs over one set of files in many orders: `make orders` prints how many were tried and how many hashes differ.

Each order lands, builds and publishes its files run by run; then its build database is thrown away and built anew from
the landing store. Both hashes must be that of the same files taken in at once, into a warehouse of their own. Quality
rules are left out: no result of theirs is part of the hash. So is Dagster, which only calls these steps.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from orchestration.publish.content_hash import is_hashed
from orchestration.publish.generation import Generation
from orchestration.sample import write_sample
from orchestration.settings import Settings
from orchestration.warehouse import steps
from orchestration.warehouse.lock import writing
from tests.orders.deliveries import Delivered, at_once, delivered_set, put, runs_of
from tests.support import settings_for

MOST_RUNS = 4


@dataclass(frozen=True)
class Outcome:
    """One order: how many runs it took, and what differs from the same files at once (tables; none: the same hash)."""

    seed: int
    number: int
    runs: int
    different: list[str]
    different_rebuilt: list[str]

    @property
    def is_same(self) -> bool:
        return not self.different and not self.different_rebuilt


@cache
def clean_days() -> dict[str, str]:
    """A tiny control room for three days, name to text: the files that sets are made of."""
    folder = Path(tempfile.mkdtemp(prefix="orders-sample-"))
    try:
        write_sample(
            folder,
            date_from=date(2021, 11, 1),
            date_to=date(2021, 11, 3),
            scale=0.02,
            seed=2021,
            legacy_months=[date(2021, 1, 1)],
            plant_faults=False,
        )
        files = sorted((folder / "landing").rglob("*.csv"))
        return {path.name: path.read_text(encoding="utf-8") for path in files}
    finally:
        shutil.rmtree(folder)


def take_in(settings: Settings) -> Generation:
    """One run, less its rules: land what lies there, build, publish."""
    settings.export()
    with writing(settings):
        steps.land_deliveries(settings)
        steps.build_warehouse(settings)
        return steps.publish_generation(settings)


def rebuilt(settings: Settings) -> Generation:
    """The same warehouse from nothing but its landing store."""
    shutil.rmtree(settings.build)
    return take_in(settings)


def generation_of(runs: Sequence[Sequence[Delivered]], settings: Settings) -> Generation:
    """The generation after the last of the runs."""
    published = None
    for files in runs:
        put(files, settings.landing)
        published = take_in(settings)
    assert published is not None
    return published


def differences(found: Generation, expected: Generation) -> list[str]:
    """Tables of the content hash that are not the same."""
    if found.content_hash == expected.content_hash:
        return []
    tables = sorted(set(found.fingerprints) | set(expected.fingerprints))
    return [
        table
        for table in tables
        if is_hashed(table) and found.fingerprints.get(table) != expected.fingerprints.get(table)
    ] or ["the hash alone"]


def try_orders(seed: int, orders: Sequence[int], work: Path, told: Callable[[Outcome], None]) -> list[Outcome]:
    """Try orders (by number) of one set of files; each is told as it is done."""
    files = delivered_set(clean_days(), seed)
    straight = settings_for(work / "at_once", work / "at_once" / "landing")
    expected = generation_of(at_once(files), straight)
    outcomes = []
    for number in orders:
        chance = random.Random(f"{seed}/{number}")
        count = chance.randint(2, MOST_RUNS)
        runs = runs_of(files, [chance.randrange(count) for _ in files])
        settings = settings_for(work / f"order{number}", work / f"order{number}" / "landing")
        stepwise = differences(generation_of(runs, settings), expected)
        outcomes.append(Outcome(seed, number, len(runs), stepwise, differences(rebuilt(settings), expected)))
        told(outcomes[-1])
        shutil.rmtree(work / f"order{number}")
    shutil.rmtree(work / "at_once")
    return outcomes


def main() -> int:
    """Print what was tried; 1 when a hash differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=20, help="sets of files (default 20)")
    parser.add_argument("--orders", type=int, default=10, help="orders of each set (default 10)")
    parser.add_argument("--first", type=int, default=0, help="number of the first set")
    chosen = parser.parse_args()
    tried: list[Outcome] = []

    def told(outcome: Outcome) -> None:
        tried.append(outcome)
        said = "same" if outcome.is_same else f"DIFFERS: {outcome.different} rebuilt: {outcome.different_rebuilt}"
        print(f"set {outcome.seed} order {outcome.number}: {outcome.runs} runs, {said}", flush=True)

    with tempfile.TemporaryDirectory(prefix="orders-") as work:
        for seed in range(chosen.first, chosen.first + chosen.sets):
            try_orders(seed, range(chosen.orders), Path(work), told)
    runs = sum(outcome.runs + 1 for outcome in tried)
    different = sum(not outcome.is_same for outcome in tried)
    print(f"{len(tried)} orders of {chosen.sets} sets of files, {runs} runs; hashes that differ: {different}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
