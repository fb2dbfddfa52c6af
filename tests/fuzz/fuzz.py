"""The fuzzer: spoiled files of every export and fault class, landed, and each accounted for by an independent count.

`python -m tests.fuzz.fuzz` (`make fuzz`) prints a table: class, files, what became of them, and what failed. A failure
is a crash, a hang, memory over the bound, a file or row that is not where exports.md says, or a caller's number kept.
What belongs here: making the files, comparing, the table. Not here: fault classes (faults.py), the count (reference).
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.fuzz.faults import DUPLICATE, FAULTS, IGNORED, LOADED, NOTHING, QUARANTINED, ROWS, Fault
from tests.fuzz.honest import ALL_LAYOUTS, honest
from tests.fuzz.worker import Landed, Worker
from tests.reference import landing as reference

BATCH = 60  # files that are landed together
SECONDS = 180  # until a batch, or in it then a file alone, counts as a hang: a hundred times what one takes
PEAK_MIB = 1_500  # of memory over what the process held before: for files of some MiB
PEAK_COSTLY_MIB = 4_500  # ... and for a file at the bound of 1 GiB


@dataclass
class Spoiled:
    """One file that was made."""

    fault: Fault
    export: str
    relative: str  # as the registry shows it
    failures: list[str] = field(default_factory=list)
    outcome: str = ""


@dataclass
class Report:
    """Everything that a run of the fuzzer found."""

    seed: int
    files: list[Spoiled] = field(default_factory=list)
    rows: Counter[str] = field(default_factory=Counter)
    peak_mib: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def classes(self) -> int:
        return len({file.fault.name for file in self.files})

    def table(self) -> str:
        width = max(len(fault.name) for fault in FAULTS)
        lines = [f"{'class':<{width}}  files  outcomes"]
        for fault in FAULTS:
            files = [file for file in self.files if file.fault is fault]
            if files:
                outcomes = Counter(file.outcome for file in files)
                told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
                lines.append(f"{fault.name:<{width}}  {len(files):>5}  {told}")
        outcomes = Counter(file.outcome for file in self.files)
        lines += [
            "",
            f"{len(self.files)} files of {self.classes} fault classes over "
            f"{len({file.export for file in self.files})} exports, seed {self.seed}: "
            + ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items())),
            f"rows read {self.rows['read']:,} = stored {self.rows['stored']:,} + duplicate {self.rows['duplicate']:,} "
            f"+ quarantined {self.rows['quarantined']:,}; most memory over the start {self.peak_mib:,} MiB",
            f"failures: {len(self.failures)}",
        ]
        return "\n".join(lines + [f"  - {failure}" for failure in self.failures[:50]])


def fuzz(folder: Path, *, files: int | None = None, seed: int = 1, costly: bool = False) -> Report:
    """Make and land spoiled files below `folder`: every class over every export, or as many files as asked for."""
    report = Report(seed)
    worker = Worker()
    try:
        _fuzz_batch(folder / "warm", list(_plan(1, seed, costly=False))[:1], Report(seed), worker)  # the imports
        plan = list(_plan(files, seed, costly=False))
        for start in range(0, len(plan), BATCH):
            _fuzz_batch(folder / f"batch{start:05}", plan[start : start + BATCH], report, worker)
        for planned in _plan(None, seed, costly=True) if costly else ():
            _fuzz_batch(folder / "costly", [planned], report, worker)
    finally:
        worker.stop()
    return report


def _plan(files: int | None, seed: int, *, costly: bool) -> Iterator[tuple[Fault, int, int]]:
    """(class, number of the layout, number of the file): every class with every layout it makes sense for.

    With fewer files than that, classes come before layouts, and each class meets another layout than its neighbour.
    """
    made = 0
    for turn in range(1 if costly else len(ALL_LAYOUTS)):
        for number, fault in enumerate(FAULTS):
            layout = (number + turn) % len(ALL_LAYOUTS)
            fitting = [at for at, each in enumerate(ALL_LAYOUTS) if not fault.only or each.export in fault.only]
            if fault.is_costly != costly or turn >= len(fitting):
                continue
            if files is not None and made >= files:
                return
            yield fault, fitting[layout % len(fitting)] if fault.only else layout, made
            made += 1


def _fuzz_batch(room: Path, plan: list[tuple[Fault, int, int]], report: Report, worker: Worker) -> None:
    """Make the files of a batch, land them in one run, compare; what takes the process down is then found alone."""
    files = [spoiled for planned in plan for spoiled in _make(room, planned, report.seed)]
    answer = worker.land(room, SECONDS)
    if isinstance(answer, Landed):
        _compare(room, files, answer, report)
    elif len(plan) > 1:
        shutil.rmtree(room)
        for planned in plan:
            _fuzz_batch(room, [planned], report, worker)
        return
    else:
        for file in files:
            file.outcome = answer.partition(":")[0]
            file.failures.append(answer)
    report.files += files
    report.failures += [
        f"{file.fault.name}, {file.relative!r}: {failure}" for file in files for failure in file.failures
    ]
    shutil.rmtree(room)


def _make(room: Path, planned: tuple[Fault, int, int], seed: int) -> list[Spoiled]:
    fault, layout, number = planned
    paths = spoil(room / "landing" / f"{number:05}", fault, layout, seed)
    return [Spoiled(fault, ALL_LAYOUTS[layout].export, _shown(path.relative_to(room / "landing"))) for path in paths]


def spoil(folder: Path, fault: Fault, layout: int, seed: int) -> list[Path]:
    """Make the files of one class in a folder of their own."""
    rng = Random(zlib.crc32(f"{seed}/{fault.name}/{layout}".encode()))
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for name, content in fault.spoil(rng, honest(rng, ALL_LAYOUTS[layout])):
        path = Path(os.fsdecode(os.fsencode(folder) + b"/" + os.fsencode(name)))
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            content(path)
        made.append(path)
    return made


def _shown(relative: Path) -> str:
    """A path as text; bytes that are no text are written out."""
    return os.fsencode(relative).decode("utf-8", "backslashreplace")


# --- the comparison -----------------------------------------------------------------------------------------------
def _compare(room: Path, files: list[Spoiled], landed: Landed, report: Report) -> None:
    counted = {_shown(Path(each.path)): each for each in reference.deliveries(room / "landing")}
    found = {each["path"]: each for each in landed.files}
    ignored = "\n".join([*landed.ignored, *landed.unreadable])
    for file in files:
        one, other = found.get(file.relative), counted.get(file.relative)
        if one is None or other is None:
            if (one is None) != (other is None):
                file.failures.append(f"registered: {one is not None}, by the count: {other is not None}")
            file.outcome = IGNORED if file.relative in ignored else NOTHING
        else:
            file.outcome = _outcome(one["is_quarantined"], one["is_duplicate"], one["rows_quarantined"])
            file.failures += _differences(one, other)
            for name in ("rows_read", "rows_quarantined", "stored"):
                report.rows[name.removeprefix("rows_")] += one[name]
            report.rows["duplicate"] += one["rows_read"] if one["is_duplicate"] else 0
        if file.outcome not in file.fault.outcomes:
            expected = " or ".join(sorted(file.fault.outcomes))
            file.failures.append(f"became {file.outcome}, not {expected} ({(one or {}).get('reason')})")
    if astray := set(found) - {file.relative for file in files}:
        report.failures.append(f"files that nobody made: {sorted(astray)}")
    if landed.leaks:
        report.failures.append(f"{landed.leaks} quarantined values hold a caller's number")
    if landed.still_growing:
        report.failures.append(f"left as still growing: {landed.still_growing}")
    report.peak_mib = max(report.peak_mib, landed.peak_mib)
    bound = PEAK_COSTLY_MIB if any(file.fault.is_costly for file in files) else PEAK_MIB
    if landed.peak_mib > bound:
        report.failures.append(f"{landed.peak_mib} MiB of memory for {sorted({f.fault.name for f in files})}")


def _differences(one: dict[str, object], other: reference.Delivery) -> Iterator[str]:
    """How the accounting of a file and the independent count differ."""
    status = {"QUARANTINED": (True, False), "DUPLICATE": (False, True)}.get(other.status, (False, False))
    if (one["is_quarantined"], one["is_duplicate"]) != status:
        yield f"the count says {other.status} ({other.reason}), not {one['reason'] or 'read'}"
        return
    if one["rows_read"] != other.rows_read:
        yield f"read {one['rows_read']} rows, by the count {other.rows_read}"
    if one["rows_quarantined"] != other.rows_quarantined:
        yield f"quarantined {one['rows_quarantined']} rows, by the count {other.rows_quarantined}"
    if not one["is_duplicate"] and one["bad_rows"] != one["rows_quarantined"]:
        yield f"{one['bad_rows']} rows lie in the quarantine, {one['rows_quarantined']} are counted"
    if one["is_counted"] and one["stored"] != other.rows_read - other.rows_quarantined:
        yield f"{one['stored']} rows are stored, by the count {other.rows_read - other.rows_quarantined} are good"


def _outcome(is_quarantined: object, is_duplicate: object, rows_quarantined: object) -> str:
    if is_quarantined:
        return QUARANTINED
    if is_duplicate:
        return DUPLICATE
    return ROWS if rows_quarantined else LOADED


def main() -> None:
    """Fuzz as asked on the command line, print the table; exit code 1 when anything failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--files", type=int, default=None, help="as many at least; default every class by export")
    parser.add_argument("--no-costly", action="store_true", help="leave out the files of hundreds of MiB")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="occ-fuzz-") as folder:
        report = fuzz(Path(folder), files=asked.files, seed=asked.seed, costly=not asked.no_costly)
    print(report.table())
    sys.exit(bool(report.failures))


if __name__ == "__main__":
    main()
