"""One landing run: what is new in the folder is read, judged, stored and registered. A bad file never stops it.

What belongs here: the order of the steps and what happens to each file. Not here: how a step works.
The registry is written last, by rename: a run killed at any moment has left nothing but orphans.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.errors import EnvironmentProblem
from orchestration.landing import erasures, folder, store
from orchestration.landing.contracts import Contract, Profile
from orchestration.landing.drift import SWAPPED_DATES, layout_of
from orchestration.landing.folder import FoundFile
from orchestration.landing.keys import fingerprint, open_key
from orchestration.landing.layout import Layout
from orchestration.landing.opening import open_text, records_of
from orchestration.landing.reading import (
    MAX_RATIO,
    MAX_UNPACKED,
    MIB,
    FileFault,
    Records,
    is_without_rows,
    unpack,
)
from orchestration.landing.recognition import (
    NamedFile,
    business_date,
    check_header,
    choose_contract,
    covered_until,
    day_of_rows,
    recognise,
    unknown_columns,
)
from orchestration.landing.registry import (
    QUARANTINE_SCHEMA,
    Delivery,
    FileKey,
    Registration,
    less_erased,
    read_registrations,
    resolve,
    shown_name,
    write_registrations,
)
from orchestration.landing.subjects import Marks, open_marks
from orchestration.landing.tokens import Tokens, mask_name
from orchestration.landing.values import QuarantinedValue, TextFile, TypedBatch, open_engine

Progress = Callable[[str, int, int], None]
_BATCH_BYTES = 32 << 20  # text that is typed in one go
_AHEAD_BYTES = 64 << 20  # text that may wait, read, for its turn
_AHEAD_FILES = 24


class StoreProblem(EnvironmentProblem):
    """The landing store cannot be written: the disk is full, or it may not be."""


@dataclass
class LandingResult:
    """What a run took in. Empty when nothing was new: then no batch was made."""

    batch: str
    deliveries: list[Delivery] = field(default_factory=list)  # new ones, as they count now
    still_growing: list[str] = field(default_factory=list)  # left for the next run
    ignored: list[str] = field(default_factory=list)  # unfinished transfers, links, pipes; with the reason
    unreadable: list[str] = field(default_factory=list)  # may not be read; looked at again next time

    @property
    def counts(self) -> dict[str, int]:
        """Files and rows by what became of them."""
        quarantined = [d for d in self.deliveries if d.is_quarantined]
        duplicates = [d for d in self.deliveries if d.duplicate_of]
        return {
            "files": len(self.deliveries),
            "files_counted": sum(d.is_counted for d in self.deliveries),
            "files_duplicate": len(duplicates),
            "files_quarantined": len(quarantined),
            "rows_read": sum(d.rows_read for d in self.deliveries),
            "rows_quarantined": sum(d.rows_quarantined for d in self.deliveries),
        }


@dataclass
class Rows:
    """The records of a file that fits a contract, on their way to the store."""

    contract: Contract
    day: date
    records: Records
    unknown: str
    text_bytes: int
    content_no: int = 0
    quarantined: int = 0
    left_out: int = 0
    emptied: dict[str, int] = field(default_factory=dict)
    erased: int = 0


@dataclass
class Reading:
    """One file on its way: as found, as read, as judged."""

    found: FoundFile
    named: NamedFile
    sha256: str
    day: date | None = None
    rows: Rows | None = None
    reason: str | None = None  # why it is quarantined whole
    drift: tuple[str | None, str | None, str | None] = (None, None, None)  # kind of change, column, what it is now
    layout: dict[str, Any] = field(default_factory=dict)  # how it is written, as the registry names it
    is_without_rows: bool = False


def land(
    landing_dir: Path,
    warehouse: Path,
    profile: Profile,
    key_file: Path,
    *,
    batch: str,
    progress: Progress | None = None,
    pause_seconds: float = 1.0,
) -> LandingResult:
    """Take in what is new in the landing folder, as one batch.

    Raises KeyProblem before anything is read when the token key is not right, StoreProblem when the store cannot be
    written; never raises for what a file holds.
    """
    store.check_batch_name(batch)
    landing_store = warehouse / "landing"
    with trouble_with_the_store(landing_store):
        landing_store.mkdir(parents=True, exist_ok=True)
        store.remove_orphans(landing_store, profile.exports)
        tokens, marks = open_tokens(key_file, landing_store, profile)
        return LandingRun(landing_dir, landing_store, profile, tokens, marks, batch, progress, pause_seconds).go()


def open_tokens(key_file: Path, landing_store: Path, profile: Profile) -> tuple[Tokens, Marks]:
    """Tokens under the store's key, and what must not be stored. Raises KeyProblem."""
    key = open_key(key_file, landing_store)
    tokens = Tokens(key)
    return tokens, open_marks(landing_store, tokens, profile.time_zone, fingerprint(key))


