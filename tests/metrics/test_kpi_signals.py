"""Control charts say what is more than chance, by fixed rules. A failure: people act on noise, or miss a signal."""

from __future__ import annotations

import csv
import gzip
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference.signals import SHOWN, Signal, Week, chart
from tests.support import SHARED

from .conftest import Builder, rows_of
from .world import World, made_up, write

MONDAY = date(2021, 1, 4)
Key = tuple[str, str, str]
Charts = dict[Key, dict[date, dict[str, Any]]]
Breaks = Sequence[tuple[str, str | None, str | None, date, str]]
Charter = Callable[..., Charts]
BETTER = {"up_is_good": "higher", "down_is_good": "lower", "no_direction": "neither"}
ATTENDANCES = SHARED / "real" / "nhsr_ae_attendances" / "ae_attendances.csv.gz"

S = (
    -0.56047565, -0.23017749, 1.55870831, 0.07050839, 0.12928774, 1.71506499, 0.46091621, -1.26506123, -0.68685285,
    -0.44566197, 1.22408180, 0.35981383, 0.40077145, 0.11068272, -0.55584113, 1.78691314, 0.49785048, -1.96661716,
    0.70135590, -0.47279141,
)  # fmt: skip
S_WITH_OUTLIER = (*S[:14], 10, *S[15:])
WITH_ONE_TEN = (1, 2, 1, 2, 10, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1)


def mondays(count: int, first: date = MONDAY) -> list[date]:
    return [first + timedelta(weeks=number) for number in range(count)]


def weeks_of(values: Iterable[float | None], *, target: float | None = None, states: str = "") -> list[Week]:
    """Weeks in a row; `states`: a letter each, d for DISRUPTED, p for PARTIAL, e for ESTIMATED, l for LATE, else OK."""
    names = {"d": "DISRUPTED", "p": "PARTIAL", "e": "ESTIMATED", "l": "LATE"}
    listed = list(values)
    letters = states.ljust(len(listed))
    return [
        Week(monday, value, "NOT_AVAILABLE" if value is None else names.get(letter, "OK"), target)
        for monday, value, letter in zip(mondays(len(listed)), listed, letters, strict=True)
    ]


@pytest.fixture(scope="module")
def signals(tmp_path_factory: pytest.TempPathFactory, build_metrics: Builder) -> Charter:
    """The model's own SQL, as dbt compiles it, on any figures; definitions are made up."""
    path = tmp_path_factory.mktemp("signals") / "occ_build.duckdb"
    write(World(), path, generation="g1")
    target = build_metrics(path, full=True)
    (compiled,) = Path(target).glob("compiled/**/kpi_signals.sql")
    read = "from __dbt__cte__kpi_definitions"
    sql = compiled.read_text()
    assert sql.count(read) == 1
    sql = sql.replace(read, "from occ_build.metrics.made_up_definitions")

    def run(series: Mapping[Key, Sequence[Week]], breaks: Breaks = (), threads: int = 2) -> Charts:
        with duckdb.connect() as con:
            con.execute(f"set threads = {threads}")
            con.execute("attach ':memory:' as occ_build")
            con.execute("create schema occ_build.metrics")
            con.execute("create schema occ_build.reference")
            _write_results(con, series)
            con.execute("create table occ_build.metrics.made_up_definitions (kpi_id varchar, better varchar)")
            con.executemany("insert into occ_build.metrics.made_up_definitions values (?, ?)", list(BETTER.items()))
            con.execute(
                "create table occ_build.reference.series_breaks "
                "(kpi_id varchar, scope_type varchar, scope_code varchar, valid_from date, cause varchar)"
            )
            if breaks:
                con.executemany("insert into occ_build.reference.series_breaks values (?, ?, ?, ?, ?)", list(breaks))
            found = con.execute(sql)
            names = [column[0] for column in found.description]
            charts: Charts = defaultdict(dict)
            for row in found.fetchall():
                record = dict(zip(names, row, strict=True))
                charts[record["kpi_id"], record["scope_type"], record["scope_code"]][record["period_start"]] = record
            return charts

    return run


