"""The models' own unit tests, which stand beside each model: made-up rows in, derived rows out."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.warehouse import dbt

from .test_runs_add_up import build, made_up


@pytest.mark.slow
def test_every_derivation_gives_what_its_unit_test_says(tmp_path: Path) -> None:
    """The failing test's name says which derivation moved; its description says what that means."""
    settings, landing = made_up(tmp_path)
    landing.write(is_full=True)
    build(settings, full_refresh=True)
    arguments = [
        "test",
        *dbt.common_arguments(settings),
        "--select",
        "test_type:unit",
        "--exclude",
        "metrics",
        "reports",
    ]
    try:
        result = dbt.runner(dbt.fresh_manifest(settings)).invoke(arguments)
    finally:
        dbt.release_connections()
    results = getattr(result.result, "results", [])
    assert [f"{each.node.name}: {each.message}" for each in results if str(each.status) != "pass"] == []
    assert len(results) > 10
