"""The yardstick of speed: exports straight into marts and indicators, in plain DuckDB SQL, to one database file.

It reads clean exports and does what any program would have to do with them: read, keep the rows that stand, derive,
add up. It leaves out what makes the pipeline a warehouse: the delivery registry, hashes of files, row accounting,
quarantine, tokens and masking, Parquet, provenance, increments, checks, generations; and a key twice in one file.
The SQL is written by hand and shares nothing with the models; `test_floor.py` proves that its tables are theirs.

    python -m tests.floor.floor LANDING OUT.duckdb [--threads 2]
"""

from __future__ import annotations

import argparse
import gzip
import re
import time
from calendar import monthrange
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import duckdb
import yaml

from orchestration.settings import DBT_PROJECT, PROJECT

HERE = Path(__file__).parent
REFERENCE = PROJECT / "orchestration" / "profiles" / "west_mercia" / "reference"
STEPS = ("macros", "reference", "others", "calls", "incidents", "states", "diary", "calls_linked", "kpi_results")
MONTHLY = {"legacy_incidents", "digital_contacts", "workforce", "recruitment", "da_outcomes", "bt_999_national"}
_NAME = re.compile(r"([a-z0-9_]+?)_([0-9]{8})(?:_([0-9]{6})|_part[0-9]{2})?\.csv(\.gz)?")
_LAYOUT = re.compile(r"getvariable\('(\w+)_v(\d+)_files'\),\s*columns = \{(.*?)\}", re.DOTALL)


class File(NamedTuple):
    """One delivered file. Their order is that in which deliveries count."""

    export: str
    business_date: date
    clock: str
    path: Path
    version: str

    @property
    def last_date(self) -> date:
        """The last day it covers."""
        day = self.business_date
        return day.replace(day=monthrange(day.year, day.month)[1]) if self.export in MONTHLY else day


Layouts = dict[tuple[str, tuple[str, ...]], str]  # (export, header) to version


def build(landing: Path, target: Path, threads: int = 2, timed: Callable[[str, float], None] | None = None) -> float:
    """Make `target` from the exports below `landing`; the seconds it took, start to closed file.

    Raises ValueError for a file that the floor cannot read.
    """
    target.unlink(missing_ok=True)
    started = time.perf_counter()
    with TemporaryDirectory() as scratch, duckdb.connect(str(target)) as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute(f"set threads = {threads}")
        con.execute("set preserve_insertion_order = false")
        scripts = {step: (HERE / f"{step}.sql").read_text() for step in STEPS}
        layouts = read_layouts(scripts.values())
        _prepare(con)
        _name_files(con, layouts, look_for_files(landing, layouts), Path(scratch))
        for step, script in scripts.items():
            before = time.perf_counter()
            con.execute(script)
            if timed:
                timed(step, time.perf_counter() - before)
    return time.perf_counter() - started


def read_layouts(scripts: Iterable[str]) -> Layouts:
    """The headers that the SQL reads, from the SQL itself."""
    found = [match.groups() for script in scripts for match in _LAYOUT.finditer(script)]
    return {(export, tuple(re.findall(r"'([^']+)': '", columns))): version for export, version, columns in found}


def look_for_files(landing: Path, layouts: Layouts) -> list[File]:
    """Every export file below a folder, each with the version of its layout, in the order in which deliveries count."""
    files = []
    for path in landing.rglob("*.csv*"):
        match = _NAME.fullmatch(path.name)
        version = layouts.get((match[1], _header(path))) if match else None
        if match is None or version is None:
            raise ValueError(f"{path.name}: the floor reads clean exports only, with their columns in order")
        day = datetime.strptime(match[2], "%Y%m%d").date()
        files.append(File(match[1], day, match[3] or "", path, version))
    return sorted(files)


def _header(path: Path) -> tuple[str, ...]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        return tuple(file.readline().rstrip("\r\n").split(","))