def _write_results(con: duckdb.DuckDBPyConnection, series: Mapping[Key, Sequence[Week]]) -> None:
    rows = [
        {
            "kpi_id": key[0], "scope_type": key[1], "scope_code": key[2], "period_type": "week",
            "period_start": week.monday, "value": None if week.value is None else float(week.value),
            "quality_state": week.quality_state, "target": week.target,
        }
        for key, weeks in series.items()
        for week in weeks
    ]  # fmt: skip
    random.Random(1).shuffle(rows)
    schema = pa.schema(
        {name: pa.string() for name in ("kpi_id", "scope_type", "scope_code", "period_type", "quality_state")}
        | {"period_start": pa.date32(), "value": pa.float64(), "target": pa.float64()}
    )
    _results = pa.Table.from_pylist(rows, schema=schema)
    con.execute("create table occ_build.metrics.kpi_results as select * from _results")


def key_of(kpi_id: str = "up_is_good", scope: str = "FORCE") -> Key:
    return (kpi_id, "force", scope)


def charted(signals: Charter, values: Iterable[float | None], kpi_id: str = "up_is_good", **week: Any) -> list[Any]:
    """Rows of one series' chart, in order."""
    found = signals({key_of(kpi_id): weeks_of(values, **week)})
    return [row for _, row in sorted(found.get(key_of(kpi_id), {}).items())]


def flagged(rows: Sequence[Mapping[str, Any]], rule: int) -> list[int]:
    """Places (from 1) of the points that a rule flags."""
    return [place for place, row in enumerate(rows, start=1) if row[f"rule_{rule}"]]


def assert_is(found: Mapping[date, Mapping[str, Any]], expected: Mapping[date, Signal]) -> None:
    """The SQL's rows of one series are those of the independent calculation."""
    assert found.keys() == expected.keys()
    for monday, signal in expected.items():
        row = found[monday]
        for name in ("centre", "lower_limit", "upper_limit", "moving_range_mean", "moving_range"):
            exact = getattr(signal, name)
            assert (row[name] is None) == (exact is None), (monday, name)
            if exact is not None:
                assert row[name] == pytest.approx(float(exact), abs=2e-9, rel=1e-12), (monday, name)
        assert tuple(row[f"rule_{number}"] for number in (1, 2, 3, 4)) == signal.rules, monday
        for name in (
            "value", "quality_state", "phase", "phase_starts_on", "point_count", "variation", "variation_direction",
            "assurance", "is_in_limits", "is_newest_point", "run_rule", "weeks_in_run", "run_started_on",
            "weeks_in_trend", "weeks_on_one_side",
        ):  # fmt: skip
            assert row[name] == getattr(signal, name), (monday, name)


# -- Reference values: those of the published package, recomputed. --


@pytest.mark.parametrize(
    ("values", "centre", "moving_range_mean", "lower", "upper"),
    [
        pytest.param(WITH_ONE_TEN, 1.944444, 1.0, -0.715556, 4.604444, id="ones and twos with a ten, screened"),
        pytest.param(S, 0.1416238, 1.185340, -3.01138, 3.294627, id="twenty draws, nothing to screen"),
        pytest.param(S_WITH_OUTLIER, 0.6694159, 1.147775, -2.383666, 3.722497, id="the 15th draw a ten, screened"),
    ],
)
def test_limits_are_the_reference_values(
    signals: Charter, values: Sequence[float], centre: float, moving_range_mean: float, lower: float, upper: float
) -> None:
    for row in charted(signals, values):
        assert row["centre"] == pytest.approx(centre, abs=1e-6)
        assert row["moving_range_mean"] == pytest.approx(moving_range_mean, abs=1e-6)
        assert row["lower_limit"] == pytest.approx(lower, abs=1e-5)
        assert row["upper_limit"] == pytest.approx(upper, abs=1e-5)


