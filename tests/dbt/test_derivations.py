"""The models' own unit tests, which stand beside each model: made-up rows in, derived rows out."""

from __future__ import annotations

from pathlib import Path

import pytest

from .made_up_landing import Landing
from .test_runs_add_up import build, invoke


@pytest.mark.slow
def test_every_derivation_gives_what_its_unit_test_says(tmp_path: Path) -> None:
    """The failing test's name says which derivation moved; its description says what that means."""
    landing = Landing(tmp_path / "build.duckdb")
    landing.write(is_full=True)
    build(landing.database, tmp_path / "target", full_refresh=True)
    invoke(landing.database, tmp_path / "target", ["test", "--select", "test_type:unit", "--exclude", "metrics"])
