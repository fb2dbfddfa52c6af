"""A warehouse of one's own for a test that changes it, without the cost of a run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest

from orchestration.settings import Settings
from tests.support import settings_for


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """Dagster's memory of nothing."""
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def empty(tmp_path: Path) -> Settings:
    """Settings of a warehouse into which nothing was ever delivered."""
    settings = settings_for(tmp_path, tmp_path / "landing")
    settings.landing.mkdir()
    settings.export()
    return settings


@pytest.fixture
def copied(tmp_path: Path, small_warehouse: Settings) -> Settings:
    """The small warehouse, copied: a test may change it, and what lies in its landing folder."""
    settings = replace(small_warehouse, landing=tmp_path / "landing", warehouse=tmp_path / "warehouse")
    shutil.copytree(small_warehouse.warehouse, settings.warehouse, symlinks=True)
    shutil.copytree(small_warehouse.landing, settings.landing)
    settings.export()
    return settings
