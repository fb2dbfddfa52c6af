"""The published warehouse equals the independent calculation: files, calls, incidents, states, hours, indicators."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from orchestration.settings import PROJECT, Settings
from tests import reference
from tests.integration import against_reference
from tests.reference.worlds import write_world
from tests.support import settings_for, take_steps


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


def test_every_state_of_the_sample_is_derived_alike(
    small_warehouse: Settings, small_reference: reference.Landing
) -> None:
    assert against_reference.states(small_warehouse, small_reference) == []


def test_every_state_of_the_sample_leads_to_what_opened_it(small_warehouse: Settings) -> None:
    assert against_reference.openings(small_warehouse) == []


def test_every_hour_of_the_sample_counts_the_same_unresourced_incidents(
    small_warehouse: Settings, small_reference: reference.Landing
) -> None:
    assert against_reference.unresourced_hourly(small_warehouse, small_reference) == []


def test_every_appointment_of_the_sample_is_derived_alike(
    small_warehouse: Settings, small_reference: reference.Landing
) -> None:
    assert against_reference.appointments(small_warehouse, small_reference) == []


def test_every_domestic_abuse_incident_of_the_sample_is_derived_alike(
    small_warehouse: Settings, small_reference: reference.Landing
) -> None:
    assert against_reference.domestic_abuse(small_warehouse, small_reference) == []


def test_what_may_still_be_missing_is_missing(small_warehouse: Settings) -> None:
    """What has been built is no longer pending: take it out of PENDING."""
    assert against_reference.missing(small_warehouse) == against_reference.PENDING


def test_every_figure_of_the_sample_is_equal_to_the_last_unit(
    small_warehouse: Settings, small_reference: reference.Landing
) -> None:
    assert against_reference.indicators(small_warehouse, small_reference) == []


def _unwatched(folder: Path) -> Path:
    """The profile, with more rows asked for to judge a day's columns than a world has.

    Every tenth code of a world is unknown on purpose: no day of it would be there. Whether such a day is there has its
    own proof; here it is, so that what its rows count for is compared.
    """
    profile = folder / "west_mercia"
    shutil.copytree(PROJECT / "orchestration" / "profiles" / "west_mercia", profile)
    parameters = profile / "reference" / "parameters.csv"
    text = parameters.read_text()
    watched = text.replace("judged_rows_minimum,20,", "judged_rows_minimum,1000000,")
    assert watched != text
    parameters.write_text(watched)
    return profile


def _compared(seed: int, folder: Path) -> None:
    landing = folder / "landing"
    write_world(landing, seed)
    settings = settings_for(folder, landing, profile=_unwatched(folder))
    take_steps(settings)
    landed = reference.load(landing)
    assert against_reference.deliveries(settings, landing) == []
    assert against_reference.calls(settings, landed) == []
    assert against_reference.incidents(settings, landed) == []
    assert against_reference.states(settings, landed) == []
    assert against_reference.openings(settings) == []
    assert against_reference.unresourced_hourly(settings, landed) == []
    assert against_reference.appointments(settings, landed) == []
    assert against_reference.domestic_abuse(settings, landed) == []
    assert against_reference.indicators(settings, landed) == []


@pytest.mark.parametrize("seed", range(2))
def test_a_tiny_world_full_of_traps_is_derived_alike(seed: int, tmp_path: Path) -> None:
    """Each world plants the edges by hand: 10 and 11 s, 600 and 601 s, midnight, doubled hour, regrades, reopenings,
    assignments of no length, appointments moved and overdue, what happens at the very as-of instant."""
    _compared(seed, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 60))
def test_many_more_tiny_worlds_are_derived_alike(seed: int, tmp_path: Path) -> None:
    _compared(seed, tmp_path)
