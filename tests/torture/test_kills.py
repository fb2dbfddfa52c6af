"""Runs are killed at every named step and in between; the next one goes on and no reader notices.

A failure names the trial's kills in order: `make torture` with a seed tries many more, and each trial there can be
looked at by itself. Several runs are killed one after the other before one is let go on: were any of them to leave
something that needs a hand, or another figure, the last would show it.
"""

from __future__ import annotations

import pytest

from tests.torture.points import BY_NAME
from tests.torture.room import FIRST, LATER, Kill, Room

# What dies early costs little: so landing has many kills, and each stage of the build one.
_FIRST = [
    Kill(point="before the key is made"),
    Kill(point="the key is made, its fingerprint is not"),
    Kill(point="before a file's Parquet is written"),
    Kill(point="before the registry is renamed"),
    Kill(command="landing"),
    Kill(point="within staging"),
    Kill(after=0.4),  # of the time that a run takes
    Kill(point="the pointer has moved, not synced"),
]
_LANDING_AND_BUILDING = [
    Kill(point="a file's Parquet is written"),
    Kill(point="before the registry is written"),
    Kill(point="the registry is renamed, not synced"),
    Kill(point="landed, the build knows nothing of it"),
    Kill(point="before the run is planned"),
    Kill(point="the run is planned"),
    Kill(point="affected dates are stored"),
    Kill(command="building the warehouse"),
    Kill(point="incidents are changed, nothing that leans on them"),
]
_PUBLISHING = [
    Kill(point="an audience's tables are written"),
    Kill(point="the generation is whole, not synced"),
    Kill(point="the new pointer lies beside the old one"),
    Kill(point="an old generation is described no more, its files are there"),
]
# Whole builds, each for one kill more.
_FIRST_LATE = [
    Kill(after=0.6),
    Kill(point="the history of figures is written"),
    Kill(point="a fact's months are written"),
]
_LATER_LATE = [
    Kill(point="half of staging"),
    Kill(point="figures are changed"),
    Kill(point="the models are built, the gate knows nothing"),
    Kill(point="the rules' results are written"),
]
_OF_EITHER = 2  # kills of the real command, from outside


def _survives(room: Room, kind: str, kills: list[Kill], *, whole: bool = False) -> None:
    seconds = room.expected[kind].seconds
    timed = [Kill(after=kill.after * seconds) if kill.after else kill for kill in kills]
    outcome = room.trial(kind, timed, whole=whole)
    assert outcome.problems == [], outcome
    assert len(outcome.kills) == len(kills), outcome.kills
    assert outcome.seen.queries > 0


@pytest.mark.xdist_group("torture_first")
def test_first_runs_are_killed_and_the_next_goes_on(first_room: Room) -> None:
    _survives(first_room, FIRST, _FIRST)


@pytest.mark.xdist_group("torture_later")
def test_daily_runs_are_killed_while_they_land_and_build_and_the_next_goes_on(later_room: Room) -> None:
    # The last with all of Dagster: what the killed command left in its history keeps nobody waiting.
    _survives(later_room, LATER, _LANDING_AND_BUILDING, whole=True)


@pytest.mark.xdist_group("torture_later")
def test_daily_runs_are_killed_while_they_publish_and_the_next_goes_on(later_room: Room) -> None:
    _survives(later_room, LATER, _PUBLISHING)


@pytest.mark.long
@pytest.mark.xdist_group("torture_first")
def test_first_runs_are_killed_late_and_the_next_goes_on(first_room: Room) -> None:
    _survives(first_room, FIRST, _FIRST_LATE)


@pytest.mark.long
@pytest.mark.xdist_group("torture_later")
def test_daily_runs_are_killed_late_and_the_next_goes_on(later_room: Room) -> None:
    _survives(later_room, LATER, _LATER_LATE)


def test_at_least_twenty_points_are_tried_each_time_and_each_name_is_known() -> None:
    kills = [*_FIRST, *_LANDING_AND_BUILDING, *_PUBLISHING]
    assert len(kills) >= 20
    assert len([kill for kill in kills if kill.command]) == _OF_EITHER
    assert {kill.point for kill in [*kills, *_FIRST_LATE, *_LATER_LATE] if kill.point} <= set(BY_NAME)


@pytest.mark.long
def test_what_a_killed_run_built_from_a_delivery_that_no_longer_counts_is_found_again(later_room: Room) -> None:
    """The same bytes came for an earlier day after the kill: the rows of the later day must go."""
    room = later_room
    room.put_back(LATER)
    landing = room.settings.landing
    text = (landing / "acd_segments_20210902.csv").read_text()
    (landing / "acd_segments_20210902.csv").unlink()
    (landing / "acd_segments_20210904.csv").write_text(text)
    assert room.run(point="figures are changed").code < 0
    (landing / "acd_segments_20210903.csv").write_text(text)
    assert room.run().code == 0
    found = room.published()
    room.put_back(LATER)
    (landing / "acd_segments_20210902.csv").unlink()
    (landing / "acd_segments_20210904.csv").write_text(text)
    (landing / "acd_segments_20210903.csv").write_text(text)
    assert room.run().code == 0
    assert found.content_hash == room.published().content_hash
