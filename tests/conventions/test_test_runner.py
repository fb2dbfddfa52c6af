"""What the tests rely on in the program that runs them."""

from __future__ import annotations

import os

import pytest


@pytest.fixture
def warehouse() -> str:
    return "warehouse"


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="tests run in one process anyway")
@pytest.mark.xdist_group("runner")
def test_tests_of_a_group_run_in_one_process(request: pytest.FixtureRequest) -> None:
    """Else every process makes each costly fixture for itself, and `make test` takes half as long again."""
    assert request.node.nodeid.endswith("@runner")


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="tests run in one process anyway")
def test_tests_that_share_what_is_costly_are_of_one_group(request: pytest.FixtureRequest, warehouse: str) -> None:
    """tests/conftest.py lists the names of such fixtures; this one only bears one of them."""
    assert request.node.nodeid.endswith(f"@{warehouse}")
