"""Whatever a sender writes into a delivery stays text: in the pages, on the terminal, in the warehouse."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser

from orchestration.runs import nothing_new
from orchestration.settings import Settings
from tests.browser import hostile
from tests.browser.site import Site, opened
from tests.browser.test_pages import read
from tests.support import ask, occ

# Beside the tests of the report of clean pages: the two are compared.
pytestmark = pytest.mark.xdist_group("small_warehouse")

# Characters that hide, turn or overwrite what stands beside them. A line may end, and be indented.
_HIDING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]"
)


def hidden_in(text: str) -> str | None:
    """The first such character, with what stands about it."""
    found = _HIDING.search(text)
    return ascii(text[max(found.start() - 60, 0) : found.end() + 20]) if found else None


def test_there_are_texts_enough_and_they_came_in(hostile_warehouse: Settings) -> None:
    """Else nothing would be tried: of every export rows were taken in and rows set aside, and odd files came."""
    assert len(hostile.texts()) >= 300
    came = ask(
        hostile_warehouse,
        "select export, sum(rows_loaded), sum(rows_quarantined) from quality.deliveries where export is not null "
        "group by export order by export",
    )
    assert len(came) >= 11
    assert all(loaded > 0 for _, loaded, _ in came)
    assert sum(1 for *_, aside in came if aside >= 300) >= 10
    ((files, columns),) = ask(
        hostile_warehouse,
        "select count(*) filter (where export is null), sum(len(unknown_columns)) from quality.deliveries",
    )
    assert files >= 250
    assert columns >= 250


@pytest.mark.slow
def test_no_page_holds_an_element_or_attribute_that_a_clean_one_does_not(hostile_report: Site, report: Site) -> None:
    clean_tags = set().union(*(read(path).tags for path in report.pages()))
    clean_attributes = set().union(*(read(path).attributes for path in report.pages()))
    for path in hostile_report.pages():
        page = read(path)
        assert page.tags <= clean_tags | {"figure", "figcaption"}, path.name
        assert page.attributes <= clean_attributes, (path.name, page.attributes - clean_attributes)


@pytest.mark.slow
def test_nothing_runs_asks_or_fetches_in_a_real_browser(browser: Browser, hostile_report: Site) -> None:
    docs = hostile_report.folder.parent / "docs"
    for path in [*hostile_report.one_of_each_kind(), docs / "questions.html", docs / "indicators.html"]:
        with opened(browser, path, bypass_policy=True) as seen:  # escaping alone must do: the policy is a second wall
            seen.page.wait_for_load_state("networkidle")
            seen.page.mouse.move(300, 300)
            for _ in range(5):
                seen.page.keyboard.press("Tab")
            assert seen.dialogs == []
            assert seen.requests == [path.as_uri()]
            assert "occ-was-here" not in seen.page.title()
            assert seen.complaints == []


def test_no_page_holds_a_character_that_hides_or_turns_others(hostile_report: Site) -> None:
    for path in [*hostile_report.pages(), *(hostile_report.folder.parent / "docs").glob("*.html")]:
        assert hidden_in(path.read_text(encoding="utf-8")) is None, path.name


@pytest.mark.slow
@pytest.mark.parametrize("command", [["deliveries"], ["status"], ["quarantine", "list"]])
def test_the_terminal_is_told_no_control_character(hostile_warehouse: Settings, command: list[str]) -> None:
    ended = occ(hostile_warehouse, command)
    assert ended.returncode == 0, ended.stderr[-500:]
    assert hidden_in(ended.stdout + ended.stderr) is None
    assert len(ended.stdout) > 200


@pytest.mark.slow
def test_links_of_the_report_hold_nothing_that_was_delivered(hostile_report: Site, report: Site) -> None:
    """Addresses are made of our own names: rules, indicators, exports."""
    names = {path.relative_to(report.folder).as_posix() for path in report.pages()}
    assert {path.relative_to(hostile_report.folder).as_posix() for path in hostile_report.pages()} <= names


@pytest.mark.slow
def test_a_second_run_reads_the_same_and_publishes_nothing_new(hostile_warehouse: Settings) -> None:
    assert nothing_new(hostile_warehouse)
