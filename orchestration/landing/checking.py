"""Checking: what the pipeline would do with one file, found out by doing it in memory, and said in words.

What belongs here: the steps of a landing run over a single file and the report of them. Not here: the steps themselves,
storage, keys. Personal columns are tokens under a key of the moment and are shown as such and nothing more.
"""

from __future__ import annotations

import ast
import csv
import json
import re
import secrets
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from orchestration.errors import UsageProblem
from orchestration.landing.contracts import Contract, Profile
from orchestration.landing.layout import Layout
from orchestration.landing.opening import Opened, open_text, records_of
from orchestration.landing.reading import FileFault, Records, unpack
from orchestration.landing.recognition import (
    business_date,
    check_header,
    choose_contract,
    covered_until,
    day_of_rows,
    missing_columns,
    recognise,
    unknown_columns,
)
from orchestration.landing.shapes import load_shapes
from orchestration.landing.tokens import Tokens, mask_name, mask_text
from orchestration.landing.values import QuarantinedValue, TextFile, TypedBatch, open_engine
from orchestration.settings import DBT_PROJECT

_SAMPLE, _LINES, _CODES, _NEAREST = 3, 5, 12, 3
MOST_BYTES = 256 << 20


@dataclass
class Checked:
    """What the pipeline would do with a file: sections of lines, and whether it would take all of it."""

    sections: list[tuple[str, list[str]]] = field(default_factory=list)
    is_good: bool = False  # every record would be loaded
    is_taken: bool = False  # the file would not be quarantined whole

    def say(self, title: str, lines: list[str]) -> None:
        if lines:
            self.sections.append((title, lines))

    @property
    def text(self) -> str:
        """The report."""
        return "\n\n".join("\n".join([title, *(f"  {line}" for line in lines)]) for title, lines in self.sections)


def read_delivered(path: Path) -> bytes:
    """The bytes of a file to look at. Raises UsageProblem."""
    try:
        if not path.is_file():
            raise UsageProblem(f"There is no file {mask_name(str(path))}.")
        if path.stat().st_size > MOST_BYTES:
            raise UsageProblem(f"The file is over {MOST_BYTES >> 20} MiB: look at a part of it.")
        return path.read_bytes()
    except OSError as error:
        raise UsageProblem(f"The file {mask_name(str(path))} cannot be read: {error.strerror}.") from None


def check_file(path: Path, profile: Profile, forced: Contract | None = None) -> Checked:
    """What a landing run with this profile would do with the file. `forced` leaves the choice of a contract out.

    Raises UsageProblem when the file cannot be read at all; never for what it holds.
    """
    checked = Checked()
    data = read_delivered(path)
    checked.say("File", [f"{_shown(path.name)}, {len(data):,} bytes"])
    try:
        _Check(checked, data, path.name, profile, forced).go()
    except FileFault as fault:
        checked.is_good = checked.is_taken = False
        checked.say("Quarantined whole", [f"{_plain(str(fault))}; nothing of it would be loaded"])
    except Exception as error:  # whatever a file holds, it is this file's problem
        checked.is_good = checked.is_taken = False
        checked.say("Quarantined whole", [f"cannot be read ({type(error).__name__}); nothing of it would be loaded"])
    return checked


