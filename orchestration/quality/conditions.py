"""What each built-in expectation says of one row, as SQL: it tells the rows apart that Great Expectations counted.

Nothing is judged by these conditions: `breakdown` uses none that counts other than Great Expectations did, and tests
hold the two equal for every type and every rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from orchestration.quality.rules import BATCH_TYPES


class NoCondition(ValueError):
    """An expectation says something that has no words here."""


@dataclass(frozen=True)
class Condition:
    """Which rows of a batch can be judged, and which of these fail."""

    judged: str
    fails: str = "true"
    repeated: tuple[str, ...] = ()  # a row fails when another one has the same values in these columns

    def failing_rows(self, batch: str) -> str:
        """The query of the failing rows, with all columns of the batch."""
        rows = f"select * from {batch} where ({self.judged}) and ({self.fails})"
        return f"{rows} qualify count(*) over (partition by {', '.join(self.repeated)}) > 1" if self.repeated else rows


def condition_of(type_: str, arguments: Mapping[str, Any]) -> Condition:
    """The condition of a type of expectation. Raises NoCondition when an argument is not understood here."""
    if type_ in BATCH_TYPES:
        return Condition("true")  # the batch fails as one
    make, named = _TYPES[type_]
    given = {name: value for name, value in arguments.items() if value is not None}
    unknown = sorted(set(given) - named)
    if unknown:
        raise NoCondition(f"which rows fail by {', '.join(unknown)} of {type_} cannot be told")
    return make(given)


def _null(given: Mapping[str, Any]) -> Condition:
    return Condition("true", f"{_column(given)} is not null")


def _not_null(given: Mapping[str, Any]) -> Condition:
    return Condition("true", f"{_column(given)} is null")


def _in_set(given: Mapping[str, Any]) -> Condition:
    return _of_values(given, f"not ({_is_listed(given)})" if "value_set" in given else "false")


def _not_in_set(given: Mapping[str, Any]) -> Condition:
    return _of_values(given, _is_listed(given) if "value_set" in given else "false")


def _between(given: Mapping[str, Any]) -> Condition:
    return _of_values(given, _outside(_column(given), given))


def _unique(given: Mapping[str, Any]) -> Condition:
    column = _column(given)
    return Condition(f"{column} is not null", repeated=(column,))


def _lengths_between(given: Mapping[str, Any]) -> Condition:
    return _of_values(given, _outside(f"length({_column(given)})", given))


def _length(given: Mapping[str, Any]) -> Condition:
    return _of_values(given, f"length({_column(given)}) <> {_literal(given['value'])}")


def _pair_equal(given: Mapping[str, Any]) -> Condition:
    one, other = _pair(given)
    return Condition(_unless_missing(given, [one, other], "both"), f"({one} = {other}) is not true")


def _pair_greater(given: Mapping[str, Any]) -> Condition:
    one, other = _pair(given)
    holds = f"{one} >= {other} or ({one} is null and {other} is null)" if given.get("or_equal") else f"{one} > {other}"
    return Condition(_unless_missing(given, [one, other], "both"), f"not ({holds})")


def _compound_unique(given: Mapping[str, Any]) -> Condition:
    columns = _columns(given)
    # A row that lacks one of the columns is like no other.
    complete = " and ".join(f"{column} is not null" for column in columns)
    return Condition(f"({_unless_missing(given, columns, 'all')}) and {complete}", repeated=tuple(columns))


def _unique_within(given: Mapping[str, Any]) -> Condition:
    columns = _columns(given)
    pairs = [(one, other) for place, one in enumerate(columns) for other in columns[place + 1 :]]
    equal = " or ".join(f"({one} = {other} or ({one} is null and {other} is null))" for one, other in pairs)
    return Condition(_unless_missing(given, columns, "all"), equal)


def _sum(given: Mapping[str, Any]) -> Condition:
    columns = _columns(given)
    differs = f"{' + '.join(columns)} <> {_literal(given['sum_total'])}"
    return Condition(_unless_missing(given, columns, "all"), differs)


_LIMITS = frozenset({"min_value", "max_value", "strict_min", "strict_max"})
_COLUMN = frozenset({"column"})
_PAIR = frozenset({"column_A", "column_B", "ignore_row_if"})
_LIST = frozenset({"column_list", "ignore_row_if"})
_TYPES: dict[str, tuple[Callable[[Mapping[str, Any]], Condition], frozenset[str]]] = {
    "expect_column_values_to_not_be_null": (_not_null, _COLUMN),
    "expect_column_values_to_be_null": (_null, _COLUMN),
    "expect_column_values_to_be_in_set": (_in_set, _COLUMN | {"value_set"}),
    "expect_column_values_to_not_be_in_set": (_not_in_set, _COLUMN | {"value_set"}),
    "expect_column_values_to_be_between": (_between, _COLUMN | _LIMITS),
    "expect_column_values_to_be_unique": (_unique, _COLUMN),
    "expect_column_value_lengths_to_be_between": (_lengths_between, _COLUMN | _LIMITS),
    "expect_column_value_lengths_to_equal": (_length, _COLUMN | {"value"}),
    "expect_column_pair_values_to_be_equal": (_pair_equal, _PAIR),
    "expect_column_pair_values_a_to_be_greater_than_b": (_pair_greater, _PAIR | {"or_equal"}),
    "expect_compound_columns_to_be_unique": (_compound_unique, _LIST),
    "expect_select_column_values_to_be_unique_within_record": (_unique_within, _LIST),
    "expect_multicolumn_sum_to_equal": (_sum, _LIST | {"sum_total"}),
}


def _of_values(given: Mapping[str, Any], fails: str) -> Condition:
    return Condition(f"{_column(given)} is not null", fails)


def _outside(value: str, given: Mapping[str, Any]) -> str:
    limits = []
    if "min_value" in given:
        limits.append(f"{value} {'<=' if given.get('strict_min') else '<'} {_literal(given['min_value'])}")
    if "max_value" in given:
        limits.append(f"{value} {'>=' if given.get('strict_max') else '>'} {_literal(given['max_value'])}")
    return " or ".join(limits) or "false"


def _unless_missing(given: Mapping[str, Any], columns: Sequence[str], all_of_them: str) -> str:
    """The rows that are judged; `all_of_them` begins the expectation's word for leaving out where nothing is there."""
    left_out = str(given.get("ignore_row_if", f"{all_of_them}_values_are_missing"))
    if left_out in {"never", "neither"}:
        return "true"
    joined = " or " if left_out.startswith(all_of_them) else " and "
    return f"({joined.join(f'{column} is not null' for column in columns)})"


def _column(given: Mapping[str, Any]) -> str:
    return _quoted(given["column"])


def _pair(given: Mapping[str, Any]) -> tuple[str, str]:
    return _quoted(given["column_A"]), _quoted(given["column_B"])


def _columns(given: Mapping[str, Any]) -> list[str]:
    return [_quoted(column) for column in given["column_list"]]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _is_listed(given: Mapping[str, Any]) -> str:
    values = ", ".join(_literal(value) for value in given["value_set"])
    return f"{_column(given)} in ({values})" if values else "false"


def _literal(value: Any) -> str:
    if isinstance(value, bool | int | float):
        return str(value).lower()
    if isinstance(value, str | date):
        return "'" + str(value).replace("'", "''") + "'"
    raise NoCondition(f"a {type(value).__name__} cannot be compared with")
