"""A fork server for runs: imports Dagster, dbt and Great Expectations and reads the models once, then forks a run.

What belongs here: starting a run in a child of its own session, killing it, saying how it ended. It opens no
DuckDB and starts no thread, so that a child starts as clean as a process of its own. It speaks JSON lines: one request,
one answer.

Started as `python -m tests.torture.server FOLDER`; `Server` is the way in.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from orchestration.settings import PROJECT, Settings
from tests.support import settings_for

_IMPORTED = (
    "duckdb_engine",
    "great_expectations.datasource.fluent",
    "dbt.adapters.duckdb.connections",
    "dbt.task.build",
    "orchestration.definitions",
    "orchestration.landing.run",
    "orchestration.quality.run",
    "orchestration.runs",
    "tests.torture.faults",
    "tests.torture.points",
)


@dataclass(frozen=True)
class Ended:
    """How a run ended: `code` is its exit code, negative the signal that killed it."""

    code: int
    seconds: float
    said: str  # the paragraph of the error, if any
    stages: list[str]  # what the run reported, as it went, in order


@dataclass(frozen=True)
class Request:
    """One run to make. `after` kills from outside, `point` and `call` from inside; `fault` is put in its way."""

    settings: dict[str, Any]
    whole: bool = True  # with Dagster, every rule and every test; else the steps alone
    after: float | None = None  # seconds until the whole process group is killed
    point: str | None = None  # a named point of tests.torture.points
    call: int | None = None  # the number of the system call to die at, with `point` "before call" or "after call"
    fault: dict[str, Any] | None = None  # tests.torture.faults
    trace: str | None = None  # a file to write the names of the system calls to


class Server:
    """The fork server, from the side of the tests."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._errors = (folder / "server.log").open("w")
        environment = os.environ | {"OCC_TOKEN_KEY_FILE": str(folder / "keys" / "none")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.torture.server", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            cwd=PROJECT,
            env=environment,
        )
        assert self._answer() == "ready", (folder / "server.log").read_text()

    def run(self, settings: Settings, **how: Any) -> Ended:
        """Make one run and wait for its end."""
        told = {name: str(value) for name, value in vars(settings).items() if isinstance(value, Path)}
        request = Request(settings=told | {"keep_generations": settings.keep_generations}, **how)
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asdict(request)) + "\n")
        self._process.stdin.flush()
        return Ended(**self._answer())

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._errors.close()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        return json.loads(line) if line else None


def serve(folder: Path) -> None:
    """Answer requests until standard input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # nothing that a library prints may be taken for an answer
    _import_everything(folder)
    _say(answers, "ready")
    for line in sys.stdin:
        _say(answers, asdict(_fork(Request(**json.loads(line)), folder)))


def _say(answers: Any, what: object) -> None:
    answers.write(json.dumps(what) + "\n")
    answers.flush()


def _import_everything(folder: Path) -> None:
    """All that a run imports, and the models read; what is left open or running would be shared by every child."""
    template = settings_for(folder / "template", folder / "template" / "landing")
    template.landing.mkdir(parents=True, exist_ok=True)
    template.export()
    from orchestration.quality.duckdb_reading import great_expectations

    great_expectations()
    for module in _IMPORTED:
        importlib.import_module(module)
    others = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    assert not others, others


def _fork(request: Request, folder: Path) -> Ended:
    stages, said = folder / "stages.txt", folder / "said.txt"
    for path in (stages, said):
        path.write_text("")
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        _child(request, folder, stages, said)
    if request.after is not None:
        _kill_after(child, request.after)
    _, status = os.waitpid(child, 0)
    return Ended(
        code=os.waitstatus_to_exitcode(status),
        seconds=time.monotonic() - started,
        said=said.read_text(),
        stages=stages.read_text().splitlines(),
    )


def _kill_after(child: int, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return
        time.sleep(0.002)
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)


def _child(request: Request, folder: Path, stages: Path, said: Path) -> None:
    """One run, as `occ run` makes it; never returns."""
    code = 70
    try:
        os.setsid()
        given = {name: Path(told) if isinstance(told, str) else told for name, told in request.settings.items()}
        settings = Settings(**given)
        os.environ["OCC_KEEP_GENERATIONS"] = str(settings.keep_generations)
        settings.export()
        from orchestration.errors import OccError
        from orchestration.runs import run_once
        from tests.torture import faults, points

        if not request.whole:
            _take_the_steps_alone(folder)
        points.arm(request.point, request.call, request.trace, settings.warehouse)
        faults.arm(request.fault)
        with stages.open("a", buffering=1) as told:
            try:
                run_once(settings, lambda stage, done, total: told.write(f"{stage} {done}/{total}\n") and None)
                code = 0
            except OccError as error:
                said.write_text(str(error))
                code = error.exit_code
    except BaseException:
        said.write_text(traceback.format_exc())
    finally:
        os._exit(code)


def _take_the_steps_alone(folder: Path) -> None:
    """The steps in their order under the same lock, without Dagster's log, dbt's tests and all rules but one table's.

    What is left out judges and logs; it changes nothing that is published but the list of what was judged.
    """
    from orchestration import runs
    from orchestration.settings import RULES
    from orchestration.warehouse import dbt, steps

    rules = folder / "rules" / "quality"
    if not rules.exists():
        shutil.copytree(RULES / "quality", rules)
    build, land = dbt.build, steps.land

    def without_tests(settings: Settings, *, full_refresh: bool, exclude: Sequence[str] = ()) -> Any:
        return build(settings, full_refresh=full_refresh, exclude=[*exclude, "resource_type:test"])

    def one_after_the_other(settings: Settings, *_of_dagster: Any) -> None:
        steps.land_deliveries(settings)
        steps.build_warehouse(settings)
        steps.analyse(settings)
        steps.judge_quality(settings)
        steps.publish_generation(settings)

    def without_pause(*arguments: Any, **named: Any) -> Any:
        return land(*arguments, **named, pause_seconds=0)

    steps.RULES, steps.land, dbt.build = rules.parent, without_pause, without_tests  # type: ignore[assignment]
    runs._execute_job = one_after_the_other


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
