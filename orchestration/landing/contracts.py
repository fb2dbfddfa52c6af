"""The contract language: what a delivered file may look like and what its rows become. Checked as it is read.

What belongs here: the models of profile.yaml and contracts/*.yaml, their cross-checks, their errors in words.
Not here: reading files, SQL. A stranger's export is a new contract file; if it needs code, this language is too small.
The words' descriptions are the reference in docs/contracts.md and the schema for editors (landing/language.py).
"""

from __future__ import annotations

import codecs
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
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
from orchestration.landing.expressions import Expression, ExpressionProblem, Kind, Operand
from orchestration.landing.shapes import Cadence, Shape, load_shapes
from orchestration.landing.times import Pattern

SourceType = Literal[
    "text", "reference", "free_text", "integer", "decimal", "instant", "date", "month", "clock", "token"
]
TIMED: frozenset[str] = frozenset({"instant", "date", "month", "clock"})
TEXTS = ("text", "reference", "free_text")
KIND_OF: Mapping[str, Kind] = {
    "text": "text",
    "reference": "text",
    "free_text": "text",
    "integer": "integer",
    "decimal": "decimal",
    "instant": "instant",
    "date": "date",
    "month": "date",
    "clock": "clock",
    "token": "token",
}
"""How a column's type is seen by expressions."""
Unit = Literal["milliseconds", "seconds", "minutes", "hours", "HH:MM:SS", "MM:SS", "HH:MM"]
_T = TypeVar("_T", bound=BaseModel)
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")
_VERSION = re.compile(r"[A-Za-z0-9_]+")
PERIOD = re.compile(r"([0-9]{1,5}) (days|months|years)")


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


def _matchable(text: str) -> str:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        pc.match_substring_regex(pa.array([""]), text)
    except pa.ArrowInvalid:
        raise _Problem("not a regular expression (RE2)") from None
    return _regular_expression(text)


def _known_encoding(name: str) -> str:
    try:
        if not codecs.lookup(name)._is_text_encoding:
            raise LookupError
        "a".encode(name)
    except (LookupError, UnicodeError):
        raise _Problem(f"{name!r} is not an encoding; write utf-8, cp1252, iso-8859-15, utf-16 or the like") from None
    return name


def _one_character(text: str) -> str:
    text = {"tab": "\t", "\\t": "\t"}.get(text, text)
    if len(text) != 1 or text.isalnum() or text in "\"'\r\n\0_." or not text.isascii():
        raise _Problem("a delimiter is one character such as , ; | or the word tab")
    return text


def _expression(text: str) -> str:
    Expression(text)
    return text


def _listed(raw: Any) -> Any:
    return (raw,) if isinstance(raw, str) else raw


Zone = Annotated[str, AfterValidator(_known_zone)]
RegularExpression = Annotated[str, AfterValidator(_regular_expression)]
Matched = Annotated[str, AfterValidator(_matchable)]
ExpressionText = Annotated[str, AfterValidator(_expression)]
Listed = Annotated[tuple[str, ...], BeforeValidator(_listed, json_schema_input_type=str | tuple[str, ...])]


class TimeFormat(_Model):
    """How times are written, and what the written time means."""

    pattern: Listed = Field(
        description="The format, or several of which the first that a value fits is taken.",
        examples=["%d/%m/%Y %H:%M:%S", "epoch_milliseconds"],
    )
    means: Literal["local", "utc", "offset"] | None = Field(
        default=None,
        description="What an instant so written is: wall clock of the time zone, UTC, or with its offset (%z). Left "
        "out for days, months and clocks.",
        examples=["local"],
    )
    time_zone: Zone | None = Field(
        default=None,
        description="The zone of this format's local times, where it is not the contract's.",
        examples=["America/Toronto"],
    )

    @model_validator(mode="after")
    def _patterns_are_known(self) -> TimeFormat:
        if not self.pattern:
            raise _Problem("a format has at least one pattern")
        for parsed in self.parsed:
            if (self.means == "offset") != parsed.has_offset:
                raise _Problem("a format that means offset ends in %z (or %:z), and no other does")
            if parsed.is_utc and self.means != "utc":
                raise _Problem(f"{parsed.text} means utc")
        return self

    @cached_property
    def parsed(self) -> tuple[Pattern, ...]:
        return tuple(Pattern(text) for text in self.pattern)

    @property
    def told(self) -> str:
        """The patterns as an error says them."""
        return " or ".join(self.pattern)


