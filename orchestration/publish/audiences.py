"""Audiences: who, beside the data team, gets a file and a role of their own, and what they may read of each table.

What belongs here: the words of a profile's `audiences.yaml`, and the decision which tables, columns and rows each
reads, made from what the models say of themselves (`meta` in their yml: `restricted`, `audience_where`, `area_where`).
No table, column or code is named here, and nothing is written: files are made in `audience_files.py`.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from orchestration.errors import EnvironmentProblem, UsageProblem
from orchestration.publish.generation import Table, quoted

FILE = "audiences.yaml"
_AREAS = Path("reference") / "areas.csv"
UNKNOWN = "UNKNOWN"

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
_Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Audience(BaseModel):
    """Who reads: the name makes the folder `audience/<name>` of a generation and the PostgreSQL role `occ_<name>`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: _Name
    label: _Text
    description: str = ""
    # Codes of local policing areas: rows of these alone. None is no filter. What has no area never goes to some areas.
    areas: list[_Text] | None = Field(default=None, min_length=1)
    force_figures: bool = True  # whether an audience of some areas reads the figures of the whole force beside its own
    group: str | None = None  # the group of this machine that alone may pass into its folder; none: whoever can log in


@dataclass(frozen=True)
class AudienceTable:
    """What one audience reads of one published table."""

    schema: str
    name: str
    columns: list[str]  # in order
    where: str | None  # SQL on the table's own columns, also on such as are not among `columns`; None is every row
    is_view: bool  # goes out as a view over what the audience reads; left out where that lacks a column of it
    table: Table

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"


def read_audiences(profile: Path) -> list[Audience]:
    """The audiences of a profile, in the order of its file; a profile without the file has none.

    Raises EnvironmentProblem, which says where, for a file that cannot be used.
    """
    file = profile / FILE
    if not file.exists():
        return []
    try:
        raw: Any = yaml.safe_load(file.read_text(encoding="utf-8")) or []
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise EnvironmentProblem(f"{file} cannot be read: {error}") from None
    if not isinstance(raw, list):
        raise EnvironmentProblem(f"{file}: a list of audiences is wanted, each with name and label.")
    found: list[Audience] = []
    for number, entry in enumerate(raw, start=1):
        try:
            audience = Audience.model_validate(entry)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "entry"
            raise EnvironmentProblem(
                f"{file}, entry {number}, {where}: {first['msg']}. Mend it and run again."
            ) from None
        unknown = set(audience.areas or []) - _areas(profile)
        if unknown:
            raise EnvironmentProblem(f"{file}, entry {number}, areas: {min(unknown)} is not in {profile / _AREAS}.")
        if audience.name in {each.name for each in found}:
            raise EnvironmentProblem(f"{file}, entry {number}: there are two audiences named {audience.name}.")
        found.append(audience)
    return found


def _areas(profile: Path) -> set[str]:
    """Codes of areas as the tables have them, without the unknown member."""
    with (profile / _AREAS).open(encoding="utf-8", newline="") as lines:
        return {row["means"] for row in csv.DictReader(lines)} - {UNKNOWN}


def audience_named(profile: Path, name: str) -> Audience:
    """The audience of that name. Raises UsageProblem, which lists those there are."""
    audiences = read_audiences(profile)
    for audience in audiences:
        if audience.name == name:
            return audience
    there = ", ".join(each.name for each in audiences) or "none"
    raise UsageProblem(f"There is no audience {name!r}. The profile has: {there} ({profile / FILE}).")


def audience_tables(audience: Audience, tables: Sequence[Table]) -> list[AudienceTable]:
    """What the audience may read, in the order of `tables`.

    A table that does not say of itself that it is not restricted goes to nobody. An audience of some areas reads only
    tables that say which of their rows belong to an area.
    """
    return [
        AudienceTable(
            schema=table.schema,
            name=table.name,
            columns=[column for column in table.columns if column not in table.restricted_columns],
            where=_where(audience, table),
            is_view=table.view_place is not None,
            table=table,
        )
        for table in tables
        if not table.restricted and (audience.areas is None or table.area_where is not None)
    ]


def fill_in(audience: Audience, condition: str) -> str:
    """A condition with the areas of the audience written into it."""
    areas = ", ".join(quoted(area) for area in audience.areas or [])
    return condition.replace("{areas}", areas).replace("{force_figures}", str(audience.force_figures).lower())


def _where(audience: Audience, table: Table) -> str | None:
    conditions = [table.audience_where] if table.audience_where else []
    if audience.areas is not None and table.area_where and table.area_where != "true":
        conditions.append(fill_in(audience, table.area_where))
    return " and ".join(f"({each})" for each in conditions) or None
