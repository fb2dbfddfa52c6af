"""Briefings as they are read: in a real browser, on a telephone, on paper, by who cannot see them.

A failure: somebody in a meeting cannot read what stands there, or what a sender wrote is more than text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser
from pypdf import PdfReader

from orchestration.reports.brief import pages, place
from orchestration.reports.brief.reading import KINDS, Edition
from orchestration.settings import Settings
from tests.browser import scanner
from tests.browser.site import DESK, PHONE, Site, opened
from tests.browser.test_everyone import violations
from tests.browser.test_hostile import hidden_in
from tests.browser.test_pages import read
from tests.browser.test_people import NAMES, shown

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("small_warehouse")]

# What the pictures may be made of; none of it can fetch, run or be led to.
_OF_PICTURES = {"svg", "title", "desc", "g", "rect", "line", "path", "circle", "polygon", "text"}


def written(settings: Settings, folder: Path, editions: Sequence[Edition] = ("internal", "public")) -> Site:
    """Every kind for the force and for the public, where they would lie beside the quality report."""
    for kind in KINDS:
        for edition in editions:
            target = folder / "brief" / kind / ("public" if edition == "public" else "")
            quality = "../../quality" if edition == "internal" else None
            target.mkdir(parents=True, exist_ok=True)
            brief = place.make(settings.current_db, kind, None, edition, quality=quality)
            place.write_files(brief, target, with_pdf=edition == "internal" or kind == "quarterly")
    return Site(folder / "brief")


@pytest.fixture(scope="module")
def briefings(small_warehouse: Settings, report: Site) -> Site:
    return written(small_warehouse, report.folder.parent)


@pytest.fixture(scope="module")
def hostile_briefings(hostile_warehouse: Settings, tmp_path_factory: pytest.TempPathFactory) -> Site:
    return written(hostile_warehouse, tmp_path_factory.mktemp("hostile_briefings"), ["internal"])


def name_of(path: Path, site: Site) -> str:
    return path.relative_to(site.folder).as_posix()


def paper(site: Site) -> dict[str, str]:
    """The words of every PDF."""
    found = {}
    for path in sorted(site.folder.rglob("*.pdf")):
        found[name_of(path, site)] = "\n".join(page.extract_text() for page in PdfReader(path).pages)
    return found


def test_every_briefing_is_there_for_the_force_and_for_the_public(briefings: Site) -> None:
    kinds = {name_of(path.parent, briefings) for path in briefings.pages()}
    assert kinds == {*KINDS, *(f"{kind}/public" for kind in KINDS)}
    assert set(paper(briefings)) == {*(f"{kind}/brief.pdf" for kind in KINDS), "quarterly/public/brief.pdf"}


def test_a_briefing_meets_wcag(browser: Browser, briefings: Site) -> None:
    """The longest, which has a picture of each kind; the others in `make test-all`."""
    assert violations(browser, briefings.folder / "quarterly" / "index.html") == []


@pytest.mark.long
def test_every_briefing_meets_wcag(browser: Browser, briefings: Site) -> None:
    assert [problem for path in briefings.pages() for problem in violations(browser, path)] == []


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_no_briefing_is_wider_than_the_screen(browser: Browser, briefings: Site, width: int) -> None:
    for path in briefings.pages():
        with opened(browser, path, width=width) as seen:
            over = seen.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert over <= 0, f"{name_of(path, briefings)} is {over} pixels wider than {width}"


def test_a_briefing_is_one_file_that_fetches_nothing_and_breaks_no_policy(browser: Browser, briefings: Site) -> None:
    for path in briefings.pages():
        with opened(browser, path, scripts=False) as seen:
            seen.page.wait_for_load_state("networkidle")
            assert seen.requests == [path.as_uri()]
            assert seen.complaints == []
        assert not read(path).tags & {"script", "link", "img", "iframe", "object", "form"}


def test_every_link_leads_somewhere(briefings: Site) -> None:
    """To a place in the briefing, or in the quality report beside it."""
    count = 0
    places = cache(lambda target: read(target).places)
    for path in briefings.pages():
        for link in read(path).links:
            count += 1
            address, _, anchor = link.partition("#")
            target = (path.parent / unquote(address)).resolve() if address else path
            assert target.is_file(), (name_of(path, briefings), link)
            assert not anchor or anchor in places(target), (name_of(path, briefings), link)
            is_public = path.parent.name == "public"
            assert not is_public or target == path, f"the public is led into the force's pages: {link}"
    assert count > 100


def test_every_picture_has_a_name_and_a_table_behind_it(browser: Browser, briefings: Site) -> None:
    for path in briefings.pages():
        with opened(browser, path) as seen:
            pictures = seen.page.locator("figure svg.chart").all()
            tables = seen.page.locator("figure:has(svg.chart) details table").count()
            assert tables == len(pictures), name_of(path, briefings)
            for picture in pictures:
                assert picture.get_attribute("role") == "img"
                assert picture.locator("title").text_content()
                assert picture.locator("desc").text_content()


def test_no_picture_holds_more_than_marks_and_words(briefings: Site, hostile_briefings: Site) -> None:
    for path in [*briefings.pages(), *hostile_briefings.pages()]:
        for picture in re.findall(r"<svg\b.*?</svg>", path.read_text(encoding="utf-8"), re.DOTALL):
            assert set(re.findall(r"<(\w+)", picture)) <= _OF_PICTURES
            assert not re.search(r"<[^>]*\s(id|style|href|on\w+)=", picture)


def test_a_tone_is_said_by_a_shape_too(browser: Browser, briefings: Site) -> None:
    """In greyscale good and bad news still differ: each line begins with a sign whose words name its tone."""
    for path in briefings.pages():
        with opened(browser, path) as seen:
            signs: dict[str, set[str]] = {}
            for tone in ("good", "bad", "part"):
                for line in seen.page.locator(f"ul.said > li.{tone}").all()[:3]:
                    signs.setdefault(tone, set()).add(line.locator(":scope > *").first.inner_html())
            shapes = [shape for held in signs.values() for shape in held]
            assert len(shapes) == len(set(shapes)) == len(signs), (name_of(path, briefings), signs)


def test_printed_from_the_browser_everything_is_there(browser: Browser, briefings: Site, tmp_path: Path) -> None:
    for path in (briefings.folder / "weekly" / "index.html", briefings.folder / "daily" / "index.html"):
        with opened(browser, path) as seen:
            said = seen.page.locator("main h2, main h3, table.figures tbody th").all_inner_texts()
            seen.page.pdf(path=str(tmp_path / "printed.pdf"), format="A4")
        reader = PdfReader(tmp_path / "printed.pdf")
        printed = "".join("".join(page.extract_text().split()) for page in reader.pages).lower()
        assert len(said) > 5
        assert [text for text in said if "".join(text.split()).lower() not in printed] == []
        assert all(page.extract_text().strip() for page in reader.pages), "an empty sheet"


def test_the_public_edition_says_so_on_the_page(briefings: Site) -> None:
    for kind in KINDS:
        internal = (briefings.folder / kind / "index.html").read_text(encoding="utf-8")
        public = (briefings.folder / kind / "public" / "index.html").read_text(encoding="utf-8")
        assert pages._ABOUT["public"] in public
        assert pages._ABOUT["public"] not in internal


# --- whatever a sender wrote ------------------------------------------------------------------------------------------
def test_what_a_sender_wrote_stays_text(browser: Browser, hostile_briefings: Site, briefings: Site) -> None:
    clean = [read(path) for path in briefings.pages()]
    tags = set().union(*(page.tags for page in clean)) | _OF_PICTURES
    for path in hostile_briefings.pages():
        assert read(path).tags <= tags, (name_of(path, hostile_briefings), read(path).tags - tags)
        assert hidden_in(path.read_text(encoding="utf-8")) is None
        with opened(browser, path, bypass_policy=True) as seen:  # escaping alone must do
            seen.page.wait_for_load_state("networkidle")
            assert seen.dialogs == []
            assert seen.requests == [path.as_uri()]
            assert "occ-was-here" not in seen.page.title()
            assert seen.complaints == []


def test_no_briefing_names_anybody(hostile_briefings: Site, briefings: Site) -> None:
    assert NAMES  # of the warehouse they may be in; of a page not
    for path in hostile_briefings.pages():
        assert scanner.traces(path.read_text(encoding="utf-8")) == set(), name_of(path, hostile_briefings)
    for site in (hostile_briefings, briefings):
        for path in site.pages():
            assert scanner.patterns(shown(path)) == set(), name_of(path, site)
    for name, words in paper(hostile_briefings).items():
        assert len(words) > 500
        assert scanner.traces(words) == set(), name
        assert scanner.patterns(words) == set(), name
