"""Rows older than their export's period go, and do not come again; whole months only; held rows stay."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from orchestration.errors import UsageProblem
from orchestration.landing import ProfileError, erasures, load_profile
from orchestration.landing.erasures import INCIDENT
from orchestration.landing.subjects import Subject
from orchestration.retention import erasing
from orchestration.retention.periods import first_days_kept
from orchestration.settings import PROJECT
from tests.landing.room import WEST_MERCIA, Room, row, text
from tests.retention.world import INCIDENTS, settings_of, stored, unaccounted

STATUS = "saab_resource_status"
AS_OF = date(2021, 12, 20)


def profile_with(folder: Path, retention: object) -> Path:
    """The shipped profile with other periods."""
    folder.mkdir()
    for entry in WEST_MERCIA.iterdir():
        if entry.name != "profile.yaml":
            (folder / entry.name).symlink_to(entry)
    described = yaml.safe_load((WEST_MERCIA / "profile.yaml").read_text()) | {"retention": retention}
    (folder / "profile.yaml").write_text(yaml.safe_dump(described))
    return folder


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path, profile_with(tmp_path / "profile", {STATUS: "3 months", "saab_incidents": "1 years"}))


def deliver(room: Room, day: str, *times: str, tail: str = "", incident: str = "") -> None:
    lines = [row(STATUS, STATUS_TIME=time, INC_REF=incident) for time in times]
    room.put(f"{STATUS}_{day}{tail}.csv", text(STATUS, *lines))


def times(room: Room) -> list[datetime]:
    return [at for (at,) in room.ask(f"select status_at from landing.{STATUS} order by 1")]


@pytest.mark.parametrize(
    ("period", "first_kept"),
    [
        ("3 months", date(2021, 9, 1)),
        ("1 years", date(2020, 12, 1)),
        ("30 days", date(2021, 11, 1)),
    ],
)
def test_periods_end_at_the_first_of_a_month(period: str, first_kept: date) -> None:
    assert first_days_kept({STATUS: period}, AS_OF) == {STATUS: first_kept}


def test_older_rows_go_and_others_stay(room: Room) -> None:
    deliver(room, "20210831", "31/08/2021 23:59:59", "rubbish")
    deliver(room, "20210901", "01/09/2021 00:00:00", "rubbish")
    room.put(
        "saab_incidents_20210831.csv", text("saab_incidents", row("saab_incidents", CREATED="31/08/2021 10:00:00"))
    )
    room.land()
    outcome = erasing.retain(settings_of(room), as_of=AS_OF)
    assert outcome.erasure.rows_told == {STATUS: 1, "quarantine": 1}
    assert outcome.delivered_files == [f"{STATUS}_20210831.csv"]
    assert times(room) == [datetime(2021, 8, 31, 23, 0)]
    assert room.one("select count(*) from landing.saab_incidents") == 1
    assert unaccounted(room) == []
    assert room.one("select first_date from landing.kept_from where export = 'saab_resource_status'") == date(
        2021, 9, 1
    )


def test_delivering_before_or_after_makes_no_difference(room: Room, tmp_path: Path) -> None:
    other = Room(tmp_path / "other", room.profile.folder)
    other.key_file = room.key_file
    for each in (room, other):
        each.put("recruitment_20210901.csv", "MONTH,STAGE,COUNT\n2021-09,APPLIED,3\n")
        each.land()
    erasing.retain(settings_of(other), as_of=AS_OF)
    for each in (room, other):
        deliver(each, "20210830", "30/08/2021 10:00:00", "29/08/2021 10:00:00", "rubbish")
        # An extract of a later day may hold an older row, and one of an older day a time to come.
        deliver(each, "20210902", "30/08/2021 10:00:00", "02/09/2021 10:00:00", "rubbish")
        deliver(each, "20210829", "05/09/2021 10:00:00", tail="_120000")
        each.land()
    erasing.retain(settings_of(room), as_of=AS_OF)
    assert stored(room) == stored(other)
    assert times(room) == [datetime(2021, 9, 2, 9, 0)]
    assert unaccounted(room) == []


def test_held_rows_outlive_their_period_and_go_when_the_hold_ends(room: Room) -> None:
    deliver(room, "20210830", "30/08/2021 10:00:00", incident=INCIDENTS[0])
    deliver(room, "20210829", "29/08/2021 10:00:00", incident=INCIDENTS[1])
    room.land()
    settings = settings_of(room)
    hold = erasing.add_hold(settings, Subject(INCIDENT, INCIDENTS[0]), reason="inquiry 7", until=None)
    outcome = erasing.retain(settings, as_of=AS_OF)
    assert (outcome.erasure.rows_erased, outcome.erasure.rows_held) == (1, 1)
    deliver(room, "20210828", "28/08/2021 10:00:00", incident=INCIDENTS[0])  # it is held when it comes, too
    room.land()
    assert len(times(room)) == 2
    erasing.release_hold(settings, hold.hold_id)
    assert erasing.retain(settings, as_of=AS_OF).erasure.rows_erased == 2
    assert times(room) == []


def test_the_same_again_leaves_no_second_entry(room: Room) -> None:
    deliver(room, "20210830", "30/08/2021 10:00:00")
    room.land()
    assert not erasing.retain(settings_of(room), as_of=AS_OF, dry_run=True).is_committed
    assert erasing.retain(settings_of(room), as_of=AS_OF).is_committed
    assert not erasing.retain(settings_of(room), as_of=AS_OF).is_committed
    assert len(erasures.committed(room.store)) == 1


def test_a_day_that_lies_ahead_is_refused(room: Room) -> None:
    deliver(room, "20210830", "30/08/2021 10:00:00")
    room.land()
    with pytest.raises(UsageProblem, match="lies ahead"):
        erasing.retain(settings_of(room), as_of=datetime.now(UTC).date() + timedelta(days=2))


def test_without_periods_everything_is_kept(tmp_path: Path) -> None:
    room = Room(tmp_path)
    deliver(room, "20210830", "30/08/2021 10:00:00")
    room.land()
    with pytest.raises(UsageProblem, match="everything is kept"):
        erasing.retain(settings_of(room), as_of=AS_OF)
    for folder in (WEST_MERCIA, *(PROJECT / "tests" / "profiles").iterdir()):
        assert load_profile(folder).retention == {}


@pytest.mark.parametrize(
    ("retention", "words"),
    [
        ({STATUS: "a while"}, "is not a period"),
        ({STATUS: "0 days"}, "is not a period"),
        ({"nothing": "2 years"}, "nothing"),
    ],
)
def test_a_period_that_cannot_be_understood_is_refused(tmp_path: Path, retention: object, words: str) -> None:
    with pytest.raises(ProfileError, match=words):
        load_profile(profile_with(tmp_path / "profile", retention))
