"""The contract language: what a delivered file may look like and what its rows become. Checked as it is read.

What belongs here: the models of profile.yaml and contracts/*.yaml, their cross-checks, their errors in words.
Not here: reading files, SQL. A stranger's export is a new contract file; if it needs code, this language is too small.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from orchestration.errors import EnvironmentProblem
from orchestration.landing.shapes import Cadence, Shape, load_shapes
from orchestration.landing.times import Pattern

SourceType = Literal[
    "text", "reference", "free_text", "integer", "decimal", "instant", "date", "month", "clock", "token"
]
TIMED: frozenset[str] = frozenset({"instant", "date", "month", "clock"})
_T = TypeVar("_T", bound=BaseModel)
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")
_VERSION = re.compile(r"[A-Za-z0-9_]+")


class ProfileError(EnvironmentProblem):
    """A profile or contract cannot be used; says which file, which key, and what to do."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Problem(ValueError):
    """A slip in a contract, in words."""


def _known_zone(zone: str) -> str:
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, KeyError):
        raise _Problem(f"{zone!r} is not a time zone; write it as Europe/London") from None
    return zone


def _regular_expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise _Problem(f"not a regular expression: {error}") from None
    return text


Zone = Annotated[str, AfterValidator(_known_zone)]
RegularExpression = Annotated[str, AfterValidator(_regular_expression)]


class TimeFormat(_Model):
    """How times are written, and what the written time means."""

    pattern: str
    means: Literal["local", "utc", "offset"] | None = None

    @model_validator(mode="after")
    def _pattern_is_known(self) -> TimeFormat:
        if (self.means == "offset") != self.parsed.has_offset:
            raise _Problem("a format that means offset ends in %z, and no other does")
        return self

    @cached_property
    def parsed(self) -> Pattern:
        return Pattern(self.pattern)


class Column(_Model):
    """One delivered column: how its text is read."""

    to: str | None = None  # the shape's column it fills, when it fills one as it is
    type: SourceType | None = None  # that column's type unless said otherwise
    format: str | None = None  # name of a time format
    missing: tuple[str, ...] = ()  # words that mean null, beside the empty text
    missing_pattern: RegularExpression | None = None  # values that mean null, as a regular expression
    codes: dict[str, str] = Field(default_factory=dict)  # delivered code -> ours; others stay as they are
    factor: int | None = None  # whole number that the value is multiplied by: minutes to seconds is 60
    token: str | None = None  # kind of personal identifier
    optional: bool = False  # may be missing from the file


def _column_or_name(raw: Any) -> Any:
    return {"to": raw} if isinstance(raw, str) else ({} if raw is None else raw)


class Case(_Model):
    """`when` each named column holds one of the words (or is PRESENT, or MISSING), `then` this text or column."""

    when: dict[str, Literal["PRESENT", "MISSING"] | tuple[str, ...]]
    then: str | None = None
    then_column: str | None = None


def _listed(raw: Any) -> Any:
    return (raw,) if isinstance(raw, str) else raw


class Value(_Model):
    """Where a shape's column comes from, when it is not one delivered column. Exactly one of the first five."""

    column: str | None = None
    compose: tuple[str, ...] = ()  # texts of several columns, joined by the separator; null when one is null
    constant: str | int | None = None
    first_of: tuple[str, ...] = ()  # the first that is not null
    clock: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()  # a clock column (the first not null), on `date`
    cases: tuple[Case, ...] = ()
    date: str | None = None
    after: str | None = None  # a clock of this shape that comes before it: a smaller one is on the next day
    roll_hours: int = 24  # ... when that makes at most so many hours between them, else it stays on the day
    separator: str = "-"
    otherwise: str | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Value:
        given = [self.column, self.compose, self.constant, self.first_of, self.clock, self.cases]
        if sum(item not in (None, ()) for item in given) != 1:
            raise _Problem("give exactly one of column, compose, constant, first_of, clock, cases")
        if bool(self.clock) != bool(self.date):
            raise _Problem("clock and date belong together")
        return self

    @property
    def columns(self) -> set[str]:
        """Delivered columns that it reads."""
        named = {*self.compose, *self.first_of, *self.clock, *(c for c in (self.column, self.date) if c)}
        for case in self.cases:
            named |= set(case.when) | ({case.then_column} if case.then_column else set())
        return named


