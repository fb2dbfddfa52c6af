"""What leaves the force gives no small count away: not by itself, not by subtraction, not by linear programming."""

from __future__ import annotations

from datetime import date

import pytest

from orchestration.analysis.disclosure import Figure, Limits, decide
from orchestration.settings import Settings
from tests.disclosure.attack import Row, attack_tables, recovered
from tests.support import ask

MONTH = date(2021, 11, 1)


def share(code: str, own: int, whole: int, kpi: str = "arrested") -> Figure:
    scope = "force" if code == "FORCE" else "area"
    return Figure(kpi, scope, code, "month", MONTH, own, whole, own / whole if whole else None, None, "share")


def shown(figures: list[Figure]) -> dict[str, tuple[float | None, float | None, float | None, str]]:
    return {
        f"{each.figure.kpi_id} {each.figure.scope_code}": (
            each.numerator,
            each.denominator,
            each.value,
            each.disclosure,
        )
        for each in decide(figures, Limits())
    }


def test_a_small_count_is_hidden_and_one_beside_it_so_that_the_total_does_not_give_it_away() -> None:
    found = shown([share("FORCE", 63, 140), share("A", 3, 40), share("B", 20, 50), share("C", 40, 50)])
    assert found["arrested A"] == (None, 40, None, "SUPPRESSED_SMALL")
    assert found["arrested B"] == (None, 50, None, "SUPPRESSED_COMPLEMENTARY")
    assert found["arrested C"] == (40, 50, 0.8, "SHOWN")
    assert found["arrested FORCE"][:2] == (63, 140)


def test_all_but_a_few_is_a_few() -> None:
    found = shown([share("FORCE", 88, 100), share("A", 48, 50), share("B", 40, 50)])
    assert found["arrested A"] == (None, 50, None, "SUPPRESSED_SMALL")


def test_of_a_few_not_even_none_or_all_is_said() -> None:
    found = shown([share("FORCE", 60, 107), share("A", 0, 7), share("B", 60, 100)])
    assert found["arrested A"][0] is None
    assert found["arrested A"][2] is None


def test_none_of_many_is_shown() -> None:
    assert shown([share("FORCE", 0, 200)])["arrested FORCE"] == (0, 200, 0, "SHOWN")


def test_a_count_that_two_figures_share_is_hidden_in_both() -> None:
    kept, failed = share("FORCE", 2, 3, "diary_kept_on_time"), share("FORCE", 1, 3, "diary_failed")
    found = shown([kept, failed])
    assert found["diary_kept_on_time FORCE"][1] is None
    assert found["diary_failed FORCE"][1] is None


def test_what_is_left_of_calls_offered_does_not_give_short_abandons_away() -> None:
    counts = [
        Figure("calls_offered", "force", "FORCE", "month", MONTH, 900, None, 900, None, "count"),
        Figure("calls_short_abandoned", "force", "FORCE", "month", MONTH, 3, 900, 3 / 900, None, "share"),
        Figure("calls_abandoned", "force", "FORCE", "month", MONTH, 90, 897, 90 / 897, None, "share"),
    ]
    found = shown(counts)
    assert found["calls_short_abandoned FORCE"][0] is None
    offered, left = found["calls_offered FORCE"][0], found["calls_abandoned FORCE"][1]
    assert offered is None or left is None


@pytest.mark.parametrize("counted", [1, 9])
def test_a_median_of_a_few_is_hidden_and_its_sum_never_shown(counted: int) -> None:
    def mean(code: str, count: int) -> Figure:
        scope = "force" if code == "FORCE" else "area"
        return Figure("wait", scope, code, "month", MONTH, 600.0 * count, count, 600.0, count, "other")

    found = shown([mean("FORCE", 500), mean("A", counted), mean("B", 500 - counted)])
    assert found["wait A"] == (None, None, None, "SUPPRESSED_SMALL")
    assert found["wait B"] == (None, None, None, "SUPPRESSED_COMPLEMENTARY")
    assert found["wait FORCE"] == (None, None, 600.0, "SHOWN")


