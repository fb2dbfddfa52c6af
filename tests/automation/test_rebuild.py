"""Days derived again come out as they were: a failure means that a rebuild changes figures, or mends none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import dagster as dg
import duckdb
import pytest

from orchestration.arrivals import arrived
from orchestration.landing import load_profile
from orchestration.landing.contracts import Profile
from orchestration.publish.generation import current
from orchestration.settings import Settings
from orchestration.warehouse import rebuild
from orchestration.warehouse.rebuild import Request
from tests.support import take_steps

DAYS = (date(2021, 9, 7), date(2021, 9, 8))
TABLES = [
    "marts.fct_calls",
    "marts.fct_call_segments",
    "marts.fct_incidents",
    "marts.fct_incident_events",
    "staging.base_acd_segments",
    "staging.base_saab_incident_log",
]


@pytest.fixture
def profile(small_warehouse: Settings) -> Profile:
    return load_profile(small_warehouse.profile)


def rows_of(settings: Settings) -> dict[str, tuple[int, int]]:
    """Count and order-free hash of each table of the build database."""
    with duckdb.connect(str(settings.build_db)) as con:
        return {
            table: con.execute(f"select count(*), sum(hash(told)::hugeint) from {table} as told").fetchall()[0]
            for table in TABLES
        }


def damage(settings: Settings) -> None:
    """What a bad disk, or a person with good intentions, leaves of a day: rows changed, lost, doubled and put in."""
    day = f"'{DAYS[0]}'"
    with duckdb.connect(str(settings.build_db)) as con:
        con.execute(f"update marts.fct_calls set wait_seconds = 9999 where offered_date = {day}")
        con.execute(f"delete from marts.fct_call_segments where call_date = {day}")
        con.execute(
            f"insert into marts.fct_incident_events select * from marts.fct_incident_events where event_date = {day}"
        )
        con.execute(f"update staging.base_acd_segments set talk_seconds = 1 where _business_date = {day}")
        con.execute(
            "insert into staging.base_saab_incident_log "
            f"select * replace (_key + 1 as _key, 'X-' || incident_ref as incident_ref) "
            f"from staging.base_saab_incident_log where _business_date = {day} limit 5"
        )


@pytest.mark.slow
def test_a_damaged_day_is_derived_again_and_everything_is_as_it_was(copied: Settings) -> None:
    before, content = rows_of(copied), current(copied)
    assert content is not None
    damage(copied)
    damaged = rows_of(copied)
    assert all(damaged[table] != before[table] for table in TABLES if table != "marts.fct_incidents")
    rebuild.ask(copied, Request(*DAYS))
    published = take_steps(copied)
    assert published.generation != content.generation
    assert published.content_hash == content.content_hash
    assert rows_of(copied) == before
    assert rebuild.asked(copied) == []


def test_a_request_stays_until_it_is_fulfilled(empty: Settings) -> None:
    first = rebuild.ask(empty, Request(*DAYS, export="acd_segments"))
    second = rebuild.ask(empty, Request())
    assert sorted(rebuild.asked(empty), key=str) == sorted([first, second], key=str)
    rebuild.fulfilled(empty, [first.name])
    (left,) = rebuild.asked(empty)
    assert left.is_everything


@pytest.mark.parametrize(
    ("request_", "export", "covered"),
    [
        (Request(*DAYS), "acd_segments", True),
        (Request(*DAYS, export="saab_diary"), "acd_segments", False),
        (Request(first=DAYS[1]), "acd_segments", False),
        (Request(last=DAYS[0]), "acd_segments", True),
        (Request(export="acd_segments"), "acd_segments", True),
    ],
)
def test_a_request_covers_the_days_between_its_ends(request_: Request, export: str, covered: bool) -> None:
    assert request_.covers(export, DAYS[0], DAYS[0]) is covered


def test_a_month_is_covered_by_any_of_its_days() -> None:
    assert Request(*DAYS).covers("workforce", date(2021, 9, 1), date(2021, 9, 30))
    assert not Request(*DAYS).covers("workforce", date(2021, 8, 1), date(2021, 8, 31))


# --- in Dagster ---------------------------------------------------------------------------------------------------
@pytest.fixture
def history(small_warehouse: Settings) -> Iterator[dg.DagsterInstance]:
    """What Dagster remembers of the run that made the small warehouse."""
    small_warehouse.export()
    with dg.DagsterInstance.get() as instance:
        yield instance


def test_dagster_shows_as_arrived_what_the_registry_holds(
    small_warehouse: Settings, profile: Profile, history: dg.DagsterInstance
) -> None:
    came = arrived(profile, small_warehouse.warehouse)
    assert len(came) > 8
    for export in profile.exports:
        shown = history.get_materialized_partitions(dg.AssetKey(["landing", export]))
        assert shown == {key for key in came.get(export, {}) if key >= "2020"}, export


def test_the_partitions_of_daily_exports_are_days_and_of_monthly_ones_months(profile: Profile) -> None:
    from orchestration.definitions import defs

    graph = defs.resolve_asset_graph()
    for export, key in (("acd_segments", "2021-09-07"), ("workforce", "2021-09-01")):
        partitions = graph.get(dg.AssetKey(["landing", export])).partitions_def
        assert partitions.has_partition_key(key)
        assert partitions.timezone == "Europe/London"
    assert not graph.get(dg.AssetKey(["landing", "workforce"])).partitions_def.has_partition_key("2021-09-07")


def backfill(instance: dg.DagsterInstance, export: str, first: str, last: str) -> dg.ExecuteInProcessResult:
    """A single-run backfill over a range of partitions, as Dagster's pages start it."""
    from orchestration.definitions import defs

    key = dg.AssetKey(["landing", export])
    job = defs.resolve_implicit_global_asset_job_def()
    tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    return job.get_subset(asset_selection={key}).execute_in_process(instance=instance, tags=tags, raise_on_error=False)


