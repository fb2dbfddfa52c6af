"""Models built once for the tests of this folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .test_runs_add_up import Built

SEED = 3


@pytest.fixture(scope="session")
def at_once(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Every model but those of reports, on made-up deliveries in one build. Not to be changed by a test."""
    from .made_up_landing import made_up_deliveries
    from .test_runs_add_up import built_at_once

    return built_at_once(made_up_deliveries(SEED), tmp_path_factory.mktemp("at_once"))
