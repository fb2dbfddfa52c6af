"""The contract language: what cannot be meant is refused in one clear paragraph that names file and key."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.landing import ProfileError, load_profile
from orchestration.landing.contracts import BusinessDate, WeekNumber
from orchestration.landing.shapes import load_shapes
from tests.landing.room import WEST_MERCIA, Room


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    folder = tmp_path / "force"
    folder.mkdir()
    shutil.copy(WEST_MERCIA / "profile.yaml", folder)
    (folder / "contracts").mkdir()
    shutil.copy(WEST_MERCIA / "contracts" / "legacy_incidents.v1.yaml", folder / "contracts")
    return folder


def _change(profile: Path, **keys: Any) -> None:
    file = profile / "contracts" / "legacy_incidents.v1.yaml"
    file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()) | keys, sort_keys=False))


def _columns(profile: Path, **columns: Any) -> dict[str, Any]:
    raw = yaml.safe_load((profile / "contracts" / "legacy_incidents.v1.yaml").read_text())
    return {"columns": raw["columns"] | columns}


def _values(profile: Path, **values: Any) -> dict[str, Any]:
    raw = yaml.safe_load((profile / "contracts" / "legacy_incidents.v1.yaml").read_text())
    return {"values": raw["values"] | values}


def test_every_export_of_the_interface_has_a_contract() -> None:
    contracts = load_profile(WEST_MERCIA).contracts
    assert {contract.export for contract in contracts} == set(load_shapes())
    assert sorted(c.version for c in contracts if c.export == "saab_incidents") == ["5", "6"]


def test_a_profile_says_which_exports_there_are() -> None:
    assert load_profile(WEST_MERCIA).exports == tuple(load_shapes())


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"export": "unheard_of"}, "export 'unheard_of' is not known"),
        ({"surprise": 1}, "surprise: this key is not known"),
        ({"file": "("}, "not a regular expression"),
        ({"version": "1/2"}, "letters, digits"),
        ({"time_zone": "Mars/Base"}, "not a time zone"),
        ({"business_date": {"pattern": "%Y", "earliest": "X"}}, "exactly one of"),
        ({"formats": {"day": {"pattern": "%Q"}}}, "%Q"),
        ({"formats": {"day": {"pattern": "%d%z"}}}, "offset"),
        ({"becomes": [{"export": "unheard_of"}]}, "not known"),
        ({"becomes": [{"export": "saab_diary"}]}, "must be filled"),
        ({"becomes": [{"export": "saab_diary", "when": "NoSuch is null"}]}, "NoSuch"),
        ({"becomes": [{"export": "saab_diary", "when": "Grade"}]}, "no condition"),
        ({"becomes": [{"export": "saab_diary", "when": "Grade = "}]}, "cannot be read"),
        ({"only": "lower(Grade)"}, "only is no condition"),
        ({"only": "Grade = 1"}, "text and integer do not go together"),
        ({"delimiter": "ab"}, "one character"),
        ({"encoding": "nonsense"}, "not an encoding"),
        ({"encoding": "base64"}, "not an encoding"),
        ({"numbers": {"decimal": ",", "thousands": ","}}, "same character"),
        ({"header": ["IncidentNo"]}, "not in header"),
        ({"ignored": ["Grade"]}, "among the columns too"),
        ({"business_date": {"commonest": "Grade"}}, "not as instant or date"),
        ({"business_date": {"commonest": "Nothing"}}, "no column 'Nothing'"),
        ({"columns": {}}, "it has none"),
        ({"formats": {"day": {"pattern": "%d/%m/%Y %I:%M"}}}, "wants %p"),
        ({"formats": {"day": {"pattern": "DD/MM/YYYY"}}}, "no directive"),
        ({"formats": {"day": {"pattern": "%H:%M"}}}, "does not say day, month and year"),
        ({"formats": {"clock": {"pattern": "epoch_seconds", "means": "local"}}}, "means utc"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_file_and_reason(profile: Path, keys: dict[str, Any], said: str) -> None:
    _change(profile, **keys)
    with pytest.raises(ProfileError) as problem:
        load_profile(profile)
    assert said in str(problem.value)
    assert "legacy_incidents.v1.yaml" in str(problem.value)
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ({"to": "no_such"}, "has no column 'no_such'"),
        ({"type": "instant"}, "say its format"),
        ({"type": "date", "format": "no_such"}, "names the format 'no_such'"),
        ({"type": "instant", "format": "day"}, "does not say whether it means"),
        ({"type": "token"}, "say the kind"),
        ({"type": "text", "unit": "minutes"}, "only a number"),
        ({"type": "integer", "rounding": "up"}, "rounding goes with a unit"),
        ({"type": "integer", "unit": "fortnights"}, "unit"),
        ({"type": "integer", "format": "day"}, "a format goes with"),
        ({"otherwise": "X"}, "otherwise goes with codes"),
        ({"token": "cli", "codes": {"a": "b"}}, "has no codes"),
        ({"missing_pattern": "(x{1000}){1000}"}, "not a regular expression"),
        ({"to": "grade"}, "'grade' is filled twice"),
    ],
)
def test_a_column_that_cannot_be_meant_is_refused(profile: Path, column: dict[str, Any], said: str) -> None:
    _change(profile, **_columns(profile, Extra=column))
    with pytest.raises(ProfileError) as problem:
        load_profile(profile)
    assert said in str(problem.value)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"column": "Grade", "constant": "1"}, "exactly one of"),
        ({"column": "NoSuch"}, "no column and no field"),
        ({"column": "IncidentDate"}, "closed_at is a instant, and 'IncidentDate' is read as date"),
        ({"constant": "1"}, "cannot be a constant"),
        ({"expression": "Grade || 'x'"}, "the expression gives text"),
        ({"expression": "nothing + 1"}, "there is no column or field 'nothing'"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused(profile: Path, value: dict[str, Any], said: str) -> None:
    _change(profile, **_values(profile, closed_at=value))
    with pytest.raises(ProfileError) as problem:
        load_profile(profile)
    assert said in str(problem.value)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ({"date": "IncidentDate", "clock": "Grade"}, "clock wants clock, and 'Grade' is read as text"),
        ({"date": "Closed", "clock": "Closed"}, "date wants date or instant"),
        ({"date": "IncidentDate", "clock": "Closed", "after": "no_such"}, "no field above it"),
        ({"date": "IncidentDate", "clock": "Closed", "after": "Closed"}, "after wants instant"),
        ({"date": "IncidentDate", "clock": "Closed", "after": "extra"}, "no field above it"),
        ({"clock": "Closed"}, "an expression, or a date with a clock"),
        ({"date": "IncidentDate", "clock": "Closed", "at_most_hours": 3}, "at_most_hours goes with after"),
        ({"date": "IncidentDate", "clock": "Closed", "after": "created", "at_most_hours": 25}, "at_most_hours"),
        ({"date": "IncidentDate", "clock": "Closed", "after": "created", "beyond": "null"}, "goes with at_most_hours"),
        ({"expression": "later || 'x'"}, "no column or field 'later'"),
        ({"expression": "Grade = '1'"}, "a boolean is no value"),
        ({"expression": "Grade", "codes": {}, "otherwise": "x"}, "otherwise goes with codes"),
    ],
)
def test_a_field_that_cannot_be_meant_is_refused(profile: Path, field: dict[str, Any], said: str) -> None:
    raw = yaml.safe_load((profile / "contracts" / "legacy_incidents.v1.yaml").read_text())
    _change(profile, fields=raw["fields"] | {"extra": field, "later": {"expression": "Grade"}})
    with pytest.raises(ProfileError) as problem:
        load_profile(profile)
    assert said in str(problem.value)


def test_every_plain_word_of_a_contract_is_text(profile: Path) -> None:
    """Otherwise YAML would make null, false, a date and a number of base sixty of a file's own words."""
    file = profile / "contracts" / "legacy_incidents.v1.yaml"
    file.write_text(file.read_text() + "missing: [NULL, no, 1900-01-01, 0:00:00, 007]\n")
    (contract,) = load_profile(profile).contracts
    assert contract.missing == ("NULL", "no", "1900-01-01", "0:00:00", "007")