class Numbers(_Model):
    """How numbers are written in a file."""

    decimal: Literal[".", ","] = Field(default=".", description="What stands before the decimals.", examples=[","])
    thousands: Literal["", ".", ",", " ", "'"] = Field(
        default="",
        description="What stands between groups of three digits. A space stands for the narrow and the fixed one too. "
        "A group of another length makes the value bad.",
        examples=[" "],
    )

    @model_validator(mode="after")
    def _differ(self) -> Numbers:
        if self.decimal == self.thousands:
            raise _Problem("decimal and thousands cannot be the same character")
        return self

    @property
    def is_plain(self) -> bool:
        return self.decimal == "." and not self.thousands

    def plain(self, text: str) -> str:
        """A number so written, with a point and without groups."""
        between = " \u00a0\u202f" if self.thousands == " " else self.thousands
        return text.translate({ord(character): None for character in between}).replace(self.decimal, ".")


class _Coded(_Model):
    """What columns and fields of text share: a code list."""

    codes: dict[str, str] = Field(
        default_factory=dict,
        description="Delivered value to ours, after `missing`. An empty text as ours means null.",
        examples=[{"P1": "1", "P2": "2"}],
    )
    otherwise: str | None = Field(
        default=None,
        description="What a value that `codes` does not list becomes; left out, it stays as it is.",
        examples=["OTHER"],
    )

    @model_validator(mode="after")
    def _otherwise_needs_codes(self) -> _Coded:
        if self.otherwise is not None and not self.codes:
            raise _Problem("otherwise goes with codes")
        return self


class Column(_Coded):
    """One delivered column: how its text is read. Written short, `HEADER: name` is `HEADER: {to: name}`."""

    to: str | None = Field(
        default=None,
        description="The column of the export that it fills. Left out: it is read for fields, values and conditions.",
        examples=["incident_ref"],
    )
    type: SourceType | None = Field(
        default=None,
        description="How its text is read: text, reference (an identifier, kept as delivered), free_text (masked), "
        "integer, decimal, instant (day and clock), date, month, clock, token (personal). Left out: as the column "
        "it fills, else text.",
        examples=["clock"],
    )
    format: str | None = Field(
        default=None,
        description="Name of a format (of the contract or the profile): for instant, date, month, clock.",
        examples=["local"],
    )
    missing: Listed = Field(
        default=(),
        description="Words that mean null in this column, beside the empty text and the contract's `missing`.",
        examples=[["0:00:00", "1900-01-01"]],
    )
    missing_pattern: Matched | None = Field(
        default=None,
        description="Values that mean null, as a regular expression for the whole value.",
        examples=["ext.*"],
    )
    unit: Unit | None = Field(
        default=None,
        description="A duration, made whole seconds (a decimal column keeps decimals): a number of milliseconds, "
        "seconds, minutes or hours, or a clock HH:MM:SS, MM:SS, HH:MM (the first part may be longer, seconds may have "
        "decimals). Left out: the number as it is, and no decimals in an integer.",
        examples=["minutes"],
    )
    rounding: Literal["nearest", "down", "up"] = Field(
        default="nearest",
        description="How a `unit` becomes whole seconds; nearest rounds half away from zero.",
        examples=["down"],
    )
    token: str | None = Field(
        default=None,
        description="The value is personal: it becomes a keyed token of this kind before anything is stored. Equal "
        "values of one kind are equal tokens; `cli` is a telephone number (its digits count only).",
        examples=["cli"],
    )
    optional: bool = Field(
        default=False, description="The column may be missing from a file: then it is null.", examples=[True]
    )


def _column_or_name(raw: Any) -> Any:
    if isinstance(raw, str):
        return {"to": raw} if raw else {}
    return {} if raw is None else raw


