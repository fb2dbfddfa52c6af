"""How long the tiles of a dashboard take on a published warehouse: `make dashboard-bench`.

Each tile is asked several times, in rounds, as a refreshed dashboard asks: on a connection that stays open, as a BI
tool's pool holds it, and on one opened for the query alone. Prints the tiles, the slowest first, and the percentiles.

    python -m tests.floor.dashboards [occ.duckdb] [--repeats 20]
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np

from orchestration.dashboards import Tile, tiles
from orchestration.settings import PROJECT
from orchestration.tables import Format, print_rows

P95_MS_AT_MOST = 200
_YEAR = PROJECT / "build" / "bench" / "year" / "warehouse" / "published" / "current" / "occ.duckdb"


def measure(database: Path, repeats: int = 20) -> dict[str, Any]:
    """Milliseconds of every tile on a published `occ.duckdb`, for the bench's report.

    Beside the time that passed stands the processors': an idle machine needs at most that, whatever else runs here.
    """
    every, path = tiles(), str(database.resolve())
    held: dict[str, list[Took]] = {tile.name: [] for tile in every}
    opened: dict[str, list[Took]] = {tile.name: [] for tile in every}
    for _ in range(max(repeats // 4, 1)):  # before a connection is held: a second one would share what it has read
        for tile in every:
            opened[tile.name].append(_took(lambda tile=tile: _ask_afresh(path, tile)))  # type: ignore[misc]
    with duckdb.connect(path, read_only=True) as con:
        for _ in range(repeats):
            for tile in every:
                held[tile.name].append(_took(lambda tile=tile: con.execute(tile.sql).fetchall()))  # type: ignore[misc]
    all_held, all_opened = list(chain(*held.values())), list(chain(*opened.values()))
    return {
        "dashboard_p50_ms": _percentile(all_held, 50),
        "dashboard_p95_ms": _percentile(all_held, 95),
        "dashboard_p99_ms": _percentile(all_held, 99),
        "dashboard_p95_cpu_ms": _percentile(all_held, 95, of="cpu"),
        "dashboard_opened_p50_ms": _percentile(all_opened, 50),
        "dashboard_opened_p95_ms": _percentile(all_opened, 95),
        "dashboard_opened_p95_cpu_ms": _percentile(all_opened, 95, of="cpu"),
        "dashboard_repeats": repeats,
        "dashboard_tiles": {
            tile.name: {
                "p50_ms": _percentile(held[tile.name], 50),
                "p95_ms": _percentile(held[tile.name], 95),
                "p95_cpu_ms": _percentile(held[tile.name], 95, of="cpu"),
                "opened_p95_ms": _percentile(opened[tile.name], 95),
            }
            for tile in every
        },
    }


class Took(NamedTuple):
    """Milliseconds that passed, and of all processors."""

    wall: float
    cpu: float


def _ask_afresh(path: str, tile: Tile) -> None:
    with duckdb.connect(path, read_only=True) as con:
        con.execute(tile.sql).fetchall()


def _took(ask: Callable[[], object]) -> Took:
    wall, cpu = time.perf_counter(), time.process_time()
    ask()
    return Took((time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000)


def _percentile(measured: Sequence[Took], at: int, of: str = "wall") -> float:
    return round(float(np.percentile([getattr(each, of) for each in measured], at)), 1)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.floor.dashboards", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("database", type=Path, nargs="?", default=_YEAR, help="default: the force-year of make bench")
    parser.add_argument("--repeats", type=int, default=20)
    given = parser.parse_args()
    if not given.database.exists():
        parser.error(f"there is no {given.database}: run make bench, or name another published occ.duckdb")
    load = os.getloadavg()[0]
    found = measure(given.database, given.repeats)
    by_cost = sorted(found["dashboard_tiles"].items(), key=lambda item: -item[1]["p95_ms"])
    print_rows(
        ["tile", "p50 ms", "p95 ms", "p95 CPU ms", "p95 ms, opened for it"],
        [(name, each["p50_ms"], each["p95_ms"], each["p95_cpu_ms"], each["opened_p95_ms"]) for name, each in by_cost],
        Format.table,
    )
    print(
        f"\n{len(by_cost)} tiles, {given.repeats} rounds, load before {load:.1f}: p50 {found['dashboard_p50_ms']} ms, "
        f"p95 {found['dashboard_p95_ms']} ms (at most {P95_MS_AT_MOST}), "
        f"of the processors {found['dashboard_p95_cpu_ms']} ms"
    )
    print(
        f"opened for each query: p50 {found['dashboard_opened_p50_ms']} ms, p95 {found['dashboard_opened_p95_ms']} ms, "
        f"of the processors {found['dashboard_opened_p95_cpu_ms']} ms"
    )


if __name__ == "__main__":
    main()
