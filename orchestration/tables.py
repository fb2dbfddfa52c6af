"""How the command line prints rows: for a person, for a program, for a spreadsheet."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any

from orchestration.landing.tokens import printable

_LONGEST = 60  # characters of a cell's line, where no terminal says how wide it is


class Format(StrEnum):
    """The forms a table can be printed in."""

    table = "table"
    json = "json"
    csv = "csv"


def print_rows(columns: Sequence[str], rows: Iterable[Sequence[Any]], format: Format) -> None:
    """Print rows on standard output in the form asked for."""
    if format is Format.json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    elif format is Format.csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_cell(value) for value in row] for row in rows)
    else:
        _print_table(columns, rows)


def readable(value: Any) -> Any:
    """A number as a person reads it: whole, or with two places, below one with four; all else as it is."""
    if isinstance(value, float | Decimal):
        value = float(value)
        return f"{value:.0f}" if value == int(value) else f"{value:.4f}" if abs(value) < 1 else f"{value:.2f}"
    return value


def print_json(value: Any) -> None:
    """Print a value on standard output as JSON; dates as ISO 8601, decimals as numbers."""
    print(json.dumps(value, default=_plain, ensure_ascii=False, indent=1))


def _print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    cells = [[_harmless(str(_cell(value))) for value in row] for row in rows]
    is_terminal = Console().is_terminal
    for column in columns:
        # Where there is no terminal to fit into, codes and numbers stay in one piece and only long texts are folded.
        table.add_column(Text(column), overflow="fold", max_width=None if is_terminal else _LONGEST)
    for row in cells:
        # Text, not markup: what was delivered must not colour or click.
        table.add_row(*(Text(cell) for cell in row))
    Console(width=None if is_terminal else 10_000).print(table)


def _harmless(text: str) -> str:
    """What was delivered must not steer the terminal it is shown on: control characters are written out."""
    return text if text.isprintable() else "\n".join(printable(line) for line in text.split("\n"))


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    return value.isoformat(sep=" ") if isinstance(value, datetime) else value


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    return str(value)
