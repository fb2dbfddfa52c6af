"""Which rows failed a rule: counted by area, team, day and callsign, and a few of them by reference.

Which column tells what, and which codes are known, stands in `parts.yaml`. Nothing is judged here, and no text of a
cell leaves here: a code that is not known is counted as UNKNOWN.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

from orchestration.quality.batches import Batch, RuleDatabase
from orchestration.quality.conditions import condition_of
from orchestration.quality.rules import BATCH, BuiltIn, PartCount, RowReference, Rule, without_values

UNKNOWN, OTHER = "UNKNOWN", "OTHER"
PARTS_AT_MOST = 400
SAMPLES_AT_MOST = 10


class CannotBeTold(Exception):
    """Why the failing rows of a rule cannot be told, without values from the data."""


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LookedUp(_Data):
    """A column of another table, found by a key that a failing row carries."""

    table: str
    column: str
    key: str
    carried_as: list[str]


class Part(_Data):
    """A kind of part: which column tells it, and which of its codes are known."""

    columns: list[str]
    looked_up: LookedUp | None = None
    codes: str | None = None  # a query of code and means
    pattern: str | None = None

    @model_validator(mode="after")
    def _says_what_is_known_once(self) -> Part:
        if self.codes is not None and self.pattern is not None:
            raise ValueError("codes are known by a query or by a pattern, not by both")
        return self


class _File(_Data):
    parts: dict[str, Part]
    references: dict[str, list[str]]


@cache
def parts_file() -> _File:
    """What `parts.yaml` says. Raises ValueError when it says something that has no meaning."""
    return _File.model_validate(yaml.safe_load(Path(__file__).with_name("parts.yaml").read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Failing:
    """A rule that failed on a batch: the query of its failing rows, and how its units are counted."""

    rule_id: str
    failed_count: int
    rows: str
    checked: str | None  # an aggregate that holds of a part of the batch as of the whole; None where there is none

    @classmethod
    def of(cls, rule: Rule, failed_count: int, batch: Batch, arguments: Mapping[str, Any]) -> Failing:
        """`arguments` are a built-in expectation's. Raises NoCondition when its rows cannot be told."""
        expectation = rule.expectation
        if isinstance(expectation, BuiltIn):
            condition = condition_of(expectation.type, arguments)
            rows = condition.failing_rows(batch.full_name)
            return cls(rule.id, failed_count, rows, f"count(*) filter (where {condition.judged})")
        rows, checked = expectation.query(batch.full_name), expectation.checked_count(BATCH)
        is_of_rows = checked.startswith("count(") and "distinct" not in checked and BATCH not in checked
        return cls(rule.id, failed_count, rows, checked if is_of_rows else None)


@dataclass(frozen=True)
class Broken:
    """What is known of the failing rows of one rule."""

    parts: tuple[PartCount, ...] = ()
    samples: tuple[RowReference, ...] = ()
    problem: str | None = None  # why nothing is known; without values from the data


def break_down(database: RuleDatabase, batch: Batch, failing: Iterable[Failing]) -> dict[str, Broken]:
    """What is known of the failing rows of some rules of one batch, by rule id. Nothing that a rule says raises."""
    found: dict[str, Broken] = {}
    counted: dict[str, tuple[Failing, list[_Counted]]] = {}
    for each in failing:
        try:
            carried = database.columns(each.rows)
            counted[each.rule_id] = (each, _counted(database, each, carried))
            found[each.rule_id] = Broken(samples=_samples(database, each.rows, carried))
        except Exception as problem:
            counted.pop(each.rule_id, None)
            found[each.rule_id] = Broken(problem=without_values(str(problem)) or type(problem).__name__)
    checked = _checked(database, batch, [each for each, _ in counted.values()])
    for rule_id, (_, counts) in counted.items():
        found[rule_id] = replace(found[rule_id], parts=tuple(_parts(counts, checked.get(rule_id, {}))))
    return found


@dataclass(frozen=True)
class _Told:
    """How rows tell one kind of part."""

    part_type: str
    column: str  # of the rows; empty where it is looked up
    joins: str
    code: str


class _Counted(NamedTuple):
    """Failing rows of one part."""

    part_type: str
    column: str
    code: str
    failed: int


def _told(database: RuleDatabase, carried: Sequence[str]) -> list[_Told]:
    """The kinds of part that rows with these columns tell."""
    found = (_told_by(database, name, part, carried) for name, part in parts_file().parts.items())
    return [each for each in found if each is not None]


def _told_by(database: RuleDatabase, name: str, part: Part, carried: Sequence[str]) -> _Told | None:
    column = next((column for column in part.columns if column in carried), "")
    value, joins = f'rows_of_rule."{column}"', ""
    if not column:
        looked_up = part.looked_up
        key = next((key for key in looked_up.carried_as if key in carried), None) if looked_up else None
        if looked_up is None or key is None or not database.has(looked_up.table):
            return None
        value = f"{name}_found.{looked_up.column}"
        joins = f'left join {looked_up.table} as {name}_found on rows_of_rule."{key}" = {name}_found.{looked_up.key}\n'
    if part.codes is not None:
        joins += f"left join {database.codes_table(name, part.codes)} as {name}_codes on {value} = {name}_codes.code\n"
        return _Told(name, column, joins, f"{name}_codes.means")
    if part.pattern is not None:
        return _Told(name, column, joins, f"case when regexp_full_match({value}, '{part.pattern}') then {value} end")
    return _Told(name, column, joins, f"cast({value} as date)")