class FieldOf(_Coded):
    """A field: a column of our own making, used like a delivered one. An expression, or a day and a clock."""

    expression: ExpressionText | None = Field(
        default=None,
        description="What it is, in terms of columns and of fields above it.",
        examples=["Type || '/' || Subtype"],
    )
    date: str | None = Field(
        default=None,
        description="The column or field with the day: a date, or an instant of which the local day counts.",
        examples=["CallDate"],
    )
    clock: str | None = Field(
        default=None,
        description="The clock column or field on that day. Both together are an instant.",
        examples=["Arrived"],
    )
    after: str | None = Field(
        default=None,
        description="An instant, or a field of day and clock above it, that comes before this one: a clock smaller "
        "than it is on the next day.",
        examples=["dispatched"],
    )
    at_most_hours: int | None = Field(
        default=None,
        ge=1,
        le=24,
        description="The bound on `after`: a clock that would lie more hours behind it is not believed.",
        examples=[18],
    )
    beyond: Literal["bad", "null", "same_day"] = Field(
        default="bad",
        description="What then: the row is bad, the field is null (counted per file as `emptied`), or the clock stays "
        "on its day, before the other if need be.",
        examples=["null"],
    )

    @model_validator(mode="after")
    def _one_way(self) -> FieldOf:
        if (self.expression is None) == (self.date is None):
            raise _Problem("a field is an expression, or a date with a clock")
        if (self.date is None) != (self.clock is None):
            raise _Problem("clock and date belong together")
        if self.after is not None and self.clock is None:
            raise _Problem("after goes with date and clock")
        if self.at_most_hours is not None and self.after is None:
            raise _Problem("at_most_hours goes with after")
        if self.beyond != "bad" and self.at_most_hours is None:
            raise _Problem("beyond goes with at_most_hours")
        if self.codes and self.expression is None:
            raise _Problem("codes go with an expression")
        return self


