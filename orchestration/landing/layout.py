"""A contract as SQL: from columns of text to typed columns, and what makes a row bad. Makes text, runs nothing.

What belongs here: the expressions that a contract stands for. Not here: data, files, what is done with the result.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from orchestration.landing.contracts import TIMED, Becomes, Case, Contract, Profile, TimeFormat, Value
from orchestration.landing.shapes import SQL_TYPES, load_shapes
from orchestration.landing.times import DAY, SECOND, YEAR_ONE, LocalClock, quote

_MIDNIGHT_OF_1900 = -2208988800 * SECOND  # the day that the engine gives to a clock without a date
_MOST_DIGITS = 9  # of a number: what is longer is no count and no duration, but could be somebody's telephone
_TEXTS = ("text", "reference", "free_text")


class Layout:
    """A contract made ready: expressions over the columns `c0, c1, ...` of a batch."""

    def __init__(self, contract: Contract, profile: Profile) -> None:
        self.contract = contract
        self.profile = profile
        self.headers = list(contract.columns)
        self.index = {header: number for number, header in enumerate(self.headers)}

    @property
    def exports(self) -> list[str]:
        """Exports that the rows go to, the accounted one first."""
        return list(dict.fromkeys(row.export for row in self.contract.rows))

    @cached_property
    def tokens(self) -> list[str]:
        """Delivered columns that are personal."""
        return [header for header in self.headers if self.contract.type_of(header) == "token"]

    @cached_property
    def instants(self) -> list[str]:
        return [header for header in self.headers if self.contract.type_of(header) == "instant"]

    def token_kind(self, header: str) -> str:
        return str(self.contract.columns[header].token)

    def words_of(self, header: str) -> tuple[str, ...]:
        """Words that mean null in a column, beside the empty text."""
        return (*self.contract.missing, *self.contract.columns[header].missing)

    def tested_words(self, header: str) -> frozenset[str]:
        """Words that some case or condition looks for in a column."""
        whens = [row.when for row in self.contract.rows]
        whens += [case.when for row in self.contract.rows for value in row.values.values() for case in value.cases]
        return frozenset(word for when in whens for word in when.get(header, ()) if not isinstance(when[header], str))

    def fault_in_words(self, header: str, fault: int) -> str:
        """What is wrong with a value: 1 not in its format, 2 a time that never was."""
        if fault == 2:
            return "is a local time that does not exist"
        kind = self.contract.type_of(header)
        if kind in TIMED:
            article = "an" if kind == "instant" else "a"
            return f"is not {article} {kind} written as {self._format_of(header).pattern}"
        return {"integer": "is not a whole number", "decimal": "is not a number"}.get(kind, "cannot be read")

    def null_faults(self) -> list[tuple[str, tuple[str, ...]]]:
        """(tag of the flag, columns it may come from) of everything that must not be null."""
        return [
            (f"{number}_{name}", self._sources(row, name))
            for number, row in enumerate(self.contract.rows)
            for name in load_shapes()[row.export].not_null
        ]

    def is_missing(self, header: str, text: str) -> bool:
        """Does a column's text mean null?"""
        return not text or text in self.words_of(header)

    def clock_faults(self) -> list[tuple[str, str]]:
        """(tag of the flag, column to name) of the instants made of a date and a clock."""
        return [(f"{n}_{name}", self.contract.rows[n].values[name].clock[0]) for n, name in self._all_clocked()]

    def _sources(self, row: Becomes, name: str) -> tuple[str, ...]:
        value = row.values[name]
        if value.column:
            return (value.column,)
        return value.clock or value.compose or value.first_of or (name,)

    # --- SQL, from the text outwards ------------------------------------------------------------------------------
    def typed_sql(self, clock: LocalClock, source: str) -> str:
        """One row per record: `_c`, `_l`, `is_bad`; per row it becomes `x<n>` (does it?) and columns `r<n>_<name>`."""
        parts = ["_c", "_l", f"coalesce({self._is_bad_sql()}, true) as is_bad"]
        for number, row in enumerate(self.contract.rows):
            parts.append(f"{self._when_sql(row.when)} as x{number}")
            for name in self.shape_columns(row):
                parts.append(f"{self._shape_sql(number, row, name)} as r{number}_{name}")
            for name in self.instants_of(row):
                parts.append(f"{self._ambiguity_sql(number, row, name)} as r{number}_{name}_is_ambiguous")
        return f"select {', '.join(parts)} from ({self._read_sql(clock, source)})"

    def faults_sql(self, clock: LocalClock, source: str) -> str:
        """One row per record: what is wrong with it, beside the text of all columns.

        `f<n>` per column: 0 good, 1 not in its format, 2 a time that never was; `z<row>_<name>` is a needed column
        null; `y<row>_<name>` does the time made of date and clock not exist; `_low`, `_high` the written times.
        """
        parts = ["_c", "_l", *(f"c{number}" for number in range(len(self.headers)))]
        for number, header in enumerate(self.headers):
            parts.append(f"{self._fault_sql(number, header)} as f{number}")
        for number, row in enumerate(self.contract.rows):
            condition = self._when_sql(row.when)
            for name in load_shapes()[row.export].not_null:
                null = f"({self._shape_sql(number, row, name)}) is null"
                parts.append(f"coalesce({condition} and {null}, false) as z{number}_{name}")
            for name in self._clock_columns(row):
                parts.append(f"(w{number}_{name} is not null and k{number}_{name} is null) as y{number}_{name}")
        written = [f"p{self.index[h]}" for h in self.instants] + [f"w{n}_{name}" for n, name in self._all_clocked()]
        parts.append(f"least({', '.join(written)}) as _low" if written else "null::bigint as _low")
        parts.append(f"greatest({', '.join(written)}) as _high" if written else "null::bigint as _high")
        return f"select {', '.join(parts)} from ({self._read_sql(clock, source)})"

    def shape_columns(self, row: Becomes) -> list[str]:
        """The filled columns of a row, in the shape's order."""
        return [name for name in load_shapes()[row.export].columns if name in row.values]

    def instants_of(self, row: Becomes) -> list[str]:
        kinds = load_shapes()[row.export].columns
        return [name for name in self.shape_columns(row) if kinds[name] == "instant"]

    def time_columns(self) -> list[str]:
        """Columns of the typed table that hold instants."""
        return [f"r{n}_{name}" for n, row in enumerate(self.contract.rows) for name in self.instants_of(row)]

    def text_columns(self) -> list[tuple[str, str]]:
        """Columns of the typed table that hold text as delivered, with the shape's type."""
        found: list[tuple[str, str]] = []
        for number, row in enumerate(self.contract.rows):
            kinds = load_shapes()[row.export].columns
            found += [(f"r{number}_{n}", kinds[n]) for n in self.shape_columns(row) if kinds[n] in _TEXTS]
        return found

    def output_sql(self, export: str, where: str, source: str = "typed") -> str:
        """The stored rows of one export from the typed table, in the shape's columns."""
        shape, offset = load_shapes()[export], self.exports.index(export)
        selects = []
        for number, row in enumerate(self.contract.rows):
            if row.export != export:
                continue
            parts = [self._output_column(number, row, name, kind) for name, kind in shape.stored_columns().items()]
            parts[-2:] = [f"(_c + {offset})::integer as _content_no", "_l::integer as _source_row"]
            selects.append(f"select {', '.join(parts)} from {source} where not is_bad and x{number} and {where}")
        return " union all ".join(selects)

    def _output_column(self, number: int, row: Becomes, name: str, kind: str) -> str:
        plain = name.removesuffix("_is_ambiguous")
        if name in row.values:
            return f"r{number}_{name}::{kind} as {name}"
        if plain in row.values:
            return f"r{number}_{name} as {name}"
        return f"{'false' if plain != name and kind == 'BOOLEAN' else 'null'}::{kind} as {name}"

    def _read_sql(self, clock: LocalClock, source: str) -> str:
        text = f"select {self._text_select()} from {source}"
        written = f"select * {self._written_select()} from ({text})"
        sql = f"select * {self._value_select(clock)} from ({written})"
        # One level per step: an alias used twice in one select would be worked out twice, and so on down the chain.
        for number, name in self._all_clocked():
            for step in self._clock_steps(clock, number, name):
                sql = f"select *, {step} from ({sql})"
        return sql

    def _text_select(self) -> str:
        parts = ["*"]
        for number, header in enumerate(self.headers):
            parts.append(f"{self._null_sql(header)} as n{number}")
        return ", ".join(parts)

    def _null_sql(self, header: str) -> str:
        name = f"c{self.index[header]}"
        column, words = self.contract.columns[header], self.words_of(header)
        if self.contract.type_of(header) == "token":
            return name
        text = f"nullif({name}, '')"
        if words:
            listed = ", ".join(quote(word) for word in ("", *words))
            text = f"case when {name} not in ({listed}) then {name} end"
        if column.missing_pattern:
            text = f"case when not regexp_full_match({name}, {quote(column.missing_pattern)}) then {text} end"
        if column.codes:
            whens = " ".join(f"when {quote(old)} then {quote(new)}" for old, new in column.codes.items())
            text = f"case {name} {whens} else {text} end"
        return text

    def _written_select(self) -> str:
        timed = [header for header in self.headers if self.contract.type_of(header) in TIMED]
        return "".join(f", {self._written_time_sql(header)} as p{self.index[header]}" for header in timed)

    def _written_time_sql(self, header: str) -> str:
        """Microseconds since 1970 of the time as written; null where it does not stand in its exact format."""
        name = f"n{self.index[header]}"
        told = self._format_of(header)
        written = f"epoch_us({told.parsed.parse_sql(name)})"
        if self.contract.type_of(header) == "clock":
            return f"{written} - ({_MIDNIGHT_OF_1900})"
        if told.parsed.has_offset:
            return f"{written} - {told.parsed.offset_sql(name)}"
        return written

    def _format_of(self, header: str) -> TimeFormat:
        return self.profile.format_of(self.contract, str(self.contract.columns[header].format))

    def _value_select(self, clock: LocalClock) -> str:
        parts = []
        for number, header in enumerate(self.headers):
            parts.append(f"{self._value_sql(header, clock)} as v{number}")
            if self.contract.type_of(header) == "instant":
                is_local = self._format_of(header).means == "local"
                flag = clock.is_ambiguous_sql(f"p{number}") if is_local else "false"
                parts.append(f"coalesce({flag}, false) as a{number}")
        return "".join(f", {part}" for part in parts)

    def _value_sql(self, header: str, clock: LocalClock) -> str:
        number, kind = self.index[header], self.contract.type_of(header)
        factor = self.contract.columns[header].factor
        text, written = f"n{number}", f"p{number}"
        if kind == "integer":
            value = f"try_cast({text} as bigint)"
            value = f"try_cast({value}::hugeint * {factor} as bigint)" if factor else value
            return f"case when regexp_full_match({text}, '-?[0-9]{{1,{_MOST_DIGITS}}}') then {value} end"
        if kind == "decimal":
            value = f"try_cast({text} as decimal(18,4))"
            value = f"try_cast({value}::decimal(28,4) * {factor} as decimal(18,4))" if factor else value
            return f"case when regexp_full_match({text}, '-?[0-9]{{1,{_MOST_DIGITS}}}([.][0-9]+)?') then {value} end"
        if kind == "instant":
            if self._format_of(header).means == "local":
                return f"make_timestamp({clock.to_utc_sql(written)})"
            return f"case when {written} >= {YEAR_ONE} then make_timestamp({written}) end"
        if kind in ("date", "month"):
            day = f"make_timestamp({written})::date"
            day = f"date_trunc('month', {day})::date" if kind == "month" else day
            return f"case when {written} >= {YEAR_ONE} then {day} end"
        return written if kind == "clock" else text

    # --- date and clock in separate columns ---
    def _all_clocked(self) -> list[tuple[int, str]]:
        return [(n, name) for n, row in enumerate(self.contract.rows) for name in self._clock_columns(row)]

    def _clock_columns(self, row: Becomes) -> list[str]:
        """Instants made of a date and a clock, each after the one it names."""
        pending = [name for name, value in row.values.items() if value.clock]
        ordered: list[str] = []
        while pending:
            ready = [n for n in pending if row.values[n].after is None or row.values[n].after in ordered]
            if not ready:
                break  # a circle: the contract was refused before
            ordered += ready
            pending = [name for name in pending if name not in ready]
        return ordered

    def _clock_steps(self, clock: LocalClock, number: int, name: str) -> list[str]:
        """An instant made of a date and a clock, step by step.

        `s` time since the date's midnight, `m` the last such time so far and `w` the wall clock, `k` the instant.
        """
        value = self.contract.rows[number].values[name]
        own = f"coalesce({', '.join(f'v{self.index[header]}' for header in value.clock)})"
        day = f"p{self.index[str(value.date)]}"
        tag = f"{number}_{name}"
        before = f"m{number}_{value.after}" if value.after else None
        last = f"coalesce(s{tag}, {before})" if before else f"s{tag}"
        instant = f"make_timestamp({clock.to_utc_sql(f'w{tag}')})"
        doubled = f"coalesce({clock.is_ambiguous_sql(f'w{tag}')}, false)"
        return [
            f"{_rolled_sql(own, value, before)} as s{tag}",
            f"{last} as m{tag}, ({day} + s{tag}) as w{tag}",
            f"{instant} as k{tag}, {doubled} as ka{tag}",
        ]

    # --- what a row becomes ---
    def _shape_sql(self, number: int, row: Becomes, name: str) -> str:
        value, kind = row.values[name], SQL_TYPES[load_shapes()[row.export].columns[name]]
        if value.column:
            return f"v{self.index[value.column]}"
        if value.clock:
            return f"k{number}_{name}"
        if value.compose:
            joined = f" || {quote(value.separator)} || ".join(f"n{self.index[header]}" for header in value.compose)
            return f"({joined})"
        if value.first_of:
            return f"coalesce({', '.join(f'v{self.index[header]}' for header in value.first_of)})"
        if value.constant is not None:
            return f"{quote(str(value.constant))}::{kind}"
        whens = " ".join(f"when {self._when_sql(case.when)} then {self._then_sql(case, kind)}" for case in value.cases)
        otherwise = f"else {quote(value.otherwise)}::{kind} " if value.otherwise is not None else ""
        return f"case {whens} {otherwise}end"

    def _then_sql(self, case: Case, kind: str) -> str:
        if case.then_column:
            return f"v{self.index[case.then_column]}"
        return f"{quote(case.then)}::{kind}" if case.then is not None else f"null::{kind}"

    def _ambiguity_sql(self, number: int, row: Becomes, name: str) -> str:
        value = row.values[name]
        if value.column:
            return f"a{self.index[value.column]}"
        if value.clock:
            return f"ka{number}_{name}"
        if value.first_of:
            whens = " ".join(f"when v{self.index[h]} is not null then a{self.index[h]}" for h in value.first_of)
            return f"case {whens} else false end"
        return "false"

    def _when_sql(self, when: Mapping[str, str | tuple[str, ...]]) -> str:
        tests = [self._test_sql(header, wanted) for header, wanted in when.items()]
        return f"({' and '.join(tests)})" if tests else "true"

    def _test_sql(self, header: str, wanted: str | tuple[str, ...]) -> str:
        number = self.index[header]
        if wanted == "PRESENT":
            return f"n{number} is not null"
        if wanted == "MISSING":
            return f"n{number} is null"
        told = f"t{number}" if self.contract.type_of(header) == "token" else f"c{number}"
        return f"coalesce({told} in ({', '.join(quote(word) for word in wanted)}), false)"

    # --- what makes a row bad ---
    def _is_bad_sql(self) -> str:
        tests = [f"(n{n} is not null and v{n} is null)" for n, h in enumerate(self.headers) if self._can_fail(h)]
        for number, row in enumerate(self.contract.rows):
            condition = self._when_sql(row.when)
            for name in load_shapes()[row.export].not_null:
                tests.append(f"({condition} and ({self._shape_sql(number, row, name)}) is null)")
            for name in self._clock_columns(row):
                tests.append(f"(w{number}_{name} is not null and k{number}_{name} is null)")
        return f"({' or '.join(tests)})" if tests else "false"

    def _can_fail(self, header: str) -> bool:
        return self.contract.type_of(header) not in (*_TEXTS, "token")

    def _fault_sql(self, number: int, header: str) -> str:
        if not self._can_fail(header):
            return "0"
        never = f"when p{number} >= {YEAR_ONE} then 2 " if self.contract.type_of(header) == "instant" else ""
        return f"case when n{number} is null or v{number} is not null then 0 {never}else 1 end"


def _rolled_sql(own: str, value: Value, before: str | None) -> str:
    """Microseconds since the date's midnight; a clock smaller than the one before it is on the next day."""
    if before is None:
        return own
    same_day = f"({own} + {before} // {DAY} * {DAY})"
    smaller = f"{same_day} < {before}"
    if value.roll_hours < 24:
        smaller += f" and {same_day} + {DAY} - {before} <= {value.roll_hours * 3600 * SECOND}"
    return f"case when {before} is null then {own} when {smaller} then {same_day} + {DAY} else {same_day} end"
