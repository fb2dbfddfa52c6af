"""Extensions of DuckDB: out of their packages, from nowhere else, and checked."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.errors import EnvironmentProblem
from orchestration.publish import extensions

_CLOSED = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}


@pytest.mark.parametrize("name", ["postgres_scanner", "ducklake"])
def test_an_extension_is_loaded_out_of_its_package_and_nothing_is_written_at_home(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with duckdb.connect(":memory:", config=_CLOSED) as con:
        extensions.load(con, name)
        extensions.load(con, name)  # a second time is as good
        assert con.execute(
            "select loaded, installed from duckdb_extensions() where extension_name = ?", [name]
        ).fetchall() == [(True, False)]
    assert not list(tmp_path.iterdir())


def test_an_extension_that_is_not_installed_is_named_with_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extensions.util, "find_spec", lambda _: None)
    with (
        duckdb.connect(":memory:") as con,
        pytest.raises(EnvironmentProblem, match=r"postgres_scanner is not installed; .*occ-warehouse\[lake\]"),
    ):
        extensions.load(con, "postgres_scanner")


def test_an_extension_for_another_duckdb_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duckdb, "__version__", "1.5.6")
    with pytest.raises(EnvironmentProblem, match=r"not one for DuckDB v1\.5\.6.*occ-warehouse\[lake\]"):
        extensions.path_of("ducklake")


def test_a_binary_that_was_tampered_with_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = tmp_path / "ducklake.duckdb_extension"
    content = bytearray(extensions.path_of("ducklake").read_bytes())
    content[1000] ^= 0xFF
    binary.write_bytes(content)
    monkeypatch.setattr(extensions, "path_of", lambda _: binary)
    with (
        duckdb.connect(":memory:") as con,
        pytest.raises(EnvironmentProblem, match=r"signature"),
    ):
        extensions.load(con, "ducklake")
