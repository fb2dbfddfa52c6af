"""DuckDB extensions as the project gets them: a binary in an installed Python package, loaded by its path.

Nothing is fetched, unpacked or written, also not into the user's home: the packages come with the lock file, and DuckDB
checks the binary's signature as it does for any other. Which extension is for what stands with whoever loads it.
"""

from __future__ import annotations

from importlib import util
from pathlib import Path

import duckdb

from orchestration.errors import EnvironmentProblem


def path_of(name: str) -> Path:
    """The binary of an extension for the DuckDB that runs. Raises EnvironmentProblem where it is not installed."""
    how = "install it with: pip install 'occ-warehouse[lake]'"
    package = util.find_spec(f"duckdb_extension_{name}")
    if package is None or package.origin is None:
        raise EnvironmentProblem(f"The DuckDB extension {name} is not installed; {how}")
    version = f"v{duckdb.__version__}"
    binary = Path(package.origin).parent / "extensions" / version / f"{name}.duckdb_extension"
    if not binary.is_file():
        raise EnvironmentProblem(
            f"The DuckDB extension {name} that is installed is not one for DuckDB {version}: an extension fits the "
            f"very version that it was made for; {how}"
        )
    return binary


def load(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """Make an extension usable in this database, as often as asked; it takes a quarter of a second.

    Raises EnvironmentProblem where it is not installed, or where DuckDB refuses the binary.
    """
    binary = path_of(name)
    quoted = str(binary).replace("'", "''")
    try:
        con.execute(f"load '{quoted}'")
    except (duckdb.IOException, duckdb.InvalidInputException) as error:
        raise EnvironmentProblem(f"DuckDB cannot load its extension {name} from {binary}: {error}") from None