class Value(_Model):
    """What fills a column of the export. Written short, `name: X` is `name: {column: X}`. Exactly one of these."""

    column: str | None = Field(default=None, description="A delivered column or a field.", examples=["Priority"])
    constant: str | None = Field(default=None, description="The same in every row.", examples=["101"])
    expression: ExpressionText | None = Field(
        default=None,
        description="An expression over columns and fields.",
        examples=["case when Outcome = 'HANG' then 'ABN' else 'ANS' end"],
    )

    @model_validator(mode="after")
    def _one_source(self) -> Value:
        if sum(item is not None for item in (self.column, self.constant, self.expression)) != 1:
            raise _Problem("give exactly one of column, constant, expression")
        return self

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Columns and fields that it reads."""
        if self.column is not None:
            return (self.column,)
        return tuple(Expression(self.expression).names) if self.expression is not None else ()


def _value_or_column(raw: Any) -> Any:
    return {"column": raw} if isinstance(raw, str) else raw


_ValueOrColumn = Annotated[Value, BeforeValidator(_value_or_column, json_schema_input_type=str | Value)]
Values = dict[str, _ValueOrColumn]


class Becomes(_Model):
    """One row that a delivered row becomes, beside its own."""

    export: str = Field(
        description="The export that the row belongs to; it may be the contract's own.", examples=["saab_incident_log"]
    )
    when: ExpressionText | None = Field(
        default=None,
        description="The condition; left out: always. A condition that is null does not hold.",
        examples=["Dispatched is not null"],
    )
    values: Values = Field(
        default_factory=dict,
        description="Column of that export to what fills it.",
        examples=[{"incident_ref": "Ref", "event_code": {"constant": "ASSIGNED"}}],
    )


class WeekNumber(_Model):
    """A business date from a week's number in the file's name."""

    number: str = Field(description="Name of the group in the file pattern.", examples=["week"])
    year: str = Field(description="Likewise, or the year itself.", examples=["2025"])
    starts: Literal["monday", "sunday"] = Field(
        default="monday", description="First day of a week.", examples=["sunday"]
    )
    first: Literal["iso", "january_1"] = Field(
        default="iso", description="Week 1 holds the year's first Thursday, or 1 January.", examples=["january_1"]
    )

    def first_day(self, groups: Mapping[str, str]) -> date:
        """Raises ValueError when the groups make no date."""
        year, number = _number_of(self.year, groups), int(groups[self.number])
        if not 1 <= number <= 54:
            raise ValueError("no such week")
        anchor = date(year, 1, 4 if self.first == "iso" else 1)
        days_in = anchor.weekday() if self.starts == "monday" else anchor.isoweekday() % 7
        return anchor - timedelta(days=days_in) + timedelta(weeks=number - 1)


def _number_of(said: str, groups: Mapping[str, str]) -> int:
    """A number that is said, or named by a group of the file pattern."""
    return int(said) if said.isdigit() else int(groups[said])


class BusinessDate(_Model):
    """The local day (or the first day of the period) that a file covers. Exactly one way of knowing it."""

    pattern: str | None = Field(
        default=None,
        description="Format of the group `date` in the file pattern, with the directives of Python's strptime.",
        examples=["%d-%m-%Y"],
    )
    year: str | None = Field(
        default=None,
        description="Group of the file pattern, or the year itself; with month and day.",
        examples=["year"],
    )
    month: str = Field(default="1", description="Likewise.", examples=["month"])
    day: str = Field(default="1", description="Likewise.", examples=["day"])
    week: WeekNumber | None = Field(
        default=None, description="A week's number in the name.", examples=[{"number": "week", "year": "2025"}]
    )
    earliest: str | None = Field(
        default=None,
        description="The earliest local day in this delivered column (instant or date).",
        examples=["Created"],
    )
    commonest: str | None = Field(
        default=None,
        description="The local day, week (from Monday) or month, by `covers`, that holds most of this column's times; "
        "the earlier of equals. Safer than earliest where single times are wrong.",
        examples=["Created"],
    )

    @model_validator(mode="after")
    def _one_way(self) -> BusinessDate:
        if sum(way is not None for way in (self.pattern, self.year, self.week, self.earliest, self.commonest)) != 1:
            raise _Problem("give exactly one of pattern, year, week, earliest, commonest")
        return self

    @property
    def of_rows(self) -> str | None:
        """The column whose times say it."""
        return self.earliest or self.commonest

    def by_name(self, groups: Mapping[str, str]) -> date:
        """The date by the parts of year, month and day. Raises ValueError or KeyError."""
        return date(_number_of(str(self.year), groups), _number_of(self.month, groups), _number_of(self.day, groups))


class Contract(_Model):
    """One layout of one export: `contracts/<export>.v<version>.yaml`."""

    export: str = Field(description="The export whose rows these are; one of shapes.yaml.", examples=["saab_incidents"])
    version: str = Field(description="Letters, digits and _; part of the contract's name.", examples=["2025"])
    file: RegularExpression = Field(
        description="Regular expression for the whole file name. Groups: `date` (see business_date), `time` (a "
        "correction's HHMMSS: the later counts as newer), `part` (parts of a day add up).",
        examples=[r"calls_(?P<date>[0-9]{8})\.csv(?:\.gz)?"],
    )
    delimiter: Annotated[str, AfterValidator(_one_character)] | None = Field(
        default=None,
        description="What stands between fields. Left out: the one of , ; and tab found most often in the header line.",
        examples=["|"],
    )
    quote: Literal['"', "'", "none"] = Field(
        default='"', description="What quotes a field; none: a quote is a character like any other.", examples=["none"]
    )
    encoding: Annotated[str, AfterValidator(_known_encoding)] | None = Field(
        default=None,
        description="Left out: UTF-16 by its mark, else UTF-8, else Windows-1252.",
        examples=["iso-8859-15"],
    )
    header: tuple[str, ...] = Field(
        default=(),
        description="The file has no header line; these are its columns in their order, all of them.",
        examples=[["ref", "created", "kind"]],
    )
    skip_first_lines: int = Field(
        default=0,
        ge=0,
        le=1000,
        description="Lines before the header (or the first row) that are no data.",
        examples=[3],
    )
    skip_last_lines: int = Field(
        default=0,
        ge=0,
        le=1000,
        description="Lines at the end, empty ones not counted, that are no data.",
        examples=[1],
    )
    trim: bool = Field(
        default=False,
        description="Spaces around headers and values are taken away before anything else.",
        examples=[True],
    )
    numbers: Numbers = Field(
        default=Numbers(), description="How numbers are written.", examples=[{"decimal": ",", "thousands": " "}]
    )
    time_zone: Zone | None = Field(
        default=None,
        description="The zone of local times; left out: the profile's. In the doubled hour of a clock change a local "
        "time is the first pass and flagged; one that never was makes its row bad.",
        examples=["America/Toronto"],
    )
    formats: dict[str, TimeFormat] = Field(
        default_factory=dict,
        description="Time formats by name; they win over the profile's.",
        examples=[{"local": {"pattern": "%d.%m.%Y %H:%M", "means": "local"}}],
    )
    missing: Listed = Field(
        default=(), description="Words that mean null in every column, beside the empty text.", examples=[["NULL", "-"]]
    )
    ignored: tuple[str, ...] = Field(
        default=(),
        description="Columns that are known and not wanted: never stored, never reported as unknown, not required.",
        examples=[["CallerName", "Address"]],
    )
    may_double_unknown: bool = Field(
        default=False,
        description="A column that is unknown or ignored may be there twice: nothing of it is stored anyway.",
        examples=[True],
    )
    covers: Cadence | None = Field(
        default=None,
        description="The period of one file: day, week, month, or change (sent when something changed). Left out: the "
        "export's own.",
        examples=["week"],
    )
    business_date: BusinessDate = Field(
        default=BusinessDate(pattern="%Y%m%d"),
        description="The first local day that a file covers. Left out: the group `date` as YYYYMMDD.",
        examples=[{"commonest": "Created"}],
    )
    columns: dict[
        str, Annotated[Column, BeforeValidator(_column_or_name, json_schema_input_type=str | Column | None)]
    ] = Field(
        description="Every delivered column that is used, by its header. All must be there but those `optional`.",
        examples=[{"INC_REF": "incident_ref", "CREATED": {"to": "created_at", "format": "local"}}],
    )
    fields: dict[str, FieldOf] = Field(
        default_factory=dict,
        description="Columns of our own making, each of columns and of fields above it.",
        examples=[{"arrived": {"date": "Day", "clock": "Arrived", "after": "Created"}}],
    )
    only: ExpressionText | None = Field(
        default=None,
        description="The records that are of this export; the rest is counted apart (`rows_left_out`) and not in "
        "rows_read. A record whose value in a column named here cannot be read is bad, not left out.",
        examples=["Record = 'INC'"],
    )
    values: Values = Field(
        default_factory=dict,
        description="Columns of the export that no delivered column fills as it is.",
        examples=[{"dialled": {"constant": "101"}, "grade_initial": "Priority"}],
    )
    becomes: tuple[Becomes, ...] = Field(
        default=(),
        description="Further rows that a delivered row becomes, of any export. Of two with one key the first counts.",
        examples=[[{"export": "saab_incident_log", "when": "Queued is not null", "values": {}}]],
    )

    @model_validator(mode="after")
    def _check(self) -> Contract:
        for problem in _contract_problems(self):
            raise _Problem(problem)
        return self

    def __hash__(self) -> int:
        return hash(self.name)

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

    @property
    def writing(self) -> tuple[Any, ...]:
        """Everything that must be known before a header can be read: contracts that agree in it read a file alike."""
        return (
            self.delimiter,
            self.quote,
            self.encoding,
            self.header,
            self.skip_first_lines,
            self.skip_last_lines,
            self.trim,
        )

    @cached_property
    def file_pattern(self) -> re.Pattern[str]:
        return re.compile(self.file)

    @cached_property
    def required_columns(self) -> frozenset[str]:
        return frozenset(header for header, column in self.columns.items() if not column.optional)

    @cached_property
    def rows(self) -> tuple[Becomes, ...]:
        """Everything a delivered row becomes; the first is the one that rows are accounted for by."""
        own = {column.to: Value(column=header) for header, column in self.columns.items() if column.to}
        return (Becomes(export=self.export, when=self.only, values={**own, **self.values}), *self.becomes)

    def type_of(self, header: str) -> SourceType:
        """How a delivered column's text is read."""
        column = self.columns[header]
        if column.type:
            return column.type
        if column.to:
            return self.shape.columns[column.to]
        return "token" if column.token else "text"

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """Every delivered column and every field, in their order, as expressions see them. Raises ExpressionProblem."""
        kinds = {header: KIND_OF[self.type_of(header)] for header in self.columns}
        for name, field in self.fields.items():
            kinds[name] = "instant" if field.expression is None else kind_of(field.expression, kinds)
        return kinds

    @cached_property
    def expressions(self) -> list[Expression]:
        """Every expression that it holds."""
        texts = [field.expression for field in self.fields.values()]
        texts += [row.when for row in self.rows]
        texts += [value.expression for row in self.rows for value in row.values.values()]
        return [Expression(text) for text in texts if text is not None]


