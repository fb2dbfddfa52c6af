"""Schema drift: what a file's layout was, and what a header that fits no contract has become of the one it should be.

What belongs here: the declared kinds of change (drift.yaml), and what is noted of each file so that models can compare
it with what the export did before. Not here: comparing (that goes by business date, over all files, in
`int_schema_drift`), and refusing files (recognition.py).
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pyarrow.compute as pc
import yaml
from pydantic import BaseModel, ConfigDict

from orchestration.landing.contracts import Contract
from orchestration.landing.opening import Opened
from orchestration.landing.reading import Records
from orchestration.landing.tokens import mask_name

Outcome = Literal["READ", "VALUES_NOT_STORED", "NULL_VALUES", "UNKNOWN_MEMBER", "ROWS_QUARANTINED", "FILE_QUARANTINED"]
SWAPPED_DATES = "day_and_month_swapped"
DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab"}
_OTHER_DELIMITERS = {
    "|": "bars", ":": "colons", "~": "tildes", "^": "carets", "\x1f": "unit separators",
    ",": "commas", ";": "semicolons", "\t": "tabs",  # where the contract fixes another one
}  # fmt: skip
_LONGEST_NAME = 60
_MOST_NAMES = 5
_ALIKE = 0.5


class DriftKind(BaseModel):
    """One kind of change, and what comes of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    outcome: Outcome
    severity: Literal["info", "warning", "error", "critical"]
    compared: Literal["contract", "before"]
    means: str
    says: str
    remedy: str


@cache
def drift_kinds() -> dict[str, DriftKind]:
    """Every declared kind of change by its name."""
    return {kind: DriftKind.model_validate(entry) for kind, entry in _declared()["kinds"].items()}


@cache
def outcomes() -> dict[str, str]:
    """What each outcome means, in words."""
    return dict(_declared()["outcomes"])


@cache
def _declared() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    return found


# --- what is noted of a file ---------------------------------------------------------------------------------------
def layout_of(contract: Contract, content: bytes, opened: Opened, records: Records) -> dict[str, str | None]:
    """How a file that fits its contract is written, by the names of the registry; null for what the contract fixes.

    `column_order` is equal for equal orders of the contract's columns, whatever else stands between them;
    `filled_columns` is JSON of the contract's columns and how many records have a value.
    """
    known = [name for name in opened.header if name in contract.columns]
    filled = {name: _filled(contract, name, records.columns.get(name)) for name in contract.columns}
    return {
        "encoding": None if contract.encoding else _encoding_name(content),
        "delimiter": None if contract.delimiter else DELIMITER_NAMES[opened.delimiter],
        "column_order": hashlib.sha256("\n".join(known).encode()).hexdigest()[:12],
        "filled_columns": json.dumps(filled),
    }


def _encoding_name(content: bytes) -> str:
    """As it is read; ASCII for text that could be in any encoding but UTF-16."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16"
    if content.isascii():
        return "ASCII"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "Windows-1252"
    return "UTF-8"


def _filled(contract: Contract, name: str, column: Any) -> int:
    if column is None or len(column) == 0:
        return 0
    words = (*contract.missing, *contract.columns[name].missing)
    is_filled = pc.invert(pc.is_in(column, pc.unique(_array(["", *words])))) if words else pc.not_equal(column, "")
    if pattern := contract.columns[name].missing_pattern:
        is_filled = pc.and_(is_filled, pc.invert(pc.match_substring_regex(column, f"^(?:{pattern})$")))
    return int(pc.sum(is_filled).as_py() or 0)


def _array(words: Sequence[str]) -> Any:
    import pyarrow as pa

    return pa.array(list(words), pa.string())


# --- what a header that fits no contract has become ------------------------------------------------------------------
class HeaderChange(BaseModel):
    """What makes a header unfit, told against the contract version that it is closest to."""

    model_config = ConfigDict(frozen=True)

    kind: str
    column: str | None = None  # contract columns concerned, by comma
    after: str | None = None  # what stands there now, as it may be shown

    @property
    def in_words(self) -> str:
        """The end of the sentence that says why the file is quarantined; empty where there is nothing to add."""
        if self.kind == "column_renamed":
            return f"; likely called {self.after} now"
        return f"; its fields seem to be parted by {self.after}" if self.kind == "delimiter_unknown" else ""


def header_change(opened: Mapping[Contract, Opened]) -> HeaderChange:
    """Why a header fits none of the contracts, told of the one that it is closest to."""
    closest = max(opened, key=lambda contract: len(contract.required_columns & set(opened[contract].header)))
    header = opened[closest].header
    if any("\0" in name for name in header):
        return HeaderChange(kind="encoding_unknown")
    shared = len(closest.required_columns & set(header))
    if shared * 2 < len(closest.required_columns):
        line = opened[closest].delimiter.join(header)
        for delimiter, name in _OTHER_DELIMITERS.items():
            parted = {field.strip('"') for field in line.split(delimiter)}
            if any(contract.required_columns <= parted for contract in opened):
                return HeaderChange(kind="delimiter_unknown", after=name)
    missing = [name for name in closest.columns if name in closest.required_columns and name not in header]
    letters = {_plain(name) for name in header}
    if shared * 2 < len(closest.required_columns) and not {_plain(name) for name in missing} <= letters:
        return HeaderChange(kind="layout_unknown")
    likely = _likely_names(closest, header, missing)
    if not likely:
        return HeaderChange(kind="column_missing", column=_listed(missing))
    shown = [_shown(likely[name]) if name in likely else "?" for name in missing]
    return HeaderChange(kind="column_renamed", column=_listed(missing), after=_listed(shown))


def _likely_names(contract: Contract, header: Sequence[str], missing: Sequence[str]) -> dict[str, str]:
    """For missing columns the unknown one that each is likely called now: the same place, or much the same letters."""
    unknown = [name for name in dict.fromkeys(header) if name not in contract.columns]
    expected = list(contract.columns)
    found: dict[str, str] = {}
    for name in missing:
        place = expected.index(name)
        if len(header) == len(expected) and header[place] in unknown:
            found[name] = header[place]
    for name in missing:
        free = {_plain(other): other for other in unknown if other not in found.values()}
        alike = difflib.get_close_matches(_plain(name), free, n=1, cutoff=_ALIKE)
        if name not in found and alike:
            found[name] = free[alike[0]]
        elif name not in found and len(missing) == len(unknown) == 1:
            found[name] = unknown[0]
    return found


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())[:200]


def _shown(name: str) -> str:
    """A header nobody knows, as it may be shown: it may be anything."""
    shown = "".join(c if c.isprintable() else "?" for c in mask_name(name))
    return shown if len(shown) <= _LONGEST_NAME else f"{shown[:_LONGEST_NAME]}..."
