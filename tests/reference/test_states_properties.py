"""What holds for the states and hours of any incident whatever happened to it, by generated cases.

A failure here means that the independent calculation itself is wrong, not the pipeline.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from . import Landing, State, deliveries, incidents, indicators, load, states, unresourced_hourly
from .by_hand import FIRST, Made, at
from .incident_results import pieces
from .states import states_as_of
from .unresourced import hours_of
from .worlds import write_world

# Few times, so that much happens at one instant; some before creation, some past the as-of instant.
_TIMES = st.sampled_from(
    [at("09:00"), *(at(f"1{n}:00") for n in range(8)), at("23:59:59"), at("01:30", 7), at("00:00", 8)]
)
_CALLSIGNS = st.sampled_from(["TX1", "TX2", ""])
_APPOINTMENTS = st.sampled_from(["AP1", "AP2", ""])
_EVENTS = st.one_of(
    st.tuples(_TIMES, st.sampled_from(["GRADED", "REGRADED"]), st.sampled_from(["1", "3", "4", "9", ""])),
    st.tuples(_TIMES, st.sampled_from(["ASSIGNED", "UNASSIGNED"]), _CALLSIGNS),
    st.tuples(_TIMES, st.sampled_from(["DIARY_BOOKED", "DIARY_MOVED", "DIARY_FAILED"]), _APPOINTMENTS),
    st.tuples(_TIMES, st.sampled_from(["CLOSED", "REOPENED"]), st.just("")),
)
_PRESSES = st.tuples(_TIMES, st.sampled_from(["5", "6", "2"]), st.sampled_from(["TX1", "TX2"]))
_VERSIONS = st.tuples(
    st.sampled_from(["AP1", "AP2"]),
    st.sampled_from(["BOOKED", "MOVED", "MOVED", "ATTENDED", "CANCELLED_VICTIM"]),
    st.one_of(st.none(), _TIMES),
    st.one_of(st.none(), _TIMES),
)
_STORIES = st.tuples(
    st.lists(_EVENTS, max_size=14), st.lists(_PRESSES, max_size=5), st.lists(_VERSIONS, max_size=4), st.booleans()
)
Story = tuple[list[Any], list[Any], list[Any], bool]


def _tell(made: Made, key: str, story: Story) -> None:
    events, presses, versions, is_duplicate = story
    made.incident(key=key, linked_to="X" if is_duplicate else "", thrive_risk="HIGH")
    for when, code, what in events:
        if code in ("GRADED", "REGRADED"):
            made.event(when, code, what, key=key)
        elif code.startswith("DIARY"):
            made.event(when, code, "DIARY_CAR", of=what and key + what, key=key)
        else:
            made.event(when, code, by=what and key + what, key=key)
    for when, code, callsign in presses:
        made.press(when, code, by=key + callsign, key=key)
    for number, (appointment, status, end, then) in enumerate(versions, 1):
        made.version(number, status, end, of=key + appointment, key=key, attended_at=then, updated_at=then)


def _told(stories: list[Story], days: int = 2) -> Landing:
    made = Made(days=days)
    for number, story in enumerate(stories):
        _tell(made, f"I{number}", story)
    return made.landing()


def _by_incident(intervals: list[State]) -> dict[str, list[State]]:
    result: dict[str, list[State]] = defaultdict(list)
    for each in intervals:
        result[each.incident_key].append(each)
    return result


def assert_tiled(landing: Landing, intervals: list[State]) -> None:
    """No gap, no overlap, no neighbours alike, from creation on and never past the as-of instant."""
    as_of = states_as_of(landing)
    found = _by_incident(intervals)
    facts = [each for each in incidents(landing) if each.system_version != "legacy"]
    for incident in facts:
        mine = found.pop(incident.incident_key, [])
        if as_of is None or incident.created_at >= as_of:
            assert mine == []
            continue
        assert [each.number for each in mine] == list(range(1, len(mine) + 1))
        assert mine[0].started_at == incident.created_at
        assert mine[-1].ended_at is None
        assert mine[-1].started_at < as_of
        for one, next_one in pairwise(mine):
            assert one.started_at < next_one.started_at == one.ended_at
            shown = [(each.state, each.grade, each.diary_code, each.appointment_key) for each in (one, next_one)]
            assert shown[0] != shown[1]
            is_one_spell = one.kind and (one.kind == "LIVE", one.diary_code) == (
                next_one.kind == "LIVE",
                next_one.diary_code,
            )
            if next_one.kind:
                expected = one.spell_started_at if is_one_spell else next_one.started_at
                assert next_one.spell_started_at == expected
        assert all((each.kind is None) == (each.spell_started_at is None) for each in mine)
    assert not found


def assert_counted(landing: Landing, intervals: list[State]) -> None:
    """At every hour the count is that of the intervals that hold it, and the hour before plus in less out."""
    before: dict[tuple[str, str, str], int] = {}
    counted: dict[int, int] = defaultdict(int)
    for cell in unresourced_hourly(landing, intervals):
        where = (cell.area_code, cell.grade, cell.kind)
        assert cell.incident_count == before.get(where, 0) + cell.inflow_count - cell.outflow_count
        assert cell.high_risk_count <= cell.incident_count >= cell.beyond_target_count
        assert (cell.oldest_seconds is None) == (cell.incident_count == 0)
        before[where] = cell.incident_count
        counted[cell.hour_at] += cell.incident_count
    for hour in hours_of(landing):
        held = [
            each.incident_key
            for each in intervals
            if each.kind
            and not each.is_duplicate
            and each.started_at <= hour
            and (each.ended_at is None or hour < each.ended_at)
        ]
        assert len(held) == len(set(held)) == counted[hour]


@settings(max_examples=150, deadline=None)
@given(st.lists(_STORIES, min_size=1, max_size=3))
def test_intervals_tile_the_time_and_hours_count_them(stories: list[Story]) -> None:
    landing = _told(stories)
    intervals = states(landing, incidents(landing))
    assert_tiled(landing, intervals)
    assert_counted(landing, intervals)


@settings(max_examples=150, deadline=None)
@given(_STORIES, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(story: Story, rng: Random) -> None:
    landing = _told([story])
    tables = {}
    for export, rows in landing.tables.items():
        shuffled = list(rows.items())
        rng.shuffle(shuffled)
        tables[export] = dict(shuffled)
    again = landing._replace(tables=tables)
    assert states(again, incidents(again)) == states(landing, incidents(landing))


@settings(max_examples=150, deadline=None)
@given(_STORIES)
def test_what_happens_later_changes_nothing_before(story: Story) -> None:
    """The same rows, seen from the end of the first day and of the second."""
    early, late = _told([story], days=1), _told([story], days=2)
    as_of = states_as_of(early)
    assert as_of is not None
    clipped = [
        each._replace(ended_at=None if each.ended_at is None or each.ended_at >= as_of else each.ended_at)
        for each in states(late, incidents(late))
        if each.started_at < as_of
    ]
    assert states(early, incidents(early)) == clipped


@settings(max_examples=150, deadline=None)
@given(_STORIES)
def test_an_incident_does_not_depend_on_the_others(story: Story) -> None:
    alone, beside = _told([story]), _told([story, story, ([], [], [], False)])
    mine = [each for each in states(beside, incidents(beside)) if each.incident_key == "I0"]
    assert states(alone, incidents(alone)) == mine


@given(st.integers(0, 4 * 86_400), st.integers(0, 3 * 86_400))
def test_pieces_add_up_to_their_interval(after: int, seconds: int) -> None:
    start = at("00:00", FIRST.day) + after
    found = list(pieces(start, start + seconds))
    assert sum(length for _, length in found) == seconds
    assert [day for day, _ in found] == sorted({day for day, _ in found})


@pytest.mark.parametrize("seed", range(20))
def test_the_states_and_hours_of_a_tiny_world_hold_together(tmp_path: Path, seed: int) -> None:
    write_world(tmp_path, seed)
    landing = load(tmp_path)
    intervals = states(landing, incidents(landing))
    assert_tiled(landing, intervals)
    assert_counted(landing, intervals)
    assert len(intervals) > 50


def test_the_worlds_reach_every_state_kind_and_unknown_member(tmp_path: Path) -> None:
    seen: set[Any] = set()
    for seed in range(10):
        write_world(tmp_path / str(seed), seed)
        landing = load(tmp_path / str(seed))
        for each in states(landing, incidents(landing)):
            seen |= {each.state, each.kind, each.grade, ("area", each.area_code), ("diary", each.diary_code)}
    assert seen >= {
        "UNGRADED", "UNRESOURCED", "ASSIGNED", "EN_ROUTE", "AT_SCENE", "AWAITING_CLOSURE", "DIARY", "DIARY_OVERDUE",
        "RESOLVED_WITHOUT", "CLOSED", "LIVE", "SCHEDULED", "DIARY_CAR", "DA_DIARY_CAR", "1", "2", "3", "4", "UNKNOWN",
        ("area", "UNKNOWN"), ("diary", "UNKNOWN"),
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_delivery_does_not_matter(tmp_path: Path, seed: int) -> None:
    """The same files in folders of any name, as if they had come in another order."""
    paths = write_world(tmp_path / "once", seed)
    rng = Random(seed)
    for number, path in enumerate(paths):
        folder = tmp_path / "again" / f"{rng.randrange(1000):03d}-{number}"
        folder.mkdir(parents=True)
        shutil.copy(path, folder / path.name)
    once, again = load(tmp_path / "once"), load(tmp_path / "again")
    assert len(deliveries(once)) == len(deliveries(again))
    for landing in (once, again):
        assert states_as_of(landing)
    mine, theirs = (states(landing, incidents(landing)) for landing in (once, again))
    assert mine == theirs
    assert list(unresourced_hourly(once, mine)) == list(unresourced_hourly(again, theirs))
    assert indicators(once, [], incidents(once)) == indicators(again, [], incidents(again))