def kind_of(expression: str, kinds: Mapping[str, Kind]) -> Kind:
    """What an expression gives. Raises ExpressionProblem."""
    return Expression(expression).render({name: Operand(kind, "x", "x") for name, kind in kinds.items()}).kind


# --- what cannot be meant -----------------------------------------------------------------------------------------
def _contract_problems(contract: Contract) -> Iterator[str]:
    shapes = load_shapes()
    if contract.export not in shapes:
        yield f"export {contract.export!r} is not known; known are {', '.join(shapes)}"
        return
    if not _VERSION.fullmatch(contract.version):
        yield f"version {contract.version!r} may hold letters, digits and _ only"
    yield from _header_problems(contract)
    for header, column in contract.columns.items():
        yield from _column_problems(contract, header, column)
    filled = [column.to for column in contract.columns.values() if column.to] + list(contract.values)
    for name in sorted({name for name in filled if filled.count(name) > 1}):
        yield f"{name!r} is filled twice: by two columns, or by a column and under values"
    yield from _field_problems(contract)
    try:
        kinds = contract.kinds
    except ExpressionProblem as problem:  # said above with its field
        yield str(problem)
        return
    for number, row in enumerate(contract.rows):
        yield from _row_problems(row, kinds, shapes, f"becomes {number}, " if number else "")


