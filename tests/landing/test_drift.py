"""What landing notes of a changed file: the kind of change of one that is set aside, the layout of one that is read.

A failure means that a change has another outcome than the declared one, or that nobody learns of it.
"""

from __future__ import annotations

import json

import pytest

from orchestration.docs.changes import PAGE, written_anew
from orchestration.landing.drift import drift_kinds, outcomes
from tests.landing.room import Room, row, text

EXPORT, NAME = "saab_resource_status", "saab_resource_status_20210901.csv"
PLAIN = text(EXPORT, row(EXPORT, LPA="HEREF"), row(EXPORT, STATUS_TIME="01/09/2021 11:00:00"))


def delivered(room: Room, content: str | bytes, name: str = NAME) -> dict[str, object]:
    room.put(name, content)
    room.land()
    return room.delivery(name)


@pytest.mark.parametrize(
    ("content", "kind", "column", "after"),
    [
        (PLAIN.replace("LPA", "X"), "column_renamed", "LPA", "X"),
        (PLAIN.replace("STATUS_TIME", "TIME_OF_STATUS"), "column_renamed", "STATUS_TIME", "TIME_OF_STATUS"),
        (PLAIN.lower(), "column_renamed", "CALLSIGN, STATUS_TIME, STATUS_CODE, INC_REF, LPA",
         "callsign, status_time, status_code, inc_ref, lpa"),
        (PLAIN.replace(",LPA", "").replace(",HEREF", ""), "column_missing", "LPA", None),
        (PLAIN.replace("LPA", "LPA,LPA").replace("HEREF", "HEREF,HEREF"), "column_doubled", "LPA", None),
        (PLAIN.replace(",", "|"), "delimiter_unknown", None, "bars"),
        (PLAIN.replace(",", "~"), "delimiter_unknown", None, "tildes"),
        (PLAIN.encode("utf-16-le"), "encoding_unknown", None, None),
        (PLAIN.replace("HE01", "\x81").encode("latin-1"), "encoding_unknown", None, None),
        (PLAIN.partition("\n")[2], "layout_unknown", None, None),
        ("A,B,C,D,E\n1,2,3,4,5\n", "layout_unknown", None, None),
        (text(EXPORT, *[row(EXPORT, STATUS_TIME="09/01/2021 10:00:00")] * 3), "day_and_month_swapped", None, None),
    ],
)  # fmt: skip
def test_a_file_set_aside_says_which_change_it_is(
    room: Room, content: str | bytes, kind: str, column: str | None, after: str | None
) -> None:
    found = delivered(room, content)
    assert (found["drift_kind"], found["drift_column"], found["drift_after"]) == (kind, column, after)
    assert found["is_quarantined"]
    assert found["rows_read"] == 0
    assert drift_kinds()[kind].outcome == "FILE_QUARANTINED"


def test_the_reason_names_the_likely_new_name_of_a_column(room: Room) -> None:
    found = delivered(room, PLAIN.replace("STATUS_TIME", "TIME_OF_STATUS"))
    assert str(found["reason"]).endswith("misses STATUS_TIME; likely called TIME_OF_STATUS now")


def test_a_new_name_that_may_be_personal_is_masked_and_cut(room: Room) -> None:
    found = delivered(room, PLAIN.replace("LPA", "call 07700 900123 " + "x" * 200))
    assert "900123" not in str(found)
    assert len(str(found["drift_after"])) < 80


@pytest.mark.parametrize(
    ("content", "encoding", "delimiter"),
    [
        (PLAIN, "ASCII", "comma"),
        (PLAIN.replace(",", ";"), "ASCII", "semicolon"),
        (PLAIN.replace(",", "\t"), "ASCII", "tab"),
        (PLAIN.replace("HE01", "J\u00f6rg"), "UTF-8", "comma"),
        (PLAIN.replace("HE01", "J\u00f6rg").encode("utf-8-sig"), "UTF-8", "comma"),
        (PLAIN.replace("HE01", "J\u00f6rg").encode("cp1252"), "Windows-1252", "comma"),
        (PLAIN.encode("utf-16"), "UTF-16", "comma"),
    ],
)
def test_a_file_that_is_read_says_how_it_was_written(
    room: Room, content: str | bytes, encoding: str, delimiter: str
) -> None:
    found = delivered(room, content)
    assert (found["encoding"], found["delimiter"]) == (encoding, delimiter)
    assert found["drift_kind"] is None
    assert found["rows_read"] == 2
    assert room.one("select count(*) from landing.saab_resource_status") == 2


def test_the_order_of_columns_is_that_of_the_contract_s_alone(room: Room) -> None:
    plain = delivered(room, PLAIN)["column_order"]
    added = delivered(room, PLAIN.replace("LPA", "LPA,NEW").replace("00,5,,", "00,5,,,"), NAME.replace("01.", "02."))
    lines = [",".join(line.split(",")[::-1]) for line in PLAIN.splitlines()]
    turned = delivered(room, "\n".join(lines), NAME.replace("01.", "03."))
    assert added["column_order"] == plain
    assert turned["column_order"] != plain


def test_each_column_says_how_full_it_is_and_a_new_one_keeps_its_values_to_itself(room: Room) -> None:
    content = PLAIN.replace("LPA", "LPA,OFFICER").replace("HEREF", "HEREF,Jane Smith").replace("00,5,,\n", "00,5,,,\n")
    found = delivered(room, content)
    assert json.loads(str(found["filled_columns"])) == {
        "CALLSIGN": 2, "STATUS_TIME": 2, "STATUS_CODE": 2, "INC_REF": 0, "LPA": 1,
    }  # fmt: skip
    rows = room.ask("select header, is_known, filled_count from landing.delivered_columns order by is_known, header")
    assert rows[0] == ("OFFICER", False, 1)
    assert b"Jane Smith" not in room.everything_stored()


def test_a_registry_of_before_tells_nothing_of_layouts_and_is_read_all_the_same(room: Room) -> None:
    """A warehouse that was there before layouts were noted goes on: its old files say nothing, and are no change."""
    import pyarrow.parquet as pq

    delivered(room, PLAIN)
    (path,) = room.store.rglob("registry/**/*.parquet")
    table = pq.read_table(path, partitioning=None)
    noted = ["drift_kind", "drift_column", "drift_after", "encoding", "delimiter", "column_order", "filled_columns"]
    pq.write_table(table.drop_columns(noted), path)
    assert room.ask("select encoding, filled_columns from landing.deliveries") == [(None, None)]
    assert room.ask("select * from landing.delivered_columns") == []


def test_the_documentation_says_what_is_declared() -> None:
    """`python -m orchestration.docs.changes` writes the tables of docs/deliveries.md anew."""
    page = PAGE.read_text(encoding="utf-8")
    assert written_anew(page) == page
    assert all(f"`{kind}`" in page for kind in drift_kinds())


def test_every_kind_has_an_outcome_that_is_explained() -> None:
    assert {declared.outcome for declared in drift_kinds().values()} == set(outcomes())
