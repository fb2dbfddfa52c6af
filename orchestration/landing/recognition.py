"""Recognition: which contract a delivered file is under, and the day it covers. From its name and header only."""

from __future__ import annotations

import json
import re
from calendar import monthrange
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.compute as pc

from orchestration.landing.contracts import BusinessDate, Contract, Profile
from orchestration.landing.drift import header_change
from orchestration.landing.opening import Opened
from orchestration.landing.reading import FileFault, Records
from orchestration.landing.shapes import Cadence
from orchestration.landing.tokens import mask_name

_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)


@dataclass(frozen=True)
class NamedFile:
    """What a file's name says: contracts it may be under, and the groups of the first one's pattern."""

    contracts: tuple[Contract, ...]
    groups: dict[str, str]

    @property
    def part(self) -> str:
        return self.groups.get("part", "")

    @property
    def suffix_time(self) -> str:
        return self.groups.get("time", "")

    def under(self, contract: Contract, name: str) -> NamedFile:
        """The same for the contract that was chosen."""
        match = contract.file_pattern.fullmatch(name)
        return NamedFile((contract,), _groups(match) if match else {})


def _groups(match: re.Match[str]) -> dict[str, str]:
    return {key: value for key, value in match.groupdict().items() if value is not None}


def recognise(name: str, profile: Profile) -> NamedFile:
    """Contracts whose pattern the whole name fits. None of them: the file fits no contract."""
    fitting = [(contract, match) for contract in profile.contracts if (match := contract.file_pattern.fullmatch(name))]
    if not fitting:
        return NamedFile((), {})
    return NamedFile(tuple(contract for contract, _ in fitting), _groups(fitting[0][1]))


def choose_contract(opened: Mapping[Contract, Opened]) -> Contract:
    """The contract that the header fits: every required column is there.

    Of several, the one with the most columns. Raises FileFault, which says what has become of the header.
    """
    fitting = []
    for contract, file in opened.items():
        header = set(file.header)
        if file.header and contract.required_columns <= header:
            fitting.append((sum(column in header for column in contract.columns), contract))
    if not fitting:
        change = header_change(opened)
        raise FileFault(why_none(opened) + change.in_words, change.kind, change.column, change.after)
    return max(fitting, key=lambda pair: (pair[0], pair[1].version))[1]


def check_header(contract: Contract, header: list[str]) -> None:
    """Raises FileFault when a column is there twice."""
    if len(set(header)) == len(header):
        return
    doubled = {name for name, times in Counter(header).items() if times > 1}
    known = [name for name in contract.columns if name in doubled]
    if known:
        raise FileFault(f"a column is doubled: {', '.join(known)}", "column_doubled", ", ".join(known))
    if not contract.may_double_unknown:
        raise FileFault("an unknown column is doubled", "column_doubled", "(unknown)")


def missing_columns(contract: Contract, header: Iterable[str]) -> list[str]:
    """Required columns that a header does not have, in the contract's order."""
    missing = contract.required_columns - set(header)
    return [name for name in contract.columns if name in missing]


def why_none(opened: Mapping[Contract, Opened]) -> str:
    """Why the header fits none of the contracts."""
    told = []
    for contract, file in opened.items():
        missing = missing_columns(contract, file.header)
        if file.fault is not None:
            told.append(f"version {contract.version}: {file.fault}")
        elif len(missing) == len(contract.required_columns):
            told.append(f"version {contract.version} has none of its columns")
        else:
            told.append(f"version {contract.version} misses {', '.join(missing)}")
    exports = list(dict.fromkeys(contract.export for contract in opened))
    return f"its header fits no contract of {' or '.join(exports)}: {'; '.join(told)}"


def business_date(contract: Contract, groups: Mapping[str, str]) -> date | None:
    """The local day, or first day of the period, that the name says; None when only the rows say it.

    Raises FileFault when the name holds no such date.
    """
    rule = contract.business_date
    if rule.of_rows:
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
        return rule.week.first_day(groups)
    if rule.year is not None:
        return rule.by_name(groups)
    return datetime.strptime(groups["date"], str(rule.pattern)).date()


def day_of_rows(contract: Contract, profile: Profile, records: Records) -> date:
    """The business date that the rows say. Raises FileFault when none of them says one."""
    header = str(contract.business_date.of_rows)
    days: Counter[date] = Counter()
    for counted in pc.value_counts(records.columns[header]).to_pylist():
        day = _local_day(contract, profile, header, counted["values"])
        if day is not None and _FIRST_DAY <= day <= _LAST_DAY:
            days[day] += counted["counts"]
    if not days:
        raise FileFault(f"the column {header} holds no date")
    if contract.business_date.earliest:
        return min(days)
    periods: Counter[date] = Counter()
    for day, count in days.items():
        periods[_first_of_period(contract.cadence, day)] += count
    return min(periods, key=lambda first: (-periods[first], first))


def _local_day(contract: Contract, profile: Profile, header: str, text: str) -> date | None:
    told = profile.format_of(contract, header)
    text = text.strip()
    tried = (parsed.parse(contract.numbers.plain(text) if parsed.is_number else text) for parsed in told.parsed)
    moment = next((moment for moment in tried if moment is not None), None)
    if moment is None or told.means in (None, "local"):
        return moment.date() if moment else None
    zone = ZoneInfo(profile.zone_of_column(contract, header))
    try:
        return moment.replace(tzinfo=UTC).astimezone(zone).date()
    except OverflowError:
        return None


def _first_of_period(cadence: Cadence, day: date) -> date:
    if cadence == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if cadence == "week" else day


def covered_until(cadence: Cadence, first: date) -> date:
    """The last local day that a file covers."""
    if cadence == "month":
        return first.replace(day=monthrange(first.year, first.month)[1])
    return first + timedelta(days=6) if cadence == "week" else first


def unknown_columns(contract: Contract, records: Records) -> str:
    """JSON of the columns that the contract does not know: how many rows have a value. No value is kept."""
    known = {*contract.columns, *contract.ignored}
    unknown = [name for name in records.header if name not in known]
    return json.dumps({mask_name(name): _filled(records.columns[name]) for name in unknown}, ensure_ascii=False)


def _filled(column: Any) -> int:
    return int(pc.sum(pc.not_equal(column, "")).as_py() or 0)