def _value_or_column(raw: Any) -> Any:
    return {"column": raw} if isinstance(raw, str) else raw


Values = dict[str, Annotated[Value, BeforeValidator(_value_or_column)]]


class Becomes(_Model):
    """One row that a delivered row becomes: always, or when the columns in `when` say so."""

    export: str
    when: dict[str, Literal["PRESENT", "MISSING"] | tuple[str, ...]] = Field(default_factory=dict)
    values: Values = Field(default_factory=dict)


class WeekNumber(_Model):
    """A business date from a week's number in the file's name."""

    number: str  # name of the group in the file pattern
    year: str | int  # likewise, or the year itself
    starts: Literal["monday", "sunday"] = "monday"
    first: Literal["iso", "january_1"] = "iso"  # week 1 holds the first Thursday, or 1 January

    def first_day(self, groups: dict[str, str]) -> date:
        """Raises ValueError when the groups make no date."""
        year = int(groups[self.year]) if isinstance(self.year, str) else self.year
        number = int(groups[self.number])
        if not 1 <= number <= 54:
            raise ValueError("no such week")
        anchor = date(year, 1, 4 if self.first == "iso" else 1)
        days_in = anchor.weekday() if self.starts == "monday" else anchor.isoweekday() % 7
        return anchor - timedelta(days=days_in) + timedelta(weeks=number - 1)


class BusinessDate(_Model):
    """The local day (or the first day of the period) that a file covers. Exactly one way of knowing it."""

    pattern: str | None = None  # of the group `date` in the file pattern
    year: str | int | None = None  # group or number; with month and day
    month: str | int = 1
    day: str | int = 1
    week: WeekNumber | None = None
    earliest: str | None = None  # the earliest day in this delivered column

    @model_validator(mode="after")
    def _one_way(self) -> BusinessDate:
        if sum(way is not None for way in (self.pattern, self.year, self.week, self.earliest)) != 1:
            raise _Problem("give exactly one of pattern, year, week, earliest")
        return self


class Contract(_Model):
    """One layout of one export."""

    export: str
    version: str
    file: RegularExpression  # the whole file name; groups date, time, part as they occur
    delimiter: Literal[",", ";", "\t", "|"] | None = None  # fixed; else the most frequent of , ; tab in the header
    encoding: str | None = None  # fixed; else UTF-8, UTF-16 by its mark, Windows-1252
    time_zone: Zone | None = None  # the profile's unless said otherwise
    formats: dict[str, TimeFormat] = Field(default_factory=dict)
    missing: tuple[str, ...] = ()  # words that mean null in every column
    may_double_unknown: bool = False  # an unknown column may be there twice: nothing of it is stored anyway
    covers: Cadence | None = None  # the shape's cadence unless said otherwise
    business_date: BusinessDate = BusinessDate(pattern="%Y%m%d")
    columns: dict[str, Annotated[Column, BeforeValidator(_column_or_name)]]
    values: Values = Field(default_factory=dict)
    becomes: tuple[Becomes, ...] = ()  # further rows that a delivered row becomes

    @model_validator(mode="after")
    def _check(self) -> Contract:
        for problem in _contract_problems(self):
            raise _Problem(problem)
        return self

    @property
    def name(self) -> str:
        """For example `saab_incidents.v5`."""
        return f"{self.export}.v{self.version}"

    @property
    def shape(self) -> Shape:
        return load_shapes()[self.export]

    @property
    def cadence(self) -> Cadence:
        return self.covers or self.shape.cadence

    @cached_property
    def file_pattern(self) -> re.Pattern[str]:
        return re.compile(self.file)

    @cached_property
    def required_columns(self) -> frozenset[str]:
        return frozenset(header for header, column in self.columns.items() if not column.optional)

    @cached_property
    def rows(self) -> tuple[Becomes, ...]:
        """Everything a delivered row becomes; the first always, so that rows are accounted for by it."""
        own = {column.to: Value(column=header) for header, column in self.columns.items() if column.to}
        return (Becomes(export=self.export, values={**own, **self.values}), *self.becomes)

    def type_of(self, header: str) -> SourceType:
        """How a delivered column's text is read."""
        column = self.columns[header]
        if column.type:
            return column.type
        if column.to:
            return self.shape.columns[column.to]
        return "token" if column.token else "text"


