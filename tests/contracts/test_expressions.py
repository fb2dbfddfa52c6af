"""Expressions of a contract: what they mean, and that nothing gets through them that they may not say."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import duckdb
import pytest

from orchestration.landing.expressions import FUNCTIONS, Expression, ExpressionProblem, Operand

OPERANDS = {
    "Text": Operand("text", "c0"),
    "Empty": Operand("text", "c1"),
    "Count": Operand("integer", "c2"),
    "Share": Operand("decimal", "c3"),
    "Began": Operand("instant", "c4"),
    "Day": Operand("date", "c5"),
    "Clock": Operand("clock", "c6"),
    "Caller": Operand("token", "c7", "w7"),
    "Other Caller": Operand("token", "c8", "w8"),
}
ROW = (
    "select 'Ab-012' as c0, null::varchar as c1, 7::bigint as c2, 2.5::decimal(18,4) as c3, "
    "timestamp '2021-09-01 23:30:00.5' as c4, date '2021-09-02' as c5, 3600000000::bigint as c6, "
    "'feedbeef' as c7, 'WITHHELD' as w7, null::varchar as c8, null::varchar as w8"
)


def worked_out(text: str) -> Any:
    rendered = Expression(text).render(OPERANDS, lambda instant: f"({instant} + 3600000000)")
    with duckdb.connect() as con:
        return con.execute(f"select {rendered.sql} from ({ROW})").fetchall()[0][0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Text || '-' || Count", "Ab-012-7"),
        ("Text || Empty", None),
        ("coalesce(Empty, Text, 'x')", "Ab-012"),
        ("nullif(Text, 'Ab-012')", None),
        ("lower(Text) || upper(Text)", "ab-012AB-012"),
        ("trim('  x ')", "x"),
        ("length(Text)", 6),
        ("substring(Text, 1, 2)", "Ab"),
        ("split_part(Text, '-', 2)", "012"),
        ("replace(Text, '-', '')", "Ab012"),
        ("lpad(cast(Count as text), 3, '0')", "007"),
        ("lpad(Text, 3, '0')", "Ab-012"),
        ("regexp_extract(Text, '([0-9]+)', 1)", "012"),
        ("regexp_extract(Text, 'z')", None),
        ("case when regexp_matches(Text, '^Ab') then 'Y' else 'N' end", "Y"),
        ("case Text when 'x' then 1 else Count end", 7),
        ("cast(split_part(Text, '-', 2) as integer) * 60", 720),
        ("cast('12345678901' as integer)", None),
        ("cast(Share as integer)", 3),
        ("cast(Share * -1 as integer)", -3),
        ("cast(cast('1.25' as decimal) * 4 as integer)", 5),
        ("Count + 1 - 2 * 3", 2),
        ("Count % 4", 3),
        ("Count / 0", None),
        ("Count * 999999999999999 * 999999999999999", None),
        ("cast(Day as text)", "2021-09-02"),
        ("seconds_between(Began, add_seconds(Began, 90))", 90),
        ("seconds_between(Clock, Clock) + 5", 5),
        ("add_seconds(Began, -1)", datetime(2021, 9, 1, 23, 29, 59, 500000)),
        ("add_seconds(Began, 999999999999999)", None),
        ("local_date(Began)", date(2021, 9, 2)),
        ("epoch_seconds(Began)", 1630539000),
        ("checksum(Text) % 1000 = checksum('Ab-012') % 1000", True),
        ("case when Caller = 'WITHHELD' then 'Y' end", "Y"),
        ("case when Caller in ('x', 'y') then 'Y' else 'N' end", "N"),
        ('coalesce("Other Caller", Caller)', "feedbeef"),
        ('case when "Other Caller" is null then 1 end', 1),
        ("Count between 7 and 8 and not Text in ('x')", True),
        ("Empty <> 'x'", None),
        ("'it''s'", "it's"),
    ],
)
def test_an_expression_means_what_it_says(text: str, value: Any) -> None:
    assert worked_out(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "read_text('/etc/passwd')",
        "(select content from read_text('/etc/passwd'))",
        "(select 1)",
        "Text in (select 'x')",
        "exists (select 1)",
        "getenv('HOME')",
        "current_setting('temp_directory')",
        "getvariable('x')",
        "nextval('s')",
        "query('select 1')",
        "columns(*)",
        "*",
        "Text; drop table typed",
        "Text as x",
        "batch.c7",
        "c7",
        "n7",
        "Text::json",
        "cast(Text as blob)",
        "Text[1]",
        "[Text]",
        "{'a': Text}",
        "$1",
        "?",
        "lambda x: x",
        "list_transform([1], lambda x: x)",
        "random()",
        "now()",
        "current_date",
        "sum(Count) over ()",
        "max(Text)",
        "if(Count = 1, 1, 2)",
        "repeat(Text, 999999999)",
        "lpad(Text, 999999999, 'x')",
        "lpad(lpad(Text, 50, 'x'), 50, 'y')",
        "replace(Text, 'A', 'AAAAAAAAAA')",
        "replace(Text, '', 'x')",
        "replace(Text, Empty, Text)",
        "regexp_extract(Text, Text)",
        "regexp_extract(Text, '(x{1000}){1000}')",
        "regexp_extract(Text, '(')",
        "regexp_extract(Text, 'x', 1)",
        "trim(both 'A' from Text)",
        "Text collate nocase = 'x'",
        "Text like '%'",
        "set x = 1",
        "attach 'x.db'",
        "copy typed to 'x'",
        "install httpfs",
        "pragma version",
        "",
        "   ",
        "'",
        "(" * 1000,
        "(" * 900 + "Count" + ")" * 900,
        "not " * 400 + "(Count = 1)",
        "Text" + " || Text" * 400,
        "coalesce(" * 100 + "Text" + ")" * 100,
    ],
)
def test_nothing_else_gets_through(text: str) -> None:
    with pytest.raises(ExpressionProblem) as problem:
        Expression(text).render(OPERANDS)
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize(
    "text",
    [
        "Caller || ''",
        "lower(Caller)",
        "substring(Caller, 1, 1)",
        "checksum(Caller)",
        "length(Caller)",
        "cast(Caller as text)",
        'Caller = "Other Caller"',
        "Caller < 'm'",
        "Caller = lower('X')",
        "Caller between 'a' and 'b'",
        "case Caller when 'x' then 1 end",
        "nullif(Caller, 'x')",
        "coalesce(Caller, Text)",
        "case when Count = 1 then Caller else Text end",
        "regexp_matches(Caller, '^07')",
        "'x' = Caller",
    ],
)
def test_a_personal_column_cannot_be_cut_joined_or_compared(text: str) -> None:
    with pytest.raises(ExpressionProblem):
        Expression(text).render(OPERANDS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Nothing = 'x'", "there is no column or field 'Nothing'"),
        ("Count = '7'", "integer and text do not go together"),
        ("Text + 1", "a text becomes one by cast"),
        ("Began > Day", "instant and date do not go together"),
        ("not Text", "a boolean is wanted"),
        ("substring(Text)", "misses a value"),
        ("seconds_between(Began)", "takes 2 values"),
        ("nosuch(Text)", "there are add_seconds"),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    with pytest.raises(ExpressionProblem, match=said.replace("(", r"\(")):
        Expression(text).render(OPERANDS)


def test_the_sql_is_never_longer_than_some_times_the_expression() -> None:
    """Casts in casts and the like must not write their inner part out again and again."""
    text = "Text"
    for _ in range(12):
        text = f"cast(cast({text} as integer) as text)"
    assert len(Expression(text).render(OPERANDS).sql) < 60 * len(text)


def test_every_function_of_the_reference_is_one() -> None:
    known = {told.partition("(")[0] for told in FUNCTIONS}
    with pytest.raises(ExpressionProblem) as problem:
        Expression("nosuch(Text)").render(OPERANDS)
    assert set(str(problem.value).rpartition("there are ")[2].split(", ")) == known
