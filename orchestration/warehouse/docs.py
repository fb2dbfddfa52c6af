"""The models' documentation as dbt writes it: one page that opens offline."""

from __future__ import annotations

import shutil
from pathlib import Path

from orchestration.errors import EnvironmentProblem
from orchestration.settings import Settings
from orchestration.warehouse.dbt import common_arguments, manifest_path, release_connections


def write_docs(settings: Settings, folder: Path) -> Path:
    """Write `models.html` into the folder and return its path. Raises EnvironmentProblem when nothing was built yet."""
    if not settings.build_db.exists():
        raise EnvironmentProblem(f"There is no build database in {settings.warehouse} yet: make run builds it.")
    from dbt.cli.main import dbtRunner

    target = settings.dbt_target
    manifest_path(settings)  # puts the reference data where dbt reads them
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
    return Path(shutil.copy(target / "static_index.html", folder / "models.html"))
