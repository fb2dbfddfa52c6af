"""The bench runs and says what it should. Never how long anything took: that belongs to nobody's test.

A failure means that `make bench` is broken, or that `build/bench.json` lost a key that somebody reads.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.floor import bench
from tests.floor.measuring import CommandFailed, measure

KEYS = {
    "full_year_seconds", "floor_year_seconds", "day_seconds", "day_peak_mb", "noop_seconds", "full_year_cpu_seconds",
    "floor_year_cpu_seconds", "ratio", "full_peak_mb", "stages", "rows", "machine", "exports",
    "rules_year_seconds", "rules_year_cpu_seconds", "rules_year_peak_mb", "rules_year_ratio", "rules_year_ratio_cpu",
    "report_seconds", "report_cpu_seconds", "report_peak_mb",
}  # fmt: skip


@pytest.mark.long
def test_the_quick_bench_runs_to_its_end_and_writes_every_key(tmp_path: Path) -> None:
    bench.main(["--quick", "--work", str(tmp_path / "work"), "--out", str(tmp_path / "bench.json")])
    report = json.loads((tmp_path / "bench.json").read_text())
    assert set(report) >= KEYS
    assert report["rows"]["fct_calls"] > 0
    assert report["exports"]["new_day_files"] > 0
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


def test_a_command_that_fails_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="no such thing"):
        measure([sys.executable, "-c", "import sys; sys.exit('no such thing')"], {}, tmp_path)
