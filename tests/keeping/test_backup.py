"""A backup holds what cannot be made again, and what comes back is what was there."""

from __future__ import annotations

import dataclasses
import io
import shutil
import tarfile
from pathlib import Path

import pytest

from orchestration.errors import EnvironmentProblem, UsageProblem
from orchestration.keeping import backup
from orchestration.publish.generation import current
from orchestration.settings import Settings
from tests.support import ask, occ, take_steps

COUNTS = "select count(*), sum(wait_seconds), (select max(generation) from quality.generations) from marts.fct_calls"
GENERATIONS = "select count(*) from quality.generations"


def test_a_restored_warehouse_can_be_read_at_once_and_is_built_anew_from_its_landing_store(
    warehouse: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "backup.tar"
    before, counts, generations = current(warehouse), ask(warehouse, COUNTS), ask(warehouse, GENERATIONS)
    made = backup.write(warehouse, file)
    elsewhere = dataclasses.replace(warehouse, warehouse=tmp_path / "elsewhere", landing=tmp_path / "landing")
    elsewhere.warehouse.mkdir()
    shutil.rmtree(warehouse.warehouse)  # nothing may still be read from where it was
    assert backup.restore(elsewhere, file) == made
    assert ask(elsewhere, COUNTS) == counts
    comments = "select count(*) from duckdb_columns() where comment is not null and table_name = 'fct_calls'"
    assert ask(elsewhere, comments)[0][0] > 10
    # What was delivered need not be there any more; one new file, which says nothing, makes the next run build.
    elsewhere.landing.mkdir()
    (elsewhere.landing / "notes.txt").write_text("nothing\n")
    after = take_steps(elsewhere)
    assert before is not None
    marts = {name for name in before.fingerprints if name.startswith("marts.")}
    assert {name for name in marts if after.fingerprints[name] != before.fingerprints[name]} == set()
    assert after.fingerprints["metrics.kpi_results"] == before.fingerprints["metrics.kpi_results"]
    assert ask(elsewhere, GENERATIONS)[0][0] == generations[0][0] + 1


def test_the_key_is_not_in_a_backup_and_its_absence_is_said(warehouse: Settings, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    backup.write(warehouse, file)
    assert warehouse.key_file.read_text().strip().encode() not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0
    without = dataclasses.replace(warehouse, warehouse=tmp_path / "elsewhere", key_file=tmp_path / "no.key")
    ended = occ(without, ["restore", str(file)])
    assert ended.returncode == 0, ended.stderr
    assert "no.key is not there" in ended.stderr
    assert not (tmp_path / "no.key").exists()


@pytest.mark.parametrize("spoil", ["cut", "changed", "more", "outside", "no backup"])
def test_a_spoiled_backup_is_refused_and_leaves_nothing(warehouse: Settings, tmp_path: Path, spoil: str) -> None:
    file = tmp_path / "backup.tar"
    backup.write(warehouse, file)
    content = bytearray(file.read_bytes())
    if spoil == "cut":
        file.write_bytes(content[: len(content) // 2])
    elif spoil == "changed":
        content[content.index(b"PAR1") + 100] ^= 1
        file.write_bytes(content)
    elif spoil == "no backup":
        file.write_bytes(b"PK\x03\x04 something else")
    else:
        with tarfile.open(file, "a") as tar:
            member = tarfile.TarInfo("../../outside" if spoil == "outside" else "landing/more.parquet")
            member.size = 4
            tar.addfile(member, io.BytesIO(b"more"))
    with pytest.raises(EnvironmentProblem):
        backup.check(file)
    elsewhere = dataclasses.replace(warehouse, warehouse=tmp_path / "a" / "b")
    elsewhere.warehouse.mkdir(parents=True)
    with pytest.raises(EnvironmentProblem):
        backup.restore(elsewhere, file)
    assert [path.name for path in (tmp_path / "a").rglob("*")] == ["b"]


def test_a_warehouse_is_never_restored_over_another(warehouse: Settings, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    backup.write(warehouse, file)
    before = current(warehouse)
    with pytest.raises(UsageProblem, match="holds a warehouse already"):
        backup.restore(warehouse, file)
    with pytest.raises(UsageProblem, match="is there already"):
        backup.write(warehouse, file)
    assert current(warehouse) == before
