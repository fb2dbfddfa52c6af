"""Whole runs over random orders of delivery: one content hash for one set of files, run by run or built anew."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.orders.deliveries import delivered_set, runs_of
from tests.orders.orders import clean_days, differences, generation_of, rebuilt, try_orders
from tests.support import settings_for


@pytest.mark.slow
def test_runs_over_a_random_order_end_as_a_build_from_nothing(tmp_path: Path) -> None:
    """A difference means that a run missed what a delivery touches. `make orders` tries hundreds."""
    files = delivered_set(clean_days(), seed=0)
    chance = random.Random(20211101)
    settings = settings_for(tmp_path, tmp_path / "landing")
    stepwise = generation_of(runs_of(files, [chance.randrange(2) for _ in files]), settings)
    assert stepwise.fingerprints["marts.fct_incidents"]
    assert differences(rebuilt(settings), stepwise) == []


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_orders_of_a_set_of_files_end_as_the_same_files_at_once(seed: int, tmp_path: Path) -> None:
    """A difference means that the way there shows: in what landed, or in what the runs made of it."""
    outcomes = try_orders(seed, range(3), tmp_path, lambda outcome: None)
    assert [outcome for outcome in outcomes if not outcome.is_same] == []
