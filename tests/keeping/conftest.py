"""A warehouse of its own for each test, copied from one built once."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from orchestration.publish.generation import current, settle
from orchestration.settings import Settings


@pytest.fixture
def warehouse(small_warehouse: Settings, tmp_path: Path) -> Settings:
    """A copy of the small warehouse, with its key, that a test may spoil."""
    shutil.copytree(small_warehouse.warehouse, tmp_path / "warehouse", symlinks=True)
    shutil.copytree(small_warehouse.key_file.parent, tmp_path / "keys")
    settings = dataclasses.replace(
        small_warehouse, warehouse=tmp_path / "warehouse", key_file=tmp_path / "keys" / small_warehouse.key_file.name
    )
    published = current(settings)
    assert published is not None
    settle(settings, published.generation)
    settings.export()
    return settings
