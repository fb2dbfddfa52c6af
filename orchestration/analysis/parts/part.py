"""What an analysis is to the step of a run: what it reads, what it makes of it, the tables it fills."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from orchestration.analysis.design import Design

Rows = Mapping[str, Sequence[Mapping[str, Any]]]  # table to rows
Facts = Sequence[tuple[Any, ...]]


@dataclass(frozen=True)
class Part:
    """One analysis: what it reads (ordered rows of plain values), what it makes of them, the tables that it fills."""

    name: str
    tables: tuple[str, ...]
    read: Callable[[duckdb.DuckDBPyConnection, Design], Mapping[str, Facts]]
    analyse: Callable[[Mapping[str, Facts], Design], Rows]
    failed: Callable[[str], Rows]  # what the tables say when it could not be done
