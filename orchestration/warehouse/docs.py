"""`make docs`: the models' documentation as one page that opens offline.

Use: python -m orchestration.warehouse.docs FOLDER
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from orchestration.errors import EnvironmentProblem
from orchestration.settings import Settings
from orchestration.warehouse.dbt import common_arguments, release_connections


def write_docs(settings: Settings, folder: Path) -> Path:
    """Write `index.html` into the folder and return its path. Raises EnvironmentProblem when nothing was built yet."""
    if not settings.build_db.exists():
        raise EnvironmentProblem(f"There is no build database in {settings.warehouse} yet: make run builds it.")
    from dbt.cli.main import dbtRunner

    target = settings.dbt_target
    result = dbtRunner().invoke(
        [
            *("docs", "generate", "--static"),
            *common_arguments(settings),
        ]
    )
    release_connections()
    if not result.success:
        raise EnvironmentProblem(f"dbt could not write its documentation: {result.exception}")
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(target / "static_index.html", folder / "index.html"))


if __name__ == "__main__":
    chosen = Settings.from_environment()
    chosen.export()
    try:
        print(write_docs(chosen, Path(sys.argv[1])))
    except EnvironmentProblem as error:
        sys.exit(str(error))
