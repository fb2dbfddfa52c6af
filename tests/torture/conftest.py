"""The rooms that runs are killed in: made once for a test process, as each costs a fork server and two runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.torture.room import FIRST, LATER, Room


@pytest.fixture(scope="session")
def first_room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """For first runs."""
    made = Room(tmp_path_factory.mktemp("torture_first"), kinds=(FIRST,))
    yield made
    made.close()


@pytest.fixture(scope="session")
def later_room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """For runs on top of a generation that is out."""
    made = Room(tmp_path_factory.mktemp("torture_later"), kinds=(LATER,))
    yield made
    made.close()
