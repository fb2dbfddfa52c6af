"""Publishing to PostgreSQL as part of a run: a failure means that a database holds up runs, or is forgotten."""

from __future__ import annotations

from dataclasses import replace

import dagster as dg
import pytest

from orchestration.assets import Warehouse, database_asset
from orchestration.progress import notes, reporting_to
from orchestration.publish.generation import current
from orchestration.publish.postgresql.publish import is_up_to_date
from orchestration.settings import Settings
from tests.publish.postgresql.conftest import Database
from tests.publish.postgresql.made_up import MadeUp, calls_of
from tests.support import free_port, run, settings_for


def asset_of(settings: Settings) -> tuple[bool, dg.ExecuteInProcessResult]:
    """Run the asset alone; whether its check passed."""
    settings.export()
    result = dg.materialize([database_asset()], resources={"warehouse": Warehouse()})
    (evaluation,) = result.get_asset_check_evaluations()
    return evaluation.passed, result


def test_a_run_brings_the_database_along_and_a_server_that_is_down_only_warns(
    made_up: MadeUp, database: Database
) -> None:
    made_up.publish("g1", calls_of({"2021-09": 3}))
    down = replace(made_up.settings, publish_to=f"postgresql://occ:hunter2@127.0.0.1:{free_port()}/control_room")
    up = replace(made_up.settings, publish_to=database.address)
    try:
        with reporting_to(lambda stage, done, total: None):
            passed, result = asset_of(down)
            assert (passed, result.success) == (False, True)
            assert "not to PostgreSQL: There is no way into postgresql://occ@127.0.0.1" in notes()[0]
            assert "hunter2" not in notes()[0]
        assert not is_up_to_date(down)
        assert not is_up_to_date(up)
        assert asset_of(up)[0]
        assert is_up_to_date(up)
        assert database.ask("select count(*) from marts.fct_calls") == [(3,)]
    finally:
        made_up.settings.export()


def test_the_address_is_in_no_description_of_the_settings() -> None:
    assert "hunter2" not in repr(replace(Settings.from_environment(), publish_to="postgresql://u:hunter2@h/d"))


@pytest.mark.long
def test_whole_runs_publish_to_the_database_and_make_up_for_one_that_was_down(
    tmp_path_factory: pytest.TempPathFactory, database: Database
) -> None:
    folder = tmp_path_factory.mktemp("run")
    (folder / "landing").mkdir()
    settings = settings_for(folder, folder / "landing")
    try:
        down = replace(settings, publish_to=f"postgresql://occ@127.0.0.1:{free_port()}/control_room")
        assert run(down).generation
        up = replace(settings, publish_to=database.address)
        published = run(up)
        assert published == current(up)
        assert database.ask("select generation from quality.generations") == [(published.generation,)]
    finally:
        settings.export()
