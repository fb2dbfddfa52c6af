"""The questions of the assurance meetings and their answers: one query file each, asked of the published warehouse.

What belongs here: reading a question's file, asking it, and saying what stands behind the answer. The questions
themselves, with how to read them and their caveats, stand in `dbt_project/analyses/questions/` and nowhere else.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import EnvironmentProblem, UsageProblem
from orchestration.settings import DBT_PROJECT, Settings
from orchestration.tables import readable

FOLDER = DBT_PROJECT / "analyses" / "questions"
PARAMETERS = {
    "month": "first day of a month, as 2021-12-01 or 2021-12",
    "area": "code of a local policing area, as HEREF",
    "force": "name of a force in the national table",
    "unit": "unit of the workforce export, as OCC",
    "disruption": "key of a disruption",
}
_PARTS = ("Read", "Caveats")
_MEASURED, _ELIGIBLE, _STATE, _DISRUPTIONS = "measured_count", "eligible_count", "quality_state", "disruption_keys"


@dataclass(frozen=True)
class Question:
    """A question, in words and as a query."""

    number: str  # Q09
    text: str
    read: str
    caveats: str
    sql: str
    path: Path

    @property
    def parameters(self) -> list[str]:
        """What may be chosen; without a choice the query takes its default from the data."""
        return sorted(set(re.findall(r"getvariable\('(\w+)'\)", self.sql)))


@dataclass(frozen=True)
class Answer:
    """A question's answer, and what stands behind it."""

    question: Question
    columns: list[str]
    rows: list[tuple[Any, ...]]
    generation: str
    as_of: date | None  # newest business date delivered
    disruptions: list[str]  # those that fall in the periods of the answer, in words

    def coverage(self) -> list[str]:
        """How much of what should be in the figures could be measured, in sentences."""
        return list(_coverage(self.columns, self.rows))


def questions(folder: Path = FOLDER) -> list[Question]:
    """Every question that a query answers, by number."""
    return [_read(path) for path in sorted(folder.glob("q[0-9][0-9].sql"))]


def listed() -> list[tuple[str, str]]:
    """Number and words of every question."""
    return [(each.number, each.text) for each in questions()]


def question(number: str, folder: Path = FOLDER) -> Question:
    """The question of that number. Raises UsageProblem where there is none."""
    asked = number.strip().upper()
    asked = f"Q{int(asked.removeprefix('Q')):02d}" if asked.removeprefix("Q").isdecimal() else asked
    path = folder / f"{asked.lower()}.sql"
    if not re.fullmatch(r"Q\d\d", asked) or not path.exists():
        raise UsageProblem(f"There is no question {number}. The questions are listed by: occ ask")
    return _read(path)