def test_a_key_that_is_there_twice_is_refused_with_its_line(profile: Path) -> None:
    file = profile / "contracts" / "legacy_incidents.v1.yaml"
    file.write_text("version: '1'\n" + file.read_text())
    with pytest.raises(ProfileError, match=r"line 1 \(the key 'version' is there twice\)"):
        load_profile(profile)


def test_a_file_that_is_no_yaml_is_refused_with_its_line(profile: Path) -> None:
    (profile / "profile.yaml").write_text("name: x\n  y: [\n")
    with pytest.raises(ProfileError, match="not YAML in line"):
        load_profile(profile)


def test_a_folder_that_is_no_profile_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="OCC_PROFILE"):
        load_profile(tmp_path / "nothing")


def test_a_contract_is_named_as_its_file(profile: Path) -> None:
    contracts = profile / "contracts"
    (contracts / "legacy_incidents.v1.yaml").rename(contracts / "other.v1.yaml")
    with pytest.raises(ProfileError, match="name the file"):
        load_profile(profile)


@pytest.mark.parametrize(
    ("rule", "number", "day"),
    [
        (WeekNumber(number="w", year="2025", starts="sunday", first="january_1"), "35", date(2025, 8, 24)),
        (WeekNumber(number="w", year="2021", starts="monday", first="iso"), "1", date(2021, 1, 4)),
        (WeekNumber(number="w", year="2020", starts="monday", first="iso"), "53", date(2020, 12, 28)),
    ],
)
def test_a_week_number_is_a_date(rule: WeekNumber, number: str, day: date) -> None:
    assert BusinessDate(week=rule).week is not None
    assert rule.first_day({"w": number}) == day


