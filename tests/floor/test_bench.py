"""The bench runs and says what it should. Never how long anything took: that belongs to nobody's test.

A failure means that `make bench` is broken, or that `build/bench.json` lost a key that somebody reads.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from tests.floor import bench
from tests.floor.measuring import CommandFailed, measure

KEYS = {
    "full_year_seconds", "full_year_cpu_seconds", "full_year_whole_seconds", "full_year_whole_cpu_seconds",
    "full_peak_mb", "floor_year_seconds", "floor_year_cpu_seconds", "floor_peak_mb", "day_seconds", "day_cpu_seconds",
    "day_whole_seconds", "day_peak_mb", "noop_seconds", "noop_cpu_seconds", "ratio", "ratio_plain", "ratio_whole",
    "ratio_cpu", "stages", "slowest_models", "rows", "machine", "code", "exports", "publish_day", "all_wall_seconds",
    "help_seconds", "dashboard_p95_ms", "location_seconds", "location_cpu_seconds", "bench_seconds",
    "rules_year_seconds", "rules_year_cpu_seconds", "rules_year_peak_mb", "rules_year_ratio", "rules_year_ratio_cpu",
    "report_seconds", "report_cpu_seconds", "report_peak_mb",
}  # fmt: skip


def test_a_part_that_fails_leaves_the_others_their_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: bench.Bench) -> None:
        raise CommandFailed("occ run ended with 1:\nno such thing")

    taken: list[str] = []
    parts = {"floor": fail, "noop": lambda _: taken.append("noop")}
    monkeypatch.setattr(bench, "PARTS", parts)
    running = bench.Bench(bench.quick_month(tmp_path), repeats=1, seconds_at_most=60)
    assert bench._take(running, ["floor", "noop"]) == {"floor": "no such thing"}
    assert taken == ["noop"]


@pytest.mark.long
def test_the_quick_bench_runs_to_its_end_and_writes_every_key(tmp_path: Path) -> None:
    bench.main(["--quick", "--work", str(tmp_path / "work"), "--out", str(tmp_path / "bench.json")])
    report = json.loads((tmp_path / "bench.json").read_text())
    assert set(report) >= KEYS
    assert report["rows"]["fct_calls"] > 0
    assert report["exports"]["new_day_files"] > 0
    assert 0 < report["day_seconds"] < report["day_whole_seconds"]
    assert report["publish_day"]["written_bytes"] > 0
    assert {"loading", "building the warehouse", "publishing"} <= set(report["stages"]["day"])
    assert str(tmp_path) not in (tmp_path / "bench.json").read_text()


def test_a_command_is_measured_with_all_that_it_starts(tmp_path: Path) -> None:
    inner = "import time; held = b'x' * 300_000_000; time.sleep(1)"
    outer = f"""
import subprocess, sys
print("begun", file=sys.stderr, flush=True)
subprocess.run([sys.executable, "-c", {inner!r}])
"""
    measured = measure([sys.executable, "-c", outer], {}, tmp_path)
    assert measured.peak_mb > 300
    assert measured.cpu_seconds > 0
    assert list(measured.stages) == ["loading", "begun"]


def test_the_cost_at_a_watched_moment_is_told_apart(tmp_path: Path) -> None:
    link = tmp_path / "current"
    work = f"import os, time; time.sleep(1); os.symlink('x', {str(link)!r}); held = b'x' * 300_000_000; time.sleep(1)"
    measured = measure([sys.executable, "-c", work], {}, tmp_path, link.is_symlink)
    assert measured.marked is not None
    assert measured.marked.wall_seconds < measured.wall_seconds - 0.5
    assert measured.marked.peak_mb < 300 < measured.peak_mb


def test_what_a_generation_shares_is_told_from_what_it_wrote(tmp_path: Path) -> None:
    before, newest = tmp_path / "1", tmp_path / "2"
    for folder in (before, newest):
        folder.mkdir()
    (before / "old.parquet").write_bytes(b"x" * 1000)
    os.link(before / "old.parquet", newest / "old.parquet")
    (newest / "new.parquet").write_bytes(b"x" * 10)
    os.link(newest / "new.parquet", newest / "the same.parquet")
    assert bench.published_bytes(newest, before) == {
        "written_bytes": 10, "written_files": 1, "shared_bytes": 1000, "shared_files": 1,
    }  # fmt: skip


def test_a_command_that_fails_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="no such thing"):
        measure([sys.executable, "-c", "import sys; sys.exit('no such thing')"], {}, tmp_path)
