"""Samples to look at: a clean one and a dirty one, each written once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from orchestration.sample import write_sample


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A twentieth of a force over the outage, the clock change and the change of version, without planted faults."""
    out = tmp_path_factory.mktemp("clean")
    write_sample(out, scale=0.05, plant_faults=False)
    return out


@pytest.fixture(scope="session")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with planted faults."""
    out = tmp_path_factory.mktemp("dirty")
    write_sample(out, scale=0.05, legacy_months=[date(2021, 1, 1)])
    return out
