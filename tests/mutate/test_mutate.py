"""A little of `make mutate`: some faults, some mutants, and that its lists say what is true.

A failure: a fault that its rule does not find, a mutant that no comparison finds, or an entry of a list that is stale.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from orchestration.landing.shapes import load_shapes
from orchestration.quality.rules import load_rules
from orchestration.settings import RULES
from tests.mutate.catching import ROOM_TESTS, TinyWorld, room_tests_of
from tests.mutate.data_faults import DATA_FAULTS, REJECTED, SUMMER
from tests.mutate.equivalents import EQUIVALENT
from tests.mutate.operators import MODELS, OPERATORS, Mutant, mutants_of, pick
from tests.mutate.planting import World

TABLES = ("quality.deliveries", "staging.base_acd_segments", "staging.base_saab_incidents")
PLANTED = (*("negative_ring", "area_renamed", "day_delivered_twice", "column_missing"),)
# Of models up to the calls: model, operator, what the line holds.
MUTATED = (
    ("stg_acd_segments", "comparison_flipped", "talk_seconds"),
    ("int_segments_collapsed", "left_join_made_inner", ""),
    ("int_segments_collapsed", "sum_made_max", "ivr_seconds"),
    ("int_segments_collapsed", "coalesce_dropped", ""),
    ("fct_calls", "comparison_strict_or_loose", "short_abandons"),
    ("fct_calls", "left_join_made_inner", ""),
)


def test_the_faults_are_of_sixty_kinds_and_more_each_named_once() -> None:
    assert len(DATA_FAULTS) >= 60
    assert [name for name, count in Counter(fault.name for fault in DATA_FAULTS).items() if count > 1] == []


def test_every_fault_names_an_export_and_rules_that_there_are() -> None:
    known = {rule.id for rule in load_rules(RULES)} | {REJECTED}
    assert {fault.export for fault in DATA_FAULTS} <= set(load_shapes())
    assert {fault.name: set(fault.expects) - known for fault in DATA_FAULTS if set(fault.expects) - known} == {}
    assert [fault.name for fault in DATA_FAULTS if not fault.expects] == []


def test_a_seed_picks_sixty_mutants_and_more_in_every_room() -> None:
    picked = pick(1)
    assert len(picked) >= 60
    assert [mutant.name for mutant in picked] == [mutant.name for mutant in pick(1)] != [m.name for m in pick(2)]
    assert {mutant.room for mutant in picked} == {"staging", "intermediate", "marts", "metrics", "reports", "quality"}
    assert all(mutant.before != mutant.after for mutant in picked)


def test_every_operator_fits_somewhere_and_every_equivalent_mutant_is_still_one() -> None:
    sites = {
        (mutant.model, mutant.operator, mutant.before) for path in MODELS.rglob("*.sql") for mutant in mutants_of(path)
    }
    assert {operator for _, operator, _ in sites} == set(OPERATORS)
    assert set(EQUIVALENT) - sites == set()


def test_every_room_has_tests_that_there_are() -> None:
    root = Path(__file__).parents[2]
    assert [path for paths in ROOM_TESTS.values() for path in paths if not (root / path).exists()] == []
    assert all(room_tests_of(path.stem) for path in MODELS.rglob("*.sql"))


@pytest.fixture(scope="module")
def some_days(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Some days of a twentieth of a force, as far as the rules of three tables read."""
    world = World(tmp_path_factory.mktemp("mutate"), SUMMER, scale=0.05, days=3)
    world.prepare(TABLES)
    return world


@pytest.mark.parametrize("name", PLANTED)
@pytest.mark.xdist_group("mutate")
def test_a_planted_fault_is_found_by_what_should_find_it(name: str, some_days: World) -> None:
    fault = next(fault for fault in DATA_FAULTS if fault.name == name)
    assert some_days.judge(fault, TABLES).as_expected


@pytest.fixture(scope="module")
def tiny_world(tmp_path_factory: pytest.TempPathFactory) -> TinyWorld:
    """Three days full of traps, built up to the calls."""
    world = TinyWorld(tmp_path_factory.mktemp("mutate"), 0, up_to="fct_calls")
    world.prepare()
    return world


@pytest.mark.parametrize(("model", "operator", "holds"), MUTATED)
@pytest.mark.xdist_group("mutate")
def test_a_mutated_model_is_not_what_the_reference_has(
    model: str, operator: str, holds: str, tiny_world: TinyWorld
) -> None:
    mutant = _mutant(model, operator, holds)
    caught = tiny_world.catch(mutant, compared=("calls",))
    assert caught.runs
    assert caught.by, f"{mutant.before} -> {mutant.after}"


@pytest.mark.xdist_group("mutate")
def test_a_model_as_it_stands_is_not_caught(tiny_world: TinyWorld) -> None:
    """What catches everything proves nothing."""
    text = next(MODELS.rglob("int_segments_collapsed.sql")).read_text()
    same = Mutant("int_segments_collapsed", "intermediate", 1, "none", "", "", text)
    assert tiny_world.catch(same, compared=("calls",)).by == ""


def _mutant(model: str, operator: str, holds: str) -> Mutant:
    path = next(MODELS.rglob(f"{model}.sql"))
    return next(each for each in mutants_of(path) if each.operator == operator and holds in each.before)