def test_a_backfill_over_a_range_is_one_run_that_asks_for_those_days_again(
    copied: Settings, instance: dg.DagsterInstance
) -> None:
    ended = backfill(instance, "acd_segments", "2021-09-07", "2021-09-08")
    assert ended.success
    (asked,) = rebuild.asked(copied)
    assert (asked.first, asked.last, asked.export) == (*DAYS, "acd_segments")
    shown = instance.get_materialized_partitions(dg.AssetKey(["landing", "acd_segments"]))
    assert shown == {"2021-09-07", "2021-09-08"}


def test_a_backfill_of_a_day_that_never_arrived_is_refused(copied: Settings, instance: dg.DagsterInstance) -> None:
    ended = backfill(instance, "acd_segments", "2021-09-07", "2021-12-24")
    assert not ended.success
    assert rebuild.asked(copied) == []
    assert instance.get_materialized_partitions(dg.AssetKey(["landing", "acd_segments"])) == set()


def test_every_landing_asset_has_backfills_in_a_single_run(profile: Profile) -> None:
    from orchestration.definitions import defs

    graph = defs.resolve_asset_graph()
    policies = {graph.get(dg.AssetKey(["landing", export])).backfill_policy for export in profile.exports}
    assert policies == {dg.BackfillPolicy.single_run()}


def test_the_job_itself_has_no_partitions() -> None:
    from orchestration.definitions import defs

    assert defs.resolve_job_def("run_warehouse").partitions_def is None


# --- the command --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--from", "2021-09-08", "--to", "2021-09-07"], "lies before"),
        (["--export", "no_such"], "There is no export no_such"),
        (["--from", "2031-01-01"], "No delivery covers"),
    ],
)
def test_the_command_says_what_cannot_be_derived_again(
    small_warehouse: Settings, arguments: list[str], words: str
) -> None:
    from tests.support import occ

    ended = occ(small_warehouse, ["rebuild", *arguments])
    assert ended.returncode == 2
    assert words in ended.stderr
    assert rebuild.asked(small_warehouse) == []
