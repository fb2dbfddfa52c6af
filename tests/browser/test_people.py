"""No telephone number, e-mail address or name that a delivery held is in anything that people or tools are given."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from orchestration.settings import Settings
from tests.browser import people, scanner
from tests.browser.site import Site
from tests.support import occ

pytestmark = pytest.mark.xdist_group("small_warehouse")

# Where an unknown code, a key, a header or a file's name is kept as it was delivered, a name may stand: nothing tells a
# name from a code. The pages show none of them.
NAMES = {"quillfeather", "zebedee"}
# What looks like a telephone number or an address and is none. The list only shrinks.
LOOKS_LIKE_ONE: set[str] = set()


def shown(page: Path) -> str:
    """The words of a page, without its tags and without digests."""
    words = re.sub(r"<(style|svg)\b.*?</\1>|<[^>]*>", "|", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.sub(r"\b[0-9a-f]{16,64}\b", "", html.unescape(words))


def test_the_scanner_finds_people_however_they_are_written() -> None:
    unseen = [text for text in people.texts() if not scanner.traces(f"x {text} y") and not scanner.patterns(text)]
    assert unseen == []


@pytest.mark.slow
def test_no_number_and_no_address_is_in_any_file_table_log_or_file_name_of_the_warehouse(
    hostile_warehouse: Settings,
) -> None:
    looked_at, found = 0, {}
    for place, text in scanner.texts_of(hostile_warehouse.warehouse):
        looked_at += 1
        if seen := scanner.traces(text) - NAMES:
            found[place] = seen
    assert looked_at > 500
    assert found == {}


@pytest.mark.slow
def test_no_page_names_anybody(hostile_report: Site) -> None:
    found = {}
    folder = hostile_report.folder.parent
    for path in sorted(folder.rglob("*")):
        if path.is_file() and (seen := scanner.traces(path.read_text(encoding="utf-8"))):
            found[path.relative_to(folder).as_posix()] = seen
    assert found == {}


@pytest.mark.slow
def test_no_page_holds_what_looks_like_a_number_or_an_address(hostile_report: Site, report: Site) -> None:
    """Whoever's it is: also what was not planted here."""
    pages = [*report.pages(), *hostile_report.folder.parent.rglob("*.html")]
    found = {path.name: seen for path in pages if (seen := scanner.patterns(shown(path)) - LOOKS_LIKE_ONE)}
    assert found == {}


@pytest.mark.slow
@pytest.mark.parametrize("command", [["deliveries"], ["status"], ["quarantine", "list"], ["ask", "Q23"]])
def test_no_command_prints_a_number_or_an_address(hostile_warehouse: Settings, command: list[str]) -> None:
    """The names of files and columns it does print: who must find the file needs them."""
    ended = occ(hostile_warehouse, command)
    printed = ended.stdout + ended.stderr
    assert ended.returncode == 0
    assert scanner.traces(printed) - NAMES == set()


def test_a_planted_number_in_a_table_would_be_found(tmp_path: Path) -> None:
    """Else the tests above would prove nothing."""
    import duckdb

    with duckdb.connect(str(tmp_path / "occ.duckdb")) as con:
        con.execute("create table x as select 'ring (07700) 900 123' as note")
    (tmp_path / "log.txt").write_text("sent to ZQ@example.org")
    duckdb.sql("select 'Mrs Quillfeather' as who").write_parquet(str(tmp_path / "month.parquet"))
    assert scanner.found_in(tmp_path) == {
        "occ.duckdb: main.x.note": {"7700900123"},
        "log.txt": {"zq@"},
        "month.parquet.who": {"quillfeather"},
    }
