"""Where briefings lie: `<warehouse>/reports/<generation>/brief/<kind>/`, a page and a PDF.

What belongs here: which briefings are made, and putting each file into place whole. Not here: what they say. What goes
together with a generation is removed in orchestration/publish/generation.py.

    brief/weekly/index.html, brief.pdf              the newest whole week, of every run
    brief/weekly/2021-W47/index.html, brief.pdf     one that was asked for
    brief/weekly/public/...                         the public edition, both ways
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from orchestration.errors import EnvironmentProblem
from orchestration.publish import modes
from orchestration.publish.generation import current
from orchestration.reports.brief.blocks import Brief
from orchestration.reports.brief.reading import KINDS, Edition, Kind
from orchestration.reports.quality import place as quality_place
from orchestration.settings import Settings

NAME = "brief"
PAGE, PAPER = "index.html", "brief.pdf"


def written(settings: Settings, kind: Kind) -> Path | None:
    """The page of the current generation's briefing of its newest period, or None where it was not made."""
    published = current(settings)
    first = settings.reports / published.generation / NAME / kind / PAGE if published else None
    return first if first and first.exists() else None


def missing(settings: Settings) -> list[Kind]:
    """The kinds of briefing that a run should have left and did not."""
    return [kind for kind in KINDS if written(settings, kind) is None]


def write(
    settings: Settings,
    kinds: Sequence[Kind] = KINDS,
    *,
    first_day: date | None = None,
    edition: Edition = "internal",
    with_pdf: bool = True,
) -> dict[Kind, list[Path]]:
    """Make briefings of the current generation and put them into place; of each kind its files, the page first.

    Each file is seen whole or not at all. Raises EnvironmentProblem when nothing is published, or when what is
    published is older than the briefings; UsageProblem when there is no such period.
    """
    published = current(settings)
    if published is None:
        raise EnvironmentProblem(f"Nothing is published in {settings.warehouse} yet: occ run publishes.")
    folder = modes.room(settings.reports) / published.generation
    database = settings.published / published.generation / "occ.duckdb"
    files: dict[Kind, list[Path]] = {}
    for kind in kinds:
        place = folder / NAME / kind
        if edition != "internal":
            place = place / edition
        up = "../" * (2 + (edition != "internal") + (first_day is not None)) + quality_place.NAME
        # The quality report is not for the public.
        brief = make(database, kind, first_day, edition, quality=up if edition == "internal" else None)
        if first_day is not None:
            place = place / brief.period.name
        place.mkdir(parents=True, exist_ok=True)
        files[kind] = write_files(brief, place, with_pdf=with_pdf)
    quality_place.move_link(settings.reports, published.generation)
    return files


def make(database: Path, kind: Kind, first_day: date | None, edition: Edition, *, quality: str | None = None) -> Brief:
    """One briefing of a published database. `quality` is the quality report's address from where its page will lie."""
    from orchestration.reports.brief.content.build import brief_of, empty
    from orchestration.reports.brief.reading import read

    with duckdb.connect(str(database.resolve()), read_only=True) as con:
        content = read(con, kind, first_day, edition)
        if content is not None:
            return brief_of(content, quality=quality)
        made = con.execute(
            "select generation, published_at from quality.generations order by 1 desc limit 1"
        ).fetchall()
    generation, made_at = made[0] if made else ("unknown", datetime.now(UTC))
    return empty(kind, edition, generation, made_at, made_at.date())


def write_files(brief: Brief, folder: Path, *, with_pdf: bool) -> list[Path]:
    """A briefing's files in a folder that is there, instead of those of before."""
    from orchestration.reports.brief.pages import html
    from orchestration.reports.brief.pdf import pdf

    contents = {PAGE: html(brief).encode()}
    if with_pdf:
        contents[PAPER] = pdf(brief)
    for name, content in contents.items():
        private = folder / f".{name}.writing"
        private.write_bytes(content)
        private.replace(folder / name)
    if not with_pdf:
        (folder / PAPER).unlink(missing_ok=True)  # of another period, or of before
    return [folder / name for name in contents]
