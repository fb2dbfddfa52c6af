"""Pages for people, written from the published warehouse: static, escaped, nothing loaded from elsewhere."""

from __future__ import annotations

import json
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from orchestration import questions
from orchestration.docs.dictionary import dictionary
from orchestration.docs.tables import tables
from orchestration.errors import EnvironmentProblem
from orchestration.reports import shell
from orchestration.settings import PROJECT, Settings

SHOWN = 50  # rows of a table; the rest by `occ ask`
CONFORMANCE = PROJECT / "docs" / "conformance"
SCHEMA = PROJECT / "docs" / "indicators.schema.json"
SITE = shell.Site(
    name="Control-room performance warehouse",
    navigation=[
        ("index.html", "Start"),
        ("questions.html", "Questions and answers"),
        ("indicators.html", "Indicator dictionary"),
        ("models.html", "Models and columns"),
    ],
    about="These pages hold figures of the warehouse: keep them where it is kept. Small counts are not suppressed.",
    packages=("orchestration.docs",),
)


def write_pages(settings: Settings, folder: Path) -> Path:
    """Write the pages into the folder and return the first one.

    Raises EnvironmentProblem when nothing is published yet, or too long ago for the questions of today.
    """
    if not settings.current_db.exists():
        raise EnvironmentProblem(f"Nothing is published in {settings.warehouse} yet: make run publishes.")
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(settings.current_db.resolve()), read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        answers = [questions.ask_on(con, asked, {}) for asked in questions.questions()]
        entries = dictionary(settings, con)
        described = tables(settings, con)
    generation, as_of = answers[0].generation, answers[0].as_of
    write = {
        "questions.html": questions_page(answers, generation, as_of),
        "indicators.html": page("indicators.html", generation, as_of, entries=entries),
        "index.html": page("index.html", generation, as_of, question_count=len(answers), indicator_count=len(entries)),
        "indicators.json": indicators_json(entries, generation, as_of),
        "tables.json": json.dumps({"generation": generation, "tables": described}, ensure_ascii=False, indent=1) + "\n",
    }
    for name, text in write.items():
        (folder / name).write_text(text, encoding="utf-8")
    shutil.copy(SCHEMA, folder / SCHEMA.name)
    shutil.copytree(CONFORMANCE, folder / CONFORMANCE.name, dirs_exist_ok=True)
    return folder / "index.html"


def questions_page(answers: list[questions.Answer], generation: str, as_of: date | None) -> str:
    """Every question with its answer, what stands behind it, and the query."""
    asked = [
        {"answer": answer, "sections": [(section, _heads(section)) for section in questions.sections(answer)]}
        for answer in answers
    ]
    return page("questions.html", generation, as_of, answers=asked, shown=SHOWN)


def _heads(section: questions.Section) -> list[str | tuple[str, str]]:
    """The columns of a table; those of numbers stand to the right."""
    return [
        (column, "number") if is_number else column
        for column, is_number in zip(section.columns, section.is_number, strict=True)
    ]


def page(template: str, generation: str, as_of: date | None, **content: Any) -> str:
    """One page, in the shell of every page. Everything put into it is escaped."""
    about = {"generation": generation, "as_of": as_of}
    return shell.page(SITE, template, here=template, content={"about": about, **content})


def indicators_json(entries: list[dict[str, Any]], generation: str, as_of: date | None) -> str:
    """The dictionary for programs; its schema is `docs/indicators.schema.json`."""
    whole = {"generation": generation, "as_of": as_of, "indicators": entries}
    return json.dumps(whole, default=_plain, ensure_ascii=False, indent=1) + "\n"


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value.isoformat()
