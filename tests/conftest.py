"""Fixtures for every test: a small sample, and the warehouse built from it once for a test process."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.settings import Settings
from tests.golden.golden import write_small_sample
from tests.support import run, settings_for


@pytest.fixture(scope="session")
def small_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fiftieth of a force for four weeks with the outage in it, faults planted, and a legacy month."""
    out = tmp_path_factory.mktemp("sample")
    write_small_sample(out)
    return out


@pytest.fixture(scope="session")
def small_warehouse(small_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The small sample, landed, built and published in one run. Not to be changed by a test."""
    settings = settings_for(tmp_path_factory.mktemp("small"), small_sample / "landing")
    run(settings)
    return settings
