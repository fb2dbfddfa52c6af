"""Shapes: the canonical columns of each export, read from shapes.yaml. No delivered header, no file name, no format."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

ColumnType = Literal["text", "reference", "free_text", "integer", "decimal", "instant", "date", "month", "token"]
Cadence = Literal["day", "week", "month", "change"]

SQL_TYPES: dict[str, str] = {
    "text": "VARCHAR",
    "reference": "VARCHAR",
    "free_text": "VARCHAR",
    "token": "VARCHAR",
    "integer": "BIGINT",
    "decimal": "DECIMAL(18,4)",
    "instant": "TIMESTAMP",
    "date": "DATE",
    "month": "DATE",
}
"""Column type to the type it is stored as; an instant is UTC without a zone, a month its first day."""


class Shape(BaseModel):
    """The landed form of one export."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    system: str
    cadence: Cadence
    key: tuple[str, ...]
    required: tuple[str, ...] = ()
    stamp: str | None = None
    columns: dict[str, ColumnType]

    @model_validator(mode="after")
    def _names_are_columns(self) -> Shape:
        named = {*self.key, *self.required, *([self.stamp] if self.stamp else [])}
        if unknown := named - set(self.columns):
            raise ValueError(f"key, required and stamp name columns that are not listed: {', '.join(sorted(unknown))}")
        return self

    @property
    def not_null(self) -> tuple[str, ...]:
        """Columns without which a row is bad."""
        return (*self.key, *(column for column in self.required if column not in self.key))

    def stored_columns(self) -> dict[str, str]:
        """Name to stored type of everything in `landing.<export>`, provenance and ambiguity flags included."""
        flags = {f"{name}_is_ambiguous": "BOOLEAN" for name, kind in self.columns.items() if kind == "instant"}
        own = {name: SQL_TYPES[kind] for name, kind in self.columns.items()}
        return {**own, **flags, "_content_no": "INTEGER", "_source_row": "INTEGER"}


@cache
def load_shapes() -> dict[str, Shape]:
    """Every export's shape by its name."""
    text = Path(__file__).with_name("shapes.yaml").read_text(encoding="utf-8")
    return {name: Shape.model_validate(raw) for name, raw in yaml.safe_load(text).items()}
