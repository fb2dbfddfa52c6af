"""The analyses behind Q07 and Q17 as published: there, described, and what plain tools make of the same figures."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from orchestration.analysis.tables import TABLES
from orchestration.settings import Settings
from tests.support import ask

START, END = date(2021, 11, 22), date(2022, 1, 2)
TOOK_PART = ("NWORC", "TELF")


def test_every_table_is_published_with_its_words(season_warehouse: Settings) -> None:
    for name, table in TABLES.items():
        schema, _, short = name.partition(".")
        assert ask(season_warehouse, f"select count(*) > 0 from {name}") == [(True,)], name
        ((comment,),) = ask(
            season_warehouse,
            "select comment from duckdb_tables() where schema_name = ? and table_name = ?",
            [schema, short],
        )
        assert comment == table.description
        columns = ask(
            season_warehouse,
            "select column_name, comment from duckdb_columns() where schema_name = ? and table_name = ?",
            [schema, short],
        )
        assert dict(columns) == {column: words for column, (_, words) in table.columns.items()}


def test_q17_effects_are_what_statsmodels_makes_of_the_published_figures(season_warehouse: Settings) -> None:
    """Weeks with all their days and no disruption, twelve before and those of the pilot, weighted by incidents."""
    sm = pytest.importorskip("statsmodels.api")
    effects = ask(
        season_warehouse,
        "select outcome, effect, standard_error from metrics.pilot_effects "
        "where comparison = 'PLAIN' and method = 'AREA_ROBUST' and effect is not null",
    )
    assert {"da_arrest", "da_risk_assessed", "da_repeat_28d"} <= {outcome for outcome, _, _ in effects}
    for outcome, effect, error in effects:
        cells = ask(
            season_warehouse,
            "select scope_code, period_start, value, denominator from metrics.kpi_results "
            "where kpi_id = ? and period_type = 'week' and scope_type = 'area' and scope_code <> 'UNKNOWN' "
            "and complete_day_count = 7 and quality_state not in ('NOT_AVAILABLE', 'DISRUPTED') "
            "and value is not null and period_start between ? and ? order by 1, 2",
            [outcome, START - timedelta(weeks=12), END],
        )
        areas, weeks, values, weights = (np.array(column) for column in zip(*cells, strict=True))
        columns = [(np.isin(areas, TOOK_PART) & (weeks >= START)).astype(float)]
        columns += [(areas == area).astype(float) for area in np.unique(areas)]
        columns += [(weeks == week).astype(float) for week in np.unique(weeks)[1:]]
        fitted = sm.WLS(values.astype(float), np.column_stack(columns), weights=weights.astype(float)).fit(
            cov_type="cluster", cov_kwds={"groups": np.unique(areas, return_inverse=True)[1]}, use_t=True
        )
        assert effect == pytest.approx(fitted.params[0], rel=1e-7, abs=1e-9)
        assert error == pytest.approx(fitted.bse[0], rel=1e-7, abs=1e-9)


def test_q17_says_that_the_year_before_is_missing_and_when_the_design_was_fixed(season_warehouse: Settings) -> None:
    rows = ask(
        season_warehouse,
        "select comparison, status, reason from metrics.pilot_effects "
        "where outcome = 'da_arrest' and method = 'AREA_CHANGES' order by comparison",
    )
    (plain, triple) = rows
    assert triple[:2] == ("TRIPLE", "NOT_AVAILABLE")
    assert "same weeks a year before are not there" in triple[2]
    assert plain[1] == "PARTIAL"
    assert "the design was fixed on" in plain[2]


def test_q17_says_nothing_of_areas_with_too_few_incidents(season_warehouse: Settings) -> None:
    """In a twentieth of a force fewer than thirty arrivals of one area are known in the pilot's weeks."""
    rows = ask(season_warehouse, "select distinct effect, reason from metrics.pilot_effects where is_main_outcome")
    assert rows == [(None, "an area has fewer than 30 measured incidents during the pilot")]


def test_q17_shows_that_the_diary_car_was_left_in_the_pilots_areas(season_warehouse: Settings) -> None:
    """The simulated pilot stops booking domestic abuse into the diary car: its share falls there."""
    ((effect,),) = ask(season_warehouse, "select effect from metrics.pilot_checks where outcome = 'da_diary_share'")
    assert effect < -0.05


def test_q07_months_are_too_few_in_four_and_said_to_be(season_warehouse: Settings) -> None:
    rows = ask(
        season_warehouse, "select distinct status, reason from metrics.factor_associations where factor = 'vacancy'"
    )
    assert [status for status, _ in rows] == ["NOT_AVAILABLE"]
    assert "too few months" in rows[0][1]


def test_a_warehouse_that_was_given_nothing_says_so(empty_warehouse: Settings) -> None:
    rows = ask(empty_warehouse, "select distinct status, reason from metrics.pilot_effects")
    assert rows == [("NOT_AVAILABLE", "no whole week of figures by area has been delivered")]
    assert ask(empty_warehouse, "select distinct status from metrics.factor_associations") == [("NOT_AVAILABLE",)]
