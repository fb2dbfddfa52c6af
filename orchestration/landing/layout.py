"""A contract as SQL: from columns of text to typed columns, and what makes a row bad. Makes text, runs nothing.

What belongs here: the expressions that a contract stands for. Not here: data, files, what is done with the result.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from orchestration.landing.contracts import KIND_OF, TEXTS, TIMED, Becomes, Contract, FieldOf, Profile, TimeFormat
from orchestration.landing.expressions import Expression, Operand
from orchestration.landing.shapes import SQL_TYPES, load_shapes
from orchestration.landing.times import DAY, SECOND, YEAR_ONE, LocalClock, quote

_MOST_DIGITS = 9  # of a number: what is longer is no count and no duration, but could be somebody's telephone
_SPACES = " \u00a0\u202f"
_PER_SECOND = {"milliseconds": "0.001::decimal(4,3)", "seconds": "1", "minutes": "60", "hours": "3600"}
_PARTS_OF_CLOCKS = {"HH:MM:SS": (3600, 60, 1), "MM:SS": (60, 1), "HH:MM": (3600, 60)}
_ROUNDED = {"nearest": "round", "down": "floor", "up": "ceil"}


@dataclass(frozen=True)
class Years:
    """The years whose clock changes the SQL knows, both included."""

    first: int
    last: int


@dataclass(frozen=True)
class Fault:
    """Something that can be wrong with a row: the flag's SQL, the column that is named, and what is said."""

    tag: str
    sql: str
    column: str
    reason: str