def _by_parts(rows: str, kinds: Sequence[_Told], aggregates: Sequence[str]) -> str:
    """A query of kind and code of each part and some aggregates of it, and of all rows together under -1; in one pass.

    The rows' own query stands on lines of its own, as it may end in a comment.
    """
    codes = "".join(f", {kind.code} as part_{place}" for place, kind in enumerate(kinds))
    places = [f"part_{place}" for place in range(len(kinds))]
    which = "".join(f" when grouping({name}) = 0 then {place}" for place, name in enumerate(places))
    code = "".join(f" when grouping({name}) = 0 then cast({name} as varchar)" for name in places)
    return (
        f"with parts as (\nselect rows_of_rule.*{codes}\nfrom (\n{rows}\n) as rows_of_rule\n"
        f"{''.join(kind.joins for kind in kinds)})\n"
        f"select case{which or ' when false then 0'} else -1 end as kind, "
        f"case{code or ' when false then null'} end as code, {', '.join(aggregates)}\n"
        f"from parts group by grouping sets ({', '.join(['()', *(f'({name})' for name in places)])})"
    )


def _counted(database: RuleDatabase, failing: Failing, carried: Sequence[str]) -> list[_Counted]:
    """The failing rows by part. Raises CannotBeTold when they are not as many as failed."""
    kinds = _told(database, carried)
    counts, total = [], 0
    for kind, code, count in database.rows(_by_parts(failing.rows, kinds, ["count(*)"])):
        if kind < 0:
            total = count
        else:
            counts.append(_Counted(kinds[kind].part_type, kinds[kind].column, code or UNKNOWN, count))
    if total != failing.failed_count:
        raise CannotBeTold(f"{total} rows were found where {failing.failed_count} failed")
    return counts


def _checked(database: RuleDatabase, batch: Batch, failing: Sequence[Failing]) -> dict[str, dict[_Key, int]]:
    """Units that could be judged by rule and part: in one pass for all rules, or one by one where one raises."""
    wanted = {each.rule_id: each.checked for each in failing if each.checked is not None}
    try:
        return _checked_at_once(database, batch, wanted)
    except Exception:
        found: dict[str, dict[_Key, int]] = {}
        for rule_id, aggregate in wanted.items():
            # A part whose units cannot be counted has its failing rows all the same.
            with suppress(Exception):
                found |= _checked_at_once(database, batch, {rule_id: aggregate})
        return found


_Key = tuple[str, str, str]  # part_type, column, code


def _checked_at_once(database: RuleDatabase, batch: Batch, wanted: Mapping[str, str]) -> dict[str, dict[_Key, int]]:
    rows = f"select * from {batch.full_name}"
    kinds = [kind for kind in _told(database, database.columns(rows)) if kind.column]
    if not wanted or not kinds:
        return {}
    found: dict[str, dict[_Key, int]] = {rule_id: {} for rule_id in wanted}
    for kind, code, *counts in database.rows(_by_parts(rows, kinds, list(wanted.values()))):
        if kind >= 0:
            for rule_id, count in zip(wanted, counts, strict=True):
                found[rule_id][kinds[kind].part_type, kinds[kind].column, code or UNKNOWN] = count
    return found


def _parts(counts: Sequence[_Counted], checked: Mapping[_Key, int]) -> Iterator[PartCount]:
    """Most failing rows first; what goes beyond the number of parts that are kept is one part."""
    for part_type in parts_file().parts:
        mine = [
            PartCount(part_type, each.code, each.failed, checked.get((part_type, each.column, each.code)))
            for each in counts
            if each.part_type == part_type
        ]
        mine.sort(key=lambda part: (part.part_code != UNKNOWN, -part.failed_count, part.part_code))
        yield from mine[:PARTS_AT_MOST]
        if others := mine[PARTS_AT_MOST:]:
            units = [part.checked_count for part in others if part.checked_count is not None]
            failed = sum(part.failed_count for part in others)
            yield PartCount(part_type, OTHER, failed, sum(units) if len(units) == len(others) else None)


def _samples(database: RuleDatabase, rows: str, carried: Sequence[str]) -> tuple[RowReference, ...]:
    """The first failing rows in order of delivery and line."""
    references = parts_file().references
    delivery, line = (
        next((f'"{column}"' for column in references[name] if column in carried), "null")
        for name in ("delivery_id", "source_row")
    )
    found = database.rows(
        f"select distinct {delivery} as delivery_id, {line} as source_row from (\n{rows}\n) as rows_of_rule "
        f"where delivery_id is not null order by all limit {SAMPLES_AT_MOST}"
    )
    return tuple(RowReference(*each) for each in found)
