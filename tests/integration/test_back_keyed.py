"""Paper records of an outage, keyed in and delivered weeks later: both times kept, counted, restated, reported."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pytest

from orchestration.headlines import keyed_in_late_line
from orchestration.settings import Settings
from tests.orders.deliveries import PAPER_WEEKS_LATE, Delivered, paper_records, put
from tests.orders.orders import clean_days, take_in
from tests.support import ask, settings_for

HAPPENED = date(2021, 11, 2)
LATE = "kpi_id in ('records_back_keyed', 'back_key_delay_median') and scope_type = 'force' and period_type = 'day'"


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, list[str], str]:
    """A warehouse of two generations, their names, and the file that the second brought."""
    folder = tmp_path_factory.mktemp("back_keyed")
    settings = settings_for(folder, folder / "landing")
    clean = clean_days()
    put([Delivered(name, text.encode()) for name, text in clean.items()], settings.landing)
    first = take_in(settings)
    file = paper_records(clean[f"saab_incidents_{HAPPENED:%Y%m%d}.csv"])
    put([file], settings.landing)
    return settings, [first.generation, take_in(settings).generation], file.path


@pytest.mark.slow
def test_a_record_keyed_in_weeks_later_holds_both_times(keyed: tuple[Settings, list[str], str]) -> None:
    settings, _, file = keyed
    rows = ask(
        settings,
        "select created_date, recorded_at - created_at, is_back_record from marts.fct_incidents "
        "inner join quality.deliveries on _delivery_id = delivery_id where name = ?",
        [file],
    )
    assert len(rows) == 3
    for created, delay, is_marked in rows:
        assert (created, is_marked) == (HAPPENED, True)
        assert timedelta(0) < delay - timedelta(weeks=PAPER_WEEKS_LATE) < timedelta(hours=1)


@pytest.mark.slow
def test_it_counts_for_the_day_it_was_created(keyed: tuple[Settings, list[str], str]) -> None:
    settings, (first, second), _ = keyed
    figures = {}
    for generation in (first, second):
        with duckdb.connect(str(settings.published / generation / "occ.duckdb"), read_only=True) as con:
            found = con.execute(
                f"select kpi_id, numerator, value from metrics.kpi_results where {LATE} and period_start = ?",
                [HAPPENED],
            ).fetchall()
        figures[generation] = {kpi_id: (numerator, value) for kpi_id, numerator, value in found}
    before, after = figures[first], figures[second]
    assert after["records_back_keyed"][0] == before["records_back_keyed"][0] + 3
    # Three weeks and 1, 2 and 3 minutes; none was late before.
    assert before["back_key_delay_median"][1] is None
    assert after["back_key_delay_median"][1] == PAPER_WEEKS_LATE * 7 * 86_400 + 120


@pytest.mark.slow
def test_the_figures_of_that_day_are_restated_and_name_the_delivery(keyed: tuple[Settings, list[str], str]) -> None:
    settings, (_, second), file = keyed
    rows = ask(
        settings,
        "select kpi_id, deliveries from metrics.kpi_restatements where generation = ? and period_start = ? and "
        + LATE
        + " order by kpi_id",
        [second, HAPPENED],
    )
    assert rows
    assert "records_back_keyed" in {kpi_id for kpi_id, _ in rows}
    assert all(file in deliveries for _, deliveries in rows)


@pytest.mark.slow
def test_the_closing_screen_says_how_many_a_run_brought(keyed: tuple[Settings, list[str], str]) -> None:
    settings, (first, _), file = keyed
    with duckdb.connect(str(settings.current_db.resolve()), read_only=True) as con:
        ((_, said),) = keyed_in_late_line(con)
    assert said == "3  (created 02 November 2021, up to 21 days late; their days are restated)"
    brought = ask(settings, "select incident_count from reports.back_keyed_records where name = ?", [file])
    assert brought == [(3,)]
    with duckdb.connect(str(settings.published / first / "occ.duckdb"), read_only=True) as con:
        assert keyed_in_late_line(con) == []
