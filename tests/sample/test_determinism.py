"""The same arguments give the same bytes. A failure means: figures that tests pin would differ between machines."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from orchestration.sample import write_sample

PROGRAM = """
import sys
from datetime import date
from pathlib import Path
from orchestration.sample import write_sample
write_sample(Path(sys.argv[1]), date_from=date(2021, 9, 5), date_to=date(2021, 9, 9), scale=0.1, legacy_months=[])
"""


def digest(out: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(out.rglob("*")):
        if path.is_file():
            found.update(path.relative_to(out).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


def test_same_bytes_whatever_the_hash_seed(tmp_path: Path) -> None:
    digests = set()
    for seed in ("0", "1"):
        out = tmp_path / seed
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": "America/New_York" if seed == "1" else "UTC"}
        subprocess.run([sys.executable, "-c", PROGRAM, str(out)], check=True, env=environment)
        digests.add(digest(out))
    assert len(digests) == 1


def test_another_seed_gives_another_sample(tmp_path: Path) -> None:
    for seed in (1, 2):
        write_sample(
            tmp_path / str(seed),
            date_from=date(2021, 9, 1),
            date_to=date(2021, 9, 1),
            scale=0.1,
            seed=seed,
            legacy_months=[],
        )
    assert digest(tmp_path / "1") != digest(tmp_path / "2")


def test_writing_again_replaces_what_stood_there(tmp_path: Path) -> None:
    for last in (3, 1):
        write_sample(tmp_path, date_from=date(2021, 9, 1), date_to=date(2021, 9, last), scale=0.02, legacy_months=[])
    assert not list(tmp_path.rglob("acd_segments_20210902.csv"))


@pytest.mark.parametrize(
    ("first", "last", "scale"),
    [
        (date(2021, 9, 1), date(2021, 9, 1), 0.01),
        (date(2022, 3, 26), date(2022, 3, 28), 0.05),
        (date(2024, 2, 28), date(2024, 3, 1), 1.5),
        (date(2019, 12, 31), date(2020, 1, 1), 0.01),
    ],
)
def test_any_period_and_scale_works(tmp_path: Path, first: date, last: date, scale: float) -> None:
    summary = write_sample(tmp_path, date_from=first, date_to=last, scale=scale, legacy_months=[first.replace(day=1)])
    assert summary.files == sum(1 for path in (tmp_path / "landing").rglob("*") if path.is_file())


def test_impossible_arguments_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="before its first"):
        write_sample(tmp_path, date_from=date(2021, 9, 2), date_to=date(2021, 9, 1))
    with pytest.raises(ValueError, match="scale"):
        write_sample(tmp_path, scale=0)
