"""A warehouse on which every question has something to say, and the independent facts of the same exports."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from orchestration.sample import write_sample
from orchestration.settings import Settings
from tests.questions.facts import Facts
from tests.support import settings_for, take_steps


@pytest.fixture(scope="session")
def season(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A twentieth of a force for four months: the outage, the digital desk, the pilot and a version change are in it.

    The small sample of the other tests is too short for these, and too small for a 101 call to be answered.
    """
    out = tmp_path_factory.mktemp("season")
    write_sample(
        out,
        date_from=date(2021, 8, 30),
        date_to=date(2022, 1, 2),
        scale=0.05,
        seed=11,
        legacy_months=[date(2021, 1, 1), date(2021, 2, 1)],
        plant_faults=True,
        progress=None,
    )
    return out


@pytest.fixture(scope="session")
def season_warehouse(season: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The season, published. Not to be changed by a test."""
    settings = settings_for(tmp_path_factory.mktemp("season_warehouse"), season / "landing")
    take_steps(settings, rules=True)
    return settings


@pytest.fixture(scope="session")
def facts(season: Path, season_warehouse: Settings) -> Facts:
    """What the reference makes of the same files."""
    return Facts(season / "landing", season_warehouse.profile)