class _Check:
    def __init__(self, checked: Checked, data: bytes, name: str, profile: Profile, forced: Contract | None) -> None:
        self.checked = checked
        self.data = data
        self.name = name
        self.profile = profile
        self.forced = forced
        self.has_day = True

    def go(self) -> None:
        content = unpack(self.data, self.name)
        contract, opened = self._choose(content)
        check_header(contract, opened.header)
        records = records_of(opened, contract)
        self._say_writing(contract, opened)
        groups = recognise(self.name, self.profile).under(contract, self.name).groups
        try:
            day = business_date(contract, groups) or day_of_rows(contract, self.profile, records)
        except FileFault:
            if self.forced is None:
                raise
            day = datetime.now(UTC).date()
            self.has_day = False
            self.checked.say(
                "Business date", ["its name holds none that the contract could read; not looked at further"]
            )
        else:
            self._say_day(contract, day)
        self._say_unknown(contract, records)
        self._type(contract, records, day)

    # --- which contract ---
    def _choose(self, content: bytes) -> tuple[Contract, Opened]:
        named = recognise(self.name, self.profile).contracts
        candidates = (self.forced,) if self.forced else named
        if not candidates:
            self._say_nearest(content, list(self.profile.contracts))
            raise FileFault("its name fits no contract")
        opened = open_text(content, candidates)
        if not any(file.header or file.fault for file in opened.values()):
            raise FileFault("it has no header")
        try:
            contract = choose_contract(opened)
        except FileFault:
            self._say_nearest(content, list(self.profile.contracts) if not self.forced else [self.forced])
            raise
        lines = [f"{contract.name}: its name and header fit"]
        if self.forced:
            fits = contract.file_pattern.fullmatch(self.name) is not None
            name_fits = (
                "its name fits too" if fits else f"BUT its name does not fit {contract.file}: a run would not take it"
            )
            lines = [f"{contract.name}, as asked: its header fits; {name_fits}"]
        others = [other for other in named if other is not contract]
        lines += [f"not {other.name}: {_why_not(other, opened.get(other), contract)}" for other in others]
        self.checked.say("Contract", lines)
        return contract, opened[contract]

    def _say_nearest(self, content: bytes, contracts: list[Contract]) -> None:
        """The contracts whose header is least unlike, whatever the file's name."""
        if not contracts:
            return
        try:
            opened = open_text(content, contracts)
        except FileFault as fault:
            self.checked.say("Nearest contracts", [_plain(str(fault))])
            return
        ranked = sorted(contracts, key=lambda contract: (_share_missing(contract, opened[contract]), contract.name))
        lines = []
        for contract in ranked[:_NEAREST]:
            file = opened[contract]
            fits = "fits" if contract.file_pattern.fullmatch(self.name) else f"does not fit {contract.file}"
            missing = missing_columns(contract, file.header)
            told = _plain(file.fault) if file.fault else f"misses {_few(missing)}" if missing else "misses no column"
            extra = [name for name in file.header if name not in contract.columns and name not in contract.ignored]
            more = f"; the file has instead {_few([_shown(name) for name in extra])}" if missing and extra else ""
            lines.append(f"{contract.name}: {told}{more}; the name {fits}")
        self.checked.say("Nearest contracts", lines)

    def _say_writing(self, contract: Contract, opened: Opened) -> None:
        delimiter = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "pipe"}.get(opened.delimiter, opened.delimiter)
        said = [f"delimiter {delimiter}{'' if contract.delimiter else ' (found)'}"]
        said.append(f"encoding {contract.encoding}" if contract.encoding else "encoding found by itself")
        said.append("no header line" if contract.header else f"header in line {opened.lines_before + 1}")
        said.append(f"local times are of {self.profile.zone_of(contract)}")
        self.checked.say("Read as", [", ".join(said)])

    def _say_day(self, contract: Contract, day: date) -> None:
        until = covered_until(contract.cadence, day)
        how = f"by the column {contract.business_date.of_rows}" if contract.business_date.of_rows else "by its name"
        self.checked.say("Business date", [f"{day}{f' to {until}' if until != day else ''} ({how})"])

    def _say_unknown(self, contract: Contract, records: Records) -> None:
        unknown = json.loads(unknown_columns(contract, records))
        lines = [f"{_shown(name)}: filled in {count:,} rows" for name, count in unknown.items()]
        if lines:
            lines.append("nothing of them is stored; name under `ignored` what is known and not wanted")
        self.checked.say("Unknown columns", lines)

    # --- rows ---
    def _type(self, contract: Contract, records: Records, day: date) -> None:
        layout = Layout(contract, self.profile)
        file = TextFile(1, records.header, records.columns, records.lines, records.bad, day)
        with open_engine() as con, closing(TypedBatch(con, layout, [file], Tokens(secrets.token_bytes(32)))) as batch:
            rows = batch.rows[1]
            until = covered_until(contract.cadence, day)
            misdated = batch.is_misdated(1, day, until) if self.has_day else None
            read = records.rows_read - rows.left_out
            lines = [f"{read:,} read = {rows.good:,} good + {rows.bad:,} bad"]
            if rows.left_out:
                lines.append(f"{rows.left_out:,} more records are not of {contract.export} (only: {contract.only})")
            lines += [
                f"{name}: {count:,} times null, for lying beyond its bound" for name, count in rows.emptied.items()
            ]
            self.checked.say("Rows", lines)
            self.checked.say("Bad rows", list(_bad_lines(rows.quarantined)))
            self._say_times(contract, rows.oldest, rows.newest)
            self._say_becomes(con, layout)
            self._say_codes(con, layout)
            self._say_samples(con, layout)
        self.checked.is_taken = misdated is None
        self.checked.is_good = misdated is None and rows.bad == 0
        if misdated:
            raise FileFault(misdated)
        said = "every row is good" if self.checked.is_good else "the bad rows would be set aside, the rest loaded"
        self.checked.say("In short", [f"the file would be taken in; {said}"])

    def _say_times(self, contract: Contract, oldest: int | None, newest: int | None) -> None:
        if oldest is None or newest is None:
            self.checked.say("Times", ["no good row holds one"])
            return
        self.checked.say("Times", [f"from {_instant(oldest)} to {_instant(newest)} (UTC)"])

    def _say_becomes(self, con: Any, layout: Layout) -> None:
        lines = []
        for number, row in enumerate(layout.contract.rows):
            count = con.execute(f"select count(*) from typed where not is_bad and x{number}").fetchall()[0][0]
            when = f" (when {row.when})" if row.when is not None else ""
            fixed = [f"{name} {value.constant}" for name, value in row.values.items() if value.constant is not None]
            told = f" with {', '.join(fixed)}" if number and fixed else ""
            lines.append(f"{row.export}: {count:,} rows{told}{_plain(when)}")
            key = ", ".join(f"r{number}_{name}" for name in load_shapes()[row.export].key)
            sql = f"select count(distinct ({key})) from typed where not is_bad and x{number}"
            keys = con.execute(sql).fetchall()[0][0]
            if keys < count:
                names = " + ".join(load_shapes()[row.export].key)
                lines.append(f"  {count - keys:,} of them repeat a key ({names}): of each key one row stands")
        self.checked.say("Becomes", lines)

    def _say_codes(self, con: Any, layout: Layout) -> None:
        lists, lines = code_lists(), []
        for number, row in enumerate(layout.contract.rows):
            for name in layout.shape_columns(row):
                list_name = lists.get(row.export, {}).get(name)
                known = codes_of(self.profile, list_name) if list_name else None
                if known is None:
                    continue
                found = con.execute(
                    f"select r{number}_{name}, count(*) from typed where not is_bad and x{number} "
                    f"and r{number}_{name} is not null group by 1 order by 2 desc, 1"
                ).fetchall()
                strange = [(code, count) for code, count in found if code not in known]
                if strange:
                    told = ", ".join(f"{_shown(code)} ({count:,})" for code, count in strange[:_CODES])
                    more = f" and {len(strange) - _CODES} more" if len(strange) > _CODES else ""
                    lines.append(f"{row.export}.{name}, not in {list_name}: {told}{more}")
        self.checked.say("Values not in the code lists (they become unknown, or null)", list(dict.fromkeys(lines)))

    def _say_samples(self, con: Any, layout: Layout) -> None:
        first = con.execute(f"select _l from typed where not is_bad order by _l limit {_SAMPLE}").fetchall()
        for (line,) in first:
            told = []
            for number, row in enumerate(layout.contract.rows):
                columns = layout.shape_columns(row)
                listed = ", ".join(f"r{number}_{name}" for name in columns)
                found = con.execute(f"select {listed} from typed where _l = {line} and x{number} limit 1").fetchall()
                kinds = load_shapes()[row.export].columns
                for values in found:
                    said = [
                        f"{name} {_masked(kinds[name], value)}"
                        for name, value in zip(columns, values, strict=True)
                        if value is not None
                    ]
                    told.append(f"{row.export}: {', '.join(said)}")
            self.checked.say(f"What line {line} becomes (UTC, personal values masked)", told)


