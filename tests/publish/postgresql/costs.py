"""What publishing to PostgreSQL costs: `python -m tests.publish.postgresql.costs --scale 0.1 [--keep FOLDER]`.

Makes the exports of a year, runs on them, publishes to a server of its own; then delivers a day, runs, publishes; then
publishes once more. Prints a table. CPU seconds are of this process and of the server; the runs are not counted.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import date
from pathlib import Path

from orchestration.publish.postgresql.publish import publish
from orchestration.publish.postgresql.server import Address
from orchestration.sample import write_sample
from orchestration.settings import Settings
from tests.postgres_server import PostgresServer, running_server
from tests.support import settings_for, take_steps

_LAST = date(2022, 8, 31)
_TICKS = 100.0  # of the kernel, in a second


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", type=float, default=0.1, help="1 is a force the size of West Mercia")
    parser.add_argument("--keep", type=Path, help="where to keep the exports and the warehouse")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running_server() as server:
        measure(wanted.keep or Path(folder), wanted.scale, server)


def measure(folder: Path, scale: float, server: PostgresServer) -> None:
    """Publish a year, a day, and nothing new; print what each cost."""
    settings = settings_for(folder, folder / "sample" / "landing")
    if not settings.landing.exists():
        write_sample(
            folder / "sample", date_from=date(2021, 9, 1), date_to=_LAST, scale=scale, seed=2021,
            legacy_months=[], plant_faults=True, progress=None,
        )  # fmt: skip
    held_back = folder / "held_back"
    held_back.mkdir(exist_ok=True)
    for file in settings.landing.rglob(f"*{_LAST:%Y%m%d}*"):
        file.rename(held_back / file.name)
    take_steps(settings)
    database = server.new_database()
    print("| | wall s | CPU s here | CPU s server | rows written | months and tables looked at |")
    print("|---|---|---|---|---|---|")
    one("a year, first time", settings, server, database)
    for file in held_back.iterdir():
        file.rename(settings.landing / file.name)
    take_steps(settings)
    one("one day more", settings, server, database)
    one("nothing new", settings, server, database)
    (size,) = server.query(f"select pg_size_pretty(pg_database_size('{database}'))")
    print(f"\nscale {scale}; the database takes {size[0]}")


def one(what: str, settings: Settings, server: PostgresServer, database: str) -> None:
    before = time.perf_counter(), time.process_time(), spent(server)
    outcome = publish(settings, Address.of(server.address(database)))
    after = time.perf_counter(), time.process_time(), spent(server)
    wall, here, there = (end - begin for end, begin in zip(after, before, strict=True))
    looked_at = len(outcome.made) + len(outcome.parts)
    print(f"| {what} | {wall:.1f} | {here:.1f} | {there:.1f} | {outcome.rows_written:,} | {looked_at} |", flush=True)


def spent(server: PostgresServer) -> float:
    """CPU seconds of the server and of every session of it that has ended."""
    time.sleep(1)  # the session that ended just now is counted when it is gone
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / _TICKS


if __name__ == "__main__":
    main()