def _contract_problems(contract: Contract) -> Iterator[str]:
    shapes = load_shapes()
    if contract.export not in shapes:
        yield f"export {contract.export!r} is not known; known are {', '.join(shapes)}"
        return
    if not _VERSION.fullmatch(contract.version):
        yield f"version {contract.version!r} may hold letters, digits and _ only"
    for header, column in contract.columns.items():
        yield from _column_problems(contract, header, column)
    filled = [column.to for column in contract.columns.values() if column.to] + list(contract.values)
    for name in sorted({name for name in filled if filled.count(name) > 1}):
        yield f"{name!r} is filled twice: by two columns, or by a column and under values"
    for row in contract.rows:
        yield from _row_problems(contract, row, shapes)


def _column_problems(contract: Contract, header: str, column: Column) -> Iterator[str]:
    if column.to and column.to not in contract.shape.columns:
        yield f"column {header!r}: {contract.export} has no column {column.to!r}"
        return
    kind = contract.type_of(header)
    if kind in TIMED and not column.format:
        yield f"column {header!r} is a {kind}: say its format"
    if kind == "token" and not column.token:
        yield f"column {header!r} is personal: say the kind of its token"
    if column.token and kind != "token":
        yield f"column {header!r} is tokenised and can fill a token column only"
    if column.factor is not None and kind not in ("integer", "decimal"):
        yield f"column {header!r}: only a number can have a factor"


def _row_problems(contract: Contract, row: Becomes, shapes: dict[str, Shape]) -> Iterator[str]:
    if row.export not in shapes:
        yield f"becomes: export {row.export!r} is not known; known are {', '.join(shapes)}"
        return
    shape = shapes[row.export]
    for name, value in row.values.items():
        if name not in shape.columns:
            yield f"values: {row.export} has no column {name!r}"
            continue
        for header in value.columns - set(contract.columns):
            yield f"values.{name}: the contract has no column {header!r}"
        yield from _value_problems(contract, row, shape, name, value)
    for header in set(row.when) - set(contract.columns):
        yield f"when: the contract has no column {header!r}"
    for name in shape.not_null:
        if name not in row.values:
            yield f"{row.export}: the column {name!r} must be filled, and nothing fills it"


def _value_problems(contract: Contract, row: Becomes, shape: Shape, name: str, value: Value) -> Iterator[str]:
    if value.column and value.column in contract.columns:
        given, wanted = contract.type_of(value.column), shape.columns[name]
        texts = {"text", "reference", "free_text"}
        same = given == wanted or {given, wanted} <= texts or (given, wanted) == ("integer", "decimal")
        if not same:
            yield f"values.{name} is a {wanted}; column {value.column!r} is read as {given}"
    if value.after is not None:
        before = row.values.get(value.after)
        if before is None or not before.clock:
            yield f"values.{name}: after names {value.after!r}, which is not a clock of this row"
        elif _comes_after_itself(row, name):
            yield f"values.{name} cannot come after itself"
    if value.clock and value.columns <= set(contract.columns):
        if {contract.type_of(header) for header in value.clock} != {"clock"} or contract.type_of(
            str(value.date)
        ) != "date":
            yield f"values.{name}: clock wants a clock column and date a date column"
        if shape.columns[name] != "instant":
            yield f"values.{name}: date and clock make an instant"


