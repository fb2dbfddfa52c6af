"""`occ contract check`, `occ contract init`, `occ profile init`: what they say, also of files that mean harm."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.errors import OccError
from orchestration.landing import load_profile
from orchestration.landing.checking import check_file, code_lists, codes_of
from orchestration.landing.contracts import read_contract, read_profile
from orchestration.landing.drafting import draft_contract
from orchestration.landing.reading import FileFault
from orchestration.landing.shapes import load_shapes
from tests.contracts.rooms import CALL, LOCAL, ONE, stranger
from tests.landing.room import WEST_MERCIA, row, text

FORMATS = {"local": LOCAL}


def occ(*arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command, as `main` ends it."""
    ended = CliRunner().invoke(app, list(arguments))
    if isinstance(ended.exception, OccError):
        return ended.exception.exit_code, ended.stdout, str(ended.exception)
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    return ended.exit_code, ended.stdout, ended.stderr


def _sections(report: str) -> dict[str, list[str]]:
    return {
        part.split("\n")[0]: [line.strip() for line in part.split("\n")[1:]] for part in report.strip().split("\n\n")
    }


# --- check ----------------------------------------------------------------------------------------------------
def test_check_says_what_a_run_would_do_with_every_row(tmp_path: Path) -> None:
    file = tmp_path / "acd_segments_20210901.csv"
    good = {"SEG_START": "2021-09-01T09:00:00Z", "CLI": "01905123456", "AGENT_ID": "a17", "DISPOSITION": "ANS"}
    content = text(
        "acd_segments",
        row("acd_segments", **good),
        row("acd_segments", **good | {"SEGMENT": "2", "DISPOSITION": "TIMED_OUT", "QUEUE": "OCC_101"}),
        row("acd_segments", **good | {"SEGMENT": "x"}),
        row("acd_segments", **good | {"SEGMENT": "4", "SEG_START": "01/09/2021 10:00:00"}),
        row("acd_segments", **good | {"SEGMENT": "5"}) + ",more",
    )
    header, _, rest = content.partition("\n")
    file.write_text(
        header + ",SURPRISE\n" + "".join(line + ",\n" for line in rest.splitlines()[:4]) + rest.splitlines()[4]
    )
    code, said, _ = occ("contract", "check", str(file), "--profile", "west_mercia")
    told = _sections(said)
    assert code == 1
    assert told["Contract"] == ["acd_segments.v1: its name and header fit"]
    assert told["Business date"] == ["2021-09-01 (by its name)"]
    assert told["Unknown columns"][0] == "SURPRISE: filled in 1 rows"
    assert told["Rows"] == ["5 read = 3 good + 2 bad"]
    assert told["Bad rows"] == [
        "SEGMENT is not a whole number: 1 (line 4, as 'x')",
        "SEG_START is not an instant written as %Y-%m-%dT%H:%M:%SZ: 1 (line 5, as '01/09/2021 10:00:00')",
    ]
    assert told["Times"] == ["from 2021-09-01 09:00:00 to 2021-09-01 09:00:00 (UTC)"]
    assert told["Becomes"] == ["acd_segments: 3 rows"]
    assert told["Values not in the code lists (they become unknown, or null)"] == [
        "acd_segments.disposition, not in dispositions: TIMED_OUT (1)"
    ]
    assert "agent_token (token), caller_token (token)" in said
    assert not [value for value in ("01905123456", "a17") if value in said]


def test_check_ends_with_nought_where_every_row_is_good(tmp_path: Path) -> None:
    file = tmp_path / "recruitment_20210901.csv"
    file.write_text(text("recruitment", row("recruitment")))
    code, said, _ = occ("contract", "check", str(file), "--profile", "west_mercia")
    assert (code, _sections(said)["In short"]) == (0, ["the file would be taken in; every row is good"])


def test_check_says_which_contracts_are_nearest_and_what_they_miss(tmp_path: Path) -> None:
    file = tmp_path / "anything.csv"
    file.write_text("MONTH,STAGE,NUMBER\n2021-09,APPLIED,3\n")
    code, said, _ = occ("contract", "check", str(file), "--profile", "west_mercia")
    told = _sections(said)
    assert code == 1
    assert told["Nearest contracts"][0].startswith(
        "recruitment.v1: misses COUNT; the file has instead NUMBER; the name does not"
    )
    assert told["Quarantined whole"] == ["its name fits no contract; nothing of it would be loaded"]


