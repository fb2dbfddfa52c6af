"""kpi_register says what can be had and why not. A failure: people look for a figure that cannot be, or miss one."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from .conftest import Builder, rows_of
from .world import GO_LIVE, VERSION_6, World, made_up, write

FIRST, LAST = date(2021, 3, 10), date(2021, 4, 18)


def register(path: Path, kpi_id: str) -> dict[str, tuple[str, date | None, str | None]]:
    sql = "select system_version, status, since, reason from metrics.kpi_register where kpi_id = "
    return {row[0]: row[1:] for row in rows_of(path, f"{sql}'{kpi_id}'")}


def whole_world(seed: int = 8) -> World:
    """A world in which every export came on every day of its system."""
    world = made_up(seed, FIRST, LAST)
    days = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    for export in world.delivered:
        version = {day: "5" if export == "saab_incidents" and day < VERSION_6 else "6" for day in days}
        if export == "legacy_incidents":
            version = {day: "1" for day in days if day < GO_LIVE}
        elif export.startswith("saab"):
            version = {day: name for day, name in version.items() if day >= GO_LIVE}
        world.delivered[export] = version
    return world


def test_each_version_of_a_system_is_judged_by_what_it_sent(tmp_path: Path, build_metrics: Builder) -> None:
    path = tmp_path / "occ_build.duckdb"
    write(whole_world(), path, generation="g1")
    build_metrics(path, full=True)
    assert [row[0] for row in register(path, "response_grade1_median").values()] == ["AVAILABLE"] * 3
    assert register(path, "response_stage_grade_median")["LEGACY"] == (
        "NOT_AVAILABLE",
        date(2021, 3, 10),
        "the old system sends nothing that it could be computed from",
    )
    assert set(register(path, "calls_answered")) == {"TELEPHONY"}


def test_status_presses_that_stop_take_response_times_away_under_version_5(
    tmp_path: Path, build_metrics: Builder
) -> None:
    """The loss that the force lived with: no at-scene time in version 5, and then no status presses either."""
    path, world = tmp_path / "occ_build.duckdb", whole_world()
    stopped = date(2021, 3, 30)
    world.delivered["saab_incidents"] = {day: "5" for day in world.delivered["saab_incidents"] if day < VERSION_6}
    for export in ("saab_resource_status", "saab_incident_log"):
        end = stopped if export == "saab_resource_status" else VERSION_6
        world.delivered[export] = {day: "1" for day in world.delivered[export] if day < end}
    write(world, path, generation="g1")
    build_metrics(path, full=True)
    status, since, reason = register(path, "response_grade1_median")["SAAB-5"]
    assert (status, since) == ("NOT_AVAILABLE", stopped)
    assert reason == "saab_resource_status has not come since 2021-03-30 (6 days)"
    assert register(path, "response_grade1_median")["SAAB-6"] == (
        "NOT_AVAILABLE",
        None,
        "nothing of version 6 was delivered",
    )


def test_nothing_delivered_makes_nothing_available(tmp_path: Path, build_metrics: Builder) -> None:
    write(World(), tmp_path / "occ_build.duckdb", generation="g1")
    build_metrics(tmp_path / "occ_build.duckdb", full=True)
    states = rows_of(tmp_path / "occ_build.duckdb", "select distinct status, since from metrics.kpi_register")
    assert states == [("NOT_AVAILABLE", None)]