def _comes_after_itself(row: Becomes, name: str) -> bool:
    followed, current = {name}, row.values[name].after
    while current is not None and current in row.values:
        if current in followed:
            return True
        followed.add(current)
        current = row.values[current].after
    return False


class Profile(_Model):
    """What belongs to one force: its zone, formats and contracts."""

    name: str
    title: str = ""
    time_zone: Zone
    formats: dict[str, TimeFormat] = Field(default_factory=dict)
    contracts: tuple[Contract, ...] = ()
    folder: Path = Path()

    @model_validator(mode="after")
    def _check(self) -> Profile:
        if not _IDENTIFIER.fullmatch(self.name):
            raise _Problem(f"name {self.name!r} may hold small letters, digits and _ only")
        return self

    @property
    def exports(self) -> tuple[str, ...]:
        """Every export that has a landing table, whether this force sends it or not."""
        return tuple(load_shapes())

    def zone_of(self, contract: Contract) -> str:
        return contract.time_zone or self.time_zone

    def format_of(self, contract: Contract, name: str) -> TimeFormat:
        """A time format by its name: the contract's own, else the profile's."""
        return contract.formats.get(name) or self.formats[name]


def load_profile(path: Path) -> Profile:
    """Read profile.yaml and contracts/*.yaml below `path`.

    Raises ProfileError: one paragraph with the file, the key and what to do.
    """
    raw = _read_yaml(path / "profile.yaml")
    profile = _validated(Profile, raw | {"folder": path}, path / "profile.yaml")
    contracts: dict[str, Contract] = {}
    for file in sorted((path / "contracts").glob("*.yaml")):
        contract = _validated(Contract, _read_yaml(file), file)
        _check_contract(contract, profile, file, contracts)
        contracts[contract.name] = contract
    if not contracts:
        raise ProfileError(f"The profile {path} has no contract: put one YAML file per export into {path}/contracts.")
    return profile.model_copy(update={"contracts": tuple(contracts.values())})


def _check_contract(contract: Contract, profile: Profile, file: Path, others: dict[str, Contract]) -> None:
    if file.stem != contract.name:
        raise ProfileError(f"The contract {file} describes {contract.name}: name the file {contract.name}.yaml.")
    if contract.name in others:
        raise ProfileError(f"The contract {file} repeats {contract.name}: give it another version.")
    for header, column in contract.columns.items():
        if not column.format:
            continue
        if column.format not in {**profile.formats, **contract.formats}:
            raise ProfileError(
                f"The contract {file} cannot be used: column {header!r} names the format {column.format!r}, which "
                "neither the contract nor the profile has under formats."
            )
        if contract.type_of(header) == "instant" and profile.format_of(contract, column.format).means is None:
            raise ProfileError(
                f"The contract {file} cannot be used: column {header!r} is an instant, and its format "
                f"{column.format!r} does not say whether it means local, utc or offset."
            )


def _read_yaml(file: Path) -> dict[str, Any]:
    try:
        raw = yaml.load(file.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except OSError as error:
        raise ProfileError(
            f"The profile file {file} cannot be read: {error.strerror}. A profile is a folder with profile.yaml and "
            "contracts/*.yaml; name it with OCC_PROFILE."
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise ProfileError(f"The profile file {file} is not YAML{where}: mend it there.") from None
    if not isinstance(raw, dict):
        raise ProfileError(f"The profile file {file} must hold keys and values.")
    return raw


def _validated(model: type[_T], raw: dict[str, Any], file: Path) -> _T:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        said = "; ".join(_in_words(slip) for slip in error.errors()[:3])
        raise ProfileError(f"The profile file {file} cannot be used: {said}. Mend it and run again.") from None


def _in_words(slip: Any) -> str:
    where = ".".join(str(part) for part in slip["loc"])
    what = str(slip["msg"]).removeprefix("Value error, ")
    if slip["type"] == "extra_forbidden":
        what = "this key is not known"
    return f"{where}: {what}" if where else what