def _header_problems(contract: Contract) -> Iterator[str]:
    if not contract.columns:
        yield "columns: it has none"
    if len(set(contract.header)) < len(contract.header):
        yield "header names a column twice"
    if contract.header and (unknown := set(contract.columns) - set(contract.header)):
        yield f"columns: {sorted(unknown)[0]!r} is not in header, which lists every column of the file"
    if any(set(name) & set('"\r\n\0') for name in contract.header):
        yield "header: a name may hold no quote and no line end"
    for name in contract.ignored:
        if name in contract.columns:
            yield f"ignored: {name!r} is among the columns too"
    named = contract.business_date.of_rows
    if named is not None:
        if named not in contract.columns:
            yield f"business_date: the contract has no column {named!r}"
        elif contract.type_of(named) not in ("instant", "date"):
            yield f"business_date: {named!r} is read as {contract.type_of(named)}, not as instant or date"


def _column_problems(contract: Contract, header: str, column: Column) -> Iterator[str]:
    if column.to and column.to not in contract.shape.columns:
        yield (
            f"column {header!r}: {contract.export} has no column {column.to!r}; it has "
            f"{', '.join(contract.shape.columns)}"
        )
        return
    kind = contract.type_of(header)
    if column.to and (wrong := _does_not_fit(KIND_OF[kind], contract.shape.columns[column.to])):
        yield f"column {header!r}: {column.to} {wrong}"
    if kind in TIMED and not column.format:
        yield f"column {header!r} is a {kind}: say its format"
    if kind not in TIMED and column.format:
        yield f"column {header!r} is read as {kind}: a format goes with instant, date, month and clock"
    if kind == "token" and not column.token:
        yield f"column {header!r} is personal: say the kind of its token"
    if column.token and kind != "token":
        yield f"column {header!r} is tokenised and can fill a token column only"
    if column.unit is not None and kind not in ("integer", "decimal"):
        yield f"column {header!r}: only a number can have a unit"
    if column.rounding != "nearest" and (column.unit is None or kind == "decimal"):
        yield f"column {header!r}: rounding goes with a unit and whole seconds"
    if column.codes and kind == "token":
        yield f"column {header!r} is personal: it has no codes"


def _field_problems(contract: Contract) -> Iterator[str]:
    kinds: dict[str, Kind] = {header: KIND_OF[contract.type_of(header)] for header in contract.columns}
    for name, field in contract.fields.items():
        where = f"fields.{name}"
        if name in contract.columns:
            yield f"{where} has the name of a column"
        if field.expression is not None:
            try:
                kinds[name] = kind_of(field.expression, kinds)
            except ExpressionProblem as problem:
                yield f"{where}: {problem}"
                return
            if kinds[name] in ("boolean", "null"):
                yield f"{where}: a {kinds[name]} is no value; write case when ... then 'Y' else 'N' end"
            if field.codes and kinds[name] != "text":
                yield f"{where}: codes go with a text, and it is a {kinds[name]}"
            continue
        yield from _clock_problems(contract, where, field, kinds)
        kinds[name] = "instant"


def _clock_problems(contract: Contract, where: str, field: FieldOf, kinds: Mapping[str, Kind]) -> Iterator[str]:
    wanted: tuple[tuple[str, str | None, tuple[Kind, ...]], ...] = (
        ("date", field.date, ("date", "instant")),
        ("clock", field.clock, ("clock",)),
        ("after", field.after, ("instant",)),
    )
    for word, name, allowed in wanted:
        if name is None:
            continue
        if name not in kinds:
            yield f"{where}: {word} names {name!r}, which is no column, and no field above it"
        elif kinds[name] not in allowed:
            yield f"{where}: {word} wants {' or '.join(allowed)}, and {name!r} is read as {kinds[name]}"


def _row_problems(row: Becomes, kinds: Mapping[str, Kind], shapes: dict[str, Shape], where: str) -> Iterator[str]:
    if row.export not in shapes:
        yield f"{where}export {row.export!r} is not known; known are {', '.join(shapes)}"
        return
    shape = shapes[row.export]
    if row.when is not None:
        try:
            if kind_of(row.when, kinds) != "boolean":
                yield f"{where}{'when' if where else 'only'} is no condition: {row.when}"
        except ExpressionProblem as problem:
            yield f"{where}{'when' if where else 'only'}: {problem}"
    for name, value in row.values.items():
        if name not in shape.columns:
            yield f"{where}values: {row.export} has no column {name!r}; it has {', '.join(shape.columns)}"
            continue
        for said in _value_problems(value, kinds, shape.columns[name]):
            yield f"{where}values.{name} {said}"
    for name in shape.not_null:
        if name not in row.values:
            yield f"{where}{row.export}: the column {name!r} must be filled, and nothing fills it"


