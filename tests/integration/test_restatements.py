"""The whole flow keeps what figures were: over corrections, late days, a run that dies, a build folder that is lost."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from orchestration.settings import Settings
from orchestration.warehouse import steps
from tests.support import ask, deliver, settings_for, take_steps

FIGURE = (
    "kpi_id, period_type, period_start, scope_type, scope_code, round(value, 9), numerator, denominator, quality_state"
)
CORRECTED, CORRECTION = "acd_segments_20210910.csv", "acd_segments_20210910_120000.csv"
NEWEST_DAYS = {"20210925", "20210926"}

# One worker makes the generations for all.
pytestmark = pytest.mark.xdist_group("restatements")


@pytest.fixture(scope="module")
def kept(small_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, list[str]]:
    """A warehouse of four generations, and their names."""
    folder = tmp_path_factory.mktemp("restated")
    settings = settings_for(folder, folder / "landing")
    files = sorted(path for path in (small_sample / "landing").rglob("*") if path.is_file())
    generations = []

    def hand_over(chosen: Callable[[Path], bool]) -> None:
        for path in [path for path in files if chosen(path)]:
            deliver([path], settings.landing / path.parent.name)
            files.remove(path)

    def is_new_day(path: Path) -> bool:
        return bool(NEWEST_DAYS.intersection(re.findall(r"\d{8}", path.name)))

    hand_over(
        lambda path: (
            path.parent.name not in ("resent", "late_deliveries")
            and not path.name.startswith("service_disruptions")
            and not is_new_day(path)
        )
    )
    generations.append(take_steps(settings).generation)
    hand_over(lambda path: path.parent.name in ("resent", "late_deliveries"))
    (standing,) = settings.landing.rglob(CORRECTED)
    (settings.landing / CORRECTION).write_text(standing.read_text().replace(",ABN,", ",ANS,"))
    generations.append(take_steps(settings).generation)

    hand_over(is_new_day)
    settings.export()
    steps.land_deliveries(settings)
    steps.build_warehouse(settings)  # and here it dies
    generations.append(take_steps(settings).generation)

    shutil.rmtree(settings.build)
    hand_over(lambda path: True)
    generations.append(take_steps(settings).generation)
    return settings, generations


@pytest.mark.slow
def test_as_was_tells_every_generation_that_was_out(kept: tuple[Settings, list[str]]) -> None:
    """The generations themselves are still there: each is compared, figure by figure."""
    settings, generations = kept
    for generation in generations:
        with duckdb.connect(str(settings.published / generation / "occ.duckdb"), read_only=True) as con:
            figures = con.execute(f"select {FIGURE} from metrics.kpi_results").fetchall()
        told = ask(
            settings,
            f"select {FIGURE} from reports.kpi_as_was where (from_generation is null or from_generation <= ?) "
            "and (until_generation is null or until_generation > ?)",
            [generation, generation],
        )
        assert len(told) == len(figures) > 1000
        assert set(told) == set(figures), generation


@pytest.mark.slow
def test_each_generation_says_what_it_restated_and_why(kept: tuple[Settings, list[str]]) -> None:
    settings, (first, corrected, new_days, disrupted) = kept
    rows = ask(
        settings,
        "select generation, generation_before, cause_code, deliveries from metrics.kpi_restatements "
        "where deliveries is not null or cause_code = 'RECOMPUTED'",
    )
    causes = {generation: {row[2] for row in rows if row[0] == generation} for generation in kept[1]}
    assert causes[first] == set()
    assert "DELIVERY" in causes[corrected]
    assert any(row[0] == corrected and CORRECTION in row[3] for row in rows)
    answered = (
        "select quality_state_before, quality_state_after, change > 0 from metrics.kpi_restatements "
        "where generation = ? and kpi_id = 'calls_answered' and scope_type = 'force' and period_type = 'day'"
    )
    assert ask(settings, answered, [corrected]) == [("OK", "OK", True)]
    # Incidents of the days before are re-sent with the new days, as they went on.
    assert causes[new_days] == {"OTHER_DAYS"}
    assert "DISRUPTION" in causes[disrupted]
    assert any(row[0] == disrupted and row[3].startswith("service_disruptions") for row in rows)
    assert {row[:2] for row in rows} <= {(corrected, first), (new_days, corrected), (disrupted, new_days)}
    assert "RECOMPUTED" not in set.union(*causes.values())


@pytest.mark.slow
def test_a_new_day_restates_no_figure_of_calls(kept: tuple[Settings, list[str]]) -> None:
    """A call is over when its day's file is sent: what moved because a week runs on is no restatement."""
    settings, generations = kept
    ask_for = "select count(*) from metrics.kpi_restatements where generation = ? and kpi_id = 'calls_answered'"
    assert ask(settings, ask_for, [generations[2]]) == [(0,)]
    ask_for = "select count(*) > 0 from metrics.kpi_changes where generation = ? and kpi_id = 'calls_answered'"
    assert ask(settings, ask_for, [generations[2]]) == [(True,)]


@pytest.mark.slow
def test_both_say_in_the_published_file_what_they_are(kept: tuple[Settings, list[str]]) -> None:
    settings, _ = kept
    described = ask(
        settings,
        "select count(*), count(comment) from duckdb_columns() where table_name in ('kpi_restatements', 'kpi_as_was')",
    )
    assert described[0][0] == described[0][1] == 21 + 11