def _name_files(con: duckdb.DuckDBPyConnection, layouts: Layouts, files: Sequence[File], scratch: Path) -> None:
    """Tell the SQL its files, as variables; an export that did not come is one empty file."""
    for (export, header), version in layouts.items():
        mine = [(rank, file) for rank, file in enumerate(files) if (file.export, file.version) == (export, version)]
        if not mine:
            empty = scratch / f"{export}_v{version}.csv"
            empty.write_text(",".join(header) + "\n")
            mine = [(0, File(export, date.min, "", empty, version))]
        for name, values in {
            "files": [str(file.path) for _, file in mine],
            "ranks": [rank for rank, _ in mine],
            "dates": [file.business_date for _, file in mine],
            "days": [f"{file.business_date:%Y%m%d}" for _, file in mine],
        }.items():
            con.execute(f"set variable {export}_v{version}_{name} = $1", [values])
    con.execute(
        "create temp table files as select export, system, version, business_date, last_date from (select "
        "unnest($1::varchar[]) as export, unnest($2::varchar[]) as version, "
        "unnest($3::date[]) as business_date, unnest($4::date[]) as last_date) "
        "inner join reference.exports using (export)",
        [
            [file.export for file in files],
            [file.version for file in files],
            [file.business_date for file in files],
            [file.last_date for file in files],
        ],
    )


def _prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Schemas, reference data (in memory: no part of the result), and the clock changes as macros."""
    con.execute("create schema marts")
    con.execute("create schema metrics")
    con.execute("attach ':memory:' as reference")
    described = (DBT_PROJECT / "models" / "staging" / "reference" / "reference.yml").read_text()
    for seed in yaml.load(described, Loader=yaml.CSafeLoader)["seeds"]:
        columns = ", ".join(f"'{name}': '{kind}'" for name, kind in seed["config"]["column_types"].items())
        con.execute(
            f"create table reference.{seed['name']} as from read_csv('{REFERENCE / seed['name']}.csv', "
            f"columns = {{{columns}}}, header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"')"
        )
    offsets, walls, doubled = _clock_changes()
    con.execute(f"create temp macro local_offset(utc) as {_halved('utc', offsets)}")
    con.execute(f"create temp macro utc_offset(wall) as {_halved('wall', walls)}")
    con.execute(f"create temp macro is_doubled(wall) as {_halved('wall', doubled)}")


Steps = list[tuple[datetime, str]]  # from this time on, this value


def _clock_changes() -> tuple[Steps, Steps, Steps]:
    """London's offset by instant, by wall clock (the first pass), and whether a wall-clock time occurs twice."""
    start = datetime(1970, 1, 1)
    offsets, walls, doubled = [(start, "0")], [(start, "0")], [(start, "false")]
    for year in range(1996, 2046):
        spring, autumn = (_last_sunday(year, month) + timedelta(hours=1) for month in (3, 10))
        offsets += [(spring, "3600000000"), (autumn, "0")]
        walls += [(spring, "3600000000"), (autumn + timedelta(hours=1), "0")]
        doubled += [(autumn, "true"), (autumn + timedelta(hours=1), "false")]
    return offsets, walls, doubled


def _last_sunday(year: int, month: int) -> datetime:
    last = datetime(year, month, 31)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def _halved(name: str, steps: Steps) -> str:
    """An expression that finds the step a time lies in with few comparisons."""
    if len(steps) == 1:
        return steps[0][1]
    middle = len(steps) // 2
    earlier, later = _halved(name, steps[:middle]), _halved(name, steps[middle:])
    return f"case when {name} < timestamp '{steps[middle][0]}' then {earlier} else {later} end"


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.floor.floor", description=__doc__.partition("\n")[0])
    parser.add_argument("landing", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", action="store_true", help="say how long each file of SQL took")
    given = parser.parse_args(arguments)
    say = (lambda step, seconds: print(f"{seconds:8.2f} {step}")) if given.steps else None
    seconds = build(given.landing, given.out, given.threads, say)
    print(f"{seconds:8.2f} seconds")


if __name__ == "__main__":
    main()