class Layout:
    """A contract made ready: expressions over the columns `c0, c1, ...` of a batch."""

    def __init__(self, contract: Contract, profile: Profile) -> None:
        self.contract = contract
        self.profile = profile
        self.headers = list(contract.columns)
        self.index = {header: number for number, header in enumerate(self.headers)}
        self.fields = {name: number for number, name in enumerate(contract.fields)}

    @property
    def exports(self) -> list[str]:
        """The export of each row that a delivered row becomes, the accounted one first; each is its own content."""
        return [row.export for row in self.contract.rows]

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
        """Words that some expression looks for in a column."""
        return frozenset(word for told in self.contract.expressions for word in told.words(header))

    def is_missing(self, header: str, text: str) -> bool:
        """Does a column's text mean null?"""
        return not text or text in self.words_of(header)

    # --- what is said of a bad row ---------------------------------------------------------------------------------
    def fault_in_words(self, header: str, fault: int) -> str:
        """What is wrong with a value: 1 not in its format, 2 a time that never was."""
        if fault == 2:
            return "is a local time that does not exist"
        kind, unit = self.contract.type_of(header), self.contract.columns[header].unit
        if kind in TIMED:
            article = "an" if kind == "instant" else "a"
            return f"is not {article} {kind} written as {self._format_of(header).told}"
        if unit is not None:
            return f"is not a duration {'written as' if unit in _PARTS_OF_CLOCKS else 'in'} {unit}"
        return {"integer": "is not a whole number", "decimal": "is not a number"}.get(kind, "cannot be read")

    @cached_property
    def field_faults(self) -> list[Fault]:
        """What can be wrong with the fields of day and clock."""
        found = []
        for name, number in self.fields.items():
            field = self.contract.fields[name]
            if field.clock is None:
                continue
            never = f"(w{number} is not null and f{number} is null)"
            found.append(Fault(f"never{number}", never, field.clock, "is a local time that does not exist"))
            if field.beyond == "bad" and field.at_most_hours is not None:
                reason = f"is more than {field.at_most_hours} hours after {field.after}"
                found.append(Fault(f"beyond{number}", f"b{number}", field.clock, reason))
        return found

    @cached_property
    def null_faults(self) -> list[tuple[Fault, tuple[str, ...]]]:
        """Everything that must not be null, with the columns that it may come from."""
        found = []
        for number, row in enumerate(self.contract.rows):
            for name in load_shapes()[row.export].not_null:
                sources = tuple(self._delivered(row.values[name].names)) or (name,)
                sql = f"(x{number} and r{number}_{name} is null)"
                found.append((Fault(f"null{number}_{name}", sql, sources[0], "must not be empty"), sources))
        return found

    def _delivered(self, names: Iterable[str]) -> list[str]:
        """Delivered columns that names stand on, fields followed down."""
        found: list[str] = []
        for name in names:
            if name in self.index:
                found.append(name)
                continue
            field = self.contract.fields[name]
            own = [str(field.clock), str(field.date)]
            if field.expression is not None:
                own = Expression(field.expression).names
            found += self._delivered(own)
        return list(dict.fromkeys(found))

    # --- SQL, from the text outwards ------------------------------------------------------------------------------
    def typed_sql(self, years: Years, source: str) -> str:
        """One row per record: `_c`, `_l`, `is_bad`; per row it becomes `x<n>` (does it?) and columns `r<n>_<name>`.

        `e<n>` says of field n whether it was made null for lying beyond its bound.
        """
        parts = ["_c", "_l", f"coalesce({self._is_bad_sql()}, true) as is_bad"]
        for number, row in enumerate(self.contract.rows):
            parts.append(f"x{number}")
            parts += [f"r{number}_{name}" for name in self.shape_columns(row)]
            parts += [f"r{number}_{name}_is_ambiguous" for name in self.instants_of(row)]
        parts += [f"coalesce(b{number}, false) as e{number}" for number in self.emptied.values()]
        return f"select {', '.join(parts)} from ({self._row_sql(years, source)})"

    def faults_sql(self, years: Years, source: str) -> str:
        """One row per record: what is wrong with it, beside the text of all columns.

        `f<n>` per column: 0 good, 1 not in its format, 2 a time that never was; then a flag per further fault, by its
        tag; `_low`, `_high` the written times.
        """
        parts = ["_c", "_l", *(f"c{number}" for number in range(len(self.headers)))]
        for number, header in enumerate(self.headers):
            parts.append(f"{self._fault_sql(number, header)} as is_wrong_{number}")
        for fault in [*self.field_faults, *(fault for fault, _ in self.null_faults)]:
            parts.append(f"coalesce({fault.sql}, false) as {fault.tag}")
        clocked = [n for name, n in self.fields.items() if self.contract.fields[name].clock is not None]
        written = [f"p{self.index[header]}" for header in self.instants] + [f"w{number}" for number in clocked]
        parts.append(f"least({', '.join(written)}) as _low" if written else "null::bigint as _low")
        parts.append(f"greatest({', '.join(written)}) as _high" if written else "null::bigint as _high")
        return f"select {', '.join(parts)} from ({self._row_sql(years, source)})"

    @cached_property
    def emptied(self) -> dict[str, int]:
        """Fields that a bound can make null, by name, with their numbers."""
        return {name: number for name, number in self.fields.items() if self.contract.fields[name].beyond == "null"}

    def shape_columns(self, row: Becomes) -> list[str]:
        """The filled columns of a row, in the shape's order."""
        return [name for name in load_shapes()[row.export].columns if name in row.values]

    def instants_of(self, row: Becomes) -> list[str]:
        kinds = load_shapes()[row.export].columns
        return [name for name in self.shape_columns(row) if kinds[name] == "instant"]

    def time_columns(self) -> list[tuple[int, str]]:
        """Columns of the typed table that hold instants, each with the number of its row."""
        return [(n, f"r{n}_{name}") for n, row in enumerate(self.contract.rows) for name in self.instants_of(row)]

    def text_columns(self) -> list[tuple[str, str]]:
        """Columns of the typed table that hold text as delivered, with the shape's type."""
        found: list[tuple[str, str]] = []
        for number, row in enumerate(self.contract.rows):
            kinds = load_shapes()[row.export].columns
            found += [(f"r{number}_{n}", kinds[n]) for n in self.shape_columns(row) if kinds[n] in TEXTS]
        return found

    def output_sql(self, export: str, where: str, source: str = "typed") -> str:
        """The stored rows of one export from the typed table, in the shape's columns.

        Of rows that one record becomes and that have one key, the first listed is stored.
        """
        shape = load_shapes()[export]
        numbers = [number for number, row in enumerate(self.contract.rows) if row.export == export]
        selects = []
        for number in numbers:
            row = self.contract.rows[number]
            parts = [self._output_column(number, row, name, kind) for name, kind in shape.stored_columns().items()]
            parts[-2:] = [f"(_c + {number})::integer as _content_no", "_l::integer as _source_row"]
            selects.append(f"select {', '.join(parts)} from {source} where not is_bad and x{number} and {where}")
        if len(numbers) == 1:
            return selects[0]
        firsts = " union all ".join(
            f"select *, _content_no - {number} as _record, {number} as _row from ({select})"
            for number, select in zip(numbers, selects, strict=True)
        )
        return (
            f"select * exclude (_record, _row) from ({firsts}) qualify row_number() over "
            f"(partition by _record, _source_row, {', '.join(shape.key)} order by _row) = 1 "
            "order by _record, _source_row, _row"
        )

    def _output_column(self, number: int, row: Becomes, name: str, kind: str) -> str:
        plain = name.removesuffix("_is_ambiguous")
        if name in row.values:
            return f"r{number}_{name}::{kind} as {name}"
        if plain in row.values:
            return f"r{number}_{name} as {name}"
        return f"{'false' if plain != name and kind == 'BOOLEAN' else 'null'}::{kind} as {name}"

    def _row_sql(self, years: Years, source: str) -> str:
        """Every level: texts `n`, written times `p`, values `v`, fields `f`, conditions `x`, what rows become `r`."""
        text = (
            f"select *, {', '.join(f'{self._null_sql(h)} as n{n}' for n, h in enumerate(self.headers))} from {source}"
        )
        sql = f"select * {self._written_select()} from ({text})"
        sql = f"select * {self._value_select(years)} from ({sql})"
        # One level per step: an alias used twice in one select would be worked out twice, and so on down the chain.
        for name in self.fields:
            for step in self._field_steps(years, name):
                sql = f"select *, {step} from ({sql})"
        operands, clock = self._operands, self._own_clock(years)
        conditions, columns = [], []
        for number, row in enumerate(self.contract.rows):
            test = Expression(row.when).render(operands, clock.to_wall_sql).sql if row.when is not None else "true"
            conditions.append(f"coalesce({test}, false) as x{number}" if row.when is not None else f"true as x{number}")
            for name in self.shape_columns(row):
                columns.append(f"{self._shape_sql(clock, row, name)} as r{number}_{name}")
            for name in self.instants_of(row):
                columns.append(f"{self._ambiguity_sql(clock, row, name)} as r{number}_{name}_is_ambiguous")
        return f"select *, {', '.join([*conditions, *columns])} from ({sql})"

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
        return _coded(text, column.codes, column.otherwise)

    def _written_select(self) -> str:
        timed = [header for header in self.headers if self.contract.type_of(header) in TIMED]
        return "".join(f", {self._written_time_sql(header)} as p{self.index[header]}" for header in timed)

    def _written_time_sql(self, header: str) -> str:
        """Microseconds since 1970 of the time as written; null where it stands in none of its formats."""
        name, is_clock = f"n{self.index[header]}", self.contract.type_of(header) == "clock"
        tried = [
            parsed.written_sql(self._number_text(header) if parsed.is_number else name, is_clock)
            for parsed in self._format_of(header).parsed
        ]
        return tried[0] if len(tried) == 1 else f"coalesce({', '.join(tried)})"

    def _format_of(self, header: str) -> TimeFormat:
        return self.profile.format_of(self.contract, header)

    def _own_clock(self, years: Years) -> LocalClock:
        return LocalClock(self.profile.zone_of(self.contract), years.first, years.last)

    def _clock_of(self, header: str, years: Years) -> LocalClock:
        """The wall clock that a column's local times are of."""
        if header not in self.index or not self.contract.columns[header].format:
            return self._own_clock(years)
        return LocalClock(self.profile.zone_of_column(self.contract, header), years.first, years.last)

    def _value_select(self, years: Years) -> str:
        parts = []
        for number, header in enumerate(self.headers):
            parts.append(f"{self._value_sql(header, years)} as v{number}")
            if self.contract.type_of(header) == "instant":
                is_local = self._format_of(header).means == "local"
                flag = self._clock_of(header, years).is_ambiguous_sql(f"p{number}") if is_local else "false"
                parts.append(f"coalesce({flag}, false) as a{number}")
        return "".join(f", {part}" for part in parts)

    def _value_sql(self, header: str, years: Years) -> str:
        number, kind = self.index[header], self.contract.type_of(header)
        text, written = f"n{number}", f"p{number}"
        if kind in ("integer", "decimal"):
            return self._number_sql(header, kind)
        if kind == "instant":
            if self._format_of(header).means == "local":
                return f"make_timestamp({self._clock_of(header, years).to_utc_sql(written)})"
            return f"try(case when {written} >= {YEAR_ONE} then make_timestamp({written}) end)"
        if kind in ("date", "month"):
            day = f"make_timestamp({written})::date"
            day = f"date_trunc('month', {day})::date" if kind == "month" else day
            return f"try(case when {written} >= {YEAR_ONE} then {day} end)"
        return written if kind == "clock" else text

    # --- numbers and durations ---
    def _number_text(self, header: str) -> str:
        """A number's text with a point for its decimals and nothing between its digits; null where it is no number."""
        text, numbers = f"n{self.index[header]}", self.contract.numbers
        if numbers.is_plain:
            return text
        between = f"[{_SPACES}]" if numbers.thousands == " " else f"[{numbers.thousands}]" if numbers.thousands else ""
        grouped = f"[0-9]{{1,3}}(?:{between}[0-9]{{3}})+|" if between else ""
        form = f"-?(?:{grouped}[0-9]+)(?:[{numbers.decimal}][0-9]+)?"
        plain = f"regexp_replace({text}, {quote(between)}, '', 'g')" if between else text
        plain = f"replace({plain}, ',', '.')" if numbers.decimal == "," else plain
        return f"case when regexp_full_match({text}, {quote(form)}) then {plain} end"

    def _number_sql(self, header: str, kind: str) -> str:
        column = self.contract.columns[header]
        if column.unit in _PARTS_OF_CLOCKS:
            seconds = _clock_seconds_sql(f"n{self.index[header]}", column.unit)
        else:
            text = self._number_text(header)
            if column.unit is None:
                tail, type_ = ("", "bigint") if kind == "integer" else ("([.][0-9]+)?", "decimal(18,4)")
                digits = f"regexp_full_match({text}, '-?[0-9]{{1,{_MOST_DIGITS}}}{tail}')"
                return f"case when {digits} then try_cast({text} as {type_}) end"
            most = _MOST_DIGITS + 3 if column.unit == "milliseconds" else _MOST_DIGITS
            digits = f"regexp_full_match({text}, '-?[0-9]{{1,{most}}}([.][0-9]+)?')"
            number = f"try_cast(case when {digits} then {text} end as decimal(22,9))"
            seconds = f"{number} * {_PER_SECOND[column.unit]}"
        if kind == "decimal":
            return f"try_cast({seconds} as decimal(18,4))"
        return f"try({_ROUNDED[column.rounding]}({seconds})::bigint)"

    # --- fields ---
    @cached_property
    def _operands(self) -> dict[str, Operand]:
        """What every column and field is in SQL, in the order of the contract."""
        operands = {}
        for name, kind in self.contract.kinds.items():
            number = self.index.get(name)
            sql = f"f{self.fields[name]}" if number is None else f"v{number}"
            operands[name] = Operand(kind, sql, f"t{number}" if kind == "token" and number is not None else "null")
        return operands

    def _ambiguous(self, name: str) -> str:
        """The flag of a column or field that holds instants: is its local time a doubled one?"""
        return f"a{self.index[name]}" if name in self.index else f"g{self.fields[name]}"

    def _field_steps(self, years: Years, name: str) -> list[str]:
        field, number = self.contract.fields[name], self.fields[name]
        if field.clock is not None:
            return self._clock_steps(years, field, number)
        expression, clock = Expression(str(field.expression)), self._own_clock(years)
        rendered = expression.render(self._operands, clock.to_wall_sql)
        sql = _coded(rendered.sql, field.codes, field.otherwise)
        steps = [f"{sql} as f{number}"]
        if rendered.kind == "instant":
            steps.append(f"{self._doubled_sql(expression, f'f{number}')} as g{number}")
        return steps

    def _doubled_sql(self, expression: Expression, result: str) -> str:
        """Is a time one of a doubled hour? It is when it equals one that the expression reads, and that one is."""
        read = [name for name in expression.names if self.contract.kinds[name] == "instant"]
        tests = [f"({self._ambiguous(name)} and {self._operands[name].sql} = {result})" for name in read]
        return f"coalesce({' or '.join(tests)}, false)" if tests else "false"

    def _clock_steps(self, years: Years, field: FieldOf, number: int) -> list[str]:
        """An instant made of a date and a clock, step by step.

        `o` time since the date's midnight that the clock before lies at, `j` this one's on the same day, `k` after the
        other, `b` is it beyond the bound, `s` what is believed, `m` the last such time so far, `w` the wall clock, `f`.
        """
        clock = self._clock_of(str(field.date), years)
        own = f"{self._operands[str(field.clock)].sql}"
        day = self._midnight_sql(clock, str(field.date))
        doubled = f"coalesce({clock.is_ambiguous_sql(f'w{number}')}, false)"
        late = f"coalesce(k{number} - o{number} > {(field.at_most_hours or 24) * 3600 * SECOND}, false)"
        beyond = f"j{number}" if field.beyond == "same_day" else "null"
        return [
            f"{day} as d{number}",
            f"{self._before_sql(clock, field, number)} as o{number}",
            f"({own} + greatest(coalesce(o{number}, 0), 0) // {DAY} * {DAY}) as j{number}",
            f"case when j{number} < o{number} then j{number} + {DAY} else j{number} end as k{number}",
            f"{late if field.at_most_hours is not None else 'false'} as b{number}",
            f"case when b{number} then {beyond} else k{number} end as s{number}",
            f"coalesce(s{number}, o{number}) as m{number}, (d{number} + s{number}) as w{number}",
            f"make_timestamp({clock.to_utc_sql(f'w{number}')}) as f{number}, {doubled} as g{number}",
        ]

    def _midnight_sql(self, clock: LocalClock, date: str) -> str:
        """Microseconds of the midnight, by the wall clock, of the day of a date or an instant."""
        operand = self._operands[date]
        if operand.kind == "date":
            return f"epoch_us({operand.sql}::timestamp)"
        wall = clock.to_wall_sql(f"epoch_us({operand.sql})")
        return f"epoch_us(date_trunc('day', make_timestamp({wall})))"

    def _before_sql(self, clock: LocalClock, field: FieldOf, number: int) -> str:
        """Time between the date's midnight and the time that comes before."""
        if field.after is None:
            return "null::bigint"
        other = self.fields.get(field.after)
        if other is not None and self.contract.fields[field.after].clock is not None:
            return f"(m{other} + d{other} - d{number})"
        return f"({clock.to_wall_sql(f'epoch_us({self._operands[field.after].sql})')} - d{number})"

    # --- what a row becomes ---
    def _shape_sql(self, clock: LocalClock, row: Becomes, name: str) -> str:
        value, wanted = row.values[name], load_shapes()[row.export].columns[name]
        if value.constant is not None:
            return f"{quote(value.constant)}::{SQL_TYPES[wanted]}"
        if value.column is not None:
            sql = self._operands[value.column].sql
        else:
            sql = Expression(str(value.expression)).render(self._operands, clock.to_wall_sql).sql
            sql = f"({sql})::{SQL_TYPES[wanted]}" if sql == "null" else sql
            if KIND_OF[wanted] == "text":
                sql = f"nullif({sql}, '')"
        return f"date_trunc('month', {sql})::date" if wanted == "month" else sql

    def _ambiguity_sql(self, clock: LocalClock, row: Becomes, name: str) -> str:
        value = row.values[name]
        if value.column is not None:
            return self._ambiguous(value.column)
        expression = Expression(str(value.expression))
        return self._doubled_sql(expression, expression.render(self._operands, clock.to_wall_sql).sql)

    # --- what makes a row bad ---
    def _is_bad_sql(self) -> str:
        wrong = [f"(n{n} is not null and v{n} is null)" for n, h in enumerate(self.headers) if self._can_fail(h)]
        wrong += [fault.sql for fault in self.field_faults]
        nulls = [fault.sql for fault, _ in self.null_faults]
        if self.contract.only is None:
            return f"({' or '.join([*wrong, *nulls])})" if wrong or nulls else "false"
        # What is not of this export is not judged, unless it is the condition itself that cannot be read.
        tests = list(nulls)
        if wrong:
            becomes = " or ".join(f"x{number}" for number in range(len(self.contract.rows)))
            tests.append(f"(({becomes}) and ({' or '.join(wrong)}))")
        tests += [f"(n{n} is not null and v{n} is null)" for n in self._deciding()]
        return f"({' or '.join(tests)})"

    def _deciding(self) -> list[int]:
        """Columns, by number, that conditions stand on and whose values can fail."""
        names = [name for row in self.contract.rows if row.when is not None for name in Expression(row.when).names]
        return [self.index[header] for header in self._delivered(names) if self._can_fail(header)]

    def _can_fail(self, header: str) -> bool:
        return self.contract.type_of(header) not in (*TEXTS, "token")

    def _fault_sql(self, number: int, header: str) -> str:
        if not self._can_fail(header):
            return "0"
        never = f"when p{number} >= {YEAR_ONE} then 2 " if self.contract.type_of(header) == "instant" else ""
        return f"case when n{number} is null or v{number} is not null then 0 {never}else 1 end"