def test_check_says_why_another_version_was_not_taken(tmp_path: Path) -> None:
    file = tmp_path / "saab_incidents_20210901.csv"
    file.write_text(text("saab_incidents", row("saab_incidents")))
    told = check_file(file, load_profile(WEST_MERCIA)).text
    assert "saab_incidents.v5: its name and header fit" in told
    assert "not saab_incidents.v6: misses incident_ref, created_at" in told


def test_check_speaks_of_left_out_records_emptied_fields_and_repeated_keys(tmp_path: Path) -> None:
    clock = {"type": "clock", "format": "clock"}
    bound = {"date": "Start", "clock": "End", "after": "Start", "at_most_hours": "2", "beyond": "null"}
    room = stranger(
        tmp_path,
        formats=FORMATS | {"clock": {"pattern": "%H:%M"}},
        columns=CALL | {"End": clock, "Kind": {}},
        fields={"ended": bound},
        only="Kind = 'C'",
        values=ONE | {"segment_end_at": "ended"},
    )
    rows = ["1,{},18:00,C", "1,{},10:30,C", "2,{},10:30,X"]
    file = room.put("calls_20210901.csv", "\n".join(["Id,Start,End,Kind", *rows]).replace("{}", "2021-09-01 10:00:00"))
    told = _sections(check_file(file, room.profile).text)
    assert told["Rows"] == [
        "2 read = 2 good + 0 bad",
        "1 more records are not of acd_segments (only: Kind = 'C')",
        "ended: 1 times null, for lying beyond its bound",
    ]
    assert "1 of them repeat a key (call_id + segment): of each key one row stands" in told["Becomes"]


def test_check_takes_a_contract_that_is_in_no_profile_yet(tmp_path: Path) -> None:
    room = stranger(tmp_path, formats=FORMATS, columns=CALL, values=ONE)
    contract = room.profile.folder / "contracts" / "acd_segments.v1.yaml"
    draft = contract.rename(tmp_path / "draft.yaml")
    file = room.put("other name.csv", "Id,Start\n1,2021-09-01 10:00:00\n")
    where = ("--profile", str(room.profile.folder), "--contract", str(draft))
    code, said, _ = occ("contract", "check", str(file), *where)
    assert code == 0
    assert "BUT its name does not fit" in said


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["contract", "check", "/nowhere/x.csv", "--profile", "west_mercia"], 2, "There is no file"),
        (["contract", "check", __file__, "--profile", "/nowhere"], 3, "occ profile init"),
        (
            ["contract", "check", __file__, "--profile", "west_mercia", "--contract", "x.v1"],
            2,
            "has no contract 'x.v1'",
        ),
        (["contract", "init", __file__, "--profile", "west_mercia", "--export", "x"], 2, "There is no export 'x'"),
        (["contract", "init", __file__, "--profile", "west_mercia", "--out", __file__], 2, "is there already"),
        (["profile", "init", "/proc", "--time-zone", "Europe/London"], 2, "is not empty"),
        (["profile", "init", "/nowhere/x", "--time-zone", "Mars/Base"], 2, "not a time zone"),
    ],
)
def test_a_mistake_ends_in_one_sentence_and_its_exit_code(arguments: list[str], code: int, said: str) -> None:
    ended, _, error = occ(*arguments)
    assert ended == code
    assert said in error


