"""Expressions of a contract: a small part of SQL over a file's own columns, checked word by word and written anew.

What belongs here: parsing, the allow-list, the kinds of values, the SQL that comes out. Not here: contracts, files.
A text is parsed by a library and never handed on: what is not listed here has no way into the engine, so an expression
reaches no file, no setting, no other table, and of a personal column no more than whether it holds a word.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Literal

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from orchestration.landing.times import SECOND, quote

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns of syntax that is refused here anyway

Kind = Literal["text", "integer", "decimal", "instant", "date", "clock", "boolean", "token", "null"]

FUNCTIONS: dict[str, str] = {
    "coalesce(a, b, ...)": "the first that is not null",
    "nullif(a, b)": "null where both are equal, else `a`",
    "lower(text)": "in small letters",
    "upper(text)": "in capitals",
    "trim(text)": "without spaces around it",
    "length(text)": "characters, a whole number",
    "substring(text, start, length)": "from a character on (1 is the first), at most so many",
    "split_part(text, 'by', n)": "the n-th part (1 is the first)",
    "replace(text, 'old', 'new')": "every `old` as `new`, which may not be longer",
    "lpad(text, width, 'c')": "filled on the left to a width of at most 50; longer text stays whole",
    "regexp_extract(text, 'pattern', group)": "what the group (0: all) matched; null without a match",
    "regexp_matches(text, 'pattern')": "does the pattern (RE2, at most 200 characters) match somewhere?",
    "cast(a as integer)": "a text of one to nine digits, or a decimal rounded half away from zero; else null",
    "cast(a as decimal)": "likewise with four decimal places and a point",
    "cast(a as text)": "of a whole number or a date (YYYY-MM-DD)",
    "seconds_between(a, b)": "whole seconds from one time (or clock) to another; a fraction is cut off",
    "add_seconds(time, n)": "a time so many seconds later",
    "local_date(time)": "the local day of a time",
    "epoch_seconds(time)": "seconds since 1970, UTC, a whole number",
    "checksum(text)": "a whole number up to 999,999,999 to tell rows apart, the same for the same text",
}
"""Every function with what it gives: the reference in docs/contracts.md is made from it."""

_MOST_CHARACTERS, _MOST_DEPTH, _MOST_PATTERN, _MOST_PAD = 2000, 60, 200, 50
_NUMBERS = ("integer", "decimal")
_COMPARISONS: dict[type[exp.Expression], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_ARITHMETIC: dict[type[exp.Expression], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*"}
_IGNORED_ARGUMENTS = {"safe", "typed", "null_if_pos_overflow", "is_string", "quoted", "nested"}


class ExpressionProblem(ValueError):
    """An expression that says what it may not, in words."""


@dataclass(frozen=True)
class Operand:
    """What a name stands for: its kind, its SQL, and of a personal column the SQL of the words it is tested for."""

    kind: Kind
    sql: str
    words_sql: str = ""


@dataclass(frozen=True)
class Rendered:
    """An expression made SQL."""

    kind: Kind
    sql: str


class Expression:
    """One expression of a contract. Raises ExpressionProblem where it cannot be parsed."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._tree = _parsed(text)

    @property
    def names(self) -> list[str]:
        """Columns and fields that it reads, in their order."""
        found = [node.name for node in _walk(self._tree) if isinstance(node, exp.Identifier)]
        return list(dict.fromkeys(found))

    def words(self, name: str) -> frozenset[str]:
        """Literal texts that a column is compared with."""
        found: set[str] = set()
        for node in _walk(self._tree):
            if isinstance(node, (exp.EQ, exp.NEQ, exp.In)) and _column_name(node.this) == name:
                others = node.expressions if isinstance(node, exp.In) else [node.expression]
                found |= {other.name for other in others if isinstance(other, exp.Literal) and other.is_string}
        return frozenset(found)

    def render(self, operands: Mapping[str, Operand], to_wall: Callable[[str], str] | None = None) -> Rendered:
        """The SQL. `to_wall` makes microseconds of wall clock from those of UTC.

        Raises ExpressionProblem for a name that is not there, a function that is not allowed, kinds that do not go
        together. Whatever goes wrong in the engine with one row's values is null in that row.
        """
        rendered = _Writer(operands, to_wall or (lambda instant: instant)).write(self._tree)
        return Rendered(rendered.kind, f"try({rendered.sql})" if rendered.kind != "null" else "null")


