"""Recognition: which contract a delivered file is under, and the day it covers. From its name and header only."""

from __future__ import annotations

import json
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow.compute as pc

from orchestration.landing.contracts import BusinessDate, Contract, Profile
from orchestration.landing.reading import FileFault, Records
from orchestration.landing.shapes import Cadence
from orchestration.landing.tokens import mask_name

_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)


@dataclass(frozen=True)
class NamedFile:
    """What a file's name says: contracts it may be under, all of one export, and the groups of the pattern."""

    contracts: tuple[Contract, ...]
    groups: dict[str, str]

    @property
    def part(self) -> str:
        return self.groups.get("part", "")

    @property
    def suffix_time(self) -> str:
        return self.groups.get("time", "")


def recognise(name: str, profile: Profile) -> NamedFile:
    """Contracts whose pattern the whole name fits. None of them: the file fits no contract."""
    fitting = [(contract, match) for contract in profile.contracts if (match := contract.file_pattern.fullmatch(name))]
    if not fitting:
        return NamedFile((), {})
    groups = {key: value for key, value in fitting[0][1].groupdict().items() if value is not None}
    return NamedFile(tuple(contract for contract, _ in fitting), groups)


def choose_contract(contracts: Sequence[Contract], headers: Mapping[str, list[str]]) -> Contract:
    """The contract that the header fits: every required column is there. `headers` is by delimiter.

    Of several, the one with the most columns. Raises FileFault.
    """
    fitting = []
    for contract in contracts:
        header = headers[contract.delimiter or ""]
        if contract.required_columns <= set(header):
            fitting.append((sum(column in set(header) for column in contract.columns), contract))
    if not fitting:
        raise FileFault(_why_none(contracts, headers))
    return max(fitting, key=lambda pair: (pair[0], pair[1].version))[1]


def check_header(contract: Contract, header: list[str]) -> None:
    """Raises FileFault when a column is there twice."""
    if len(set(header)) == len(header):
        return
    doubled = {name for name in header if header.count(name) > 1}
    known = [name for name in contract.columns if name in doubled]
    if known:
        raise FileFault(f"a column is doubled: {', '.join(known)}")
    if not contract.may_double_unknown:
        raise FileFault("an unknown column is doubled")


def _why_none(contracts: Sequence[Contract], headers: Mapping[str, list[str]]) -> str:
    told = []
    for contract in contracts:
        missing = [
            name
            for name in contract.columns
            if name in contract.required_columns - set(headers[contract.delimiter or ""])
        ]
        if len(missing) == len(contract.required_columns):
            told.append(f"version {contract.version} has none of its columns")
        else:
            told.append(f"version {contract.version} misses {', '.join(missing)}")
    return f"its header fits no contract of {contracts[0].export}: {'; '.join(told)}"


def business_date(contract: Contract, groups: Mapping[str, str]) -> date | None:
    """The local day, or first day of the period, that the name says; None when only the rows say it.

    Raises FileFault when the name holds no such date.
    """
    rule = contract.business_date
    if rule.earliest:
        return None
    try:
        day = _day_by_name(rule, groups)
    except (ValueError, KeyError, OverflowError):
        raise FileFault("its name holds no date") from None
    if not _FIRST_DAY <= day <= _LAST_DAY:
        raise FileFault("its name holds no date")
    if contract.cadence == "month" and day.day != 1:
        raise FileFault("a monthly file is named by the first of its month")
    return day


def _day_by_name(rule: BusinessDate, groups: Mapping[str, str]) -> date:
    if rule.week:
        return rule.week.first_day(dict(groups))
    if rule.year is not None:
        year, month, day = (
            int(groups[part]) if isinstance(part, str) else part for part in (rule.year, rule.month, rule.day)
        )
        return date(year, month, day)
    text = groups["date"]
    day_of_pattern = datetime.strptime(text, str(rule.pattern)).date()
    return day_of_pattern


def earliest_day(contract: Contract, profile: Profile, records: Records) -> date:
    """The earliest day that the contract's column holds. Raises FileFault when it holds none."""
    header = str(contract.business_date.earliest)
    pattern = profile.format_of(contract, str(contract.columns[header].format)).pattern
    days = []
    for text in pc.unique(records.columns[header]).to_pylist():
        try:
            days.append(datetime.strptime(text, pattern.replace("%-", "%").replace("%g", "%f")).date())
        except ValueError:
            continue
    if not days:
        raise FileFault(f"the column {header} holds no date")
    return min(days)


def covered_until(cadence: Cadence, first: date) -> date:
    """The last local day that a file covers."""
    if cadence == "month":
        return first.replace(day=monthrange(first.year, first.month)[1])
    return first + timedelta(days=6) if cadence == "week" else first


def unknown_columns(contract: Contract, records: Records) -> str:
    """JSON of the columns that the contract does not know: how many rows have a value. No value is kept."""
    unknown = [name for name in records.header if name not in contract.columns]
    return json.dumps({mask_name(name): _filled(records.columns[name]) for name in unknown}, ensure_ascii=False)


def _filled(column: Any) -> int:
    return int(pc.sum(pc.not_equal(column, "")).as_py() or 0)


def delimiters_of(contracts: Iterable[Contract]) -> set[str]:
    """Fixed delimiters that the contracts name; empty text for the one that the header says."""
    return {contract.delimiter or "" for contract in contracts}