def _value_problems(value: Value, kinds: Mapping[str, Kind], wanted: str) -> Iterator[str]:
    if value.constant is not None:
        if wanted == "integer" and not re.fullmatch(r"-?[0-9]{1,9}", value.constant):
            yield f"is an integer, and {value.constant!r} is none"
        elif wanted not in (*TEXTS, "integer"):
            yield f"is a {wanted}: it cannot be a constant"
        return
    if value.column is not None:
        if value.column not in kinds:
            yield f"names {value.column!r}: the contract has no column and no field of that name"
        elif wrong := _does_not_fit(kinds[value.column], wanted):
            yield f"{wrong}, and {value.column!r} is read as {kinds[value.column]}"
        return
    try:
        kind = kind_of(str(value.expression), kinds)
    except ExpressionProblem as problem:
        yield f"cannot be worked out: {problem}"
        return
    if wrong := _does_not_fit(kind, wanted):
        yield f"{wrong}, and the expression gives {kind}"


def _does_not_fit(kind: Kind, wanted: str) -> str | None:
    """Why a value of a kind cannot fill a column of a type."""
    own = KIND_OF[wanted]
    if kind in (own, "null") or (kind, own) == ("integer", "decimal"):
        return None
    return f"is a {wanted}"


# --- a profile ----------------------------------------------------------------------------------------------------
def _period(text: str) -> str:
    match = PERIOD.fullmatch(text)
    if match is None or int(match[1]) == 0:
        raise _Problem(f"{text!r} is not a period; write it as 7 years, 18 months or 400 days")
    return text


Period = Annotated[str, AfterValidator(_period)]


class Profile(_Model):
    """What belongs to one force: its zone, formats, contracts, and how long it keeps rows (`profile.yaml`)."""

    name: str = Field(description="Small letters, digits and _.", examples=["west_mercia"])
    title: str = Field(default="", description="Name for people.", examples=["West Mercia Police"])
    time_zone: Zone = Field(
        description="The force's wall clock: days, hours and shifts go by it.", examples=["Europe/London"]
    )
    largest_file_mib: int = Field(
        default=1024,
        ge=1,
        description="A delivered file over so many MiB is quarantined unread.",
        examples=[4096],
    )
    formats: dict[str, TimeFormat] = Field(
        default_factory=dict,
        description="Time formats by name, for every contract.",
        examples=[{"local": {"pattern": "%d/%m/%Y %H:%M:%S", "means": "local"}}],
    )
    retention: dict[str, Period] = Field(
        default_factory=dict,
        description="How long rows of an export are kept; one that is not named is kept (docs/retention.md).",
        examples=[{"acd_segments": "24 months"}],
    )
    contracts: tuple[Contract, ...] = Field(default=(), exclude=True)
    folder: Path = Field(default=Path(), exclude=True)

    @model_validator(mode="after")
    def _check(self) -> Profile:
        if unknown := set(self.retention) - set(load_shapes()):
            raise _Problem(f"retention names {', '.join(sorted(unknown))}, which no shape describes")
        if not _IDENTIFIER.fullmatch(self.name):
            raise _Problem(f"name {self.name!r} may hold small letters, digits and _ only")
        return self

    @property
    def exports(self) -> tuple[str, ...]:
        """Every export that has a landing table, whether this force sends it or not."""
        return tuple(load_shapes())

    def digest_for(self, export: str | None) -> str:
        """Digest of all that a file of an export is read by, to see whether it changed; None: a file of no export."""
        contracts = [each for each in self.contracts if export in (None, each.export)]
        formats = {name: each.model_dump(mode="json") for name, each in self.formats.items()}
        told = [self.time_zone, self.largest_file_mib, formats, *(each.model_dump(mode="json") for each in contracts)]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]

    def zone_of(self, contract: Contract) -> str:
        return contract.time_zone or self.time_zone

    def format_of(self, contract: Contract, header: str) -> TimeFormat:
        """The time format of a delivered column: the contract's own, else the profile's."""
        name = str(contract.columns[header].format)
        return contract.formats.get(name) or self.formats[name]

    def zone_of_column(self, contract: Contract, header: str) -> str:
        """The zone of a delivered column's local times."""
        return self.format_of(contract, header).time_zone or self.zone_of(contract)