@cache
def _parsed(text: str) -> exp.Expression:
    if not text.strip():
        raise ExpressionProblem("the expression is empty")
    if len(text) > _MOST_CHARACTERS:
        raise ExpressionProblem(f"the expression is longer than {_MOST_CHARACTERS:,} characters")
    try:
        tree: Any = parse_one(text, dialect="duckdb")
    except RecursionError:
        raise ExpressionProblem("the expression is nested too deeply") from None
    except SqlglotError as error:
        place = getattr(error, "errors", None)
        where = f" near character {place[0]['col']}" if place and place[0].get("col") else ""
        raise ExpressionProblem(f"the expression {_short(text)} cannot be read{where}") from None
    if _depth(tree) > _MOST_DEPTH:
        raise ExpressionProblem("the expression is nested too deeply")
    parsed: exp.Expression = tree
    return parsed


def _depth(tree: exp.Expression) -> int:
    deepest, level = 0, [tree]
    while level:
        deepest += 1
        level = [child for node in level for child in node.iter_expressions()]
    return deepest


def _walk(tree: exp.Expression) -> Iterator[exp.Expression]:
    pending = [tree]
    while pending:
        node = pending.pop()
        yield node
        pending += reversed(list(node.iter_expressions()))


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")


def _column_name(node: Any) -> str | None:
    if isinstance(node, exp.Column) and not node.args.get("table"):
        return str(node.name)
    return None