def _why_not(contract: Contract, opened: Opened | None, chosen: Contract) -> str:
    if opened is None:
        return "it was not asked for"
    if opened.fault:
        return _plain(opened.fault)
    missing = missing_columns(contract, opened.header)
    return f"misses {_few(missing)}" if missing else f"{chosen.name} has more of the file's columns, or a later version"


def _share_missing(contract: Contract, opened: Opened) -> float:
    if opened.fault or not opened.header:
        return 2.0
    return len(missing_columns(contract, opened.header)) / max(len(contract.required_columns), 1)


def _bad_lines(values: list[QuarantinedValue]) -> Iterator[str]:
    """By column and reason: how many, where the first are, and what the first held."""
    groups: dict[tuple[str, str], list[QuarantinedValue]] = {}
    for value in values:
        groups.setdefault((value.column_name or "(the record)", value.reason), []).append(value)
    for (column, reason), group in sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        lines = ", ".join(str(value.row_number) for value in group[:_LINES])
        more = ", ..." if len(group) > _LINES else ""
        shown = next((value.value for value in group if value.value), None)
        held = f", as {_shown(shown)!r}" if shown else ""
        yield f"{_shown(column)} {reason}: {len(group):,} (line{'s' * (len(group) > 1)} {lines}{more}{held})"


