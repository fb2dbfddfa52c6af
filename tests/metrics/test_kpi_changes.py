"""What a figure was at each generation, and why it moved. A failure: figures change and nobody can say why.

The models' own SQL, as dbt compiles it, on made-up figures. That the whole flow keeps this history says
tests/integration/test_restatements.py.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest

from orchestration.publish import history

from .conftest import Builder
from .world import World, write

MONDAY = date(2021, 4, 12)
WEEK_END = date(2021, 4, 18)
INPUTS = {"calls": ("acd_segments", "acd_agent_intervals"), "da": ("saab_incidents", "da_outcomes")}
Key = tuple[str, str, date, str, str]


@dataclass(frozen=True)
class Figure:
    """A row of kpi_results, as far as changes look at it. Of a whole week, unless it says otherwise."""

    kpi_id: str = "answered"
    scope_code: str = "FORCE"
    numerator: float | None = 80.0
    denominator: float | None = 100.0
    quality_state: str = "OK"
    days: tuple[int, int, int] = (7, 7, 0)  # delivered, complete, late
    disruption_keys: str | None = None
    definition_version: str = "1"
    subject: str = "calls"
    period_type: str = "week"
    period_start: date = MONDAY

    @property
    def key(self) -> Key:
        return (self.kpi_id, self.period_type, self.period_start, "line", self.scope_code)

    @property
    def value(self) -> float | None:
        return self.numerator / self.denominator if self.numerator is not None and self.denominator else None

    def row(self, generation: str) -> dict[str, Any]:
        delivered, complete, late = self.days
        return {
            "kpi_id": self.kpi_id, "subject": self.subject, "period_type": self.period_type,
            "period_start": self.period_start, "period_end": self.period_start + timedelta(days=6),
            "scope_type": "line", "scope_code": self.scope_code, "value": self.value, "numerator": self.numerator,
            "denominator": self.denominator, "quality_state": self.quality_state, "day_count": 7,
            "delivered_day_count": delivered, "complete_day_count": complete, "late_day_count": late,
            "disruption_keys": self.disruption_keys, "definition_version": self.definition_version,
            "generation": generation,
        }  # fmt: skip


@dataclass(frozen=True)
class Models:
    """The compiled text of the models."""

    from_nothing: str
    carried_on: str
    restatements: str
    as_was: str


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory, build_metrics: Builder) -> Models:
    """Built once by dbt, contracts and all, and then read as dbt compiled them."""
    path = tmp_path_factory.mktemp("changes") / "occ_build.duckdb"
    write(World(), path, generation="g1")
    chosen = ("kpi_changes", "kpi_restatements", "kpi_as_was")

    def compiled(*, full: bool) -> dict[str, str]:
        target = build_metrics(path, full=full, also=("kpi_as_was",))
        found = {name: next(target.glob(f"compiled/**/{name}.sql")).read_text() for name in chosen}
        for made_up in ("kpi_definitions", "kpi_inputs"):
            found["kpi_changes"] = found["kpi_changes"].replace(
                f"from __dbt__cte__{made_up}", f"from occ_build.metrics.made_up_{made_up}"
            )
        return found

    full, carried_on = compiled(full=True), compiled(full=False)
    assert full["kpi_changes"] != carried_on["kpi_changes"]
    return Models(
        full["kpi_changes"], carried_on["kpi_changes"], carried_on["kpi_restatements"], carried_on["kpi_as_was"]
    )


class Warehouse:
    """Figures that are computed, published and computed again."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self._con = duckdb.connect()
        self.published: dict[str, set[tuple[Any, ...]]] = {}
        self._figures: dict[Key, tuple[Figure, str]] = {}
        self._out: dict[Key, tuple[Figure, str]] = {}
        run = self._con.execute
        run("set TimeZone = 'UTC'")
        run("attach ':memory:' as occ_build")
        run("use occ_build")
        for schema in ("metrics", "landing", "marts", "intermediate"):
            run(f"create schema {schema}")
        history.make_tables(self._con)
        changes = ", ".join(f"{name} {kind}" for name, kind in history.TABLES["published_changes"][1].items())
        run(f"create table metrics.kpi_changes ({changes})")
        run("create view metrics.kpi_restatements as " + models.restatements)
        run(
            "create table metrics.kpi_results (kpi_id varchar, subject varchar, period_type varchar, "
            "period_start date, period_end date, scope_type varchar, scope_code varchar, value double, "
            "numerator double, denominator double, quality_state varchar, day_count bigint, "
            "delivered_day_count bigint, complete_day_count bigint, late_day_count bigint, "
            "disruption_keys varchar, definition_version varchar, generation varchar)"
        )
        run(
            "create table landing.run "
            "(generation varchar, started_at timestamptz, has_new_code boolean, has_erasures boolean)"
        )
        run(
            "create table landing.contents (delivery_id varchar, name varchar, export varchar, business_date date, "
            "covered_until date, is_pending boolean)"
        )
        run("create table intermediate.kpi_periods (subject varchar, period_type varchar, period_start date)")
        run("create table marts.fct_disruptions (disruption_key varchar, _delivery_id varchar)")
        run("insert into marts.fct_disruptions values ('D-1', 'the register')")
        run("create table metrics.made_up_kpi_definitions (kpi_id varchar, input_set varchar)")
        run("insert into metrics.made_up_kpi_definitions values ('answered', 'calls'), ('new', 'calls')")
        run("insert into metrics.made_up_kpi_definitions values ('arrest', 'da')")
        run("create table metrics.made_up_kpi_inputs (input_set varchar, export varchar)")
        for input_set, exports in INPUTS.items():
            run(f"insert into metrics.made_up_kpi_inputs select '{input_set}', unnest({list(exports)})")

    def compute(
        self,
        generation: str,
        figures: Sequence[Figure],
        *,
        full: bool = False,
        recomputed: Sequence[Key] | None = None,
        files: Sequence[tuple[str, str, date]] = (),
        has_new_code: bool = False,
        has_erasures: bool = False,
    ) -> list[dict[str, Any]]:
        """One run up to publishing; the changes it found. `recomputed`: keys of a run that carries on; else all."""
        wanted = {figure.key: figure for figure in figures}
        touched = {key[:3] for key in (wanted.keys() | self._figures.keys() if recomputed is None else recomputed)}
        self._figures = {
            key: (wanted[key], generation) if key[:3] in touched else self._figures[key]
            for key in wanted
            if key[:3] in touched or key in self._figures
        }
        run = self._con.execute
        for table in (
            "metrics.kpi_results",
            "landing.run",
            "landing.contents",
            *map("landing.{}".format, history.TABLES),
        ):
            run(f"delete from {table}")
        self._insert("metrics.kpi_results", [figure.row(born) for figure, born in self._figures.values()])
        self._insert("landing.published_figures", [figure.row(born) for figure, born in self._out.values()])
        subjects = {figure.key[0]: figure.subject for figure, _ in [*self._figures.values(), *self._out.values()]}
        run("delete from intermediate.kpi_periods")
        self._insert(
            "intermediate.kpi_periods",
            [
                {"subject": subjects[kpi_id], "period_type": period_type, "period_start": start}
                for kpi_id, period_type, start in touched
                if kpi_id in subjects
            ],
        )
        for out in self.published:
            run("insert into landing.published_generations values (?)", [out])
        run(
            "insert into landing.run values (?, timestamptz '2021-04-20 06:00:00+00', ?, ?)",
            [generation, has_new_code, has_erasures],
        )
        for name, export, day in files:
            delivery = "the register" if export == "service_disruptions" else name
            run("insert into landing.contents values (?, ?, ?, ?, null, true)", [delivery, name, export, day])
        if full:
            run("insert into landing.published_changes select * from metrics.kpi_changes "
                "where generation in (select generation from landing.published_generations)")  # fmt: skip
            run("create or replace table metrics.kpi_changes as " + self._models.from_nothing)
        else:
            # What the model's hook does.
            run("delete from metrics.kpi_changes "
                "where generation not in (select generation from landing.published_generations)")  # fmt: skip
            run("insert into metrics.kpi_changes " + self._models.carried_on)
        found = run("select * from metrics.kpi_changes where generation = ?", [generation])
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def _insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        there = {row[0] for row in self._con.execute(f"select column_name from (describe {table})").fetchall()}
        for row in rows:
            listed = {name: value for name, value in row.items() if name in there}
            places = ", ".join("?" for _ in listed)
            self._con.execute(f"insert into {table} ({', '.join(listed)}) values ({places})", list(listed.values()))

    def publish(self, generation: str) -> None:
        """The figures are out from now on."""
        self._out = dict(self._figures)
        self.published[generation] = {
            (*figure.key, figure.value, figure.numerator, figure.denominator, figure.quality_state)
            for figure, _ in self._figures.values()
        }

    def as_was(self, generation: str) -> list[tuple[Any, ...]]:
        """What the view says of a generation."""
        return self._con.execute(
            "select kpi_id, period_type, period_start, scope_type, scope_code, value, numerator, denominator, "
            f"quality_state from ({self._models.as_was}) where (from_generation is null or from_generation <= $1) "
            "and (until_generation is null or until_generation > $1)",
            [generation],
        ).fetchall()

    def all_changes(self) -> list[tuple[Any, ...]]:
        return self._con.execute("select * from metrics.kpi_changes order by all").fetchall()

    def restatements(self) -> list[tuple[Any, ...]]:
        return self._con.execute("select generation, kpi_id, cause_code from metrics.kpi_restatements").fetchall()

    def close(self) -> None:
        self._con.close()


