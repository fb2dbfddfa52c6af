"""No raw personal value may be found in anything the warehouse holds, nor in what is said. A failure is a leak."""

from __future__ import annotations

import hashlib
import hmac
import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.landing.tokens import Tokens, is_telephone_number, mask_name, mask_text, normalise
from tests.landing.room import HEADERS, Room, row, text

NUMBER = "07700900123"
SEGMENTS = "acd_segments_20210901.csv"


def _holds_number(stored: bytes) -> bool:
    digits = bytes(character for character in stored if character not in b" -().+")
    return NUMBER[1:].encode() in stored or NUMBER[1:].encode() in digits


def test_tokens_are_the_first_16_characters_of_the_keyed_digest() -> None:
    for key in (b"k" * 32, b"long" * 40):
        expected = hmac.new(key, b"cli:07700900123", hashlib.sha256).hexdigest()[:16]
        assert Tokens(key).of("cli", NUMBER) == expected


@pytest.mark.parametrize(
    "written", ["+447700900123", "+44 7700 900123", "07700-900-123", "(07700) 900123", " 07700900123"]
)
def test_a_number_has_one_token_however_it_is_written(written: str) -> None:
    assert normalise("cli", written) == NUMBER


def test_kinds_do_not_share_tokens() -> None:
    tokens = Tokens(b"k" * 32)
    assert tokens.of("agent", "4711") != tokens.of("user", "4711")
    assert tokens.of("cli", "none") is None


def test_personal_columns_are_tokens_everywhere(room: Room) -> None:
    good = row("acd_segments", CLI=NUMBER, AGENT_ID="AG-SECRET-1")
    bad = row("acd_segments", CLI=NUMBER, AGENT_ID="AG-SECRET-1", SEGMENT="x")
    nul = row("acd_segments", CLI=NUMBER, AGENT_ID="AG-SECRET-1", TEAM="a\0b")
    room.put(SEGMENTS, text("acd_segments", good, bad, nul))
    room.put(
        "da_outcomes_20210901.csv",
        text(
            "da_outcomes",
            row("da_outcomes", VICTIM_ID="V-SECRET"),
            row("da_outcomes", VICTIM_ID="V-SECRET", INC_REF=""),
        ),
    )
    result = room.land()
    stored = room.everything_stored()
    assert not _holds_number(stored)
    assert b"SECRET" not in stored
    assert "SECRET" not in str(result)
    key = bytes.fromhex(room.key_file.read_text().strip())
    assert room.one("select caller_token, agent_token from landing.acd_segments") == (
        Tokens(key).of("cli", NUMBER),
        Tokens(key).of("agent", "AG-SECRET-1"),
    )
    assert room.one("select victim_token from landing.da_outcomes") == Tokens(key).of("victim", "V-SECRET")


@pytest.mark.parametrize("written", [NUMBER, "+44 7700 900123", "07700 900 123", "0044-7700-900123"])
@pytest.mark.parametrize(
    "column", ["CALL_ID", "TEAM", "QUEUE", "DIALLED", "WRAP_CODE", "QUEUE_SECS", "SEG_END", "SEGMENT"]
)
def test_a_callers_number_in_the_wrong_column_is_not_stored(room: Room, column: str, written: str) -> None:
    room.put(SEGMENTS, text("acd_segments", row("acd_segments", **{column: written})))
    room.land()
    assert not _holds_number(room.everything_stored())


def test_identifiers_that_were_numbers_stay_different_and_equal(room: Room) -> None:
    numbers = [NUMBER, "07700900124", NUMBER, "447700900123"]
    room.put(SEGMENTS, text("acd_segments", *(row("acd_segments", CALL_ID=n) for n in numbers)))
    room.land()
    found = [value for (value,) in room.ask("select call_id from landing.acd_segments order by _source_row")]
    assert found[0] == found[2] != found[1] != found[3]
    assert all(value.startswith("number-") for value in found)


