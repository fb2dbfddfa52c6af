"""Every kind of fault is planted, noted, and really in the file. A failure means: a trap goes untested."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from orchestration.sample import write_sample
from tests.sample.reading import content

KINDS = {
    "same_bytes",
    "same_bytes_other_day",
    "correction",
    "corrected_later",
    "parts",
    "late_day",
    "missing_day",
    "growing",
    "ignored_ending",
    "windows_1252",
    "utf_16",
    "semicolon",
    "tab",
    "crlf",
    "column_order",
    "extra_column",
    "missing_column",
    "doubled_column",
    "header_only",
    "empty_file",
    "unparsable",
    "decimal_seconds",
    "ragged_short",
    "ragged_long",
    "nul",
    "open_quote",
    "rich_text",
    "negative",
    "unknown_code",
    "flag",
    "null_key",
    "null_required",
    "nonexistent_local_time",
    "swapped_day_month",
    "date_after_times",
    "orphan_status",
    "orphan_event",
    "orphan_appointment",
    "at_scene_before_created",
    "impossible_order",
    "multi_leg_call",
    "equal_row_twice",
    "older_row_same_file",
    "missing_duration",
    "line_over_1_mib",
    "over_100_to_1",
    "cut_gzip",
    "undecodable",
    "unknown_file",
}


@pytest.fixture(scope="module")
def faults(dirty: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((dirty / "truth/faults.json").read_text(encoding="utf-8"))
    return found


def lines_of(path: Path) -> list[str]:
    return content(path).decode("utf-8").split("\n")


def test_every_kind_is_planted(faults: list[dict[str, Any]]) -> None:
    planted = {fault["kind"] for fault in faults if fault["outcome"] != "SKIPPED"}
    assert planted >= KINDS, KINDS - planted
    skipped = {fault["kind"] for fault in faults if fault["outcome"] == "SKIPPED"}
    assert skipped == {"nonexistent_local_time_in_legacy"}


def test_every_planted_value_stands_in_its_line(dirty: Path, faults: list[dict[str, Any]]) -> None:
    for fault in faults:
        if fault["line"] is None:
            continue
        lines = lines_of(dirty / "landing" / fault["file"])
        header, line = lines[0].split(","), lines[fault["line"] - 1]
        if fault["column"]:
            assert line.split(",")[header.index(fault["column"])] == fault["value"], fault
        elif fault["kind"].startswith("ragged"):
            assert len(line.split(",")) != len(header), fault
        elif fault["kind"] == "open_quote":
            assert "\n".join(lines[fault["line"] - 1 :]).count('"') == 1
        elif fault["kind"] == "equal_row_twice":
            assert line == lines[fault["line"] - 2]


def test_files_are_there_or_not_as_noted(dirty: Path, faults: list[dict[str, Any]]) -> None:
    for fault in faults:
        if fault["outcome"] == "SKIPPED":
            continue
        exists = (dirty / "landing" / fault["file"]).exists()
        assert exists == (fault["outcome"] != "MISSING"), fault


def only(faults: list[dict[str, Any]], kind: str) -> str:
    return str(next(fault["file"] for fault in faults if fault["kind"] == kind))


def test_same_bytes_really_are_the_same(dirty: Path, faults: list[dict[str, Any]]) -> None:
    digests: dict[str, list[str]] = {}
    for path in (dirty / "landing").rglob("*"):
        if path.is_file():
            digests.setdefault(sha256(path.read_bytes()).hexdigest(), []).append(path.name)
    twins = sorted(name for names in digests.values() if len(names) > 1 for name in names)
    assert len(twins) == 4
    assert {Path(only(faults, kind)).name for kind in ("same_bytes", "same_bytes_other_day")} <= set(twins)


def test_encodings_and_delimiters_are_what_they_say(dirty: Path, faults: list[dict[str, Any]]) -> None:
    landing = dirty / "landing"
    assert (landing / only(faults, "utf_16")).read_bytes()[:2] == b"\xff\xfe"
    data = (landing / only(faults, "windows_1252")).read_bytes()
    assert "CAFÉ|£" in data.decode("cp1252")
    with pytest.raises(UnicodeDecodeError):
        data.decode("utf-8")
    assert content(landing / only(faults, "semicolon")).split(b"\n")[0].count(b";") > 3
    assert content(landing / only(faults, "tab")).split(b"\n")[0].count(b"\t") > 3
    assert content(landing / only(faults, "crlf")).count(b"\r\n") > 10


def test_broken_files_are_broken(dirty: Path, faults: list[dict[str, Any]]) -> None:
    landing = dirty / "landing"
    with pytest.raises(EOFError):
        gzip.decompress((landing / only(faults, "cut_gzip")).read_bytes())
    bomb = (landing / only(faults, "over_100_to_1")).read_bytes()
    assert len(gzip.decompress(bomb)) > 100 * len(bomb)
    assert (landing / only(faults, "empty_file")).read_bytes() == b""
    assert max(len(line) for line in content(landing / only(faults, "line_over_1_mib")).split(b"\n")) > 1024 * 1024


def test_a_field_with_comma_quote_and_line_break_reads_back(dirty: Path, faults: list[dict[str, Any]]) -> None:
    text = content(dirty / "landing" / only(faults, "rich_text")).decode()
    assert 'ALC|said "no, thanks"\nand left' in [
        row[7] for row in csv.reader(io.StringIO(text, newline="")) if len(row) > 7
    ]


def test_a_growing_file_can_be_let_grow(dirty: Path, faults: list[dict[str, Any]]) -> None:
    name = only(faults, "growing")
    [rest] = (dirty / "truth/growing").iterdir()
    whole = (dirty / "landing" / name).read_bytes() + rest.read_bytes()
    assert all(len(row) == 17 for row in csv.reader(io.StringIO(whole.decode(), newline="")))


def test_faults_are_few_beside_the_clean_rows(tmp_path: Path) -> None:
    for name, faulty in (("clean", False), ("dirty", True)):
        write_sample(
            tmp_path / name, date_from=date(2021, 9, 1), date_to=date(2021, 9, 20), scale=0.3,
            legacy_months=[], plant_faults=faulty,
        )  # fmt: skip
    same = changed = 0
    for path in (tmp_path / "clean/landing").rglob("*.csv*"):
        other = tmp_path / "dirty/landing" / path.relative_to(tmp_path / "clean/landing")
        if other.exists() and other.read_bytes() == path.read_bytes():
            same += 1
        else:
            changed += 1
    assert changed < 0.2 * same
    assert not json.loads((tmp_path / "clean/truth/faults.json").read_text())
