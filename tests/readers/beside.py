"""Sixteen readers beside two hundred publishes: `make readers`. No result fails, none is made of two generations.

python -m tests.readers.beside [--readers 16] [--publishes 200]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from unittest import mock

import numpy as np

from orchestration.publish import generation
from orchestration.settings import PROJECT
from orchestration.tables import Format, print_rows
from tests.readers.publisher import Publisher
from tests.readers.reader import Seen
from tests.support import settings_for

KINDS = ("opens", "holds", "parquet", "opens", "copies", "holds", "opens", "opens")
# A day, made short: how long what was current stays. A reader that holds a connection opens a new one twice as often.
KEPT_SECONDS = 3.0
_BETWEEN_PUBLISHES = 0.15  # seconds


@dataclass(frozen=True)
class Outcome:
    """What all readers met, by kind."""

    publishes: int
    removed: int  # generations that went while readers read
    seen: list[tuple[str, Seen]]

    @property
    def failed(self) -> list[str]:
        return [f"{kind}: {said}" for kind, seen in self.seen for said in seen.failed]

    @property
    def torn(self) -> list[str]:
        return [f"{kind}: {said}" for kind, seen in self.seen for said in seen.torn]


def beside(folder: Path, *, readers: int, publishes: int) -> Outcome:
    """Publish `publishes` times below `folder` with `readers` processes reading all the while."""
    settings = settings_for(folder, folder)
    publisher = Publisher(settings)
    with mock.patch.object(generation, "_KEEP_AT_LEAST", timedelta(seconds=KEPT_SECONDS)):
        publisher.publish()
        kinds = [KINDS[number % len(KINDS)] for number in range(readers)]
        processes = [_reader(settings.published, kind, seed) for seed, kind in enumerate(kinds)]
        try:
            for process in processes:
                assert process.stdout is not None
                assert process.stdout.readline() == "ready\n"
            while publisher.published < publishes:
                publisher.publish()
                time.sleep(_BETWEEN_PUBLISHES)
            seen = [Seen(**json.loads(process.communicate("stop\n", timeout=60)[0])) for process in processes]
        finally:
            for process in processes:
                process.kill()
                process.wait()
            publisher.close()
    return Outcome(publisher.published, publisher.removed, list(zip(kinds, seen, strict=True)))


def _reader(published: Path, kind: str, seed: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.readers.reader", str(published), kind, str(KEPT_SECONDS), str(seed)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
    )


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.readers.beside")
    parser.add_argument("--readers", type=int, default=16)
    parser.add_argument("--publishes", type=int, default=200)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outcome = beside(Path(folder), readers=given.readers, publishes=given.publishes)
    rows = []
    for kind in dict.fromkeys(kind for kind, _ in outcome.seen):
        of_kind = [seen for each, seen in outcome.seen if each == kind]
        took = [each for seen in of_kind for each in seen.milliseconds]
        rows.append(
            (
                kind,
                len(of_kind),
                sum(seen.queries for seen in of_kind),
                sum(len(seen.failed) for seen in of_kind),
                sum(len(seen.torn) for seen in of_kind),
                sum(seen.outlived for seen in of_kind),
                len(set().union(*(seen.publishes for seen in of_kind))),
                f"{np.percentile(took, 95):.1f}",
            )
        )
    print_rows(
        ["kind", "readers", "queries", "failed", "torn", "held too long", "generations seen", "p95 ms"],
        rows,
        Format.table,
    )
    print(f"\n{outcome.publishes} publishes, {outcome.removed} generations removed beside {len(outcome.seen)} readers")
    for said in (outcome.failed + outcome.torn)[:20]:
        print(said)
    if outcome.failed or outcome.torn:
        sys.exit(1)


if __name__ == "__main__":
    main()
