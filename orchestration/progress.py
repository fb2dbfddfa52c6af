"""How long work tells that it goes on, and what it found on the way that a person should know.

The command line shows progress as a bar and notes as lines at the end; elsewhere both stay silent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Reporter = Callable[[str, int, int], None]
_reporters: list[Reporter] = []  # a plain list and no context variable: dbt calls back from threads of its own
_notes: list[str] = []


@contextmanager
def reporting_to(reporter: Reporter) -> Iterator[None]:
    """Send every `report` inside the block to `reporter(stage, done, total)`; notes begin anew."""
    _reporters.append(reporter)
    _notes.clear()
    try:
        yield
    finally:
        _reporters.remove(reporter)


def report(stage: str, done: int = 0, total: int = 0) -> None:
    """Say that `done` of `total` steps of a stage are done; a total of 0 means that it is not known."""
    if _reporters:
        _reporters[-1](stage, done, total)


def note(text: str) -> None:
    """Say something that the person who started the run should read when it has ended."""
    if _reporters:
        _notes.append(text)


def notes() -> list[str]:
    """What was noted since the last run began."""
    return list(_notes)
