"""Warehouses share what dbt parsed: whole, or not at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from orchestration.settings import Settings
from orchestration.warehouse import dbt
from tests.support import settings_for

_WRITTEN = {"manifest.json": "{}", "partial_parse.msgpack": "parsed"}


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The warehouses that had to parse, in a world where parsing costs nothing."""
    calls: list[Settings] = []

    def parse(settings: Settings) -> None:
        calls.append(settings)
        for name, text in _WRITTEN.items():
            (settings.dbt_target / name).write_text(text)

    monkeypatch.setattr(dbt, "_parse", parse)
    return calls


def warehouse(folder: Path, shared: Path | None) -> Settings:
    return replace(settings_for(folder, folder / "landing"), parsed_models=shared)


def test_a_second_warehouse_takes_over_what_the_first_parsed(parsed: list[Settings], tmp_path: Path) -> None:
    first, second = (warehouse(tmp_path / name, tmp_path / "shared") for name in ("first", "second"))
    for settings in (first, second, second):
        assert dbt.manifest_path(settings) == settings.dbt_target / "manifest.json"
    assert parsed == [first]
    assert {name: (second.dbt_target / name).read_text() for name in _WRITTEN} == _WRITTEN


@pytest.mark.parametrize("lost", sorted(_WRITTEN))
def test_half_of_what_was_parsed_is_parsed_again(parsed: list[Settings], tmp_path: Path, lost: str) -> None:
    """Another process clears away what has long not been used, a file at a time."""
    first, second = (warehouse(tmp_path / name, tmp_path / "shared") for name in ("first", "second"))
    dbt.manifest_path(first)
    (kept,) = (tmp_path / "shared").iterdir()
    (kept / lost).unlink()
    dbt.manifest_path(second)
    assert parsed == [first, second]
    assert {name: (second.dbt_target / name).read_text() for name in _WRITTEN} == _WRITTEN


def test_a_warehouse_that_lost_one_of_them_takes_both_again(parsed: list[Settings], tmp_path: Path) -> None:
    alone = warehouse(tmp_path / "alone", None)
    dbt.manifest_path(alone)
    (alone.dbt_target / "partial_parse.msgpack").unlink()
    dbt.manifest_path(alone)
    assert parsed == [alone, alone]


def test_a_shared_folder_that_cannot_be_written_is_left_alone(parsed: list[Settings], tmp_path: Path) -> None:
    (tmp_path / "shared").write_text("a file where a folder should be")
    settings = warehouse(tmp_path / "first", tmp_path / "shared")
    assert dbt.manifest_path(settings).read_text() == "{}"
    assert parsed == [settings]
