"""Where a run can be made to die: patches that a forked run puts on itself, so that product code holds no hook.

What belongs here: the list of named points, and dying at them. `KILL` ends the run's whole process group, as `kill -9`
does from outside: no handler, no `finally`, no flush.
"""

from __future__ import annotations

import importlib
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


def die() -> None:
    """End this run and all that it started, at once."""
    os.killpg(os.getpgid(0), signal.SIGKILL)
    signal.pause()


@dataclass(frozen=True)
class Point:
    """Before or after the nth call of a function that the product has anyway."""

    name: str
    target: str  # module:attribute, or module:Class.attribute
    when: str  # before or after
    nth: int = 1
    of: str | None = None  # counts only calls one of whose arguments, as text, holds this
    only: str | None = None  # reached by a "first" run or by an "incremental" one only


OLD_GENERATION = "20200101T060000Z"  # which a daily run of tests.torture.room lets go of
_MODEL = "dbt.task.run:ModelRunner.execute"
_LANDING, _STEPS, _PUBLISH, _AUDIENCES = (
    "orchestration.landing",
    "orchestration.warehouse.steps",
    "orchestration.publish.generation",
    "orchestration.publish.audience_files",
)

POINTS = [
    # landing
    Point("before the key is made", f"{_LANDING}.keys:_make_key", "before", only="first"),
    Point("the key is made, its fingerprint is not", f"{_LANDING}.keys:_make_key", "after", only="first"),
    Point("before orphans are removed", f"{_LANDING}.store:remove_orphans", "before"),
    Point("before a file's Parquet is written", f"{_LANDING}.values:TypedBatch.write", "before"),
    Point("a file's Parquet is written", f"{_LANDING}.values:TypedBatch.write", "after"),
    Point("some files' Parquet is written", f"{_LANDING}.values:TypedBatch.write", "after", nth=3),
    Point("before the quarantine is closed", f"{_LANDING}.run:_Run._commit", "before"),
    Point("before the registry is written", f"{_LANDING}.store:commit_registry", "before"),
    Point("before the registry is renamed", "pathlib:Path.rename", "before", of="registry"),
    Point("the registry is renamed, not synced", "pathlib:Path.rename", "after", of="registry"),
    Point("the registry stands, what was seen is not noted", f"{_LANDING}.folder:write_seen", "before"),
    Point("before the note of what was seen is renamed", "pathlib:Path.replace", "before", of="seen.json"),
    Point("landed, the build knows nothing of it", f"{_STEPS}:land", "after"),
    # the plan
    Point("before the landing tables are made", f"{_STEPS}:sync_build_database", "before"),
    Point("before the run is planned", f"{_STEPS}:_plan_run", "before"),
    Point("the run is planned", f"{_STEPS}:_plan_run", "after"),
    # building
    Point("before the first model", "orchestration.warehouse.dbt:build", "before"),
    Point("within staging", _MODEL, "after", of="base_saab_incidents"),
    Point("half of staging", _MODEL, "before", of="base_acd_segments"),
    Point("affected keys are stored", _MODEL, "after", of="int_affected_incidents"),
    Point("affected dates are stored", _MODEL, "after", of="int_affected_dates"),
    Point("before calls are changed", _MODEL, "before", of="fct_calls"),
    Point("calls are changed, nothing that leans on them", _MODEL, "after", of="fct_calls"),
    Point("incidents are changed, nothing that leans on them", _MODEL, "after", of="fct_incidents"),
    Point("hours are changed", _MODEL, "after", of="fct_unresourced_hourly"),
    Point("what a run touched is stored", _MODEL, "after", of="int_touched_months"),
    Point("figures are changed", _MODEL, "after", of="kpi_results"),
    Point("the history of figures is written", _MODEL, "after", of="kpi_changes"),
    Point("the models are built, the gate knows nothing", f"{_STEPS}:audit.record_build", "before"),
    # rules
    Point("before the rules", "orchestration.quality.run:run_rules", "before"),
    Point("within the rules", "orchestration.quality.run:_Runner.judge", "after", nth=3),
    Point("before the rules' results are carried on", "orchestration.quality.results:carry_history", "before"),
    Point("before the rules' results are written", "orchestration.quality.results:write_results", "before"),
    Point("the rules' results are written", "orchestration.quality.results:write_results", "after"),
    # publishing
    Point("before a generation is written", f"{_PUBLISH}:write", "before"),
    Point("the generation's folder is made", f"{_PUBLISH}:tables_to_publish", "before"),
    Point("a fact's months are written", f"{_PUBLISH}:_write_months", "after"),
    Point("some facts' months are written", f"{_PUBLISH}:_write_months", "after", nth=4),
    Point("before the generation's database", f"{_PUBLISH}:_write_database", "before"),
    Point("tables are in the generation's database", f"{_PUBLISH}:describe", "before"),
    Point("before the list of generations goes on", f"{_PUBLISH}:_record_generation", "before"),
    Point("before an audience's files", f"{_AUDIENCES}:_write_one", "before"),
    Point("an audience's tables are written", f"{_AUDIENCES}:_write_views", "before"),
    Point("before the generation is made whole", f"{_AUDIENCES}:write", "after"),
    # The first is an audience's description.
    Point("the generation is whole, not synced", f"{_PUBLISH}:write_synced", "after", nth=2),
    Point("before the pointer moves", f"{_PUBLISH}:move_pointer", "before"),
    Point("the new pointer lies beside the old one", "pathlib:Path.replace", "before", of="current"),
    Point("the pointer has moved, not synced", "pathlib:Path.replace", "after", of="current"),
    Point("the pointer has moved, the plan still stands", f"{_PUBLISH}:move_pointer", "after"),
    Point("before old generations go", f"{_PUBLISH}:remove_old", "before"),
    Point(
        "an old generation is described no more, its files are there",
        "shutil:rmtree",
        "before",
        of=OLD_GENERATION,
        only="incremental",
    ),
    Point("an old generation is removed", "shutil:rmtree", "after", of=OLD_GENERATION, only="incremental"),
    Point("old generations are gone", f"{_PUBLISH}:remove_old", "after"),
]
BY_NAME = {point.name: point for point in POINTS}

