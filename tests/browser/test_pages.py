"""The pages as a reader uses them: every link leads somewhere, filters work without script, nothing is fetched."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser

from tests.browser.site import Site, opened

_ROWS_SHOWN = "[...document.querySelectorAll('tr.rule')].filter(row => row.checkVisibility()).length"


class _Links(HTMLParser):
    """Addresses that a page leads to, and the places in it that may be led to."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.tags.add(tag)
        self.attributes |= named.keys()
        if tag == "a" and named.get("href"):
            self.links.append(str(named["href"]))
        if named.get("id"):
            self.places.add(str(named["id"]))


def read(path: Path) -> _Links:
    links = _Links()
    links.feed(path.read_text(encoding="utf-8"))
    return links


def test_every_link_leads_to_a_place_in_the_report(report: Site) -> None:
    pages = {path: read(path) for path in report.pages()}
    broken = []
    count = 0
    for path, page in pages.items():
        for link in page.links:
            count += 1
            address, _, place = link.partition("#")
            target = (path.parent / unquote(address)).resolve() if address else path
            if target not in pages or (place and place not in pages[target].places):
                broken.append(f"{path.name}: {link}")
    assert count > 500
    assert broken == []


def test_every_page_is_led_to(report: Site) -> None:
    """From the first page, by links alone."""
    known, to_do = set(), [report.folder.resolve() / "index.html"]
    while to_do:
        path = to_do.pop()
        if path not in known:
            known.add(path)
            to_do += [
                (path.parent / unquote(link.partition("#")[0])).resolve() for link in read(path).links if link[0] != "#"
            ]
    assert {path.resolve() for path in report.pages()} == known


def test_pages_hold_no_script_no_frame_no_form_and_no_style_of_an_element(report: Site) -> None:
    for path in report.pages():
        page = read(path)
        assert page.tags & {"script", "iframe", "object", "embed", "form", "link", "base", "audio", "video"} == set()
        assert [name for name in page.attributes if name == "style" or name.startswith("on")] == [], path.name
        policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', path.read_text(encoding="utf-8"))
        assert policy is not None, path.name
        assert "default-src 'none'" in policy[1].replace("&#39;", "'")
        assert "unsafe" not in policy[1]


@pytest.mark.slow
def test_a_page_fetches_nothing_and_breaks_no_policy(browser: Browser, report: Site) -> None:
    for path in report.one_of_each_kind():
        with opened(browser, path) as seen:
            seen.page.wait_for_load_state("networkidle")
            assert seen.requests == [path.as_uri()]
            assert seen.complaints == []


@pytest.mark.slow
def test_rules_are_filtered_by_keyboard_without_script(browser: Browser, report: Site) -> None:
    """Each choice alone shows the rules that fit it, and all again shows all."""
    with opened(browser, report.folder / "rules.html", scripts=False) as seen:
        rows = seen.page.locator("tr.rule")
        all_rules = rows.count()
        assert all_rules > 100

        def shown() -> int:
            return sum(rows.nth(number).is_visible() for number in range(all_rules))

        assert shown() == all_rules
        first_choice = seen.page.locator(".filters input[type=radio]").first
        first_choice.focus()
        seen.page.keyboard.press("ArrowDown")
        some = shown()
        assert 0 < some < all_rules
        seen.page.keyboard.press("ArrowUp")
        assert shown() == all_rules


@pytest.mark.slow
def test_every_choice_of_a_filter_shows_what_it_says(browser: Browser, report: Site) -> None:
    with opened(browser, report.folder / "rules.html") as seen:
        for group in seen.page.locator(".filters fieldset").all():
            choices = group.locator("input[type=radio]").all()
            counts = []
            for choice in choices:
                choice.check()
                counts.append(seen.page.evaluate(_ROWS_SHOWN))
            choices[0].check()
            assert counts[0] == seen.page.locator("tr.rule").count()
            # What fits one choice fits no other of the same kind: together they are all.
            assert sum(counts[1:]) >= counts[0]
            assert max(counts[1:]) <= counts[0]
            assert min(counts) < counts[0]