class _Writer:
    """From a parsed tree to SQL: one method per kind of node, and nothing else goes through."""

    def __init__(self, operands: Mapping[str, Operand], to_wall: Callable[[str], str]) -> None:
        self._operands = operands
        self._to_wall = to_wall

    def write(self, node: exp.Expression) -> Rendered:
        writer = self._writers.get(type(node))
        if writer is None:
            raise ExpressionProblem(_not_allowed(node))
        try:
            rendered: Rendered = writer(self, node)
        except (KeyError, AttributeError, TypeError):  # a part that the function wants is not there
            raise ExpressionProblem(f"{_short(_told(node))} misses a value that it wants") from None
        return rendered

    # --- leaves ---
    def _column(self, node: exp.Expression) -> Rendered:
        name = _column_name(node)
        if name is None or set(_given(node)) != {"this"}:
            raise ExpressionProblem('a name with a point in it stands in double quotes: "a.b"')
        if name not in self._operands:
            known = ", ".join(list(self._operands)[:12])
            raise ExpressionProblem(f"there is no column or field {name!r} to read; there are {known}")
        operand = self._operands[name]
        return Rendered(operand.kind, operand.sql)

    def _literal(self, node: exp.Expression) -> Rendered:
        text = str(node.this)
        if node.args.get("is_string"):
            return Rendered("text", quote(text))
        if re.fullmatch(r"[0-9]{1,15}", text):
            return Rendered("integer", f"{text}::bigint")
        if re.fullmatch(r"[0-9]{1,9}[.][0-9]{1,4}", text):
            return Rendered("decimal", f"{text}::decimal(18,4)")
        raise ExpressionProblem(f"{text[:20]} is not a number that an expression may hold")

    def _null(self, node: exp.Expression) -> Rendered:
        return Rendered("null", "null")

    def _paren(self, node: exp.Expression) -> Rendered:
        self._takes(node, "this")
        inner = self.write(node.this)
        return Rendered(inner.kind, f"({inner.sql})")

    # --- logic ---
    def _logical(self, node: exp.Expression) -> Rendered:
        word = "and" if isinstance(node, exp.And) else "or"
        left, right = self._of(node.this, "boolean"), self._of(node.expression, "boolean")
        return Rendered("boolean", f"({left.sql} {word} {right.sql})")

    def _not(self, node: exp.Expression) -> Rendered:
        return Rendered("boolean", f"(not {self._of(node.this, 'boolean').sql})")

    def _is(self, node: exp.Expression) -> Rendered:
        if not isinstance(node.expression, exp.Null):
            raise ExpressionProblem("`is` goes with null only: `is null`, `is not null`")
        return Rendered("boolean", f"({self.write(node.this).sql} is null)")

    def _comparison(self, node: exp.Expression) -> Rendered:
        left, right = self.write(node.this), self.write(node.expression)
        sign = _COMPARISONS[type(node)]
        if "token" in (left.kind, right.kind):
            return self._word_test(node, [node.expression], sign)
        self._alike([left, right], f"compared by {sign}")
        return Rendered("boolean", f"({left.sql} {sign} {right.sql})")

    def _in(self, node: exp.Expression) -> Rendered:
        self._takes(node, "this", "expressions")
        left, others = self.write(node.this), [self.write(other) for other in node.expressions]
        if not others:
            raise ExpressionProblem("`in` wants a list in brackets: in ('A', 'B')")
        if left.kind == "token":
            return self._word_test(node, node.expressions, "in")
        self._alike([left, *others], "compared by in")
        return Rendered("boolean", f"({left.sql} in ({', '.join(other.sql for other in others)}))")

    def _between(self, node: exp.Expression) -> Rendered:
        self._takes(node, "this", "low", "high")
        parts = [self.write(node.this), self.write(node.args["low"]), self.write(node.args["high"])]
        self._alike(parts, "compared by between")
        return Rendered("boolean", f"({parts[0].sql} between {parts[1].sql} and {parts[2].sql})")

    def _word_test(self, node: exp.Expression, others: list[exp.Expression], sign: str) -> Rendered:
        """Of a personal column only whether it holds a word of the contract's own, never two values side by side."""
        name = _column_name(node.this)
        words = [other.name for other in others if isinstance(other, exp.Literal) and other.is_string]
        if name is None or len(words) != len(others) or sign not in ("=", "<>", "in"):
            raise ExpressionProblem(
                "a personal column can be tested for null or for words only, as in: caller = 'WITHHELD'"
            )
        listed = ", ".join(quote(word) for word in words)
        test = f"coalesce({self._operands[name].words_sql} in ({listed}), false)"
        return Rendered("boolean", f"(not {test})" if sign == "<>" else f"({test})")

    def _case(self, node: exp.Expression) -> Rendered:
        self._takes(node, "this", "ifs", "default")
        chosen = self.write(node.this) if node.this else None
        whens, results = [], []
        for branch in node.args["ifs"]:
            test = self.write(branch.this)
            if chosen is None and test.kind != "boolean":
                raise ExpressionProblem("`case when` wants a condition, as in: case when a = 'X' then ...")
            if chosen is not None:
                self._alike([chosen, test], "compared by case")
                if chosen.kind == "token":
                    raise ExpressionProblem("a personal column can be tested by `case when caller = 'WITHHELD'` only")
            result = self.write(branch.args["true"])
            whens.append(f"when {test.sql} then {result.sql}")
            results.append(result)
        default = node.args.get("default")
        if default is not None:
            results.append(self.write(default))
            whens.append(f"else {results[-1].sql}")
        kind = self._alike(results, "the results of case")
        return Rendered(kind, f"(case {chosen.sql if chosen else ''} {' '.join(whens)} end)")

    def _coalesce(self, node: exp.Expression) -> Rendered:
        self._takes(node, "this", "expressions")
        parts = [self.write(part) for part in (node.this, *node.expressions)]
        return Rendered(self._alike(parts, "given to coalesce"), f"coalesce({', '.join(part.sql for part in parts)})")

    def _nullif(self, node: exp.Expression) -> Rendered:
        parts = [self.write(node.this), self.write(node.expression)]
        kind = self._alike(parts, "given to nullif")
        if kind == "token":
            raise ExpressionProblem("a personal column's words that mean null are named under `missing`")
        return Rendered(kind, f"nullif({parts[0].sql}, {parts[1].sql})")

    # --- numbers ---
    def _arithmetic(self, node: exp.Expression) -> Rendered:
        left, right = self._number(node.this), self._number(node.expression)
        sign = _ARITHMETIC[type(node)]
        if left.kind == right.kind == "integer":
            return Rendered("integer", f"({left.sql} {sign} {right.sql})")
        return Rendered("decimal", f"({left.sql} {sign} {right.sql})::decimal(18,4)")

    def _divide(self, node: exp.Expression) -> Rendered:
        left, right = self._number(node.this), self._number(node.expression)
        return Rendered("decimal", f"({left.sql}::double / nullif({right.sql}, 0)::double)::decimal(18,4)")

    def _modulo(self, node: exp.Expression) -> Rendered:
        left, right = self._of(node.this, "integer"), self._of(node.expression, "integer")
        return Rendered("integer", f"({left.sql} % nullif({right.sql}, 0))")

    def _negative(self, node: exp.Expression) -> Rendered:
        inner = self._number(node.this)
        return Rendered(inner.kind, f"(-{inner.sql})")

    def _cast(self, node: exp.Expression) -> Rendered:
        self._takes(node, "this", "to")
        inner, to = self.write(node.this), node.args["to"]
        kinds: dict[Any, Kind] = {
            exp.DataType.Type.INT: "integer",
            exp.DataType.Type.BIGINT: "integer",
            exp.DataType.Type.DECIMAL: "decimal",
            exp.DataType.Type.TEXT: "text",
            exp.DataType.Type.VARCHAR: "text",
        }
        wanted = kinds.get(to.this)
        precision = [str(part) for part in to.args.get("expressions") or ()]
        if wanted is None or precision not in ([], ["18", "3"]):  # the second is what a plain `decimal` is parsed as
            raise ExpressionProblem("cast makes an integer, a decimal or a text: cast(a as integer)")
        if inner.kind in (wanted, "null"):
            return Rendered(wanted, f"{inner.sql}")
        if wanted == "text":
            return self._as_text(inner)
        if inner.kind == "text":
            tail, type_ = ("", "bigint") if wanted == "integer" else ("([.][0-9]{1,9})?", "decimal(18,4)")
            # Nothing is written out twice: casts in casts would double the SQL each time.
            return Rendered(wanted, f"try_cast(regexp_extract(trim({inner.sql}), '^-?[0-9]{{1,9}}{tail}$') as {type_})")
        if inner.kind in _NUMBERS:
            return Rendered(wanted, f"({f'round({inner.sql})::bigint' if wanted == 'integer' else inner.sql})")
        raise ExpressionProblem(f"a {inner.kind} cannot be cast to {wanted}")

    # --- texts ---
    def _as_text(self, inner: Rendered) -> Rendered:
        if inner.kind == "text":
            return inner
        if inner.kind == "date":
            return Rendered("text", f"strftime({inner.sql}, '%Y-%m-%d')")
        if inner.kind == "integer":
            return Rendered("text", f"({inner.sql})::varchar")
        raise ExpressionProblem(f"a {inner.kind} cannot be made a text")

    def _concatenated(self, node: exp.Expression) -> Rendered:
        left, right = self._as_text(self.write(node.this)), self._as_text(self.write(node.expression))
        return Rendered("text", f"({left.sql} || {right.sql})")

    def _plain_text(self, node: exp.Expression) -> Rendered:
        self._takes(node, "this")
        name = type(node).__name__.lower()
        return Rendered("integer" if name == "length" else "text", f"{name}({self._of(node.this, 'text').sql})")

    def _substring(self, node: exp.Expression) -> Rendered:
        self._takes(node, "this", "start", "length")
        parts = [self._of(node.this, "text"), self._of(node.args["start"], "integer")]
        if node.args.get("length") is not None:
            parts.append(self._of(node.args["length"], "integer"))
        return Rendered("text", f"substring({', '.join(part.sql for part in parts)})")

    def _split_part(self, node: exp.Expression) -> Rendered:
        self._takes(node, "this", "delimiter", "part_index")
        by = _literal_text(node.args.get("delimiter"), "split_part's second part")
        index = self._of(node.args["part_index"], "integer")
        return Rendered("text", f"split_part({self._of(node.this, 'text').sql}, {quote(by)}, {index.sql})")

    def _replace(self, node: exp.Expression) -> Rendered:
        self._takes(node, "this", "expression", "replacement")
        old = _literal_text(node.expression, "what replace looks for")
        new = _literal_text(node.args.get("replacement"), "what replace puts there")
        if not old or len(new) > len(old):
            raise ExpressionProblem("replace may put nothing longer than what it takes away")
        return Rendered("text", f"replace({self._of(node.this, 'text').sql}, {quote(old)}, {quote(new)})")

    def _pad(self, node: exp.Expression) -> Rendered:
        self._takes(node, "this", "expression", "fill_pattern", "is_left")
        fill = _literal_text(node.args.get("fill_pattern"), "what lpad fills with")
        width = _literal_number(node.expression, "lpad's width")
        if not node.args.get("is_left") or len(fill) != 1 or width > _MOST_PAD:
            raise ExpressionProblem(f"lpad fills with one character to a width of at most {_MOST_PAD}")
        if any(isinstance(inner, exp.Pad) for inner in _walk(node.this)):
            raise ExpressionProblem("an lpad cannot stand in another")
        text = self._of(node.this, "text").sql
        filled = f"lpad({text}, {width}, {quote(fill)})"
        return Rendered("text", f"(case when length({text}) < {width} then {filled} else {text} end)")

    def _extract(self, node: exp.Expression) -> Rendered:
        self._takes(node, "this", "expression", "group")
        pattern = _literal_text(node.expression, "a pattern")
        group = _literal_number(node.args["group"], "the group") if node.args.get("group") is not None else 0
        if group > _check_pattern(pattern):
            raise ExpressionProblem(f"the pattern {_short(pattern)} has no group {group}")
        text = self._of(node.this, "text").sql
        return Rendered("text", f"nullif(regexp_extract({text}, {quote(pattern)}, {group}), '')")

    def _matches(self, node: exp.Expression) -> Rendered:
        self._takes(node, "this", "expression")
        pattern = _literal_text(node.expression, "a pattern")
        _check_pattern(pattern)
        return Rendered("boolean", f"regexp_matches({self._of(node.this, 'text').sql}, {quote(pattern)})")

    # --- functions of ours ---
    def _own_function(self, node: exp.Expression) -> Rendered:
        name, given = str(node.this).lower(), node.expressions
        if name not in self._own:
            raise ExpressionProblem(_not_allowed(node))
        count, writer = self._own[name]
        if len(given) != count:
            raise ExpressionProblem(f"{name} takes {count} value{'s' * (count > 1)}")
        rendered: Rendered = writer(self, *(self.write(part) for part in given))
        return rendered

    def _seconds_between(self, start: Rendered, end: Rendered) -> Rendered:
        kind = self._alike([start, end], "given to seconds_between")
        if kind not in ("instant", "clock"):
            raise ExpressionProblem("seconds_between takes two times or two clocks")
        first, last = (part.sql if kind == "clock" else f"epoch_us({part.sql})" for part in (start, end))
        return Rendered("integer", f"(({last} - {first}) // {SECOND})")

    def _add_seconds(self, start: Rendered, seconds: Rendered) -> Rendered:
        if start.kind != "instant" or seconds.kind != "integer":
            raise ExpressionProblem("add_seconds takes a time and a whole number")
        return Rendered("instant", f"make_timestamp(epoch_us({start.sql}) + {seconds.sql} * {SECOND})")

    def _local_date(self, moment: Rendered) -> Rendered:
        if moment.kind != "instant":
            raise ExpressionProblem("local_date takes a time")
        return Rendered("date", f"make_timestamp({self._to_wall(f'epoch_us({moment.sql})')})::date")

    def _epoch_seconds(self, moment: Rendered) -> Rendered:
        if moment.kind != "instant":
            raise ExpressionProblem("epoch_seconds takes a time")
        return Rendered("integer", f"(epoch_us({moment.sql}) // {SECOND})")

    def _checksum(self, text: Rendered) -> Rendered:
        if text.kind != "text":
            raise ExpressionProblem("checksum takes a text")
        return Rendered("integer", f"(md5_number({text.sql}) % 1000000000)::bigint")

    # --- checks ---
    def _of(self, node: exp.Expression, kind: Kind) -> Rendered:
        rendered = self.write(node)
        if rendered.kind not in (kind, "null"):
            raise ExpressionProblem(f"a {kind} is wanted where {_short(_told(node))} is a {rendered.kind}")
        return rendered

    def _number(self, node: exp.Expression) -> Rendered:
        rendered = self.write(node)
        if rendered.kind not in (*_NUMBERS, "null"):
            raise ExpressionProblem(
                f"a number is wanted where {_short(_told(node))} is a {rendered.kind}; a text becomes one by "
                "cast(... as integer)"
            )
        return rendered

    def _alike(self, parts: list[Rendered], doing: str) -> Kind:
        kinds = list(dict.fromkeys(part.kind for part in parts if part.kind != "null"))
        if not kinds:
            return "null"
        if set(kinds) <= set(_NUMBERS):
            return "decimal" if "decimal" in kinds else "integer"
        if len(kinds) > 1:
            raise ExpressionProblem(f"{' and '.join(kinds)} do not go together: {doing}")
        return kinds[0]

    def _takes(self, node: exp.Expression, *names: str) -> None:
        if odd := [name for name in _given(node) if name not in (*names, *_IGNORED_ARGUMENTS)]:
            raise ExpressionProblem(f"{type(node).__name__.lower()} is written with {odd[0]!r}, which is not allowed")

    _writers: ClassVar[dict[type[exp.Expression], Callable[[_Writer, Any], Rendered]]] = {
        exp.Column: _column,
        exp.Literal: _literal,
        exp.Null: _null,
        exp.Paren: _paren,
        exp.And: _logical,
        exp.Or: _logical,
        exp.Not: _not,
        exp.Is: _is,
        **dict.fromkeys(_COMPARISONS, _comparison),
        exp.In: _in,
        exp.Between: _between,
        exp.Case: _case,
        exp.Coalesce: _coalesce,
        exp.Nullif: _nullif,
        **dict.fromkeys(_ARITHMETIC, _arithmetic),
        exp.Div: _divide,
        exp.Mod: _modulo,
        exp.Neg: _negative,
        exp.Cast: _cast,
        exp.DPipe: _concatenated,
        exp.Lower: _plain_text,
        exp.Upper: _plain_text,
        exp.Trim: _plain_text,
        exp.Length: _plain_text,
        exp.Substring: _substring,
        exp.SplitPart: _split_part,
        exp.Replace: _replace,
        exp.Pad: _pad,
        exp.RegexpExtract: _extract,
        exp.RegexpLike: _matches,
        exp.Anonymous: _own_function,
    }
    _own: ClassVar[dict[str, tuple[int, Callable[..., Rendered]]]] = {
        "seconds_between": (2, _seconds_between),
        "add_seconds": (2, _add_seconds),
        "local_date": (1, _local_date),
        "epoch_seconds": (1, _epoch_seconds),
        "checksum": (1, _checksum),
    }


