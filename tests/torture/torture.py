"""`make torture`: kills runs until as many were killed as asked for, and prints one line of figures at the end.

`KILLS=500` how many; `SEED=1` which ones; `RESUME=1` goes on with a count that was broken off (build/torture.json).
Each trial kills one to ten runs, one after the other, then lets one go on and compares it with an undisturbed one.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path

from orchestration.settings import PROJECT
from tests.torture.room import FIRST, LATER, Kill, Room, place_in_flow, points_of, random_kill

_FIGURES = PROJECT / "build" / "torture.json"
_LONGEST_CHAIN = 10
_WHOLE_EVERY, _COMMAND_EVERY = 40, 20  # trials


def main() -> int:
    """Run the trials; the exit code is 0 when nothing went wrong."""
    wanted, seed = int(os.environ.get("KILLS", "500")), int(os.environ.get("SEED", "1"))
    figures = {"seed": seed, "trials": 0, "kills": 0, "survived": 0, "reader_queries": 0, "failures": []}
    if os.environ.get("RESUME") and _FIGURES.exists():
        figures = json.loads(_FIGURES.read_text())
    _FIGURES.parent.mkdir(exist_ok=True)
    os.environ.setdefault("OCC_PARSED_MODELS", str(_FIGURES.parent / "torture_models"))
    with tempfile.TemporaryDirectory(prefix="torture") as folder:
        room = Room(Path(folder))
        try:
            while figures["kills"] < wanted:
                _trial(room, figures)
                _FIGURES.write_text(json.dumps(figures, indent=1))
        finally:
            room.close()
    print(_line(figures))
    return 1 if figures["failures"] else 0


def _trial(room: Room, figures: dict) -> None:  # type: ignore[type-arg]
    number = figures["trials"]
    chooser = random.Random(f"{figures['seed']} {number}")  # each trial by itself: a count broken off goes on the same
    kind = FIRST if number % 3 == 0 else LATER
    # Named points one after the other, so that each comes; the rest of the chain at random.
    points = points_of(kind)
    kills = [Kill(point=points[(number // 3 if kind == FIRST else number) % len(points)])]
    kills += [random_kill(chooser, room.expected[kind], kind) for _ in range(chooser.randrange(_LONGEST_CHAIN))]
    kills.sort(key=lambda kill: place_in_flow(kill, room.expected[kind], kind))  # what is done is not come by again
    if number % _COMMAND_EVERY == 5:
        kills.append(Kill(command=chooser.choice(["landing", "building the warehouse", "judging the quality"])))
    whole = number % _WHOLE_EVERY == 8
    started = time.monotonic()
    outcome = room.trial(kind, [Kill(**{**vars(kill), "whole": whole}) for kill in kills], whole=whole)
    figures["trials"] += 1
    figures["kills"] += len(outcome.kills)
    figures["survived"] += 0 if outcome.problems else len(outcome.kills)
    figures["reader_queries"] += outcome.seen.queries
    figures["failures"] += [f"trial {number}, {kind}, {outcome.kills}: {problem}" for problem in outcome.problems]
    print(
        f"trial {number} {kind}{' whole' if whole else ''} {time.monotonic() - started:.0f} s: "
        f"{'; '.join(outcome.kills) or 'no kill came'}{''.join(f'{chr(10)}  PROBLEM {p}' for p in outcome.problems)}",
        flush=True,
    )


def _line(figures: dict) -> str:  # type: ignore[type-arg]
    return (
        f"kills {figures['kills']}, survived {figures['survived']}, reader queries {figures['reader_queries']:,}, "
        f"failures {len(figures['failures'])} (trials {figures['trials']}, seed {figures['seed']})"
    )


if __name__ == "__main__":
    sys.exit(main())
