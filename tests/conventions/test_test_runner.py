"""What the tests rely on in the program that runs them."""

from __future__ import annotations

import os

import pytest


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="tests run in one process anyway")
@pytest.mark.xdist_group("runner")
def test_tests_of_a_group_run_in_one_process(request: pytest.FixtureRequest) -> None:
    """Else every process makes each costly fixture for itself, and `make test` takes half as long again."""
    assert request.node.nodeid.endswith("@runner")