def ask(settings: Settings, asked: Question, choices: Mapping[str, str] | None = None) -> Answer:
    """Ask the published warehouse.

    Raises UsageProblem for a choice that the question does not know or that cannot be read, and EnvironmentProblem when
    the generation lacks a table or column that the query needs.
    """
    with duckdb.connect(str(settings.current_db.resolve()), read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        return ask_on(con, asked, choices or {})


def ask_on(con: duckdb.DuckDBPyConnection, asked: Question, choices: Mapping[str, str]) -> Answer:
    """As `ask`, on an open connection."""
    for name, value in choices.items():
        if name not in asked.parameters:
            known = ", ".join(f"--{each}" for each in asked.parameters) or "none"
            raise UsageProblem(f"{asked.number} takes no --{name}; it takes: {known}.")
        con.execute(f"set variable {name} = ?", [_month(value) if name == "month" else value])
    try:
        cursor = con.execute(asked.sql)
        columns = [column[0] for column in cursor.description or []]
        rows = cursor.fetchall()
        generation, as_of = con.execute(
            "select (select max(generation) from quality.generations), "
            "(select max(business_date) from quality.deliveries where status in ('LOADED', 'SUPERSEDED') "
            "and rows_read > 0)"
        ).fetchall()[0]
        disruptions = _disruptions(con, columns, rows)
    except duckdb.CatalogException as error:
        raise _too_old(asked, error) from None
    except duckdb.BinderException as error:
        raise _too_old(asked, error) from None
    finally:
        for name in choices:
            con.execute(f"reset variable {name}")
    return Answer(asked, columns, rows, generation, as_of, disruptions)


def _read(path: Path) -> Question:
    """The comment at the top is `-- Q09. the question`, `-- Read: ...`, `-- Caveats: ...`; all below is the query."""
    lines = path.read_text().splitlines()
    end = next(index for index, line in enumerate(lines) if not line.startswith("--"))
    head = " ".join(line.removeprefix("--").strip() for line in lines[:end])
    found = re.fullmatch(r"(Q\d\d)\. (.+?) Read: (.+?) Caveats: (.+)", head)
    if found is None or found[1].lower() != path.stem:
        raise ValueError(f"{path} does not begin with its number, its question, how to read it and its caveats")
    return Question(found[1], found[2], found[3], found[4], "\n".join(lines[end:]).strip() + "\n", path)


def _month(value: str) -> str:
    try:
        return date.fromisoformat(value if len(value) > len("2021-12") else f"{value}-01").replace(day=1).isoformat()
    except ValueError:
        raise UsageProblem(f"--month {value} is no month; it is written like 2021-12.") from None


def _too_old(asked: Question, error: duckdb.Error) -> EnvironmentProblem:
    said = str(error).splitlines()[0]
    return EnvironmentProblem(
        f"{asked.number} cannot be answered from this generation: it was published before a table or column that the "
        f"query needs was there ({said}). Publish a new one with: occ run"
    )


def _disruptions(con: duckdb.DuckDBPyConnection, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    if _DISRUPTIONS not in columns:
        return []
    place = columns.index(_DISRUPTIONS)
    keys = sorted({key for row in rows if row[place] for key in str(row[place]).split("|")})
    found = con.execute(
        "select disruption_key, strftime(started_at_local, '%d %b %Y %H:%M'), "
        "strftime(ended_at_local, '%d %b %Y %H:%M'), systems from marts.fct_disruptions "
        "where disruption_key in (select unnest(?::varchar[])) order by started_at, disruption_key",
        [keys],
    ).fetchall()
    return [
        f"{key}: {start} to {end or 'now'}" + (f" ({systems.replace('|', ', ')})" if systems else "")
        for key, start, end, systems in found
    ]


def _coverage(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    if {_MEASURED, _ELIGIBLE} <= set(columns):
        pairs = [(row[columns.index(_MEASURED)], row[columns.index(_ELIGIBLE)]) for row in rows]
        shares = [measured / eligible for measured, eligible in pairs if measured is not None and eligible]
        if shares:
            low, high = min(shares), max(shares)
            share = f"{high:.1%}" if f"{low:.1%}" == f"{high:.1%}" else f"{low:.1%} to {high:.1%}"
            yield f"measured {share} of the eligible records of each of the {len(shares)} figures"
        without = len(pairs) - len(shares)
        if without:
            yield f"{without} figures have no eligible record, or their coverage is not known"
    if _STATE in columns:
        states = Counter(row[columns.index(_STATE)] for row in rows if row[columns.index(_STATE)])
        if states:
            yield "states: " + ", ".join(f"{count} {state}" for state, count in sorted(states.items()))


@dataclass(frozen=True)
class Section:
    """A part of an answer as a person reads it: without the columns that this part leaves empty."""

    title: str
    columns: list[str]
    rows: list[list[Any]]
    is_number: list[bool]  # per column: whether it holds numbers (a line's 999 is a code)


def sections(answer: Answer, limit: int | None = None) -> list[Section]:
    """The answer in its parts; one whose first column is `part` (`1 name`, `2 name`) is read part by part."""
    rows = answer.rows[:limit]
    if answer.columns[0] != "part":
        return [_section("", answer.columns, rows)]
    parts = dict.fromkeys(row[0] for row in rows)
    return [
        _section(re.sub(r"^\d+ ", "", part), answer.columns[1:], [row[1:] for row in rows if row[0] == part])
        for part in parts
    ]


def _section(title: str, columns: list[str], rows: Sequence[tuple[Any, ...]]) -> Section:
    filled = [index for index in range(len(columns)) if not rows or any(row[index] is not None for row in rows)]
    return Section(
        title,
        columns=[columns[index] for index in filled],
        rows=[[readable(row[index]) for index in filled] for row in rows],
        is_number=[all(_is_number(row[index]) for row in rows) for index in filled],
    )


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float | Decimal) and not isinstance(value, bool))


def as_mapping(answer: Answer, limit: int | None) -> dict[str, Any]:
    """Question, answer and what stands behind it, for programs."""
    return {
        "question": answer.question.number,
        "text": answer.question.text,
        "read": answer.question.read,
        "caveats": answer.question.caveats,
        "coverage": answer.coverage(),
        "disruptions": answer.disruptions,
        "generation": answer.generation,
        "as_of": answer.as_of,
        "row_count": len(answer.rows),
        "rows": [dict(zip(answer.columns, row, strict=True)) for row in answer.rows[:limit]],
    }


def as_text(answer: Answer, shown: int) -> str:
    """What stands below the table: how to read it, coverage, disruptions, caveats, generation."""
    said = []
    if shown < len(answer.rows):
        said.append(("Shown", f"{shown:,} of {len(answer.rows):,} rows; --limit 0 shows all"))
    if not answer.rows:
        said.append(("Shown", "nothing: no row is of what was chosen. Codes and names are written as in the data"))
    said.append(("Read", answer.question.read))
    if answer.rows:
        said.append(("Coverage", "; ".join(answer.coverage()) or "stated in the rows"))
    if answer.rows and _DISRUPTIONS in answer.columns:
        said.append(("Disruptions", "; ".join(answer.disruptions) or "none in the periods shown"))
    said.append(("Caveats", answer.question.caveats))
    as_of = f", delivered to {answer.as_of:%d %B %Y}" if answer.as_of else ""
    said.append(("Generation", f"{answer.generation}{as_of}"))
    return "\n".join(
        textwrap.fill(
            text, 110, initial_indent=f"{label + ':':<13}", subsequent_indent=" " * 13, break_on_hyphens=False
        )
        for label, text in said
    )
