"""When an export changes: every declared kind of change has its one outcome, and three places tell of it.

One world holds them all, each on an export and days of its own, beside a system's cut-over in mid-week.
"""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.landing.drift import drift_kinds
from orchestration.publish.content_hash import is_hashed
from orchestration.publish.generation import current
from orchestration.sample import write_sample
from orchestration.settings import Settings
from tests import reference
from tests.integration import against_reference
from tests.integration.drifting import (
    CUT_OVER,
    FIRST,
    LAST,
    PLANTED,
    VERSION_7,
    Planted,
    cut_over,
    plant,
    to_version_7,
    write_profile,
)
from tests.support import ask, deliver, settings_for, take_steps

pytestmark = pytest.mark.slow

UNTOUCHED = ("da_outcomes", "digital_contacts", "workforce", "recruitment", "bt_999_national")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The delivered files, but for those of version 7: with the headers of version 6."""
    folder = tmp_path_factory.mktemp("drift")
    write_sample(
        folder, date_from=FIRST, date_to=LAST, scale=0.06, seed=3, legacy_months=[], plant_faults=False, progress=None
    )
    plant(folder / "landing")
    cut_over(folder / "landing")
    return folder / "landing"


@pytest.fixture(scope="module")
def drifted(plain: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("drifted")
    shutil.copytree(plain, folder / "landing")
    to_version_7(folder / "landing")
    settings = settings_for(folder, folder / "landing", profile=write_profile(folder / "profile"))
    take_steps(settings, rules=True)
    return settings


def test_every_declared_kind_is_planted() -> None:
    """A kind that no test plants has an outcome on paper only."""
    assert {each.kind for each in PLANTED} == set(drift_kinds())


def test_every_outcome_is_the_declared_one() -> None:
    assert {each.kind: each.outcome for each in PLANTED} == {
        kind: declared.outcome for kind, declared in drift_kinds().items()
    }


def test_each_change_is_told_once_with_its_days_and_nothing_else_is(drifted: Settings) -> None:
    """A row too many is a false alarm; a row too few, or of other days, and nobody learns that something changed."""
    found = ask(
        drifted,
        "select export, kind, column_name, from_date, until_date, outcome, changed_to from quality.schema_drift",
    )
    assert set(found) == {(p.export, p.kind, p.column, p.first, p.last, p.outcome, p.changed_to) for p in PLANTED}
    assert len(found) == len(PLANTED)


def test_the_status_says_what_changed_and_what_to_do(drifted: Settings) -> None:
    shown = CliRunner().invoke(app, ["status", "--warehouse", str(drifted.warehouse), "--format", "csv"])
    assert shown.exit_code == 0, shown.output
    for planted in PLANTED:
        lines = [
            line
            for line in shown.output.splitlines()
            if line.startswith(f"{planted.export},{planted.export}_{planted.first:%Y%m%d}") and planted.outcome in line
        ]
        assert len(lines) >= 1, planted
        assert any(drift_kinds()[planted.kind].remedy.split(".")[0] in line for line in lines), planted
    assert "BOOKED_AT is missing, and is likely what is called BOOKING_MADE now" in shown.output
    assert "Mrs Smith" not in shown.output


def touched(settings: Settings, planted: Planted) -> list[tuple[object, ...]]:
    """What the register says to the indicators that need the export (and, of a lost column, the column)."""
    return ask(
        settings,
        "select kpi_id, system_version, status, since, reason, input_changes from metrics.kpi_register "
        "where input_changes like ?",
        [f"%{planted.export} since {planted.first}%({planted.outcome})%"],
    )


@pytest.mark.parametrize("planted", PLANTED, ids=lambda p: f"{p.export}-{p.kind}-{p.first:%d}")
def test_the_register_names_the_change_to_the_indicators_that_it_touches(drifted: Settings, planted: Planted) -> None:
    assert touched(drifted, planted), planted


@pytest.mark.parametrize(
    "planted", [p for p in PLANTED if p.last is None and p.outcome not in ("READ", "VALUES_NOT_STORED")],
    ids=lambda p: p.kind,
)  # fmt: skip
def test_what_takes_something_away_is_the_reason_and_since_when(drifted: Settings, planted: Planted) -> None:
    """Of a change that lasts: some indicator is not AVAILABLE since its first day, and its reason names the export."""
    rows = [row for row in touched(drifted, planted) if row[2] != "AVAILABLE" and planted.export in str(row[4])]
    assert rows, planted
    assert planted.first in {row[3] for row in rows}


def test_what_does_no_harm_takes_nothing_away(drifted: Settings) -> None:
    """Another delimiter, encoding, order, a new column: read all the same, to the last row."""
    rows = ask(
        drifted,
        "select status, sum(rows_quarantined), count(*) from quality.deliveries "
        "where export = 'saab_resource_status' group by status",
    )
    assert rows == [("LOADED", 0, (LAST - FIRST).days + 1)]


def test_exports_that_did_not_change_say_nothing(drifted: Settings) -> None:
    delivered = {export for (export,) in ask(drifted, "select distinct export from quality.deliveries")}
    assert delivered >= set(UNTOUCHED)
    told = ask(drifted, "select kpi_id, input_changes from metrics.kpi_register where input_changes is not null")
    assert all(not any(export in text for export in UNTOUCHED) for _, text in told)


def test_the_quality_rules_judge_the_changes(drifted: Settings) -> None:
    rules = ask(
        drifted,
        "select rule_id, status, failed_count from quality.rule_results where rule_id like '%_drift_%' order by 1",
    )
    assert rules == [
        ("deliveries_drift_codes_kept", "FAIL", 1),
        ("deliveries_drift_columns_not_emptied", "FAIL", 1),
        ("deliveries_drift_files_not_set_aside", "FAIL", 3),
        ("deliveries_drift_layout_kept", "WARN", 1),  # a version that has its contract is no finding
        ("deliveries_drift_rows_not_set_aside", "FAIL", 2),
    ]


def test_figures_of_a_cut_over_in_mid_week_are_right(drifted: Settings, plain: Path) -> None:
    """Versions 5, 6 and 7 in one week, 5 and 6 in one day: what stands follows from the rows, whatever their headers.

    The independent calculation knows no version 7: it is given the same rows with the headers of version 6.
    """
    landed = reference.load(plain)
    assert against_reference.incidents(drifted, landed) == []
    assert against_reference.states(drifted, landed) == []
    assert against_reference.appointments(drifted, landed) == []
    # Of a day on which a column is gone the pipeline says nothing, where the calculation counts what is left.
    lost = ask(
        drifted,
        "select distinct kpi_id from metrics.kpi_register "
        "where input_changes like '%NULL_VALUES%' or input_changes like '%UNKNOWN_MEMBER%'",
    )
    wrong = [each for each in against_reference.indicators(drifted, landed) if (each[0][0],) not in lost]
    assert wrong == []
    proved = ask(drifted, "select distinct kpi_id from metrics.kpi_results where period_type = 'day'")
    assert {"incidents_created", "response_grade1_median", "records_back_keyed"} <= {
        kpi for (kpi,) in set(proved) - set(lost)
    }


def test_both_versions_of_the_day_count_and_the_later_delivery_stands(drifted: Settings) -> None:
    """Equal rows but for their version: the evening file's stand, the morning's are superseded or equal to them."""
    rows = ask(
        drifted,
        "select contract_version, count(*), sum(rows_read), sum(rows_loaded), sum(rows_superseded + rows_duplicate) "
        "from quality.deliveries where export = 'saab_incident_log' and business_date = ? group by 1 order by 1",
        [CUT_OVER],
    )
    assert [row[:2] for row in rows] == [("5", 1), ("6", 2)]
    assert all(row[2] == row[3] + row[4] for row in rows)
    assert sum(row[4] for row in rows) > 0


def test_the_register_is_right_per_version_of_the_system(drifted: Settings) -> None:
    """Since when an indicator can be had is told per version: of 5 from the first day, of 6 from the cut-over."""
    rows = ask(
        drifted,
        "select system_version, status, since from metrics.kpi_register where kpi_id = 'incidents_created' order by 1",
    )
    assert ("saab_5", "AVAILABLE", FIRST) in rows
    assert ("saab_6", "AVAILABLE", CUT_OVER) in rows


def test_a_next_version_is_a_contract_file_and_nothing_else(drifted: Settings) -> None:
    read = ask(
        drifted,
        "select export, count(*), sum(rows_quarantined) from quality.deliveries where contract_version = '7' "
        "and status = 'LOADED' group by 1 order by 1",
    )
    days = (LAST - VERSION_7).days + 1
    assert read == [("saab_incident_log", days, 0), ("saab_incidents", days, 0)]


def test_the_changes_are_readable_by_programs(drifted: Settings) -> None:
    shown = CliRunner().invoke(app, ["status", "--warehouse", str(drifted.warehouse), "--format", "json"])
    told = json.loads(shown.output)["What changed in the exports"]
    assert {row["outcome"] for row in told} == {planted.outcome for planted in PLANTED}


@pytest.mark.long
def test_the_changes_are_the_same_in_whatever_order_the_files_come(drifted: Settings, tmp_path: Path) -> None:
    """Three runs over shuffled files, days after later ones: else a change is told by when its file came."""
    files = sorted(path for path in drifted.landing.rglob("*") if path.is_file())
    random.Random(5).shuffle(files)
    settings = settings_for(tmp_path, tmp_path / "landing", profile=drifted.profile)
    for start in range(0, len(files), len(files) // 3 + 1):
        deliver(files[start : start + len(files) // 3 + 1], tmp_path / "landing")
        last = take_steps(settings, rules=True)
    told = "select * from quality.schema_drift order by all"
    assert ask(settings, told) == ask(drifted, told)
    expected = current(drifted)
    assert expected is not None
    hashed = [table for table in expected.fingerprints if is_hashed(table)]
    assert [table for table in hashed if last.fingerprints[table] != expected.fingerprints[table]] == []
    assert last.content_hash == expected.content_hash