# What changes names on disk. Between two of them lies nothing but writing into open files.
_CALLS = (
    "rename",
    "replace",
    "link",
    "symlink",
    "unlink",
    "remove",
    "mkdir",
    "rmdir",
    "fsync",
    "truncate",
    "ftruncate",
)


def arm(point: str | None, call: int | None, trace: str | None, warehouse: Path) -> None:
    """Have this process die at the point, or at the numbered system call; or write the calls down."""
    if call is not None or trace is not None:
        _arm_calls(point or "", call, trace, str(warehouse))
    elif point is not None:
        arm_point(BY_NAME[point])


def arm_point(point: Point, act: Callable[[], None] = die) -> None:
    """Have `act` happen at the point; `die` when nothing else is said."""
    module, _, path = point.target.partition(":")
    owner: Any = importlib.import_module(module)
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    seen = 0

    def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
        def dying(*arguments: Any, **named: Any) -> Any:
            nonlocal seen
            counts = point.of is None or any(point.of in _text(each) for each in (*arguments, *named.values()))
            seen += counts
            if counts and seen == point.nth and point.when == "before":
                act()
            result = function(*arguments, **named)
            if counts and seen == point.nth and point.when == "after":
                act()
            return result

        return dying

    original = getattr(owner, name)
    _replace_everywhere(owner, name, original, wrap(original))


def _replace_everywhere(owner: Any, name: str, original: Any, wrapped: Any) -> None:
    """Also where a module of ours took the function in by name."""
    import sys

    setattr(owner, name, wrapped)
    if isinstance(owner, type):
        return
    for module_name, module in list(sys.modules.items()):
        if module_name.startswith("orchestration.") and getattr(module, name, None) is original:
            setattr(module, name, wrapped)


def _text(argument: Any) -> str:
    """What a point's `of` is looked for in: a path, a name, or the name of a dbt model."""
    node = getattr(argument, "node", None)
    if node is not None:
        return f"|{getattr(node, 'name', '')}|"
    return argument if isinstance(argument, str) else os.fspath(argument) if isinstance(argument, Path) else ""


def _arm_calls(when: str, number: int | None, trace: str | None, warehouse: str) -> None:
    count = 0
    lines = Path(trace).open("a", buffering=1) if trace else None  # noqa: SIM115

    def wrap(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            nonlocal count
            if "dir_fd" not in named and not isinstance(arguments[0], int):
                path = os.fsdecode(arguments[0])
                if not os.path.abspath(path).startswith(warehouse) and name != "symlink":
                    return function(*arguments, **named)
            count += 1
            mine = count
            if lines:
                lines.write(f"{mine} {name} {arguments[0]}\n")
            if mine == number and when == "before call":
                die()
            result = function(*arguments, **named)
            if mine == number and when == "after call":
                die()
            return result

        return counted

    for name in _CALLS:
        setattr(os, name, wrap(name, getattr(os, name)))
