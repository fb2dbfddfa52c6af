"""The published warehouse equals the independent calculation: files, calls, incidents and every indicator."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.settings import Settings
from tests import reference
from tests.integration import against_reference
from tests.reference.worlds import write_world
from tests.support import run, settings_for


@pytest.fixture(scope="module")
def small_reference(small_sample: Path) -> reference.Landing:
    return reference.load(small_sample / "landing")


def test_every_file_of_the_sample_is_accounted_for_alike(small_warehouse: Settings, small_sample: Path) -> None:
    assert against_reference.deliveries(small_warehouse, small_sample / "landing") == []


def test_every_call_of_the_sample_is_derived_alike(
    small_warehouse: Settings, small_reference: reference.Landing
) -> None:
    assert against_reference.calls(small_warehouse, small_reference) == []


def test_every_incident_of_the_sample_is_derived_alike(
    small_warehouse: Settings, small_reference: reference.Landing
) -> None:
    assert against_reference.incidents(small_warehouse, small_reference) == []


def test_every_figure_of_the_sample_is_equal_to_the_last_unit(
    small_warehouse: Settings, small_reference: reference.Landing
) -> None:
    assert against_reference.indicators(small_warehouse, small_reference) == []


@pytest.mark.parametrize("seed", range(10))
def test_a_tiny_world_full_of_traps_is_derived_alike(seed: int, tmp_path: Path) -> None:
    """Each world plants the edges by hand: 10 and 11 s, 600 and 601 s, midnight, doubled hour, regrades, reopenings."""
    landing = tmp_path / "landing"
    write_world(landing, seed)
    settings = settings_for(tmp_path, landing)
    run(settings)
    landed = reference.load(landing)
    assert against_reference.deliveries(settings, landing) == []
    assert against_reference.calls(settings, landed) == []
    assert against_reference.incidents(settings, landed) == []
    assert against_reference.indicators(settings, landed) == []
