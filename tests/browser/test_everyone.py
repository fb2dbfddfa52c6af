"""Can everyone use the pages: WCAG 2.2 AA as far as a program can tell, a phone, a keyboard, large letters, paper."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser
from pypdf import PdfReader

from tests.browser.site import DESK, PHONE, Site, opened

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(browser: Browser, path: Path) -> list[str]:
    """What axe-core finds wrong, with the place: a line each."""
    with opened(browser, path, bypass_policy=True) as seen:
        found = Axe().run(seen.page, options={"runOnly": WCAG})
        assert found.response["passes"], "axe looked at nothing"
        return [
            f"{path.name}: {each['id']}: {node['target']} {node.get('failureSummary', '')}"
            for each in found.response["violations"]
            for node in each["nodes"]
        ]


@pytest.mark.slow
def test_one_page_of_each_kind_meets_wcag(browser: Browser, report: Site) -> None:
    pages = report.one_of_each_kind()
    assert len(pages) > 10
    assert [problem for path in pages for problem in violations(browser, path)] == []


@pytest.mark.long
def test_every_page_meets_wcag(browser: Browser, report: Site) -> None:
    assert [problem for path in report.pages() for problem in violations(browser, path)] == []


@pytest.mark.slow
def test_axe_finds_what_is_wrong(browser: Browser, report: Site, tmp_path: Path) -> None:
    """Else the tests above would prove nothing."""
    spoiled = tmp_path / "spoiled.html"
    text = (report.folder / "index.html").read_text(encoding="utf-8")
    spoiled.write_text(text.replace('<main id="main"', '<img src="data:,"><main id="main"'), encoding="utf-8")
    assert any("image-alt" in problem for problem in violations(browser, spoiled))


@pytest.mark.slow
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_no_page_is_wider_than_the_screen(browser: Browser, report: Site, width: int) -> None:
    """Tables scroll in a region of their own."""
    for path in report.one_of_each_kind():
        with opened(browser, path, width=width) as seen:
            over = seen.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert over <= 0, f"{path.name} is {over} pixels wider than {width}"


@pytest.mark.slow
def test_letters_may_be_spaced_and_twice_as_large(browser: Browser, report: Site) -> None:
    """WCAG 1.4.4, 1.4.12: nothing is cut off, and the page still fits its width."""
    spaced = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }"
    for path in report.one_of_each_kind():
        with opened(browser, path, width=DESK // 2, bypass_policy=True) as seen:
            seen.page.add_style_tag(content=f"html {{ font-size: 200% }} {spaced}")
            over = seen.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert over <= 0, f"{path.name} is {over} pixels too wide"


@pytest.mark.slow
def test_every_page_has_its_own_title_one_first_heading_and_headings_in_order(browser: Browser, report: Site) -> None:
    titles: dict[str, str] = {}
    for path in report.one_of_each_kind():
        with opened(browser, path) as seen:
            levels = seen.page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => +h.tagName[1])")
            title = seen.page.title()
            assert seen.page.locator("html").get_attribute("lang") == "en-GB"
        assert levels.count(1) == 1, path.name
        assert levels[0] == 1, path.name
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), (path.name, levels)
        assert title not in titles, (title, path.name, titles.get(title))
        titles[title] = path.name


@pytest.mark.slow
def test_who_uses_the_keyboard_sees_where_they_are(browser: Browser, report: Site) -> None:
    with opened(browser, report.folder / "index.html") as seen:
        for _ in range(12):
            seen.page.keyboard.press("Tab")
            shown = seen.page.evaluate(
                "(() => { const s = getComputedStyle(document.activeElement);"
                " return document.activeElement !== document.body &&"
                " (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== 'none') })()"
            )
            assert shown, seen.page.evaluate("document.activeElement.outerHTML.slice(0, 200)")


@pytest.mark.slow
def test_the_first_key_leads_past_the_menu(browser: Browser, report: Site) -> None:
    with opened(browser, report.folder / "rules.html") as seen:
        seen.page.keyboard.press("Tab")
        seen.page.keyboard.press("Enter")
        assert seen.page.evaluate("document.activeElement.id") == "main"


@pytest.mark.slow
def test_on_paper_everything_is_there(browser: Browser, report: Site, tmp_path: Path) -> None:
    """The page of all pages, printed as a reader would: every rule that is listed stands on paper."""
    with opened(browser, report.folder / "print.html") as seen:
        rules = seen.page.locator("tr.rule th a").all_inner_texts()
        headings = seen.page.locator("h2").all_inner_texts()
        seen.page.pdf(path=str(tmp_path / "report.pdf"), format="A4")
    reader = PdfReader(tmp_path / "report.pdf")
    printed = "".join("".join(page.extract_text().split()) for page in reader.pages)
    assert len(reader.pages) > 3
    assert len(rules) > 100
    missing = [text for text in (*rules, *headings) if "".join(text.split()).lower() not in printed.lower()]
    assert missing == []
    assert all(page.extract_text().strip() for page in reader.pages), "an empty sheet"