def test_hours_of_a_few_are_not_the_rest_of_a_quarter_or_a_year() -> None:
    def hours(code: str, period: str, start: date, value: float, count: int) -> Figure:
        scope = "force" if code == "FORCE" else "area"
        return Figure("waited", scope, code, period, start, value * 3600, 3600, value, count, "other")

    quarter = date(2021, 10, 1)
    months = [date(2021, month, 1) for month in (10, 11, 12)]
    counted = {("A", months[1]): 3}
    figures = [hours(code, "month", month, 10.0, counted.get((code, month), 50)) for code in "AB" for month in months]
    figures += [hours("FORCE", "month", month, 20.0, 100) for month in months]
    for period, start in (("quarter", quarter), ("year", date(2021, 4, 1))):
        figures += [hours(code, period, start, 30.0, 103) for code in "AB"]
        figures.append(hours("FORCE", period, start, 60.0, 300))
    values = {
        (e.figure.scope_code, e.figure.period_type, e.figure.period_start): e.value for e in decide(figures, Limits())
    }
    gone = {key for key, value in values.items() if value is None}
    assert gone == {
        (code, period, start)
        for code in "AB"
        for period, start in (("month", months[1]), ("quarter", quarter), ("year", date(2021, 4, 1)))
    }


def test_none_of_a_few_is_not_given_away_by_none_of_the_quarter() -> None:
    months = [
        Figure("redialled", "force", "FORCE", "month", date(2021, month, 1), 0, 7, 0.0, None, "share")
        for month in (10, 11, 12)
    ]
    whole = Figure("redialled", "force", "FORCE", "quarter", date(2021, 10, 1), 0, 21, 0.0, None, "share")
    assert [each.numerator for each in decide([*months, whole], Limits())] == [None] * 4


def test_what_a_later_month_brings_changes_nothing_that_went_out() -> None:
    first = [share("FORCE", 63, 140), share("A", 3, 40), share("B", 20, 50), share("C", 40, 50)]
    later = [each.__class__(**{**vars(each), "period_start": date(2021, 12, 1), "numerator": 20}) for each in first]
    assert decide([*first, *later], Limits())[: len(first)] == decide(first, Limits())


def test_twelve_random_tables_give_nothing_away_and_would_without_the_second_hiding() -> None:
    assert attack_tables(range(12))["counts"] == 0
    assert attack_tables(range(12), with_others=False, deep=False)["tables"] >= 6


@pytest.mark.long
def test_a_thousand_random_tables_give_nothing_away() -> None:
    assert attack_tables(range(1000))["counts"] == 0


def test_the_published_table_of_two_years_gives_nothing_away(two_years: Settings) -> None:
    """Every indicator by itself, with all its scopes and periods, as anybody would read it."""
    rows = ask(
        two_years,
        "select kpi_id, scope_type, scope_code, period_type, period_start, numerator, denominator, value, "
        "unit = 'ratio' as is_share, disclosure from metrics.kpi_public "
        "where numerator is not null or disclosure like 'SUPPRESSED%' order by all",
    )
    by_kpi: dict[str, list[Row]] = {}
    for *cells, disclosed in rows:
        assert disclosed in {"SHOWN", "SUPPRESSED_SMALL", "SUPPRESSED_COMPLEMENTARY"}
        by_kpi.setdefault(cells[0], []).append(Row(*cells))
    assert sum(row.numerator is None for each in by_kpi.values() for row in each) > 50
    for kpi, published in by_kpi.items():
        assert recovered(published, deep=False) == [], kpi


def test_nothing_small_stands_in_the_published_table(two_years: Settings) -> None:
    assert ask(
        two_years,
        "select count(*) from metrics.kpi_public as public inner join metrics.kpi_results as results "
        "using (kpi_id, scope_type, scope_code, period_type, period_start) "
        "where results.unit = 'ratio' and public.numerator is not null "
        "and (public.numerator between 1 and 4 or public.denominator - public.numerator between 1 and 4 "
        "or public.denominator between 1 and 9)",
    ) == [(0,)]
    assert ask(
        two_years,
        "select count(*) from metrics.kpi_public where scope_type in ('team', 'unit', 'shift', 'source', 'stage') "
        "or period_type in ('day', 'week') or kpi_id = 'calls_wait_max' "
        "or (starts_with(kpi_id, 'da_') and scope_type = 'area' and period_type = 'month')",
    ) == [(0,)]
