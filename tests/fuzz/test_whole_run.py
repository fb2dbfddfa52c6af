"""Spoiled files through a whole run, as the published tables tell it. A failure: a file or row of it went astray."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from random import Random

import pytest

from orchestration.landing import load_profile
from orchestration.landing.replay import is_in_quarantine, read_again
from orchestration.settings import PROJECT, Settings
from tests.fuzz.faults import FAULTS
from tests.fuzz.fuzz import spoil
from tests.fuzz.honest import ALL_LAYOUTS, honest
from tests.reference import landing as reference
from tests.support import ask, run, settings_for, take_steps

WEST_MERCIA = PROJECT / "orchestration" / "profiles" / "west_mercia"


def _fill(landing: Path) -> None:
    """An honest file of every layout, and one of each fault class, over all exports in turn."""
    landing.mkdir(parents=True)
    for number, layout in enumerate(ALL_LAYOUTS):
        sheet = honest(Random(number), layout)
        (landing / sheet.name()).write_bytes(sheet.data())
    for number, fault in enumerate(each for each in FAULTS if not each.is_costly):
        fitting = [at for at, each in enumerate(ALL_LAYOUTS) if not fault.only or each.export in fault.only]
        spoil(landing / f"{number:03}", fault, fitting[number % len(fitting)], seed=7)


def _published(settings: Settings) -> dict[str, tuple[object, ...]]:
    """What the published table says, by the file's name and sha256 (it holds no path)."""
    rows = ask(
        settings,
        "select sha256, name, count(*), list(status order by status), sum(rows_read), sum(rows_loaded), "
        "sum(rows_superseded), sum(rows_duplicate), sum(rows_quarantined) from quality.deliveries group by all",
    )
    return {f"{sha256} {name}": tuple(row) for sha256, name, *row in rows}


def test_published_accounting_of_spoiled_files_is_that_of_an_independent_count(tmp_path: Path) -> None:
    _fill(tmp_path / "landing")
    settings = settings_for(tmp_path, tmp_path / "landing")
    take_steps(settings)
    expected: dict[str, list[reference.Delivery]] = {}
    for each in reference.deliveries(tmp_path / "landing"):
        if each.size <= reference.LARGEST_FILE:  # what stands for the bytes of a larger one is each one's own choice
            name = os.fsencode(each.name).decode("utf-8", "backslashreplace")
            expected.setdefault(f"{each.sha256} {name}", []).append(each)
    found = _published(settings)
    assert len(found) == len(expected) + 1  # the sparse file
    for key, group in expected.items():
        assert found[key] == (
            len(group),
            sorted(each.status for each in group),
            *(
                sum(getattr(each, f"rows_{what}") for each in group)
                for what in ("read", "loaded", "superseded", "duplicate", "quarantined")
            ),
        ), key
    astray = (
        "select count(*) from quality.deliveries "
        "where rows_read <> rows_loaded + rows_superseded + rows_duplicate + rows_quarantined"
    )
    assert ask(settings, astray) == [(0,)]
    bad = "select count(*) from (select distinct delivery_id, row_number from quality.quarantined_rows)"
    assert ask(settings, bad) == ask(settings, "select sum(rows_quarantined)::bigint from quality.deliveries")


@pytest.mark.long
def test_a_mended_contract_and_a_replay_publish_the_hash_of_files_that_landed_so_from_the_start(tmp_path: Path) -> None:
    _fill(tmp_path / "landing")
    shutil.copytree(WEST_MERCIA, tmp_path / "broken")
    for name, (old, new) in {
        "acd_segments.v1": ("format: utc", "format: local"),
        "saab_incidents.v5": ("  LPA: lpa", "  AREA: lpa"),
        "da_outcomes.v1": ("  RISK_TOOL: risk_tool", "  TOOL: risk_tool"),
    }.items():
        contract = tmp_path / "broken" / "contracts" / f"{name}.yaml"
        assert old in contract.read_text()
        contract.write_text(contract.read_text().replace(old, new))
    mended = settings_for(tmp_path / "mended", tmp_path / "landing", profile=tmp_path / "broken")
    before = run(mended)
    mended = settings_for(tmp_path / "mended", tmp_path / "landing")
    between = run(mended)  # as a schedule would, before anybody says replay
    found = read_again(
        mended.landing, mended.warehouse, load_profile(mended.profile), mended.key_file,
        batch="99991231T000000Z-again1", wanted=lambda _id, each: is_in_quarantine(each),
    )  # fmt: skip
    assert {"READ", "ROWS", "SAME"} <= {each.outcome for each in found}
    after = run(mended)
    scratch = take_steps(settings_for(tmp_path / "scratch", tmp_path / "landing"))
    assert after.content_hash == scratch.content_hash
    assert before.content_hash == between.content_hash != after.content_hash  # a rebuild reads the store
    causes = ask(mended, "select distinct cause_code from metrics.kpi_changes where is_restatement")
    assert ("RECOMPUTED",) not in causes
