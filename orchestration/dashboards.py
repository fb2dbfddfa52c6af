"""The tiles of a dashboard: what each shows, which questions it answers, and its query on the published tables.

What belongs here: reading their files. The tiles themselves stand in `dbt_project/analyses/dashboard/` and nowhere
else: a BI tool takes them as its data sets (`deploy/superset`), `make dashboard-bench` says how fast they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from orchestration.settings import DBT_PROJECT

FOLDER = DBT_PROJECT / "analyses" / "dashboard"


@dataclass(frozen=True)
class Tile:
    """A query that a dashboard asks again and again."""

    name: str
    title: str
    answers: tuple[str, ...]  # numbers of questions
    shows: str
    sql: str

    @property
    def parameters(self) -> list[str]:
        """What may be chosen (`set variable area = 'HEREF'`); without a choice the query takes its default."""
        return sorted(set(re.findall(r"getvariable\('(\w+)'\)", self.sql)))


def tiles(folder: Path = FOLDER) -> list[Tile]:
    """Every tile, by name."""
    return [_read(path) for path in sorted(folder.glob("*.sql"))]


def _read(path: Path) -> Tile:
    """The comment at the top is `-- Title.`, `-- Answers: Q01, Q02.`, `-- Shows: ...`; all below is the query."""
    lines = path.read_text(encoding="utf-8").splitlines()
    end = next(index for index, line in enumerate(lines) if not line.startswith("--"))
    head = " ".join(line.removeprefix("--").strip() for line in lines[:end])
    found = re.fullmatch(r"(.+?)\. Answers: (Q\d\d(?:, Q\d\d)*)\. Shows: (.+)", head)
    if found is None:
        raise ValueError(f"{path} does not begin with its title, the questions it answers and what it shows")
    return Tile(path.stem, found[1], tuple(found[2].split(", ")), found[3], "\n".join(lines[end:]).strip() + "\n")