def load_profile(path: Path) -> Profile:
    """Read profile.yaml and contracts/*.yaml below `path`.

    Raises ProfileError: one paragraph with the file, the key and what to do.
    """
    profile = read_profile(path)
    contracts: dict[str, Contract] = {}
    for file in sorted((path / "contracts").glob("*.yaml")):
        contract = read_contract(file, profile)
        if file.stem != contract.name:
            raise ProfileError(f"The contract {file} describes {contract.name}: name the file {contract.name}.yaml.")
        if contract.name in contracts:
            raise ProfileError(f"The contract {file} repeats {contract.name}: give it another version.")
        contracts[contract.name] = contract
    if not contracts:
        raise ProfileError(f"The profile {path} has no contract: put one YAML file per export into {path}/contracts.")
    return profile.model_copy(update={"contracts": tuple(contracts.values())})


def read_profile(path: Path) -> Profile:
    """Read profile.yaml below `path`, without its contracts. Raises ProfileError."""
    raw = _read_yaml(path / "profile.yaml")
    if own := {"contracts", "folder"} & set(raw):
        raise ProfileError(
            f"The profile file {path / 'profile.yaml'} cannot be used: {min(own)}: this key is not known."
        )
    return _validated(Profile, raw | {"folder": path}, path / "profile.yaml")


def read_contract(file: Path, profile: Profile) -> Contract:
    """Read one contract file for use with a profile. Raises ProfileError."""
    contract = _validated(Contract, _read_yaml(file), file)
    for problem in _format_problems(contract, profile):
        raise ProfileError(f"The contract {file} cannot be used: {problem}")
    return contract


def _format_problems(contract: Contract, profile: Profile) -> Iterator[str]:
    for header, column in contract.columns.items():
        if not column.format:
            continue
        known = {**profile.formats, **contract.formats}
        if column.format not in known:
            yield (
                f"column {header!r} names the format {column.format!r}, which neither the contract nor the profile has "
                f"under formats; there are {', '.join(known) or 'none'}."
            )
            continue
        told, kind = known[column.format], contract.type_of(header)
        if kind == "instant" and told.means is None:
            yield (
                f"column {header!r} is an instant, and its format {column.format!r} does not say whether it means "
                "local, utc or offset."
            )
        for parsed in told.parsed:
            if kind in ("instant", "date") and not parsed.has_day:
                yield f"column {header!r} is a {kind}, and its format {parsed.text!r} does not say day, month and year."
            if kind == "clock" and not parsed.has_clock:
                yield f"column {header!r} is a clock, and its format {parsed.text!r} says no hour."
            if kind == "clock" and (parsed.is_utc or parsed.has_offset):
                yield f"column {header!r} is a clock, and {parsed.text!r} is a whole time."
    zones = {zone for name in _clock_dates(contract) if (zone := profile.zone_of_column(contract, name))}
    if len(zones) > 1:
        yield f"its days and clocks are of several time zones: {', '.join(sorted(zones))}."


def _clock_dates(contract: Contract) -> list[str]:
    """Delivered columns that days of clocks come from."""
    return [str(f.date) for f in contract.fields.values() if f.date in contract.columns]


class _TextLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML in which every plain value is text: a contract's NULL, no, 1900-01-01 and 0:00:00 are words of a file."""


_TextLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag == "tag:yaml.org,2002:merge"]
    for first, resolvers in _TextLoader.yaml_implicit_resolvers.items()
}


def _no_key_twice(loader: Any, node: Any, deep: bool = False) -> Any:
    keys = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
    if doubled := [key for key in keys if isinstance(key, str) and keys.count(key) > 1]:
        raise yaml.constructor.ConstructorError(None, None, f"the key {doubled[0]!r} is there twice", node.start_mark)
    loader.flatten_mapping(node)
    return loader.construct_mapping(node, deep=True)


_TextLoader.add_constructor("tag:yaml.org,2002:map", _no_key_twice)


def _read_yaml(file: Path) -> dict[str, Any]:
    try:
        raw = yaml.load(file.read_text(encoding="utf-8"), Loader=_TextLoader)  # noqa: S506
    except OSError as error:
        raise ProfileError(
            f"The profile file {file} cannot be read: {error.strerror}. A profile is a folder with profile.yaml and "
            "contracts/*.yaml; name it with OCC_PROFILE, or make one with: occ profile init FOLDER"
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        problem = str(getattr(error, "problem", ""))
        why = f" ({problem})" if "is there twice" in problem else ""
        raise ProfileError(f"The profile file {file} is not YAML{where}{why}: mend it there.") from None
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
