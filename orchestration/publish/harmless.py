"""What makes a text harmless in a spreadsheet that opens a CSV file, and how it is taken back.

A spreadsheet takes a cell that begins with = + - or @ for a formula, whoever wrote it; some look past blanks, and some
take full-width and other forms of these signs for the signs. Such a text gets an apostrophe before it, which makes it a
text. So that every text can be had back, one that begins with an apostrophe gets another: in a text column a leading
apostrophe is always ours, and dropping it gives the text as published. Numbers are never touched: they are no texts.
"""

from __future__ import annotations

from orchestration.publish.generation import quoted

MARK = "'"
# Every character that reads as one of = + - @ once forms are made alike (Unicode NFKC), and the minus sign.
SIGNS = "=+-@⁺⁼₊₌−﬩﹢﹣﹦﹫＋－＝＠⩵⩶"
# At the very start these are taken away, or end the cell, in one spreadsheet or another.
_BREAKS = r"\t\r\n"
_BLANK = r"[\s\p{Z}\p{C}]*"  # blanks of every script, and what is not seen


def harmless_sql(text: str) -> str:
    """SQL (DuckDB) of a text made harmless; `text` is an expression."""
    pattern = quoted(rf"^(?:{MARK}|[{_BREAKS}]|{_BLANK}[{SIGNS.replace('-', '')}-])")
    return f"case when regexp_matches({text}, {pattern}) then {quoted(MARK)} || {text} else {text} end"


def taken_back(cell: str) -> str:
    """The text as it was published, from a cell of a text column."""
    return cell.removeprefix(MARK)