def _coded(text: str, codes: dict[str, str], otherwise: str | None) -> str:
    """A text by a code list; null stays null."""
    if not codes:
        return text
    whens = " ".join(f"when {quote(old)} then {quote(new) if new else 'null'}" for old, new in codes.items())
    if otherwise is None:
        other = "_t"
    else:
        other = f"case when _t is not null then {quote(otherwise) if otherwise else 'null'} end"
    # A list of one, gone through: the text is worked out once.
    return f"list_transform([{text}], lambda _t: case _t {whens} else {other} end)[1]"


def _clock_seconds_sql(text: str, unit: str) -> str:
    """Seconds of a duration written as a clock, a decimal."""
    factors = _PARTS_OF_CLOCKS[unit]
    fraction = "(?:[.,][0-9]{1,9})?" if factors[-1] == 1 else ""
    form = "[+-]?([0-9]{1,5})" + ":([0-5][0-9])" * (len(factors) - 2) + f":([0-5][0-9]{fraction})"
    parts = [
        f"try_cast(replace(regexp_extract({text}, {quote(form)}, {number}), ',', '.') as decimal(16,9)) * {factor}"
        for number, factor in enumerate(factors, start=1)
    ]
    total = f"(case when {text} like '-%' then -1 else 1 end * ({' + '.join(parts)}))"
    return f"case when regexp_full_match({text}, {quote(form)}) then {total} end"
