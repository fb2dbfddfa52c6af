"""The long bench runs to its end, goes on where it was, and says what it should; never how long anything took."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.scale import bench
from tests.scale.peers import different
from tests.scale.steps import Steps


@pytest.mark.long
def test_the_quick_bench_of_two_months_writes_every_part(tmp_path: Path) -> None:
    out = tmp_path / "bench-scale.json"
    given = ["--quick", "--work", str(tmp_path / "work"), "--out", str(out), "--parts", "ten", "growth", "national"]
    bench.main(given)
    report = json.loads(out.read_text())
    assert report["ten"]["ten"]["full"]["rows"]["fct_calls"] > report["ten"]["one"]["full"]["rows"]["fct_calls"]
    assert report["ten"]["ratios"].keys() >= {"full_to_floor_ten", "day_ten_to_one", "correction_ten_to_one"}
    assert [point["force_years"] for point in report["growth"]["points"]] == sorted(
        point["force_years"] for point in report["growth"]["points"]
    )
    assert "national" in report
    assert str(tmp_path) not in out.read_text()


def test_a_killed_bench_goes_on_where_it_was(tmp_path: Path) -> None:
    taken: list[str] = []

    def take() -> dict[str, int]:
        taken.append("step")
        return {"seconds": len(taken)}

    for _ in range(2):
        assert Steps(tmp_path / "steps.json", {"code": "a"}).once("full", take) == {"seconds": 1}
    assert Steps(tmp_path / "steps.json", {"code": "b"}).once("full", take) == {"seconds": 2}
    assert len(taken) == 2


def test_a_peer_that_finds_another_figure_is_told() -> None:
    assert different({"a": 1.0, "b": 2.0}, {"a": 1.0, "b": 2.0}) == []
    assert different({"a": 1.0, "b": 3.0, "d": 1.0}, {"a": 1.0, "b": 2.0, "c": 4.0}) == [
        "b: 3.0, published 2.0",
        "c: None, published 4.0",
        "d: 1.0, published None",
    ]