@pytest.mark.parametrize(
    "written",
    ["ring 07700900123 pls", "tel:+447700900123", "0 7 7 0 0 9 0 0 1 2 3", "07700/900123",
     "٠٧٧٠٠٩٠٠١٢٣", "０７７００９００１２３", "07700\u00a0900123", "Jo <bloggs@example.org>", "bloggs@[192.0.2.1]"],
)  # fmt: skip
def test_a_number_or_address_in_an_identifier_or_a_code_is_not_stored(room: Room, written: str) -> None:
    rows = [row("acd_segments", CALL_ID=written, TEAM=written), row("acd_segments", CALL_ID=f"{written} 2")]
    room.put(SEGMENTS, text("acd_segments", *rows))
    room.land()
    found = room.ask("select call_id, team from landing.acd_segments order by _source_row")
    assert len({call_id for call_id, _ in found}) == 2  # equal ones stay equal, others others
    stored = "".join(str(unicodedata.decimal(each, each)) for each in str(found))
    assert not _holds_number(stored.replace("/", "").replace("\u00a0", "").encode())
    assert "loggs" not in stored


@pytest.mark.parametrize(
    "call_id",
    ["17", "0000012345", "20210901", "1234567890123", "WM-20210901-00001", "22/100001/21", "WM 20210901 00001", "É-1"],
)
def test_ordinary_identifiers_stay_as_they_are(room: Room, call_id: str) -> None:
    room.put(SEGMENTS, text("acd_segments", row("acd_segments", CALL_ID=call_id)))
    room.land()
    assert room.one("select call_id from landing.acd_segments") == call_id


@pytest.mark.parametrize("line", [f"17,{NUMBER}", f"17,{NUMBER},1" + "," * 30, NUMBER, f'17,"{NUMBER}'])
def test_of_a_shifted_or_ragged_row_only_line_count_and_digest_are_kept(room: Room, line: str) -> None:
    room.put(SEGMENTS, text("acd_segments", line))
    room.land()
    assert not _holds_number(room.everything_stored())
    found = room.one("select value, raw_row, column_name, row_number from landing.quarantined_rows")
    assert found == (None, None, None, 2)


def test_a_shifted_row_of_the_right_width_shows_no_number(room: Room) -> None:
    fields = row("acd_segments", CLI=NUMBER, AGENT_ID="9").split(",")
    shifted = ["x", *fields[:-1]]
    room.put(SEGMENTS, text("acd_segments", ",".join(shifted)))
    room.land()
    assert not _holds_number(room.everything_stored())


def test_free_text_is_masked_for_telephone_numbers_and_addresses(room: Room) -> None:
    topic = f"ring me on {NUMBER} or 07700 900 123 or jo.bloggs@example.org about 12 pigs since 01/09/2021 10:00"
    room.put("digital_contacts_20210901.csv", text("digital_contacts", row("digital_contacts", TOPIC=topic)))
    room.land()
    found = room.one("select topic from landing.digital_contacts")
    assert found == "ring me on [number] or [number] or [e-mail] about 12 pigs since 01/09/2021 10:00"
    assert b"bloggs" not in room.everything_stored()


def test_unknown_columns_are_never_shown_nor_their_names_when_they_are_numbers(room: Room) -> None:
    header = f"{HEADERS['acd_segments']},{NUMBER}"
    room.put(SEGMENTS, f"{header}\n{row('acd_segments')},{NUMBER}\n{row('acd_segments', SEGMENT='x')},{NUMBER}\n")
    room.land()
    assert not _holds_number(room.everything_stored())
    assert room.delivery(SEGMENTS)["unknown_columns"] == '{"[number]": 2}'


def test_a_file_whose_first_row_is_data_shows_none_of_it(room: Room) -> None:
    room.put(SEGMENTS, row("acd_segments", CLI=NUMBER) + "\n" + row("acd_segments", CLI=NUMBER) + "\n")
    result = room.land()
    assert not _holds_number(room.everything_stored())
    assert not _holds_number(str(result).encode())


@pytest.mark.parametrize(
    "name", [f"calls of {NUMBER}.csv", f"{NUMBER}/x.csv", "jo.bloggs@example.org.csv", f"{NUMBER}.csv.tmp"]
)
def test_file_names_and_folders_show_no_number(room: Room, name: str) -> None:
    room.put(name, text("acd_segments", row("acd_segments")))
    result = room.land()
    said = room.everything_stored() + str(result).encode()
    assert not _holds_number(said)
    assert b"bloggs" not in said