def _foreign(tmp_path: Path, contract: dict[str, Any]) -> Room:
    folder = tmp_path / "foreign"
    (folder / "contracts").mkdir(parents=True)
    formats = {"us": {"pattern": "%-m/%-d/%Y %-I:%M:%S %p", "means": "local"}}
    (folder / "profile.yaml").write_text(
        yaml.safe_dump({"name": "foreign", "time_zone": "America/New_York", "formats": formats})
    )
    base = {"export": "acd_segments", "version": "x"}
    (folder / "contracts" / "acd_segments.vx.yaml").write_text(yaml.safe_dump(base | contract, sort_keys=False))
    return Room(tmp_path, folder)


def test_other_names_codes_units_zones_and_missing_words_need_no_code(tmp_path: Path) -> None:
    room = _foreign(
        tmp_path,
        {
            "file": r"calls-(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})\.txt",
            "delimiter": "|",
            "business_date": {"pattern": "%Y-%m-%d"},
            "missing": ["n/a"],
            "columns": {
                "Call": "call_id",
                "Leg": "segment",
                "Began": {"to": "segment_start_at", "format": "us"},
                "Result": {"to": "disposition", "codes": {"answered": "ANS", "hung up": "ABN"}},
                "Wait (min)": {"to": "queue_seconds", "unit": "minutes"},
                "Caller": {"to": "caller_token", "token": "cli", "missing_pattern": "ext.*"},
                "Note": {"optional": True},
            },
            "values": {
                "dialled": {"constant": "101"},
                "queue": {"expression": "case when Result = 'ANS' then 'MAIN' else 'NONE' end"},
            },
        },
    )
    room.put(
        "calls-2021-03-14.txt",
        "Call|Leg|Began|Result|Wait (min)|Caller\n"
        "1|1|3/14/2021 12:30:00 AM|answered|2|01905 123456\n"
        "2|1|3/14/2021 2:30:00 AM|hung up|n/a|ext 5\n"  # the hour that does not exist there
        "3|1|7/4/2021 1:05:09 PM|other|n/a|n/a\n",
    )
    room.land()
    assert room.ask(
        "select call_id, segment_start_at::text, disposition, queue_seconds, queue, dialled, caller_token is null "
        "from landing.acd_segments order by 1"
    ) == [
        ("1", "2021-03-14 05:30:00", "ANS", 120, "MAIN", "101", False),
        ("3", "2021-07-04 17:05:09", "other", None, "NONE", "101", True),
    ]
    assert room.one("select reason from landing.quarantined_rows") == "is a local time that does not exist"


def test_a_business_date_can_be_the_earliest_in_a_column(tmp_path: Path) -> None:
    room = _foreign(
        tmp_path,
        {
            "file": r"dump.*\.csv",
            "business_date": {"earliest": "Began"},
            "formats": {"iso": {"pattern": "%Y-%m-%d %H:%M:%S", "means": "local"}},
            "columns": {
                "Call": "call_id",
                "Leg": "segment",
                "Began": {"to": "segment_start_at", "format": "iso"},
            },
        },
    )
    room.put("dump (3).csv", "Call,Leg,Began\n1,1,2021-09-03 10:00:00\n2,1,2021-09-02 10:00:00\n3,1,never\n")
    room.put("dump (4).csv", "Call,Leg,Began\n1,1,never\n")
    room.land()
    assert room.delivery("dump (3).csv")["business_date"] == date(2021, 9, 2)
    assert room.delivery("dump (4).csv")["reason"] == "the column Began holds no date"


def test_a_roll_over_has_a_bound(tmp_path: Path) -> None:
    clock = {"type": "clock", "format": "clock"}
    room = _foreign(
        tmp_path,
        {
            "file": r"(?P<date>[0-9]{8})\.csv",
            "formats": {"day": {"pattern": "%Y%m%d"}, "clock": {"pattern": "%-H:%M:%S"}},
            "columns": {
                "Call": "call_id",
                "Leg": "segment",
                "Day": {"type": "date", "format": "day"},
                "Start": clock,
                "Answer": clock,
                "End": clock,
            },
            "fields": {
                "began": {"date": "Day", "clock": "Start"},
                "last": {"expression": 'coalesce("End", Answer)'},
                "ended": {
                    "date": "Day",
                    "clock": "last",
                    "after": "began",
                    "at_most_hours": "12",
                    "beyond": "same_day",
                },
            },
            "values": {"segment_start_at": "began", "segment_end_at": "ended"},
        },
    )
    room.put(
        "20210115.csv",
        "Call,Leg,Day,Start,Answer,End\n"
        "1,1,20210115,23:59:00,,0:01:00\n"  # over midnight
        "2,1,20210115,10:00:00,,9:59:00\n"  # ended a minute before it began: no roll-over
        "3,1,20210115,23:59:00,0:00:30,\n",
    )
    room.land()
    found = room.ask("select segment_end_at::text from landing.acd_segments order by call_id")
    assert found == [("2021-01-16 05:01:00",), ("2021-01-15 14:59:00",), ("2021-01-16 05:00:30",)]
