"""Fixtures for every test: a small sample, and the warehouse built from it once for a test process."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from orchestration.settings import Settings
from tests.support import run, settings_for


@pytest.fixture(scope="session")
def small_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fiftieth of a force for four weeks with the outage in it, faults planted, and a legacy month."""
    from orchestration.sample import write_sample

    out = tmp_path_factory.mktemp("sample")
    write_sample(
        out,
        date_from=date(2021, 8, 30),
        date_to=date(2021, 9, 26),
        scale=0.02,
        seed=7,
        legacy_months=[date(2021, 1, 1)],
        plant_faults=True,
        progress=None,
    )
    return out


@pytest.fixture(scope="session")
def small_warehouse(small_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The small sample, landed, built and published in one run. Not to be changed by a test."""
    settings = settings_for(tmp_path_factory.mktemp("small"), small_sample / "landing")
    run(settings)
    return settings
