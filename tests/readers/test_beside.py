"""Readers beside publishes: `make readers` in short, and whole in `make test-all`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.readers.beside import beside
from tests.readers.publisher import Publisher
from tests.readers.reader import Reader
from tests.support import settings_for


def test_no_reader_fails_or_sees_a_mix_while_generations_come_and_go(tmp_path: Path) -> None:
    """A dashboard that is refreshed as a run publishes must show one generation, and never an error."""
    _tried(tmp_path, publishes=20)


@pytest.mark.long
def test_two_hundred_publishes_disturb_no_reader(tmp_path: Path) -> None:
    _tried(tmp_path, publishes=200)


def _tried(folder: Path, publishes: int) -> None:
    outcome = beside(folder, readers=16, publishes=publishes)
    assert outcome.failed == []
    assert outcome.torn == []
    assert outcome.removed > 0, "no generation went while readers read: nothing was tried"
    assert all(seen.queries for _, seen in outcome.seen)
    assert len(set().union(*(seen.publishes for _, seen in outcome.seen))) > publishes / 2


def test_a_reader_notices_a_result_made_of_two_generations(tmp_path: Path) -> None:
    """Else the tests above could not fail: a month file of another publish is put among those of the newest."""
    settings = settings_for(tmp_path, tmp_path)
    publisher = Publisher(settings)
    publisher.publish()
    first = (settings.published / "current").resolve()
    publisher.publish()
    newest = (settings.published / "current").resolve()
    (newest / "fct_made" / "2021-11.parquet").unlink()
    (newest / "fct_made" / "2021-11.parquet").hardlink_to(first / "fct_made" / "2021-11.parquet")
    reader = Reader(settings.published, "parquet", 60, seed=1)
    reader.look()
    assert reader.seen.torn == ["publishes [1, 2] in one result"]
    (newest / "fct_made" / "2021-11.parquet").unlink()
    (newest / "fct_made").rename(newest / "elsewhere")
    reader.look()
    assert len(reader.seen.failed) == 1
    publisher.close()