@contextmanager
def trouble_with_the_store(landing_store: Path) -> Iterator[None]:
    """Trouble of the machine, in words: raises StoreProblem."""
    try:
        yield
    except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
        said = (error.strerror if isinstance(error, OSError) else None) or str(error).partition("\n")[0]
        raise StoreProblem(
            f"The landing store {landing_store} could not be written: {said}. Nothing of this run was registered; make "
            "room or mend the permissions, and run again."
        ) from None


class LandingRun:
    """One run over one landing store, step by step."""

    def __init__(
        self,
        landing_dir: Path,
        landing_store: Path,
        profile: Profile,
        tokens: Tokens,
        marks: Marks,
        batch: str,
        progress: Progress | None,
        pause_seconds: float,
    ) -> None:
        self.landing_dir = landing_dir
        self.store = landing_store
        self.profile = profile
        self.tokens = tokens
        self.marks = marks
        self.batch = batch
        self.progress = progress or (lambda _stage, _done, _total: None)
        self.pause_seconds = pause_seconds
        self.result = LandingResult(batch)
        self.registrations: list[Registration] = []
        self.known: dict[tuple[str, str], int] = {}  # (sha256, contract) -> number of the stored content
        self.counts: dict[int, tuple[int, int]] = {}  # content -> records quarantined and erased when it was stored
        self.names: dict[str, set[str]] = {}  # name -> digests of bytes registered in earlier runs
        self.next_content = 1
        self.layouts: dict[str, Layout] = {}
        self.digests: dict[str | None, str] = {}  # export -> of the contracts it is read by
        self.file_numbers: dict[tuple[str, str, str], int] = {}
        self.engine: duckdb.DuckDBPyConnection
        self.quarantine: pq.ParquetWriter | None = None
        self.again: dict[FileKey, Registration] = {}  # files that are read again, as they were registered before

    def go(self) -> LandingResult:
        as_stored = read_registrations(self.store)
        self._remember(as_stored)
        earlier = less_erased(as_stored, erasures.read_erasures(self.store))
        noted = folder.read_seen(self.store)
        seen = {registration.signature for registration in earlier} if noted is None else noted
        new = self._new_files(seen)
        if not new:
            if noted is None:
                folder.write_seen(self.store, seen)
            return self.result
        taken: set[str] = set()
        with open_engine() as self.engine:
            known_files = {registration.key for registration in earlier}
            for group in self._groups(self._unknown(known_files, self._read_all(new, taken))):
                self._take_in(group)
        self._commit()
        folder.write_seen(self.store, seen | taken)
        self._report(earlier)
        return self.result

    def _remember(self, earlier: list[Registration]) -> None:
        for registration in earlier:
            self.names.setdefault(registration.name, set()).add(registration.sha256)
            if registration.content_no is None or registration.contract is None:
                continue
            exports = len(registration.exports.split(","))
            self.next_content = max(self.next_content, registration.content_no + exports)
            if not registration.is_without_rows:
                self.known.setdefault((registration.sha256, registration.contract), registration.content_no)
                counts = registration.rows_quarantined, registration.rows_erased
                self.counts.setdefault(registration.content_no, counts)

    def _new_files(self, seen: set[str]) -> list[FoundFile]:
        listing = folder.list_folder(self.landing_dir)
        self.result.ignored = [mask_name(path) for path in listing.ignored]
        self.result.unreadable = [mask_name(said) for said in listing.unreadable]
        unseen = [file for file in listing.files if file.signature not in seen]
        still, growing = folder.standing_still(unseen, self.pause_seconds)
        self.result.still_growing = [mask_name(path) for path in growing]
        return still

    # --- reading ------------------------------------------------------------------------------------------------
    def _unknown(self, known_files: set[FileKey], readings: Iterator[Reading]) -> Iterator[Reading]:
        """Without those that are registered: the same file, touched."""
        return (reading for reading in readings if self.key_of(reading) not in known_files)

    def _groups(self, readings: Iterator[Reading]) -> Iterator[list[Reading]]:
        """Files read, in groups of one contract small enough to be typed in one go."""
        open_groups: dict[str, list[Reading]] = {}
        export = None
        for reading in readings:
            if reading.rows is None:
                yield [reading]
                continue
            contract = reading.rows.contract
            if export != contract.export:
                yield from open_groups.values()
                open_groups, export = {}, contract.export
            group = open_groups.setdefault(contract.name, [])
            group.append(reading)
            if sum(each.rows.text_bytes for each in group if each.rows) > _BATCH_BYTES:
                yield open_groups.pop(contract.name)
        yield from open_groups.values()

    def _read_all(self, files: list[FoundFile], taken: set[str]) -> Iterator[Reading]:
        named = [(file, recognise(file.name, self.profile)) for file in files]
        named.sort(key=_reading_order)
        with ThreadPoolExecutor(max(1, min(4, os.cpu_count() or 1))) as pool:
            waiting: list[tuple[FoundFile, Future[Reading | None]]] = []
            place, ahead = 0, 0
            for done in range(len(named)):
                while place < len(named) and (not waiting or (ahead < _AHEAD_BYTES and len(waiting) < _AHEAD_FILES)):
                    waiting.append((named[place][0], pool.submit(self._read, *named[place])))
                    ahead += _most_text(named[place][0])
                    place += 1
                file, future = waiting.pop(0)
                ahead -= _most_text(file)
                self.progress("landing", done + 1, len(named))
                reading = future.result()
                if reading is not None:
                    taken.add(file.signature)
                    yield reading

    def _read(self, file: FoundFile, named: NamedFile) -> Reading | None:
        """Everything that can be known of a file by itself; None when it is left for the next run."""
        largest = self.profile.largest_file_mib
        try:
            if file.size > largest * MIB:
                reason = f"it is over {largest} MiB (largest_file_mib in the profile): it was not read"
                return Reading(file, named, sha256=folder.digest_of_large(file), reason=reason)
            data = folder.read_bytes(file)
        except folder.Changed:
            self.result.still_growing.append(mask_name(file.relative))
            return None
        except OSError as error:
            self.result.unreadable.append(f"{mask_name(file.relative)}: {error.strerror}")
            return None
        reading = Reading(file, named, sha256=hashlib.sha256(data).hexdigest())
        try:
            self._judge(reading, data)
        except FileFault as fault:
            reading.reason = str(fault)
            reading.drift = (fault.drift, fault.column, fault.after)
        except Exception as error:  # whatever a file holds, it is this file's problem
            reading.reason = f"cannot be read ({type(error).__name__})"
        if reading.rows is None:
            reading.is_without_rows = is_without_rows(data, file.name)
        return reading

    def _judge(self, reading: Reading, data: bytes) -> None:
        contracts = reading.named.contracts
        if not contracts:
            raise FileFault("its name fits no contract")
        reading.day = business_date(contracts[0], reading.named.groups)
        content = unpack(data, reading.found.name)
        opened = open_text(content, contracts)
        if not any(file.header or file.fault for file in opened.values()):
            raise FileFault("it has no header")
        contract = choose_contract(opened)
        reading.named = reading.named.under(contract, reading.found.name)
        file = opened[contract]
        check_header(contract, file.header)
        records = records_of(file, contract)
        reading.day = business_date(contract, reading.named.groups) or day_of_rows(contract, self.profile, records)
        reading.rows = Rows(contract, reading.day, records, unknown_columns(contract, records), len(file.text))
        reading.layout = layout_of(contract, content, file, records)
        reading.is_without_rows = records.rows_read == 0

    # --- typing and storing -------------------------------------------------------------------------------------
    def _take_in(self, group: list[Reading]) -> None:
        """Type and store files of one contract; register them. What cannot be typed together is typed alone."""
        readable = [reading.rows for reading in group if reading.rows]
        for rows in readable:
            rows.content_no = self.next_content
            self.next_content += len(self._layout(rows.contract).exports)
        if readable:
            batch = self._typed(group, readable)
            if batch is None and len(group) > 1:
                for reading in group:
                    self._take_in([reading])
                return
            if batch is not None:
                with closing(batch):
                    self._store(group, readable[0].contract, batch)
        for reading in group:
            self._register(reading)
            reading.rows = None  # its records are stored

    def _typed(self, group: list[Reading], readable: list[Rows]) -> TypedBatch | None:
        """The files' rows, typed. None when the engine cannot: a single file is then quarantined whole."""
        layout = self._layout(readable[0].contract)
        try:
            return TypedBatch(self.engine, layout, [_text_file(rows) for rows in readable], self.tokens, self.marks)
        except (duckdb.IOException, duckdb.OutOfMemoryException):
            raise  # the machine's trouble, not the file's
        except (duckdb.Error, pa.ArrowException) as error:
            group[0].reason = f"cannot be read ({type(error).__name__})" if len(group) == 1 else None
            return None

    def _layout(self, contract: Contract) -> Layout:
        if contract.name not in self.layouts:
            self.layouts[contract.name] = Layout(contract, self.profile)
        return self.layouts[contract.name]

    def _store(self, group: list[Reading], contract: Contract, batch: TypedBatch) -> None:
        stored = [each.rows for each in group if each.rows and self._is_to_store(each, each.rows, batch)]
        months: dict[str, list[int]] = {}
        for rows in stored:
            months.setdefault(f"{rows.day:%Y%m}", []).append(rows.content_no)
        for month, numbers in months.items():
            for export in dict.fromkeys(self._layout(contract).exports):
                self._store_month(batch, contract, export, month, numbers)
        self._store_quarantine([value for rows in stored for value in batch.rows[rows.content_no].quarantined])

    def _is_to_store(self, reading: Reading, rows: Rows, batch: TypedBatch) -> bool:
        """Judge a typed file; its rows are stored unless it is quarantined whole or they are there already."""
        last_day = covered_until(rows.contract.cadence, rows.day)
        reading.reason = batch.is_misdated(rows.content_no, rows.day, last_day)
        if reading.reason is not None:
            reading.drift = (SWAPPED_DATES if reading.reason.startswith("day and month") else None, None, None)
            return False
        typed = batch.rows[rows.content_no]
        rows.quarantined, rows.erased = typed.bad, typed.erased
        rows.left_out, rows.emptied = typed.left_out, typed.emptied
        if reading.is_without_rows:
            return True
        number = self.known.setdefault((reading.sha256, rows.contract.name), rows.content_no)
        is_new = number == rows.content_no
        rows.content_no = number
        # What was erased since it was stored is counted by the erasure.
        rows.quarantined, rows.erased = self.counts.setdefault(number, (rows.quarantined, rows.erased))
        return is_new

    def _store_month(self, batch: TypedBatch, contract: Contract, export: str, month: str, numbers: list[int]) -> None:
        key = (export, month, contract.version)
        number = self.file_numbers.get(key, 0)
        path = store.data_file(self.store, export, self.batch, month, contract.version, number)
        if batch.write(export, numbers, path):
            self.file_numbers[key] = number + 1

    def _store_quarantine(self, values: list[QuarantinedValue]) -> None:
        if not values:
            return
        if self.quarantine is None:
            path = store.quarantine_file(self.store, self.batch)
            path.parent.mkdir(parents=True, exist_ok=True)
            self.quarantine = pq.ParquetWriter(path, QUARANTINE_SCHEMA, compression="snappy")
        table = pa.Table.from_pylist([asdict(value) for value in values], schema=QUARANTINE_SCHEMA)
        self.quarantine.write_table(table)

    # --- registering --------------------------------------------------------------------------------------------
    def _register(self, reading: Reading) -> None:
        rows = reading.rows if reading.reason is None else None  # quarantined whole: nothing of it is counted
        contract = reading.rows.contract if reading.rows else None
        candidate = contract or next(iter(reading.named.contracts), None)
        path, name, sha256 = self.key_of(reading)
        before = self.again.get((path, name, sha256))
        others = self.names.get(name, set()) - {sha256}
        self.registrations.append(
            Registration(
                path=path,
                name=name,
                signature=before.signature if before else reading.found.signature,
                sha256=sha256,
                bytes=reading.found.size,
                received_at=before.received_at if before else datetime.now(UTC),
                batch=self.batch,
                export=candidate.export if candidate else None,
                contract=contract.name if contract else None,
                contract_version=contract.version if contract else None,
                system=candidate.shape.system if candidate else None,
                business_date=reading.day,
                covered_until=covered_until(candidate.cadence, reading.day) if candidate and reading.day else None,
                part=reading.named.part,
                suffix_time=reading.named.suffix_time,
                name_version=before.name_version if before else len(others),
                content_no=rows.content_no if rows else None,
                exports=",".join(self._layout(contract).exports) if contract else "",
                reason=reading.reason,
                rows_read=rows.records.rows_read - rows.left_out if rows else 0,
                rows_left_out=rows.left_out if rows else 0,
                emptied=json.dumps(rows.emptied) if rows else "{}",
                rows_quarantined=rows.quarantined if rows else 0,
                rows_erased=rows.erased if rows else 0,
                is_without_rows=reading.is_without_rows,
                unknown_columns=reading.rows.unknown if reading.rows else "{}",
                read_under=self._digest(candidate.export if candidate else None),
                drift_kind=reading.drift[0],
                drift_column=reading.drift[1],
                drift_after=reading.drift[2],
                **reading.layout,
            )
        )

    @staticmethod
    def key_of(reading: Reading) -> FileKey:
        """What the file is registered as."""
        path, name = shown_name(reading.found.relative)
        return path, name, reading.sha256

    def _digest(self, export: str | None) -> str:
        if export not in self.digests:
            self.digests[export] = self.profile.digest_for(export)
        return self.digests[export]

    def _commit(self) -> None:
        if self.quarantine is not None:
            self.quarantine.close()
            store.sync_file(store.quarantine_file(self.store, self.batch))
        if self.registrations:
            write_registrations(self.store, self.batch, self.registrations)

    def _report(self, earlier: list[Registration]) -> None:
        everything = resolve([*earlier, *self.registrations])
        self.result.deliveries = [delivery for delivery in everything if delivery.batch == self.batch]


def _text_file(rows: Rows) -> TextFile:
    records = rows.records
    until = covered_until(rows.contract.cadence, rows.day)
    return TextFile(rows.content_no, records.header, records.columns, records.lines, records.bad, rows.day, until)


def _most_text(file: FoundFile) -> int:
    """Bytes that a file may take once it is read: a compressed one may be a hundred times as large within."""
    return min(file.size * MAX_RATIO, MAX_UNPACKED) if file.name.endswith(".gz") else file.size


def _reading_order(pair: tuple[FoundFile, NamedFile]) -> tuple[str, list[tuple[str, str]], str]:
    """Files of one export together, by what their names say, so that few batches are open at a time."""
    file, named = pair
    export = named.contracts[0].export if named.contracts else ""
    return export, sorted(named.groups.items()), file.relative