@pytest.mark.parametrize(
    ("values", "centre", "moving_range_mean", "lower", "upper"),
    [
        (WITH_ONE_TEN, 1.944444, 1.882353, -3.062614, 6.951503),
        (S, 0.1416238, 1.185340, -3.01138, 3.294627),
        (S_WITH_OUTLIER, 0.6694159, 1.979715, -4.596625, 5.935457),
    ],
)
def test_the_independent_calculation_gives_the_reference_values_without_screening(
    values: Sequence[float], centre: float, moving_range_mean: float, lower: float, upper: float
) -> None:
    """We always screen; without, the same code must give what others get without."""
    from tests.reference.signals import exact, limits_of

    limits = limits_of([exact(value) for value in values], screen=False)
    assert limits is not None
    found = [float(limits.centre), float(limits.moving_range_mean), float(limits.lower), float(limits.upper)]
    assert found == pytest.approx([centre, moving_range_mean, lower, upper], abs=1e-5)


def test_a_ten_among_ones_and_twos_is_outside_only_because_ranges_are_screened(signals: Charter) -> None:
    assert flagged(charted(signals, WITH_ONE_TEN), 1) == [5]


def test_a_series_that_is_mostly_nought_has_limits_apart_from_its_centre(signals: Charter) -> None:
    """Screened, only ranges of nought would be left, and every week would lie outside."""
    values = [0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    rows = charted(signals, values)
    assert rows[0]["centre"] == pytest.approx(6 / 18)
    assert rows[0]["moving_range_mean"] == pytest.approx(12 / 17)
    assert flagged(rows, 1) == [6]


def test_a_constant_series_lies_on_its_limits_until_it_moves(signals: Charter) -> None:
    rows = charted(signals, [3] * 20 + [3, 4])
    assert (rows[0]["lower_limit"], rows[0]["upper_limit"]) == (3, 3)
    assert flagged(rows, 1) == [22]


# -- Rules: cases of their own. A wave far above and below keeps the limits away. --

WIDE = (0, 40, 0, 40, 0, 40, 0, 40, 0, 40, 0, 40, 0)


def after_wide(signals: Charter, values: Sequence[float], rule: int, kpi_id: str = "up_is_good") -> list[int]:
    """Places among `values` that the rule flags, after 13 points that swing so widely that nothing else is flagged."""
    rows = charted(signals, [*WIDE, *values], kpi_id)
    return [place - len(WIDE) for place in flagged(rows, rule) if place > len(WIDE)]


@pytest.mark.parametrize(
    ("values", "members"),
    [
        # 40 before keeps the point before from being part of the rise.
        pytest.param((40, 11, 12, 13, 14, 15, 16, 17), [2, 3, 4, 5, 6, 7, 8], id="seven rising"),
        pytest.param((40, 11, 12, 13, 14, 15, 16), [], id="six rising"),
        pytest.param((40, 11, 12, 13, 13, 14, 15, 16), [], id="a tie breaks it"),
        pytest.param((40, 11, 12, 13, 14, 15, 16, 17, 18, 3), [2, 3, 4, 5, 6, 7, 8, 9], id="eight rising, all members"),
        pytest.param((0, 17, 16, 15, 14, 13, 12, 11), [2, 3, 4, 5, 6, 7, 8], id="seven falling"),
        pytest.param((40, 12, 11, 12, 13, 14, 15, 16, 17, 13), [3, 4, 5, 6, 7, 8, 9], id="from the eighth on only"),
    ],
)
def test_rule_2_is_seven_points_each_above_the_one_before(
    signals: Charter, values: Sequence[float], members: list[int]
) -> None:
    assert after_wide(signals, values, 2) == members


def test_rule_2_of_the_published_cases(signals: Charter) -> None:
    """trend(1..7) at the 7th, (1,2,3,3,4,5,6) none, (2,1..7,3) at the 8th; noise before each, to reach 13 points."""
    filler = [9, 0, 9, 0, 9, 0, 9]
    assert flagged(charted(signals, [*filler, 1, 2, 3, 4, 5, 6, 7]), 2) == [8, 9, 10, 11, 12, 13, 14]
    assert flagged(charted(signals, [*filler, 1, 2, 3, 3, 4, 5, 6]), 2) == []
    assert flagged(charted(signals, [*filler, 2, 1, 2, 3, 4, 5, 6, 7, 3]), 2) == [9, 10, 11, 12, 13, 14, 15]


@pytest.mark.parametrize(
    ("values", "members"),
    [
        pytest.param((1, -1) * 10 + (5.5, -5.5), [], id="opposite sides"),
        pytest.param((1, -1) * 10 + (3.8, 4.2), [], id="two in a row, the one before on the other side"),
        pytest.param((1, -1) * 10 + (0.5, 3.8, 4.2), [22, 23], id="two in a row, the one before on the same side"),
        pytest.param((1, -1) * 10 + (3.8, 0.5, 4.2), [21, 23], id="two of three, the third on the same side"),
        pytest.param((1, -1) * 10 + (3.8, -0.5, 4.2), [], id="two of three, the third on the other side"),
        pytest.param((1, -1) * 10 + (3.8, 6, 4.2), [21, 23], id="one outside between them"),
        pytest.param((1, -1) * 10 + (3.8, 6), [], id="one between, one outside"),
        pytest.param((1, -1) * 10 + (-3.8, 0.5, 1, -4.2), [], id="two of four"),
        pytest.param((1, -1) * 10 + (3.8, 4.2, 0.0), [], id="the third on the centre"),
    ],
)
def test_rule_3_is_two_of_three_between_two_and_three_sigma_on_one_side(
    signals: Charter, values: Sequence[float], members: list[int]
) -> None:
    """Twenty points of +1 and -1: ranges of 2, limits at 5.32, two sigma at 3.547."""
    assert flagged(charted(signals, values), 3) == members


@pytest.mark.parametrize(
    ("values", "members"),
    [
        pytest.param((1, 2, 1, 2, 1, 2, 1), [21, 22, 23, 24, 25, 26, 27], id="seven above"),
        pytest.param((1, 2, 1, 2, 1, 2), [], id="six above"),
        pytest.param((1, 2, 1, 0, 1, 2, 1, 1), [], id="one on the centre breaks it"),
        pytest.param((1, 2, 1, 2, 1, 2, 1, 3), [21, 22, 23, 24, 25, 26, 27, 28], id="eight above, all members"),
        pytest.param((1,) + (-1, -2) * 3 + (-1,), [22, 23, 24, 25, 26, 27, 28], id="seven below"),
    ],
)
def test_rule_4_is_seven_in_a_row_on_one_side_of_the_centre(
    signals: Charter, values: Sequence[float], members: list[int]
) -> None:
    assert flagged(charted(signals, ((1, -1) * 10) + tuple(values)), 4) == members


def test_rule_1_is_strictly_outside(signals: Charter) -> None:
    """Twenty points of +1 and -1 lie within 5.32."""
    wave = (1, -1) * 10
    assert flagged(charted(signals, (*wave, 5.32)), 1) == []
    assert flagged(charted(signals, (*wave, 5.33)), 1) == [21]
    assert flagged(charted(signals, (*wave, -5.32, 0, -5.33)), 1) == [23]


# -- Precedence, direction, assurance. --


@pytest.mark.parametrize(
    ("kpi_id", "above", "below"),
    [
        ("up_is_good", "improvement", "concern"),
        ("down_is_good", "concern", "improvement"),
        ("no_direction", "neither_high", "neither_low"),
    ],
)
def test_variation_is_judged_by_what_is_better(signals: Charter, kpi_id: str, above: str, below: str) -> None:
    wave = (1, -1) * 10
    assert [row["variation"] for row in charted(signals, (*wave, 6, 0, -6), kpi_id)[-3:]] == [
        above,
        "common_cause",
        below,
    ]


def test_a_trend_counts_by_its_direction_and_not_by_its_side(signals: Charter) -> None:
    """A rise that begins below the mean is an improvement from its first point on, where up is good."""
    rows = charted(signals, [*WIDE, 40, 11, 12, 13, 14, 25, 26, 27])
    assert [row["variation"] for row in rows[-7:]] == ["improvement"] * 7
    assert [row["variation"] for row in charted(signals, [*WIDE, 40, 11, 12, 13, 14, 25, 26, 27], "down_is_good")][
        -7:
    ] == ["concern"] * 7


def test_a_point_outside_the_limits_counts_by_its_side_even_in_a_trend_the_other_way(signals: Charter) -> None:
    rows = charted(signals, [*(1, -1) * 10, 20, 19, 18, 17, 16, 15, 14])
    assert rows[-1]["rule_1"]
    assert rows[-1]["rule_2"]
    assert rows[-1]["variation"] == "improvement"


def test_how_long_it_has_lasted_is_counted_in_charted_weeks(signals: Charter) -> None:
    """An outage in the middle of a fall makes it no longer: the week with the outage is no point of it."""
    rows = charted(signals, [*WIDE, 40, 17, 16, 15, 99, 14, 13, 12, 11], states=" " * 17 + "d")
    assert [row["weeks_in_run"] for row in rows[-8:]] == [2, 3, 4, None, 5, 6, 7, 8]
    assert {row["run_started_on"] for row in rows[-8:]} == {rows[13]["period_start"], None}
    assert {row["run_rule"] for row in rows[-8:]} == {2, None}


def test_where_a_rise_turns_into_a_fall_the_turning_point_belongs_to_the_fall(signals: Charter) -> None:
    rows = charted(signals, [*WIDE, 40, *range(11, 18), *range(16, 10, -1)])
    assert [row["variation"] for row in rows[-13:]] == ["improvement"] * 6 + ["concern"] * 7
    rows = charted(signals, [*WIDE, 40, *range(11, 18)])
    assert rows[-1]["variation"] == "improvement"


@pytest.mark.parametrize(
    ("kpi_id", "target", "assurance"),
    [
        ("up_is_good", 5.33, "consistently_failing"),
        ("up_is_good", 5.32, "hit_and_miss"),
        ("up_is_good", -5.32, "hit_and_miss"),
        ("up_is_good", -5.33, "consistently_passing"),
        ("down_is_good", 5.33, "consistently_passing"),
        ("down_is_good", -5.33, "consistently_failing"),
        ("down_is_good", 0, "hit_and_miss"),
        ("no_direction", 9, None),
        ("up_is_good", None, None),
    ],
)
def test_assurance_is_where_the_target_lies_to_the_limits(
    signals: Charter, kpi_id: str, target: float | None, assurance: str | None
) -> None:
    assert {row["assurance"] for row in charted(signals, (1, -1) * 10, kpi_id, target=target)} == {assurance}


# -- Phases, short series, weeks that are not charted. --


@pytest.mark.parametrize("count", [1, 12])
def test_under_13_points_nothing_is_judged(signals: Charter, count: int) -> None:
    """Even a rise over seven points: the figures are there, and no more is said of them."""
    for row in charted(signals, range(count), target=0.5):
        assert row["centre"] is row["lower_limit"] is row["upper_limit"] is row["moving_range_mean"] is None
        assert row["variation"] is row["assurance"] is None
        assert [row[f"rule_{number}"] for number in (1, 2, 3, 4)] == [False] * 4
        assert (row["phase"], row["point_count"], row["is_in_limits"]) == (1, count, False)


def test_from_13_to_19_points_all_set_the_limits_and_then_the_first_20(signals: Charter) -> None:
    values = [*S, 3, 3, 3]
    for count in (13, 19, 20, 21, 23):
        rows = charted(signals, values[:count])
        assert [row["is_in_limits"] for row in rows] == [place < 20 for place in range(count)]
        assert rows[0]["centre"] == pytest.approx(sum(values[: min(count, 20)]) / min(count, 20))
    at_20, at_23 = charted(signals, values[:20])[0], charted(signals, values)[-1]
    for name in ("centre", "lower_limit", "upper_limit", "moving_range_mean"):
        assert at_20[name] == at_23[name]


def test_a_constant_series_has_limits_on_its_mean_and_no_signal(signals: Charter) -> None:
    """0.9 twenty times over does not add up to 18 in floating point; nobody may be told of a signal for that."""
    for value in (0.9, 1 / 3, 0.1):
        rows = charted(signals, [value] * 30)
        assert {row["variation"] for row in rows} == {"common_cause"}
        assert {row["moving_range_mean"] for row in rows} == {0.0}
    assert flagged(charted(signals, [0.9] * 20 + [0.91]), 1) == [21]


def test_disrupted_weeks_are_shown_and_leave_no_trace_in_the_chart(signals: Charter) -> None:
    values = list(S)
    undisturbed = charted(signals, values)
    rows = charted(signals, [*values[:5], 99, *values[5:]], states="     d")
    shown = rows.pop(5)
    assert (shown["value"], shown["variation"], shown["is_in_limits"]) == (99, None, False)
    assert shown["centre"] == undisturbed[0]["centre"]
    assert not any(shown[f"rule_{number}"] for number in (1, 2, 3, 4))
    left_out = {"period_start"}
    assert [{key: row[key] for key in row.keys() - left_out} for row in rows] == [
        {key: row[key] for key in row.keys() - left_out} for row in undisturbed
    ]


def test_partial_late_and_missing_weeks_are_not_charted_and_do_not_break_a_run(signals: Charter) -> None:
    wave = (1, -1) * 10
    values = [*wave, 1, 2, 5, 1, None, 2, 1, 7, 2, 1]
    rows = charted(signals, values, states=" " * 22 + "p" + " " * 4 + "l")
    assert [row["value"] for row in rows[20:]] == [1, 2, 1, 2, 1, 2, 1]
    assert flagged(rows, 4) == list(range(21, 28))


def test_estimated_weeks_are_charted(signals: Charter) -> None:
    rows = charted(signals, S, states="e" * 20)
    assert {row["centre"] for row in rows} == {charted(signals, S)[0]["centre"]}
    assert {row["quality_state"] for row in rows} == {"ESTIMATED"}


def test_a_named_break_begins_a_new_phase_with_limits_and_runs_of_its_own(signals: Charter) -> None:
    values = [*(1, -1) * 10, *(101, 99) * 10]
    broken = mondays(40)[20]
    found = signals({key_of(): weeks_of(values, target=50)}, [("up_is_good", None, None, broken, "a new system")])
    rows = [row for _, row in sorted(found[key_of()].items())]
    assert [row["phase"] for row in rows] == [1] * 20 + [2] * 20
    assert [row["phase_cause"] for row in rows] == [None] * 20 + ["a new system"] * 20
    assert [row["centre"] for row in rows] == [0.0] * 20 + [100.0] * 20
    assert {row["variation"] for row in rows} == {"common_cause"}
    # Assurance is that of the phase: computed over the old limits it would fail for ever.
    assert [row["assurance"] for row in rows] == ["consistently_failing"] * 20 + ["consistently_passing"] * 20
    assert [row["period_start"] for row in rows if row["is_newest_point"]] == [mondays(40)[-1]]


def test_the_week_that_a_break_falls_into_is_the_last_of_the_old_phase(signals: Charter) -> None:
    weeks = {key_of(): weeks_of([1.0] * 4)}
    on_monday = signals(weeks, [("%", None, None, mondays(3)[2], "x")])[key_of()]
    assert [row["phase"] for _, row in sorted(on_monday.items())] == [1, 1, 2, 2]
    on_tuesday = signals(weeks, [("%", None, None, mondays(3)[2] + timedelta(days=1), "x")])[key_of()]
    assert [row["phase"] for _, row in sorted(on_tuesday.items())] == [1, 1, 1, 2]


def test_a_break_touches_only_the_series_that_it_names(signals: Charter) -> None:
    day = mondays(3)[2]
    force, area, other = ("up_is_good", "force", "FORCE"), ("up_is_good", "area", "A"), ("down_is_good", "area", "B")
    series = {key: weeks_of([1.0] * 4) for key in (force, area, other)}

    def broken(*breaks: tuple[str, str | None, str | None, date, str]) -> set[Key]:
        return {key for key, rows in signals(series, breaks).items() if any(row["phase"] > 1 for row in rows.values())}

    assert broken(("%", None, None, day, "x")) == {force, area, other}
    assert broken(("up%", None, None, day, "x")) == {force, area}
    assert broken(("%", "area", None, day, "x")) == {area, other}
    assert broken(("%", "area", "B", day, "x")) == {other}
    assert broken(("up_is_good", "force", None, day, "x")) == {force}
    # Two causes of one day are one break; a break before the first week, or after the last, makes no phase.
    twice = signals(series, [("%", None, None, day, "b"), ("up%", None, None, day, "a")])
    assert {row["phase_cause"] for row in twice[force].values()} == {None, "a; b"}
    assert max(row["phase"] for row in twice[force].values()) == 2
    early = signals(series, [("%", None, None, date(2000, 1, 1), "x"), ("%", None, None, date(2030, 1, 1), "y")])
    assert {row["phase"] for row in early[force].values()} == {1}


# -- Against an independent calculation. --

GRIDS = st.sampled_from(
    [
        st.integers(-3, 3).map(float),
        st.integers(0, 40).map(lambda n: n / 40),
        st.integers(0, 10**7).map(lambda n: n / 997),
        st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 4)),
        st.just(0.3),
    ]
)


