"""A short run of the fuzzer, every fault class once. A failure: a file that can stop, hang or fool a run."""

from __future__ import annotations

from pathlib import Path

from tests.fuzz.faults import FAULTS
from tests.fuzz.fuzz import fuzz


def test_every_fault_class_is_accounted_for_as_an_independent_count_says(tmp_path: Path) -> None:
    report = fuzz(tmp_path, files=130, seed=2)
    assert report.failures == []
    assert report.classes == sum(not fault.is_costly for fault in FAULTS) > 40
    assert report.rows["read"] == report.rows["stored"] + report.rows["duplicate"] + report.rows["quarantined"] > 0


def test_the_same_seed_makes_the_same_files(tmp_path: Path) -> None:
    tables = [fuzz(tmp_path / name, files=12, seed=5).table() for name in ("a", "b")]
    assert tables[0].splitlines()[:-2] == tables[1].splitlines()[:-2]
