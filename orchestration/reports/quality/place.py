"""Where the report lies: `<warehouse>/reports/<generation>/quality/`, and the link `reports/current` to the newest.

What belongs here: writing a whole report beside, then putting it into place at once. Not here: what its pages say. What
goes together with a generation is removed in orchestration/publish/generation.py.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from orchestration.errors import EnvironmentProblem
from orchestration.publish import modes
from orchestration.publish.generation import current
from orchestration.settings import Settings

NAME = "quality"


def written(settings: Settings) -> Path | None:
    """The first page of the current generation's report, or None where it was not made."""
    published = current(settings)
    first = settings.reports / published.generation / NAME / "index.html" if published else None
    return first if first and first.exists() else None


def write(settings: Settings) -> Path:
    """Make the report of the current generation, put it into place and let `reports/current` name it; its first page.

    A reader of the report before keeps it until the link has moved. Raises EnvironmentProblem when nothing is
    published, or when what is published is older than the report.
    """
    published = current(settings)
    if published is None:
        raise EnvironmentProblem(f"Nothing is published in {settings.warehouse} yet: occ run publishes.")
    modes.room(settings.reports)
    for left in settings.reports.glob(".writing-*"):  # of a killed run
        shutil.rmtree(left)
    folder = settings.reports / published.generation
    private = settings.reports / f".writing-{published.generation}"
    try:
        write_pages(settings.published / published.generation / "occ.duckdb", private)
        folder.mkdir(exist_ok=True)
        _take_the_place(private, folder / NAME)
    finally:
        shutil.rmtree(private, ignore_errors=True)
    move_link(settings.reports, published.generation)
    return folder / NAME / "index.html"


def write_pages(database: Path, folder: Path) -> Path:
    """Every page of the report of a published database, into a new folder; its first page."""
    from orchestration.reports.quality.reading import read
    from orchestration.reports.quality.site import pages

    with duckdb.connect(str(database.resolve()), read_only=True) as con:
        content = read(con)
    folder.mkdir(parents=True)
    for address, text in pages(content):
        file = folder / address
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder / "index.html"


def _take_the_place(new: Path, place: Path) -> None:
    """Put a folder where another may be: for an instant there is none; whoever looks then finds it a moment later."""
    before = new.with_name(f"{new.name}-before")
    shutil.rmtree(before, ignore_errors=True)
    if place.exists():
        place.rename(before)
    new.rename(place)
    shutil.rmtree(before, ignore_errors=True)


def move_link(reports: Path, generation: str) -> None:
    """Let `current` name the pages of a generation: one rename, which readers see whole or not at all."""
    link = reports / ".current.new"
    link.unlink(missing_ok=True)
    link.symlink_to(generation)
    link.replace(reports / "current")
