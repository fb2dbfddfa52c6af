"""A year shifted back is a year: what belonged together still does, and no time is one that never was.

A failure means that ten force-years are not ten times one, and that what `make bench-scale` says of them is wrong.
"""

from __future__ import annotations

import csv
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.floor.exports import Stretch, day_of, files_below
from tests.scale.shift import Copy, copies_of, export_of, multiply, read_export, shift_text
from tests.scale.site import corrected, part_of

LONDON = ZoneInfo("Europe/London")
BACK_TO_2018 = Copy(days=4 * 364, months=48)  # clocks changed a week earlier in March, on another Sunday in October


def shifted(text: str, day: date, copy: Copy = BACK_TO_2018) -> str:
    return shift_text(text.encode(), copy, day).decode()


def test_references_and_times_of_one_day_stay_of_one_day() -> None:
    row = "WM-20211005-00117,05/10/2021 21:42:04,999,20211005-794332,AP21100500001,WM-20211004-01017\n"
    assert shifted(row, date(2021, 10, 5)) == (
        "WM-20171010-00117,10/10/2017 21:42:04,999,20171010-794332,AP17101000001,WM-20171009-01017\n"
    )


@pytest.mark.parametrize("layout", ["%d/%m/%Y %H:%M:%S", "%Y-%m-%dT%H:%M:%S+00:00"])
def test_the_hour_that_does_not_exist_is_squeezed_and_nothing_changes_places(layout: str) -> None:
    day = date(2022, 3, 21)  # becomes 26 March 2018; clocks changed on the 25th
    sunday = datetime(2022, 3, 20)
    times = [sunday + timedelta(minutes=minutes) for minutes in (30, 61, 90, 119, 121, 179, 181)]
    text = shifted("".join(f"x,{time:{layout}},y\n" for time in times), day)
    found = [line.split(",")[1] for line in text.splitlines()]
    walls = [datetime.strptime(each[:19], layout[:17]) for each in found]
    assert walls == sorted(walls)
    assert len(set(walls)) == len(walls)
    assert all(wall.date() == date(2018, 3, 25) and wall.hour != 1 for wall in walls)
    if "T" in layout:
        assert all(datetime.fromisoformat(each).astimezone(LONDON).isoformat() == each for each in found)


def test_an_offset_is_that_of_the_new_date() -> None:
    assert shifted("x,2022-03-22T12:00:00+00:00,y", date(2022, 3, 22)) == "x,2018-03-27T12:00:00+01:00,y"
    assert shifted("x,2022-06-22T12:00:00+01:00,y", date(2022, 6, 22)) == "x,2018-06-27T12:00:00+01:00,y"


def test_an_instant_keeps_its_wall_clock() -> None:
    # 24 October 2021 is summer time; 29 October 2017 is the day on which it ends.
    assert shifted("1,2021-10-26T23:30:00Z,y", date(2021, 10, 27)) == "1,2017-11-01T00:30:00Z,y"
    assert shifted("1,2021-11-16T23:30:00Z,y", date(2021, 11, 16)) == "1,2017-11-21T23:30:00Z,y"


@pytest.fixture(scope="module")
def stretch(tmp_path_factory: pytest.TempPathFactory) -> Stretch:
    """Five weeks over the end of summer time and the change of layouts, of a small force."""
    from orchestration.sample import write_sample

    made = Stretch(tmp_path_factory.mktemp("stretch"), date(2021, 11, 15), date(2021, 12, 31), scale=0.005)
    out = made.work / "sample"
    write_sample(
        out, date_from=made.first, date_to=made.last, scale=made.scale, seed=3, legacy_months=[], plant_faults=False
    )
    made.files.mkdir(parents=True)
    for file in (out / "landing").rglob("*.csv*"):
        file.rename(made.files / file.name)
    return made


@pytest.fixture(scope="module")
def three(stretch: Stretch) -> Path:
    target = stretch.work / "three"
    multiply(stretch, 3, target, processes=1)
    return target


def rows_of(folder: Path, export: str) -> list[dict[str, str]]:
    found = []
    for path in sorted(files_below(folder)):
        if export_of(path) == export:
            lines = read_export(path).decode().splitlines()
            found += [{**row, "file": path.name} for row in csv.DictReader(lines)]
    return found


def test_days_stand_end_to_end(stretch: Stretch, three: Path) -> None:
    days = sorted(day_of(path.name) for path in files_below(three) if export_of(path) == "saab_incidents")
    assert days[-1] == stretch.last
    assert days == [days[0] + timedelta(days=number) for number in range(len(days))]
    assert len(days) == 47 + 2 * 42
    assert days[0].weekday() == stretch.first.weekday()


def test_keys_stay_unique_and_every_copy_has_its_rows(stretch: Stretch, three: Path) -> None:
    for export, key in (
        ("acd_segments", ("file", "CALL_ID", "SEGMENT")),
        ("acd_agent_intervals", ("INTERVAL_START", "TEAM")),
        ("digital_contacts", ("CONTACT_ID",)),
        ("workforce", ("MONTH", "UNIT", "ROLE")),
    ):
        rows, of_one = rows_of(three, export), rows_of(stretch.files, export)
        assert len({tuple(row[name] for name in key) for row in rows}) == len(rows), export
        assert len(rows) > 2 * len(of_one) or export == "workforce"


def test_nothing_is_of_an_incident_that_is_left_out(three: Path) -> None:
    newest = {(row.get("INC_REF") or row["incident_ref"]): row for row in rows_of(three, "saab_incidents")}
    older = {key: row for key, row in newest.items() if key < "WM-20211115"}
    assert len(older) > 100
    assert not any("OPEN" in (row.get("STATUS"), row.get("status")) for row in older.values())
    logged = {(row.get("INC_REF") or row["incident_ref"]) for row in rows_of(three, "saab_incident_log")}
    assert {key for key in logged if key < "WM-20211115"} == set(older)


def test_the_exports_that_copies_are_made_from_are_not_touched(stretch: Stretch, three: Path) -> None:
    newest = {path.name: path for path in files_below(three)}
    kept = [path for path in files_below(stretch.files) if path.name in newest]
    assert sum(path.stat().st_nlink > 1 for path in kept) > 200
    assert all(path.stat().st_mtime <= (three.stat().st_mtime) for path in kept)


def test_copies_lie_whole_weeks_apart(stretch: Stretch) -> None:
    assert [copy.days for copy in copies_of(stretch, 3)] == [0, 42, 84]


def test_a_correction_changes_some_rows_of_the_same_keys(stretch: Stretch, tmp_path: Path) -> None:
    source = stretch.files / "saab_incidents_20211120.csv"
    corrected(source, tmp_path / "new.csv")
    before, after = (list(csv.DictReader(path.open())) for path in (source, tmp_path / "new.csv"))
    assert [row["INC_REF"] for row in before] == [row["INC_REF"] for row in after]
    assert 0 < sum(one != other for one, other in zip(before, after, strict=True)) <= len(before) / 10


def test_part_of_a_stretch_ends_with_its_last_day(stretch: Stretch, tmp_path: Path) -> None:
    days = {day_of(path.name) for path in files_below(part_of(stretch, 10, tmp_path / "part")) if "saab" in path.name}
    assert days == {stretch.first + timedelta(days=number) for number in range(10)}
