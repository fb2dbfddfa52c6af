"""Where runs are killed and what is asked of the run after: a warehouse that is put back to how it was for each trial.

What belongs here: trials, and judging how one ended. Not here: how a run is killed (server,
points) or hindered (faults).
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from orchestration.publish.content_hash import is_hashed
from orchestration.publish.generation import Generation, current
from orchestration.settings import PROJECT, Settings
from tests.support import settings_for
from tests.torture import world
from tests.torture.points import OLD_GENERATION, POINTS
from tests.torture.reader import Reader, Seen
from tests.torture.server import Ended, Server

FIRST, LATER = "first", "incremental"
_STAGES = ("landing", "building the warehouse", "judging the quality", "publishing")
_KILLED = -signal.SIGKILL


@dataclass(frozen=True)
class Kill:
    """How one run is made to die. `whole`: with Dagster, every rule and every test; else the steps alone."""

    after: float | None = None
    point: str | None = None
    call: int | None = None
    command: str | None = None  # the stage at which the real `occ run` is killed from outside
    whole: bool = False

    def __str__(self) -> str:
        if self.command:
            return f"`occ run` while {self.command}"
        if self.call is not None:
            return f"{self.point} {self.call}"
        return self.point or f"after {self.after:.2f} s"


@dataclass
class Outcome:
    """What came of one trial: a chain of killed runs, and the one that was let go on."""

    kills: list[str] = field(default_factory=list)  # that really came; a run may end before its kill
    problems: list[str] = field(default_factory=list)
    seen: Seen = field(default_factory=Seen)


@dataclass(frozen=True)
class Expected:
    """What an undisturbed run makes of the same deliveries."""

    content_hash: str
    fingerprints: dict[str, Any]
    generations: int
    build: frozenset[str]  # names in the build folder
    seconds: float
    calls: int  # system calls that change names on disk


class Room:
    """A world, a fork server, a reader, and a warehouse at one place that is put back for each trial."""

    def __init__(self, folder: Path, kinds: tuple[str, ...] = (FIRST, LATER)) -> None:
        self.folder = folder
        self.world = world.make(folder / "world")
        self.server = Server(folder / "server")
        self.reader = Reader()
        self.place = folder / "room"  # the same for every trial, as published views name absolute paths
        self.settings: Settings = settings_for(self.place, self.place / "landing")
        self.expected: dict[str, Expected] = {}
        for kind in kinds:
            self._make_template(kind)

    def close(self) -> None:
        self.reader.close()
        self.server.close()

    def run(self, *, whole: bool = False, **how: Any) -> Ended:
        """One run of the warehouse as it stands."""
        return self.server.run(self.settings, whole=whole, **how)

    def put_back(self, kind: str) -> None:
        """The warehouse and landing folder as they are before the runs of a trial."""
        self.place.mkdir(exist_ok=True)
        for left in self.place.iterdir():  # the folder itself may be a mount
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        if kind == LATER:
            subprocess.run(["cp", "-a", f"{self._template}/.", str(self.place)], check=True)
            self.world.deliver_later(self.settings.landing)
        else:
            self.world.deliver_base(self.settings.landing)

    def published(self) -> Generation:
        """The generation that is out."""
        published = current(self.settings)
        assert published is not None
        return published

    def trial(self, kind: str, kills: list[Kill], *, whole: bool = False) -> Outcome:
        """Kill one run after the other, then let one go on, a reader beside them; say what was not as it must be."""
        outcome = Outcome()
        self.put_back(kind)
        landing = _names(self.settings.landing)
        self.reader.start(self.settings.warehouse)
        for kill in kills:
            code, said = self._killed(kill)
            if code == _KILLED:
                outcome.kills.append(str(kill))
            elif code != 0:
                outcome.problems.append(f"{kill}: the run ended with {code}: {said[-600:]}")
        ended = self.run(whole=whole)
        outcome.seen = self.reader.stop()
        if ended.code != 0:
            outcome.problems.append(f"the run after ended with {ended.code}: {ended.said[-600:]}")
        else:
            outcome.problems += self.differences(kind)
        if _names(self.settings.landing) != landing:
            outcome.problems.append("the landing folder was touched")
        outcome.problems += [f"a reader: {failure}" for failure in outcome.seen.failures]
        return outcome

    def differences(self, kind: str) -> list[str]:
        """What is not as an undisturbed run leaves it."""
        expected, problems = self.expected[kind], []
        published = current(self.settings)
        if published is None:
            return ["nothing is published"]
        if published.content_hash != expected.content_hash:
            tables = [name for name, value in _hashed(published).items() if value != expected.fingerprints.get(name)]
            problems.append(f"another content hash; other tables: {tables}")
        with duckdb.connect(str(self.settings.current_db.resolve()), read_only=True) as con:
            listed = [row[0] for row in con.execute("select generation from quality.generations").fetchall()]
        if len(listed) != expected.generations:
            problems.append(f"{len(listed)} generations are listed, {expected.generations} were to be")
        return problems + self._orphans(set(listed), expected)

    def _orphans(self, listed: set[str], expected: Expected) -> list[str]:
        """Files that nothing will use and nothing will remove."""
        found = _names(self.settings.published, deep=False) - listed - {"current"}
        store = self.settings.warehouse / "landing"
        batches = {path.stem for path in (store / "registry").glob("*.parquet")}
        known = {"seen.json", "key.fingerprint"}
        for name in _names(store):
            stem = name.rpartition("/")[2]
            if name not in known and not any(stem.startswith((f"{batch}-", f"{batch}.parquet")) for batch in batches):
                found.add(name)
        found |= _names(self.settings.build, deep=False) - expected.build
        found |= _names(self.settings.key_file.parent) - {self.settings.key_file.name}
        return [f"left behind: {sorted(found)}"] if found else []

    def _killed(self, kill: Kill) -> tuple[int, str]:
        if kill.command:
            return self._killed_command(kill.command)
        ended = self.run(whole=kill.whole, after=kill.after, point=kill.point, call=kill.call)
        return ended.code, ended.said

    def _killed_command(self, stage: str) -> tuple[int, str]:
        """The real command, killed with all that it started as soon as it says that it has reached the stage."""
        environment = os.environ | {
            "OCC_LANDING": str(self.settings.landing),
            "OCC_WAREHOUSE": str(self.settings.warehouse),
            "OCC_TOKEN_KEY_FILE": str(self.settings.key_file),
            "OCC_PROFILE": str(self.settings.profile),
        }
        command = [sys.executable, "-m", "orchestration.cli", "run"]
        process = subprocess.Popen(
            command, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip
        said = ""
        assert process.stderr is not None
        for line in process.stderr:
            said += line
            if line.strip() == stage:
                time.sleep(random.random() / 2)
                os.killpg(process.pid, signal.SIGKILL)
        return process.wait(), said

    # --- before the first trial ---------------------------------------------------------------------------------
    @property
    def _template(self) -> Path:
        return self.folder / "template"

    def _make_template(self, kind: str) -> None:
        if kind == LATER:
            self.put_back(FIRST)
            self._must_end(self.run())
            self._age()
            shutil.move(self.place, self._template)
        self.put_back(kind)
        trace = self.folder / f"trace.{kind}"
        ended = self._must_end(self.run(trace=str(trace)))
        published = current(self.settings)
        assert published is not None
        with duckdb.connect(str(self.settings.current_db.resolve()), read_only=True) as con:
            ((generations,),) = con.execute("select count(*) from quality.generations").fetchall()
        self.expected[kind] = Expected(
            content_hash=published.content_hash,
            fingerprints=_hashed(published),
            generations=generations,
            build=frozenset(_names(self.settings.build, deep=False) | {"dagster"}),
            seconds=ended.seconds,
            calls=len(trace.read_text().splitlines()),
        )

    def _age(self) -> None:
        """A generation of long ago beside the first, so that the next run has one to let go of."""
        self.settings = replace(self.settings, keep_generations=0)
        published = current(self.settings)
        assert published is not None
        old = self.settings.published / OLD_GENERATION
        shutil.copytree(self.settings.published / published.generation, old)
        described = json.loads((old / "generation.json").read_text())
        described |= {"generation": OLD_GENERATION, "published_at": "2020-01-01T06:00:00+00:00"}
        (old / "generation.json").write_text(json.dumps(described))
        # The one that followed it is of long ago too: a generation stays for a day after it was current.
        followed = self.settings.published / published.generation / "generation.json"
        followed.write_text(
            json.dumps(json.loads(followed.read_text()) | {"published_at": "2020-01-02T06:00:00+00:00"})
        )
        with duckdb.connect(str(self.settings.current_db.resolve())) as con:
            con.execute(
                "insert into quality.generations select * replace (? as generation, ?::timestamptz as published_at) "
                "from quality.generations",
                [OLD_GENERATION, described["published_at"]],
            )

    def _must_end(self, ended: Ended) -> Ended:
        assert ended.code == 0, ended.said
        return ended


def points_of(kind: str) -> list[str]:
    """Names of the points that a run of this kind comes by, in the order of the flow."""
    return [point.name for point in POINTS if point.only in (None, kind)]


def random_kill(chooser: random.Random, expected: Expected, kind: str) -> Kill:
    """Somewhere: at a moment, at a named point, or at a system call."""
    draw = chooser.random()
    if draw < 0.4:
        return Kill(after=chooser.uniform(0, expected.seconds))
    if draw < 0.75:
        return Kill(point=chooser.choice(points_of(kind)))
    return Kill(point=chooser.choice(["before call", "after call"]), call=chooser.randint(1, expected.calls))


def place_in_flow(kill: Kill, expected: Expected, kind: str) -> float:
    """About how far a run is when the kill comes: 0 at its start, 1 at its end."""
    if kill.after is not None:
        return kill.after / expected.seconds
    if kill.call is not None:
        return kill.call / expected.calls
    names = points_of(kind)
    return names.index(kill.point) / len(names) if kill.point in names else 0.0


def _hashed(published: Generation) -> dict[str, Any]:
    return {name: value for name, value in published.fingerprints.items() if is_hashed(name)}


def _names(folder: Path, *, deep: bool = True) -> set[str]:
    if not deep:
        return {path.name for path in folder.iterdir()}
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