def _given(node: exp.Expression) -> list[str]:
    return [name for name, value in node.args.items() if value not in (None, [], False)]


def _told(node: exp.Expression) -> str:
    try:
        return node.sql(dialect="duckdb")
    except Exception:  # only for a message
        return type(node).__name__.lower()


def _not_allowed(node: exp.Expression) -> str:
    if isinstance(node, (exp.Func, exp.Anonymous)):
        name = str(node.this) if isinstance(node, exp.Anonymous) else node.sql_name().lower()
        known = ", ".join(sorted({told.partition("(")[0] for told in FUNCTIONS}))
        return f"{_short(name)} is not a function of expressions; there are {known}"
    return f"{_short(_told(node))} is not allowed in an expression"


def _literal_text(node: Any, what: str) -> str:
    if not (isinstance(node, exp.Literal) and node.is_string):
        raise ExpressionProblem(f"{what} is a text in single quotes")
    return str(node.this)


def _literal_number(node: Any, what: str) -> int:
    if not (isinstance(node, exp.Literal) and not node.is_string and str(node.this).isdigit()):
        raise ExpressionProblem(f"{what} is a whole number")
    return int(str(node.this))


@cache
def _check_pattern(pattern: str) -> int:
    """The number of groups. The engine's matcher works in linear time: what it cannot hold is refused here."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if len(pattern) > _MOST_PATTERN:
        raise ExpressionProblem(f"a pattern may hold {_MOST_PATTERN} characters")
    try:
        groups = re.compile(pattern).groups
        pc.match_substring_regex(pa.array([""]), pattern)
    except (re.error, pa.ArrowInvalid, OverflowError, RecursionError):
        raise ExpressionProblem(f"{_short(pattern)} is not a regular expression (RE2)") from None
    return groups