def _masked(kind: str, value: Any) -> str:
    if kind == "token":
        return "(token)"
    if kind == "free_text":
        return f"(text of {len(str(value))} characters)"
    return _shown(str(value))


def _shown(text: str) -> str:
    """Something out of a file as it may be shown: no telephone number, nothing that acts on a terminal, not long."""
    plain = _plain(mask_text(text))
    return plain if len(plain) <= 60 else plain[:57] + "..."


def _plain(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _few(names: list[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def _instant(micros: int) -> str:
    try:
        return str((datetime(1970, 1, 1) + timedelta(microseconds=micros)).replace(microsecond=0))
    except OverflowError:
        return "outside the calendar"


# --- code lists ---------------------------------------------------------------------------------------------------
def code_lists() -> dict[str, dict[str, str]]:
    """The list of codes of each export's columns, as the models know it (macros/metrics/columns.sql)."""
    text = (DBT_PROJECT / "macros" / "metrics" / "columns.sql").read_text(encoding="utf-8")
    match = re.search(r"macro code_lists\(\).*?return\((\{.*?\n    \})\)", text, flags=re.DOTALL)
    assert match is not None
    found: dict[str, dict[str, str]] = ast.literal_eval(match[1])
    return found


def codes_of(profile: Profile, list_name: str) -> frozenset[str] | None:
    """The codes of a list: the profile's reference data, or the few that the project fixes; None: no such list."""
    file = profile.folder / "reference" / f"{list_name}.csv"
    if file.is_file():
        with file.open(encoding="utf-8", newline="") as stream:
            return frozenset(row["code"] for row in csv.DictReader(stream) if row.get("code"))
    text = (DBT_PROJECT / "models" / "staging" / "reference" / "stg_codes.sql").read_text(encoding="utf-8")
    match = re.search(r"in (\{'.*?\})\.items\(\)", text)
    fixed: dict[str, list[str]] = ast.literal_eval(match[1]) if match else {}
    return frozenset(fixed[list_name]) if list_name in fixed else None
