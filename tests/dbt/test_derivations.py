"""The models' own unit tests, which stand beside each model: made-up rows in, derived rows out."""

from __future__ import annotations

import pytest

from orchestration.warehouse import dbt

from .test_runs_add_up import Built


@pytest.mark.slow
def test_every_derivation_gives_what_its_unit_test_says(at_once: Built) -> None:
    """The failing test's name says which derivation moved; its description says what that means."""
    settings, _ = at_once
    settings.export()
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