@pytest.mark.parametrize(
    "name",
    [
        "it's.csv", 'say "x".csv', "line\nbreak.csv", "*.csv", "[ab]?.csv", "'; drop table landing.deliveries; --.csv",
        "=cmd|' calc'!A0.csv", "..csv", "...", "é-ü.csv", " .csv", "\x1b[31m.csv", "acd_segments_20210901.csv\n",
    ],
)  # fmt: skip
def test_a_strange_file_name_is_a_name_and_nothing_else(room: Room, name: str) -> None:
    room.put(name, text("acd_segments", row("acd_segments")))
    room.put("acd_segments_20210902.csv", text("acd_segments", row("acd_segments", CALL_ID="18")))
    room.land()
    assert room.delivery(name)["reason"] == "its name fits no contract"
    assert room.one("select count(*) from landing.acd_segments") == 1


def test_a_name_that_is_no_text_is_taken_in_once(room: Room) -> None:
    path = os.fsencode(room.landing) + b"/bad\xff\xfename.csv"
    Path(os.fsdecode(path)).write_bytes(b"x")
    assert len(room.land().deliveries) == 1
    assert room.land().deliveries == []


def test_links_are_not_followed_out_of_the_landing_folder(room: Room, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "acd_segments_20210901.csv").write_text(text("acd_segments", row("acd_segments")))
    (room.landing / "acd_segments_20210902.csv").symlink_to(outside / "acd_segments_20210901.csv")
    (room.landing / "folder").symlink_to(outside)
    result = room.land()
    assert result.deliveries == []
    assert len(result.ignored) == 2


def test_a_pipe_does_not_hang_the_run(room: Room) -> None:
    os.mkfifo(room.landing / "acd_segments_20210901.csv")
    result = room.land()
    assert result.deliveries == []
    assert "not a regular file" in result.ignored[0]


def test_formula_cells_are_kept_as_text(room: Room) -> None:
    cell = "=HYPERLINK(1)"
    room.put(
        SEGMENTS, text("acd_segments", row("acd_segments", TEAM=cell), row("acd_segments", TEAM=cell, SEGMENT="=1+1"))
    )
    room.land()
    assert room.one("select team from landing.acd_segments") == cell
    assert room.one("select value from landing.quarantined_rows") == "=1+1"


def test_control_characters_of_a_bad_row_are_written_out(room: Room) -> None:
    room.put(SEGMENTS, text("acd_segments", row("acd_segments", SEGMENT="\x1b[2J", TEAM="\x07")))
    room.land()
    value, raw = room.one("select value, raw_row from landing.quarantined_rows")
    assert value == "\\x1b[2J"
    assert "\x07" not in raw


def test_a_huge_header_is_no_trouble(room: Room) -> None:
    room.put(SEGMENTS, ",".join(f"c{number}" for number in range(20_000)) + "\n1\n")
    room.land()
    reason = room.delivery(SEGMENTS)["reason"]
    assert "has none of its columns" in reason
    assert len(reason) < 500


@given(st.text(max_size=60))
def test_masking_twice_changes_nothing_more(value: str) -> None:
    once = mask_text(value)
    assert mask_text(once) == once


@given(st.from_regex(r"0[1-37-9][0-9]{8,9}", fullmatch=True))
def test_any_telephone_number_is_taken_out(number: str) -> None:
    for written in (
        number,
        f"{number[:5]} {number[5:]}",
        f"+44{number[1:]}",
        f"({number[:5]}) {number[5:8]}-{number[8:]}",
    ):
        assert number[-6:] not in mask_text(f"call {written} now").replace(" ", "").replace("-", "")
        assert is_telephone_number(written)


def test_dates_in_file_names_stay() -> None:
    assert mask_name("copy of acd_segments_20210901.csv") == "copy of acd_segments_20210901.csv"


@pytest.mark.parametrize("piece", ["x", '"', '"a', "(0", "0 ", "é", "a.", "0/"])
def test_a_long_cell_is_masked_in_one_pass(piece: str) -> None:
    """A million characters: tried from each of them anew, this would not end today."""
    assert mask_text("1234567 " + piece * (1_000_000 // len(piece))).startswith("[number]")
