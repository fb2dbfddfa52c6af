"""Nothing that others rely on changes unseen. If a change is meant: `python -m tests.golden.golden`, and say so."""

from __future__ import annotations

import json
from datetime import date

import pytest

from orchestration.reports.brief.reading import Kind
from orchestration.settings import Settings
from tests.golden import golden


def test_asset_and_check_keys_are_those_pinned(small_warehouse: Settings) -> None:
    small_warehouse.export()
    pinned = json.loads(golden.NAMES.read_text())
    assert golden.names() == pinned


def test_figures_of_the_small_sample_are_those_pinned(small_warehouse: Settings) -> None:
    pinned = json.loads(golden.FIGURES.read_text())
    found = json.loads(json.dumps(golden.figures(small_warehouse)))
    assert found["rows"] == pinned["rows"]
    changed = [(old, new) for old, new in zip(pinned["figures"], found["figures"], strict=False) if old != new]
    assert changed == []
    assert len(found["figures"]) == len(pinned["figures"]) > 200


@pytest.mark.parametrize(("kind", "first_day"), golden.BRIEFINGS)
def test_the_briefings_of_the_outage_say_what_is_pinned(small_warehouse: Settings, kind: Kind, first_day: date) -> None:
    pinned = golden.briefing_file(kind).read_text(encoding="utf-8").splitlines()
    found = golden.briefing(small_warehouse, kind, first_day).splitlines()
    assert [(old, new) for old, new in zip(pinned, found, strict=False) if old != new] == []
    assert len(found) == len(pinned)
