"""Systems are cut over in many random ways; no indicator may turn silently blank, nought or wrong."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from orchestration.sample import write_sample
from orchestration.settings import Settings
from tests.integration.cutting_over import Cut, apply, made_up_cuts
from tests.support import ask, settings_for, take_steps

FIRST, LAST = date(2021, 11, 2), date(2021, 11, 11)
FIGURES = (
    "select kpi_id, period_type, period_start, scope_type, scope_code, value, quality_state, period_end "
    "from metrics.kpi_results"
)
REGISTER = "select kpi_id, system_version, status, since, reason, restored_by, inputs from metrics.kpi_register"
LOOKS_BEYOND_ITS_DAY = {"saab_incidents", "saab_incident_log", "saab_resource_status", "saab_diary"}
"""Exports whose later deliveries still tell of an incident: without them, its figures are those known by then."""

Rows = dict[tuple[Any, ...], tuple[Any, ...]]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten days of a small force, without faults and outages, large enough for a day to be judged."""
    folder = tmp_path_factory.mktemp("uncut")
    write_sample(
        folder, date_from=FIRST, date_to=LAST, scale=0.06, seed=3, legacy_months=[], plant_faults=False, progress=None
    )
    return folder / "landing"


@pytest.fixture(scope="module")
def undisturbed(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = settings_for(tmp_path_factory.mktemp("undisturbed"), sample)
    take_steps(settings)
    return settings


def figures(settings: Settings) -> Rows:
    return {tuple(row[:5]): tuple(row[5:]) for row in ask(settings, FIGURES)}


def register(settings: Settings) -> Rows:
    return {tuple(row[:2]): tuple(row[2:]) for row in ask(settings, REGISTER)}


def silent(before: Rows, after: Rows, told: Rows, told_before: Rows, cuts: list[Cut]) -> list[str]:
    """What turned blank, nought or wrong without a word."""
    first_cut = min(cut.day for cut in cuts)
    is_told = set()
    inputs: dict[str, str] = {}
    said: dict[str, str] = {}
    for row, (status, since, reason, restored_by, needed) in told.items():
        inputs[row[0]] = f"{inputs.get(row[0], '')}, {needed}"
        said[row[0]] = f"{said.get(row[0], '')}; {reason}"
        status_before, _, reason_before, *_ = told_before.get(row, ("AVAILABLE", None, None))
        is_new = since is not None and since >= first_cut if status_before == "AVAILABLE" else reason != reason_before
        if status != "AVAILABLE" and reason and restored_by and is_new:
            is_told.add(row[0])
    wrong = []
    for key, (value, state, period_end) in before.items():
        kpi_id, period_type, start = key[:3]
        if kpi_id == "source_completeness":
            continue  # it is there to fall
        now = after.get(key)
        force = after.get((kpi_id, period_type, start, "force", "FORCE"))
        if now is None:
            # A scope that is gone must be gone because its force row is not whole, or there is no period any more.
            if (force is None or force[1] == "OK") and kpi_id not in is_told and state != "NOT_AVAILABLE":
                wrong.append(f"{key} is gone, and nobody says why")
            continue
        is_same = value == now[0] or (value is not None and now[0] is not None and abs(value - now[0]) < 1e-9)
        if now[1] == "OK" and not is_same:
            # Days before the cut lack what later deliveries tell: other figures, not nought. A booking whose end lies
            # on a day gone from the middle is carried on: the register tells of it. Incidents that wait are not.
            near = [cut for cut in cuts if cut.export in inputs[kpi_id] and cut.touches(said[kpi_id])]
            may_differ = (
                now[0] and all(cut.day > period_end and cut.export in LOOKS_BEYOND_ITS_DAY for cut in near)
            ) or (
                kpi_id in is_told
                and any(
                    cut.kind == "gone"
                    and cut.export in said[kpi_id]
                    and not (kpi_id.startswith("unresourced") and period_end > cut.day)
                    for cut in cuts
                )
            )
            if not may_differ:
                wrong.append(f"{key} says OK, and is {now[0]} for {value}")
        if now[1] != state and period_end >= first_cut and kpi_id not in is_told and state == "OK":
            wrong.append(f"{key} is {now[1]}, and the register does not say why")
    return wrong


@pytest.mark.slow
def test_exports_that_do_not_change_are_not_said_to(undisturbed: Settings) -> None:
    """A false alarm: the files are those of one simulated room, day by day the same."""
    assert ask(undisturbed, "select * from quality.schema_drift") == []
    assert ask(undisturbed, "select * from metrics.kpi_register where input_changes is not null") == []


def check(seed: int, sample: Path, undisturbed: Settings, folder: Path) -> None:
    cuts = made_up_cuts(seed, FIRST, LAST)
    shutil.copytree(sample, folder / "landing")
    apply(cuts, folder / "landing")
    settings = settings_for(folder, folder / "landing")
    take_steps(settings)
    wrong = silent(figures(undisturbed), figures(settings), register(settings), register(undisturbed), cuts)
    assert not wrong, f"{'; '.join(map(str, cuts))}: {len(wrong)} such as\n" + "\n".join(wrong[:12])


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1])
def test_no_indicator_turns_silently_blank_nought_or_wrong(
    seed: int, sample: Path, undisturbed: Settings, tmp_path: Path
) -> None:
    """A failure prints the cuts, and the rows that lie."""
    check(seed, sample, undisturbed, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 40))
def test_none_of_many_more_does(seed: int, sample: Path, undisturbed: Settings, tmp_path: Path) -> None:
    """The same, of many more worlds."""
    check(seed, sample, undisturbed, tmp_path)