@pytest.fixture
def new_warehouse(models: Models) -> Iterator[Callable[..., Warehouse]]:
    """Makes a warehouse whose first generation, of these figures, is out."""
    made: list[Warehouse] = []

    def make(*figures: Figure) -> Warehouse:
        warehouse = Warehouse(models)
        made.append(warehouse)
        assert warehouse.compute("g1", figures, full=True) == []
        warehouse.publish("g1")
        return warehouse

    yield make
    for warehouse in made:
        warehouse.close()


Maker = Callable[..., Warehouse]
WHOLE = Figure()
CALLS_FILE = ("acd_segments_20210414_v2.csv", "acd_segments", date(2021, 4, 14))


def told(changes: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """Cause, whether a restatement, files and their number of each change."""
    return [(row["cause_code"], row["is_restatement"], row["deliveries"], row["deliveries_count"]) for row in changes]


def test_when_nothing_changes_there_is_nothing(new_warehouse: Maker) -> None:
    warehouse = new_warehouse(WHOLE, Figure("arrest", numerator=1.0, denominator=3.0))
    figures = [WHOLE, Figure("arrest", numerator=1.0, denominator=3.0)]
    assert warehouse.compute("g2", figures, files=[CALLS_FILE]) == []
    assert warehouse.compute("g3", figures, full=True, has_new_code=True) == []
    assert warehouse.restatements() == []


def test_a_correction_restates_what_was_whole_and_names_its_file(new_warehouse: Maker) -> None:
    warehouse = new_warehouse(WHOLE)
    others = [
        ("da_outcomes_202104.csv", "da_outcomes", MONDAY),
        ("acd_segments_20210419.csv", "acd_segments", date(2021, 4, 19)),
    ]
    (change,) = warehouse.compute("g2", [replace(WHOLE, numerator=84.0)], files=[CALLS_FILE, *others])
    assert change["generation"] == "g2"
    assert change["generation_before"] == "g1"
    assert (change["value_before"], change["value_after"]) == (0.8, 0.84)
    assert change["change"] == pytest.approx(0.04)
    assert (change["numerator_before"], change["numerator_after"]) == (80, 84)
    assert (change["denominator_before"], change["denominator_after"]) == (100, 100)
    assert (change["quality_state_before"], change["quality_state_after"]) == ("OK", "OK")
    assert told([change]) == [("DELIVERY", True, "acd_segments_20210414_v2.csv", 1)]
    assert change["cause"] == "late or corrected files of its own days"


@pytest.mark.parametrize(("day", "code"), [(MONDAY, "DELIVERY"), (WEEK_END, "DELIVERY"),
    (MONDAY - timedelta(days=1), "OTHER_DAYS"), (WEEK_END + timedelta(days=1), "OTHER_DAYS")])  # fmt: skip
def test_a_file_of_its_own_days_is_told_from_a_file_of_other_days(new_warehouse: Maker, day: date, code: str) -> None:
    """An incident that is closed the day after moves the day it was created on."""
    warehouse = new_warehouse(WHOLE)
    found = warehouse.compute("g2", [replace(WHOLE, numerator=84.0)], files=[("a.csv", "acd_segments", day)])
    assert told(found) == [(code, True, "a.csv", 1)]


def test_the_same_share_of_other_numbers_is_restated(new_warehouse: Maker) -> None:
    warehouse = new_warehouse(WHOLE)
    (change,) = warehouse.compute("g2", [replace(WHOLE, numerator=160.0, denominator=200.0)], files=[CALLS_FILE])
    assert (change["change"], change["is_restatement"]) == (0, True)


def test_the_last_bits_of_a_figure_are_no_change(new_warehouse: Maker) -> None:
    warehouse = new_warehouse(WHOLE)
    assert warehouse.compute("g2", [replace(WHOLE, numerator=80.0 + 1e-12)], files=[CALLS_FILE]) == []


def test_of_many_files_the_first_five_are_named_and_all_counted(new_warehouse: Maker) -> None:
    warehouse = new_warehouse(WHOLE)
    files = [(f"acd_{number}.csv", "acd_segments", MONDAY) for number in range(7)]
    found = warehouse.compute("g2", [replace(WHOLE, numerator=84.0)], files=files)
    assert told(found) == [("DELIVERY", True, "acd_0.csv, acd_1.csv, acd_2.csv, acd_3.csv, acd_4.csv", 7)]


@pytest.mark.parametrize(
    ("before", "after", "is_restatement"),
    [
        pytest.param(((3, 3, 0), "PARTIAL"), ((4, 4, 0), "PARTIAL"), False, id="the week runs on"),
        pytest.param(((6, 6, 0), "PARTIAL"), ((7, 7, 0), "OK"), False, id="a late day completes it"),
        pytest.param(((7, 6, 0), "PARTIAL"), ((7, 7, 0), "OK"), False, id="what only helps completes it"),
        pytest.param(((0, 0, 0), "NOT_AVAILABLE"), ((7, 7, 0), "OK"), False, id="it was not there at all"),
        pytest.param(((6, 6, 0), "DISRUPTED"), ((7, 7, 0), "DISRUPTED"), False, id="disrupted, and a day was missing"),
        pytest.param(((7, 7, 7), "LATE"), ((7, 7, 0), "OK"), False, id="it was late"),
        pytest.param(((7, 7, 7), "LATE"), ((7, 7, 3), "LATE"), False, id="some of it is late still"),
        pytest.param(((7, 7, 7), "LATE"), ((7, 7, 7), "LATE"), True, id="late as before, but other numbers"),
        pytest.param(((4, 4, 0), "PARTIAL"), ((4, 4, 0), "PARTIAL"), True, id="the same days, but other numbers"),
        pytest.param(((7, 7, 0), "OK"), ((7, 7, 0), "OK"), True, id="whole before and after"),
        pytest.param(((7, 7, 0), "OK"), ((6, 6, 0), "PARTIAL"), True, id="a day was taken away"),
        pytest.param(((7, 7, 0), "DISRUPTED"), ((7, 7, 0), "DISRUPTED"), True, id="disrupted, all days there"),
        pytest.param(((7, 7, 0), "ESTIMATED"), ((7, 7, 0), "OK"), True, id="estimated hours came"),
        pytest.param(((4, 4, 0), "PARTIAL"), ((3, 3, 0), "NOT_AVAILABLE"), True, id="a day of a part was taken away"),
    ],
)  # fmt: skip
def test_only_what_was_given_out_as_whole_or_of_the_same_days_is_restated(
    new_warehouse: Maker,
    before: tuple[tuple[int, int, int], str],
    after: tuple[tuple[int, int, int], str],
    is_restatement: bool,
) -> None:
    warehouse = new_warehouse(replace(WHOLE, days=before[0], quality_state=before[1]))
    later = replace(WHOLE, numerator=90.0, days=after[0], quality_state=after[1])
    (change,) = warehouse.compute("g2", [later], files=[CALLS_FILE])
    assert change["is_restatement"] is is_restatement
    assert (change["cause_code"] == "RAN_ON") is not is_restatement


def test_a_figure_that_is_new_with_its_period_is_published_for_the_first_time(new_warehouse: Maker) -> None:
    warehouse = new_warehouse(WHOLE)
    next_week = replace(WHOLE, period_start=MONDAY + timedelta(days=7))
    found = warehouse.compute("g2", [WHOLE, next_week, Figure("new")], full=True, has_new_code=True)
    assert sorted(told(found)) == [("FIRST", False, None, 0)] * 2
    assert warehouse.restatements() == []


def test_a_scope_that_a_correction_brings_or_takes_is_restated(new_warehouse: Maker) -> None:
    """Its period had been there, without anything to count for it."""
    other = replace(WHOLE, scope_code="OTHER", numerator=1.0, denominator=1.0)
    warehouse = new_warehouse(WHOLE)
    (came,) = warehouse.compute("g2", [WHOLE, other], files=[CALLS_FILE])
    assert (came["value_before"], came["value_after"], came["quality_state_before"]) == (None, 1.0, None)
    assert told([came]) == [("DELIVERY", True, CALLS_FILE[0], 1)]
    warehouse.publish("g2")
    (went,) = warehouse.compute("g3", [WHOLE], files=[CALLS_FILE])
    assert (went["value_before"], went["value_after"], went["quality_state_after"]) == (1.0, None, None)
    assert told([went]) == [("DELIVERY", True, CALLS_FILE[0], 1)]
    # In a week that runs on, a scope that is new came with the new days.
    running = replace(WHOLE, days=(3, 3, 0), quality_state="PARTIAL")
    warehouse = new_warehouse(running)
    later = [replace(figure, days=(4, 4, 0), quality_state="PARTIAL") for figure in (WHOLE, other)]
    assert [row["cause_code"] for row in warehouse.compute("g2", later)] == ["RAN_ON"]


def test_a_new_definition_is_told_from_new_code_and_from_files(new_warehouse: Maker) -> None:
    warehouse = new_warehouse(WHOLE, Figure("arrest"), Figure("new"))
    later = [
        replace(WHOLE, numerator=1.0, definition_version="2"),
        Figure("arrest", numerator=1.0),
        Figure("new", numerator=1.0),
    ]
    found = warehouse.compute("g2", later, full=True, has_new_code=True, files=[("o.csv", "da_outcomes", MONDAY)])
    by_kpi = {row["kpi_id"]: (row["cause_code"], row["cause"], row["deliveries"]) for row in found}
    assert by_kpi == {
        "answered": ("DEFINITION", "the definition changed from version 1 to 2", None),
        "arrest": ("DELIVERY", "late or corrected files of its own days", "o.csv"),
        "new": ("CODE", "reference data or code changed, and everything was computed anew", None),
    }


def test_a_definition_that_changes_no_figure_restates_none(new_warehouse: Maker) -> None:
    warehouse = new_warehouse(WHOLE)
    later = replace(WHOLE, definition_version="2")
    assert warehouse.compute("g2", [later], full=True, has_new_code=True) == []


def test_an_indicator_that_is_withdrawn_is_told(new_warehouse: Maker) -> None:
    warehouse = new_warehouse(WHOLE, Figure("withdrawn", subject="of its own"))
    (change,) = warehouse.compute("g2", [WHOLE], full=True, has_new_code=True)
    assert (change["kpi_id"], change["cause_code"], change["cause"]) == (
        "withdrawn",
        "DEFINITION",
        "the indicator was withdrawn",
    )


def test_a_disruption_restates_the_state_and_names_the_register(new_warehouse: Maker) -> None:
    warehouse = new_warehouse(WHOLE)
    disrupted = replace(WHOLE, quality_state="DISRUPTED", disruption_keys="D-1")
    register = ("service_disruptions_20210420.csv", "service_disruptions", date(2021, 4, 20))
    (change,) = warehouse.compute("g2", [disrupted], files=[register, CALLS_FILE])
    assert told([change]) == [("DISRUPTION", True, register[0], 1)]
    assert (change["quality_state_before"], change["quality_state_after"], change["change"]) == ("OK", "DISRUPTED", 0)


def test_a_figure_recomputed_without_any_file_or_code_says_so(new_warehouse: Maker) -> None:
    warehouse = new_warehouse(WHOLE)
    found = warehouse.compute("g2", [replace(WHOLE, numerator=1.0)], files=[("o.csv", "da_outcomes", MONDAY)])
    assert told(found) == [("RECOMPUTED", True, None, 0)]


def test_a_run_that_carries_on_looks_at_what_it_computed(new_warehouse: Maker) -> None:
    """Else a daily run would cost all the years before it."""
    next_week = replace(WHOLE, period_start=MONDAY + timedelta(days=7))
    warehouse = new_warehouse(WHOLE, next_week)
    changed = [replace(WHOLE, numerator=1.0), replace(next_week, numerator=2.0)]
    found = warehouse.compute("g2", changed, recomputed=[WHOLE.key], files=[CALLS_FILE])
    assert [row["numerator_after"] for row in found] == [1.0]


def test_a_run_that_was_not_published_leaves_no_trace(new_warehouse: Maker) -> None:
    """Its tables are built, and nobody saw them: what counts is what was out before it."""
    warehouse = new_warehouse(WHOLE)
    corrected = replace(WHOLE, numerator=84.0)
    assert len(warehouse.compute("g2", [corrected], files=[CALLS_FILE])) == 1
    # The next run has nothing to compute again, and still tells what it publishes.
    (change,) = warehouse.compute("g3", [corrected], recomputed=[], files=[CALLS_FILE])
    assert (change["generation"], change["generation_before"]) == ("g3", "g1")
    assert [row[0] for row in warehouse.restatements()] == ["g3"]
    assert warehouse.compute("g4", [WHOLE]) == []
    assert warehouse.restatements() == []


def test_history_outlives_a_build_from_nothing(new_warehouse: Maker) -> None:
    warehouse = new_warehouse(WHOLE)
    warehouse.compute("g2", [replace(WHOLE, numerator=84.0)], files=[CALLS_FILE])
    warehouse.publish("g2")
    before = warehouse.all_changes()
    assert len(before) == 1
    assert warehouse.compute("g3", [replace(WHOLE, numerator=84.0)], full=True) == []
    assert warehouse.all_changes() == before


@pytest.mark.parametrize("seed", range(8))
def test_every_figure_of_every_generation_is_what_as_was_says(seed: int, new_warehouse: Maker) -> None:
    """Figures come, go, move and come back; runs die, or begin from nothing: each table that was out is told again."""
    dice = random.Random(seed)
    weeks = [MONDAY + timedelta(days=7 * number) for number in range(3)]
    pool = [
        Figure(kpi_id, scope, subject=kpi_id, period_start=week)
        for kpi_id in ("answered", "arrest")
        for scope in ("A", "B", "C")
        for week in weeks
    ]

    def drawn() -> list[Figure]:
        return [
            replace(
                figure,
                numerator=dice.choice([None, 1.0, 2.0]),
                quality_state=dice.choice(["OK", "PARTIAL", "DISRUPTED"]),
                days=dice.choice([(7, 7, 0), (3, 3, 0), (4, 3, 0)]),
            )
            for figure in pool
            if dice.random() < 0.8
        ]

    standing = {figure.key: figure for figure in drawn()}
    warehouse = new_warehouse(*standing.values())
    touched: set[tuple[str, str, date]] = set()
    for number in range(2, 9):
        fresh = {figure.key: figure for figure in drawn()}
        # What was delivered stays pending until it is published.
        touched |= {figure.key[:3] for figure in dice.sample(pool, 5)}
        full = dice.random() < 0.3
        standing = {key: figure for key, figure in standing.items() if not full and key[:3] not in touched} | {
            key: figure for key, figure in fresh.items() if full or key[:3] in touched
        }
        recomputed = None if full else [(*period, "", "") for period in touched]
        warehouse.compute(f"g{number}", list(standing.values()), full=full, recomputed=recomputed)
        if dice.random() < 0.7:
            warehouse.publish(f"g{number}")
            touched = set()
            for generation, figures in warehouse.published.items():
                found = warehouse.as_was(generation)
                assert len(found) == len(figures)
                assert set(found) == figures, (number, generation)
    assert len(warehouse.published) > 2