_CHAOS = random.Random(5)
HOSTILE = {
    "empty": b"",
    "only lines": b"\n\n\r\n",
    "nul": b"Id,Start\n\0,\0\n\0\0,2021-09-01 10:00:00\n",
    "noise": _CHAOS.randbytes(5000),
    "open quote": b'Id,Start\n"1,2021-09-01 10:00:00\n2,x\n',
    "header twice": b"Id,Id,Start\n1,1,2021-09-01 10:00:00\n",
    "terminal": b"Id,\x1b]0;owned\x07\x1b[31mStart\n\x1b[2J1,2021-09-01 10:00:00\n",
    "yaml": b"Id: {x},- a\n  b: c,'\"\n#,&x\n",
    "line ends in a name": b'"Id\nonly: x",Start\n1,2021-09-01 10:00:00\n2,2021-09-01 10:00:00\n',
    "wide": b",".join(b"c%d" % n for n in range(2000)) + b"\n" + b",".join([b"1"] * 2000) + b"\n",
    "long line": b"Id,Start\n" + b"x" * (1 << 21) + b"\n",
    "utf-16 cut": b"\xff\xfeI\x00d\x00,",
    "sql": b"Id'); drop table typed; --,Start\n1,2021-09-01 10:00:00\n",
    "future": b"Id,Start\n1,9999-12-31 23:59:59\n2,0000-00-00 00:00:00\n",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_file_that_means_harm_is_only_looked_at(tmp_path: Path, content: bytes) -> None:
    room = stranger(tmp_path, formats=FORMATS, columns=CALL, values=ONE)
    file = room.put("calls_20210901.csv", content)
    report = check_file(file, room.profile).text
    assert report.startswith("File\n")
    assert all(line.isprintable() for line in report.split("\n"))
    try:
        draft = draft_contract(file, room.profile, None, "1")
    except FileFault:
        return
    assert all(line.isprintable() for line in draft.text.split("\n"))
    assert yaml.safe_load(draft.text)["version"] == "1"


@pytest.mark.parametrize("name", ["calls_20210901.csv.gz", "x\x1b[31m.csv", "07700900123.csv"])
def test_a_name_that_means_harm_is_only_looked_at(tmp_path: Path, name: str) -> None:
    room = stranger(tmp_path, formats=FORMATS, columns=CALL, values=ONE)
    content = b"Id,Start\n1,2021-09-01 10:00:00\n2,2021-09-01 10:00:01\n"
    file = room.put(name, gzip.compress(content)[:-9] if name.endswith("gz") else content)
    report = check_file(file, room.profile).text
    assert "\x1b" not in report
    assert "07700900123" not in report
    if not name.endswith("gz"):
        assert "\x1b" not in draft_contract(file, room.profile, None, "1").text


# --- init -----------------------------------------------------------------------------------------------------
CAD = """\
Export of yesterday
IncidentNumber;Opened;Reported;Prio;Caller Name;Callback Phone;Call_Taker;Remarks;Wait;Share;Started;Stamp
A-1;03/04/2021 10:00:00;2021-04-13 10:00;1;Ann Other;07700 900101;jdoe;call me;00:01:30;1 234,5;1630490400000;44440.5
A-2;04/05/2021 11:00:00;2021-05-14 11:00;2;Bob Body;07700 900102;jdoe;somebody wrote;90:00:30;2,5;1630490401000;44441.25
A-3;05/06/2021 12:00:00;2021-06-15 12:00;1;N/A;07700 900103;asmith;NULL;00:00:10;3,0;1630490402000;44442.75
A-4;06/07/2021 12:00:00;NULL;1;N/A;07700 900104;asmith;NULL;00:00:20;4,0;1630490403000;44443.75
Total: 4
"""


def _draft(folder: Path, content: str, name: str = "cad_20210901.csv", export: str | None = None) -> dict[str, object]:
    file = folder / name
    file.write_text(content, encoding="utf-8")
    drafted = draft_contract(file, read_profile(WEST_MERCIA), export, "7")
    raw = yaml.safe_load(drafted.text)
    return raw | {"text": drafted.text, "findings": "\n".join(drafted.findings), "to do": drafted.missing}


def test_a_draft_says_how_the_file_is_written_and_what_its_columns_are(tmp_path: Path) -> None:
    draft = _draft(tmp_path, CAD, export="saab_incidents")
    assert (draft["skip_first_lines"], draft["skip_last_lines"], draft["version"]) == ("1", "1", "7")
    assert draft["file"] == r"cad_(?P<date>[0-9]{8})\.csv(?:\.gz)?"
    columns = draft["columns"]
    assert isinstance(columns, dict)
    assert columns["IncidentNumber"] == {"to": "incident_ref"}
    assert columns["Opened"]["format"] == "local"  # the profile's own
    assert columns["Wait"] == {"type": "integer", "unit": "HH:MM:SS"}
    assert columns["Share"]["type"] == "decimal"
    assert draft["numbers"] == {"decimal": ",", "thousands": " "}
    formats = {name: told["pattern"] for name, told in draft["formats"].items()}  # type: ignore[attr-defined]
    assert formats[columns["Reported"]["format"]] == "%Y-%m-%d %H:%M"
    assert formats[columns["Started"]["format"]] == "epoch_milliseconds"
    assert formats[columns["Stamp"]["format"]] == "excel_days"
    assert draft["missing"] == ["NULL"]


def test_a_draft_says_that_day_and_month_cannot_be_told_apart(tmp_path: Path) -> None:
    draft = _draft(tmp_path, CAD)
    assert "Opened: DECIDE, it is AMBIGUOUS" in str(draft["findings"])
    clear = _draft(tmp_path, CAD.replace("03/04/2021", "23/04/2021"), "cad_20210902.csv")
    assert "AMBIGUOUS" not in str(clear["findings"])
    assert "day first, for there are days over 12" in str(clear["text"])


def test_a_draft_withholds_whatever_looks_personal_and_prints_nothing_of_it(tmp_path: Path) -> None:
    draft = _draft(tmp_path, CAD)
    columns = draft["columns"]
    assert isinstance(columns, dict)
    assert columns["Callback Phone"]["token"] == "cli"
    assert columns["Call_Taker"]["token"] == "user"
    assert set(draft["ignored"]) == {"Caller Name", "Remarks"}  # type: ignore[call-overload]
    told = str(draft["text"]) + str(draft["findings"])
    personal = ("Ann", "Bob Body", "900101", "900103", "jdoe", "asmith", "call me", "somebody wrote")
    assert not [value for value in personal if value in told]


def test_a_draft_that_lacks_nothing_is_a_contract_that_takes_the_file(tmp_path: Path) -> None:
    file = tmp_path / "calls_2021-09-01.csv"
    rows = [f"C{n},2021-09-13 10:00:{n:02},2021-09-13 10:01:{n:02},{n}" for n in range(10, 40)]
    file.write_text("\n".join(["call_id,start,end,wait", *rows]), encoding="utf-8")
    out = tmp_path / "acd_segments.v1.yaml"
    code, _, said = occ("contract", "init", str(file), "--profile", "west_mercia", "--out", str(out))
    assert code == 0
    assert "candidate keys: call_id" in said
    contract = read_contract(out, read_profile(WEST_MERCIA))
    profile = read_profile(WEST_MERCIA).model_copy(update={"contracts": (contract,)})
    assert check_file(file, profile).is_good


def test_a_draft_that_lacks_something_says_what(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("call_id,colour\n1,red\n2,blue\n", encoding="utf-8")
    arguments = ("contract", "init", str(file), "--profile", "west_mercia", "--export", "acd_segments")
    code, drafted, said = occ(*arguments)
    assert code == 0
    assert "DECIDE: segment_start_at (instant) must be filled" in drafted
    assert "still to do: segment_start_at (instant) must be filled" in said


def test_a_draft_of_a_file_without_a_header_names_its_columns_by_place(tmp_path: Path) -> None:
    draft = _draft(tmp_path, "1|2021-09-13 10:00:00|a\n2|2021-09-14 10:00:00|b\n")
    assert draft["header"] == ["column1", "column2", "column3"]
    assert draft["delimiter"] == "|"


# --- profile ----------------------------------------------------------------------------------------------------
def test_a_new_profile_has_every_list_and_says_which_are_to_be_filled(tmp_path: Path) -> None:
    code, said, _ = occ("profile", "init", str(tmp_path / "force"), "--time-zone", "America/Toronto")
    assert code == 0
    assert read_profile(tmp_path / "force").time_zone == "America/Toronto"
    made = {path.name for path in (tmp_path / "force" / "reference").glob("*.csv")}
    assert made == {path.name for path in (WEST_MERCIA / "reference").glob("*.csv")}
    assert "areas.csv" in said
    assert "HEREF" not in (tmp_path / "force" / "reference" / "areas.csv").read_text()
    for path in (tmp_path / "force" / "reference").glob("*.csv"):
        assert (
            path.read_text().partition("\n")[0]
            == (WEST_MERCIA / "reference" / path.name).read_text().partition("\n")[0]
        )


def test_the_code_lists_that_check_knows_are_those_of_the_models() -> None:
    profile = load_profile(WEST_MERCIA)
    for export, columns in code_lists().items():
        assert set(columns) <= set(load_shapes()[export].columns)
        assert all(codes_of(profile, name) for name in columns.values())