@st.composite
def a_series(draw: st.DrawFn) -> list[Week]:
    """Any weekly series: short, long, tied, constant, stepped, trending, with gaps and weeks of any state."""
    count = draw(st.sampled_from([0, 1, 2, 7, 12, 13, 14, 19, 20, 21, 30, 60]) | st.integers(0, 80))
    grid = draw(GRIDS)
    values = draw(st.lists(grid, min_size=count, max_size=count))
    slope = draw(st.sampled_from([0, 0, 0.05, -1, 3]))
    step = draw(st.sampled_from([0, 0, 5, -0.5]))
    usual = draw(st.sampled_from(["OK", "OK", "ESTIMATED", "mixed"]))
    states = st.sampled_from(["OK"] * 6 + ["ESTIMATED", "DISRUPTED", "PARTIAL", "LATE", "NOT_AVAILABLE"])
    target = draw(st.none() | grid)
    weeks = []
    for place, (monday, value) in enumerate(zip(mondays(count), values, strict=True)):
        if draw(st.integers(0, 30)) == 0:
            continue
        state = draw(states) if usual == "mixed" else usual
        figure = None if state == "NOT_AVAILABLE" else value + slope * place + step * (place // 17)
        weeks.append(Week(monday, figure, state, target))
    return weeks


@settings(max_examples=60, deadline=None)
@given(
    series=st.lists(a_series(), min_size=1, max_size=12),
    broken=st.lists(st.integers(0, 500).map(lambda n: MONDAY + timedelta(days=n)), max_size=3),
)
def test_every_chart_equals_an_independent_calculation(
    signals: Charter, series: list[list[Week]], broken: list[date]
) -> None:
    named = {(list(BETTER)[n % 3], "force", str(n)): weeks for n, weeks in enumerate(series)}
    found = signals(named, [("%", None, None, day, f"break {n}") for n, day in enumerate(broken)])
    for key, weeks in named.items():
        assert_is(found.get(key, {}), chart(weeks, better=BETTER[key[0]], breaks=broken))


def a_force(count: int) -> dict[Key, list[Week]]:
    """Many long series of awkward fractions."""
    dice = random.Random(7)
    return {
        ("up_is_good", "area", str(number)): [
            Week(monday, dice.randrange(10**5) / dice.randrange(1, 10**4), "OK", 0.6) for monday in mondays(count)
        ]
        for number in range(80)
    }


def test_any_number_of_threads_gives_the_same_last_bit(signals: Charter) -> None:
    """Limits are part of the content hash: a sum of floating numbers would come out otherwise in another order."""
    series = a_force(60)
    first = signals(series, threads=1)
    for threads in (2, 3, 8):
        assert signals(series, threads=threads) == first


def test_charts_of_the_warehouse_are_those_of_its_weekly_figures(tmp_path: Path, build_metrics: Builder) -> None:
    """Built by dbt, contract and all, over figures that it computed itself; a second run changes nothing."""
    path = tmp_path / "occ_build.duckdb"
    write(made_up(4, date(2021, 1, 1), date(2021, 6, 30), calls_a_day=8, incidents_a_day=4), path, generation="g1")
    build_metrics(path, full=True)
    everything = "select * from metrics.kpi_signals order by kpi_id, scope_type, scope_code, period_start"
    built = rows_of(path, everything)
    build_metrics(path, full=False)
    assert rows_of(path, everything) == built
    figures = rows_of(
        path,
        "select kpi_id, scope_type, scope_code, period_start, value, quality_state, target from metrics.kpi_results "
        "where period_type = 'week'",
    )
    better = dict(rows_of(path, "select distinct kpi_id, better from metrics.kpi_register"))
    series: dict[Key, list[Week]] = defaultdict(list)
    for kpi_id, scope_type, scope_code, monday, *figure in figures:
        series[kpi_id, scope_type, scope_code].append(Week(monday, *figure))
    columns = [row[0] for row in rows_of(path, "select column_name from (describe metrics.kpi_signals)")]
    found: Charts = defaultdict(dict)
    for row in built:
        record = dict(zip(columns, row, strict=True))
        found[record["kpi_id"], record["scope_type"], record["scope_code"]][record["period_start"]] = record
    # In the profile's own breaks, SAAB Safe's go-live falls into this time.
    live = {day for (day,) in rows_of(path, "select distinct valid_from from reference.series_breaks")}
    for key, weeks in series.items():
        expected = chart(weeks, better=better[key[0]])
        phases = {row["phase_starts_on"] for row in found[key].values()} - {None}
        assert phases <= live
        assert_is(found[key], chart(weeks, better=better[key[0]], breaks=sorted(phases)) if phases else expected)
    assert any(row["variation"] for rows in found.values() for row in rows.values())


@pytest.mark.skipif(not ATTENDANCES.exists(), reason=f"{ATTENDANCES} is not here")
def test_charts_of_real_attendances_equal_an_independent_calculation(signals: Charter) -> None:
    """The NHS-R community's teaching set: A&E attendances and the share within four hours, by hospital and type."""
    counts: dict[Key, dict[date, float]] = defaultdict(dict)
    with gzip.open(ATTENDANCES, "rt", newline="") as file:
        for row in csv.DictReader(file):
            scope = f"{row['org_code']}/{row['type']}"
            month = date.fromisoformat(row["period"])
            counts["no_direction", "attendances", scope][month] = float(row["attendances"])
            counts["down_is_good", "breaches", scope][month] = float(row["breaches"])
            if float(row["attendances"]):
                counts["up_is_good", "within", scope][month] = 1 - float(row["breaches"]) / float(row["attendances"])
    # The model charts weeks: the months, in order, take the place of weeks.
    months = sorted({month for series in counts.values() for month in series})
    monday_of = dict(zip(months, mondays(len(months)), strict=True))
    series = {
        key: [
            Week(monday_of[month], value, "OK", 0.95 if key[0] == "up_is_good" else None)
            for month, value in by_month.items()
        ]
        for key, by_month in counts.items()
    }
    found = signals(series)
    kinds = defaultdict(int)
    for key, weeks in series.items():
        assert all(week.quality_state in SHOWN for week in weeks)
        assert_is(found[key], chart(weeks, better=BETTER[key[0]]))
        for row in found[key].values():
            kinds[row["variation"]] += 1
            kinds[row["assurance"]] += 1
    assert len(series) > 500
    assert {"common_cause", "improvement", "concern", "neither_high", "neither_low"} <= kinds.keys()
    assert {"consistently_failing", "consistently_passing", "hit_and_miss"} <= kinds.keys()
