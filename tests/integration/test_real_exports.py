"""Exports that nobody here wrote go the whole way, by their profiles alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.settings import PROJECT, Settings
from tests.support import SHARED, ask, settings_for, take_steps

REAL = SHARED / "real"

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not REAL.is_dir(), reason="the real exports are not beside the project"),
]


def test_the_dispatches_of_a_foreign_control_room_are_published_with_their_states(tmp_path: Path) -> None:
    """Several of its priorities mean one grade, and only some of them are attended."""
    profile = PROJECT / "tests" / "profiles" / "alexandria"
    settings = settings_for(tmp_path, REAL / "alexandria_decc_2025" / "cad", profile=profile)
    take_steps(settings, rules=True)
    assert ask(settings, "select sum(rows_read), sum(rows_loaded), sum(rows_quarantined) from quality.deliveries") == [
        (18915, 18906, 9)
    ]
    assert ask(settings, "select count(*) from marts.fct_incidents") == [(18906,)]
    ((median,),) = ask(
        settings,
        "select value from metrics.kpi_results where kpi_id = 'response_grade1_median' and period_type = 'month' "
        "and period_start = '2025-10-01' and scope_type = 'force'",
    )
    assert 120 < median < 900
    assert_judged(settings, {"telephony", "digital", "domestic_abuse", "national_999", "workforce", "disruptions"})


def test_the_calls_of_a_bank_are_published(tmp_path: Path) -> None:
    profile = PROJECT / "tests" / "profiles" / "technion"
    settings = settings_for(tmp_path, REAL / "technion_bank_1999", profile=profile)
    take_steps(settings, rules=True)
    assert ask(settings, "select count(*) from marts.fct_calls") == [(103744,)]
    assert_judged(settings, {"incidents", "digital", "domestic_abuse", "national_999", "workforce", "disruptions"})


def assert_judged(settings: Settings, absent: set[str]) -> None:
    """Every rule could be computed, and none says of a system that sends nothing that it is well or ill."""
    standing = "from quality.rule_results where generation = (select max(generation) from quality.rule_results)"
    assert ask(settings, f"select rule_id, reason {standing} and status = 'ERROR'") == []
    judged = ask(settings, f"select rule_id, system {standing} and status in ('PASS', 'WARN', 'FAIL') order by 1")
    assert [rule for rule, system in judged if system in absent] == []
    assert len(judged) > 30
