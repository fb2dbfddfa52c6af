"""How long work tells that it goes on. The command line shows it as a bar; elsewhere it stays silent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Reporter = Callable[[str, int, int], None]
_reporters: list[Reporter] = []  # a plain list and no context variable: dbt calls back from threads of its own


@contextmanager
def reporting_to(reporter: Reporter) -> Iterator[None]:
    """Send every `report` inside the block to `reporter(stage, done, total)`."""
    _reporters.append(reporter)
    try:
        yield
    finally:
        _reporters.remove(reporter)


def report(stage: str, done: int = 0, total: int = 0) -> None:
    """Say that `done` of `total` steps of a stage are done; a total of 0 means that it is not known."""
    if _reporters:
        _reporters[-1](stage, done, total)
