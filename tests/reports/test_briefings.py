"""Briefings of a warehouse that was really built: every number is a published one, page and paper say the same."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pypdf
import pytest

from orchestration.commands import brief as command
from orchestration.errors import EnvironmentProblem, UsageProblem
from orchestration.progress import notes, reporting_to
from orchestration.reports.brief import pages, pdf, periods, place
from orchestration.reports.brief.blocks import (
    Block,
    Brief,
    Figure,
    Figures,
    Link,
    Notice,
    Period,
    Picture,
    Said,
    Section,
    Sentences,
    Stamp,
    Table,
)
from orchestration.reports.brief.content.build import brief_of
from orchestration.reports.brief.reading import KINDS, Kind, read
from orchestration.settings import Settings
from orchestration.warehouse import steps
from tests.golden.brief_text import lines
from tests.reports import made_up
from tests.reports.test_quality_pages import Page
from tests.support import ask, settings_for

_DAYS: dict[Kind, date] = {
    "daily": date(2021, 9, 6), "weekly": date(2021, 9, 6), "monthly": date(2021, 9, 1), "quarterly": date(2021, 7, 1),
}  # fmt: skip
_HOSTILE = '#import "x": * *bold* $x$ [y] <b>@z https://a.b \\u{41} `raw` // no /* no */ &amp; <script>'


@pytest.fixture(scope="module")
def briefs(small_warehouse: Settings) -> dict[Kind, Brief]:
    return {kind: place.make(small_warehouse.current_db, kind, day, "internal") for kind, day in _DAYS.items()}


def _made_up(text: str) -> Brief:
    """A briefing of every block with the same text everywhere."""
    table = Table(text, [text, "n"], [[text, "1"], [Link(text, "#definition-none"), "2"]], text, frozenset({1}))
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><text x="1" y="12">a</text></svg>'
    blocks: list[Block] = [
        Figures(text, [Figure(text, text, text, [text], "PARTIAL", Link(text, "#definition-none"), None, text)]),
        Sentences([Said(text, "bad")], about=text),
        table,
        Picture(svg, text, text, table, text, [Said(text)]),
        Notice("part", text),
    ]
    return Brief(
        kind="daily",
        edition="internal",
        title="A title",
        period=Period(date(2021, 9, 6), date(2021, 9, 6), "6 September 2021", "2021-09-06"),
        stamp=Stamp("20220110T060012Z", datetime(2022, 1, 10, 6, tzinfo=UTC), text, text, text, text, text),
        front=[Section("a", text, blocks)],
        detail=[Section("b", text, blocks, starts_page=True, parts=[Section("c", text, blocks)])],
    )


# --- periods ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "asked", "first"),
    [
        ("daily", "2021-11-22", date(2021, 11, 22)),
        ("weekly", "2021-W47", date(2021, 11, 22)),
        ("weekly", "2020-W53", date(2020, 12, 28)),
        ("monthly", "2021-11", date(2021, 11, 1)),
        ("quarterly", "2021/22-Q3", date(2021, 10, 1)),
        ("quarterly", "2021/22-Q4", date(2022, 1, 1)),
        ("quarterly", "2021-Q4", date(2021, 10, 1)),
        ("quarterly", "1999/00-q1", date(1999, 4, 1)),
    ],
)
def test_a_period_is_named_as_people_name_it(kind: str, asked: str, first: date) -> None:
    assert periods.first_day(kind, asked) == first


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        ("daily", "2021-W47"), ("daily", "2021-02-30"), ("weekly", "2021-W54"), ("weekly", "2021-11"),
        ("monthly", "2021-13"), ("quarterly", "2021/23-Q1"), ("quarterly", "2021-Q5"), ("quarterly", "../../etc"),
    ],
)  # fmt: skip
def test_what_is_no_period_of_the_kind_is_refused_with_an_example(kind: str, asked: str) -> None:
    with pytest.raises(UsageProblem, match="name a"):
        periods.first_day(kind, asked)


def test_the_name_of_a_period_leads_back_to_it_and_may_stand_in_a_path() -> None:
    for kind, first, last in (
        ("daily", date(2021, 11, 22), date(2021, 11, 22)),
        ("weekly", date(2020, 12, 28), date(2021, 1, 3)),
        ("monthly", date(2021, 11, 1), date(2021, 11, 30)),
        ("quarterly", date(2022, 1, 1), date(2022, 3, 31)),
    ):
        named = periods.named(kind, first, last)
        assert periods.first_day(kind, named.name) == first
        assert re.fullmatch(r"[\w-]+", named.name)
    assert periods.named("quarterly", date(2022, 1, 1), date(2022, 3, 31)).label.startswith("Quarter 4 of 2021/22")


def test_a_period_that_was_not_delivered_is_refused_and_those_there_are_named(small_warehouse: Settings) -> None:
    with pytest.raises(UsageProblem, match=r"reach from 2021-\d\d-\d\d to 2021-\d\d-\d\d"):
        place.make(small_warehouse.current_db, "daily", date(2031, 1, 1), "internal")


# --- numbers ------------------------------------------------------------------------------------------------------
def _numbers(text: str) -> set[str]:
    return {found.replace(",", "") for found in re.findall(r"\d[\d,]*\.?\d*", text)}


def _reads(value: float, unit: str) -> str:
    """How a figure should read, worked out here anew."""
    if unit == "ratio":
        return f"{value * 100:.1f} %" if 0.0005 <= value < 0.9995 else f"{round(value * 100)} %"
    if unit == "seconds":
        hours, rest = divmod(round(value), 3600)
        minutes, seconds = divmod(rest, 60)
        if hours:
            return f"{hours:,} h {minutes:02d} min"
        return f"{minutes} min {seconds:02d} s" if minutes else f"{seconds} s"
    return f"{value:,.2f}".rstrip("0").rstrip(".")


@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_of_a_briefing_is_the_published_one_of_its_period(
    small_warehouse: Settings, briefs: dict[Kind, Brief], kind: Kind
) -> None:
    published = {
        (kpi, f"{label}" if scope_type == "force" else f"{label}, {scope}"): (value, unit, numerator, denominator)
        for kpi, label, scope_type, scope, value, unit, numerator, denominator in ask(
            small_warehouse,
            "select distinct figures.kpi_id, figures.label, figures.scope_type, figures.scope_label, results.value, "
            "figures.unit, results.numerator, results.denominator "
            "from reports.brief_figures as figures inner join metrics.kpi_results as results "
            "using (kpi_id, scope_type, scope_code, period_type) "
            f"where brief = '{kind}' and figures.period_start = '{_DAYS[kind]}' "
            "and results.period_start = figures.figure_start",
        )
    }
    found = 0
    for table in _of(briefs[kind], Table):
        if table.columns[:3] != ["Measure", "Figure", "Of"]:
            continue
        for row in table.rows:
            assert isinstance(row[0], Link)
            value, unit, numerator, denominator = published[row[0].address.removeprefix("#definition-"), row[0].text]
            assert isinstance(row[1], str)
            assert row[1].startswith(_reads(value, unit)), row
            if unit == "ratio":
                assert str(row[2]).replace(",", "") == f"{_plain(numerator)} of {_plain(denominator)}"
            found += 1
    assert found >= (15 if kind != "quarterly" else 20)


def _plain(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def test_the_first_page_holds_what_the_profile_says_in_its_order(
    small_warehouse: Settings, briefs: dict[Kind, Brief]
) -> None:
    for kind, brief in briefs.items():
        wanted = ask(
            small_warehouse,
            f"select count(*) from marts.dim_briefing_measures where brief = '{kind}' and is_first_page",
        )[0][0]
        (glance,) = [block for block in brief.front[0].blocks if isinstance(block, Figures)]
        assert len(glance.items) == wanted
        assert all(one.link and one.link.address.startswith("#definition-") for one in glance.items)


def test_every_number_leads_to_a_definition_with_a_query_that_gives_it(
    small_warehouse: Settings, briefs: dict[Kind, Brief]
) -> None:
    defined = {f"#definition-{each.kpi_id}" for each in briefs["weekly"].definitions}
    linked = {
        cell.address
        for table in _of(briefs["weekly"], Table)
        for row in table.rows
        for cell in row
        if isinstance(cell, Link)
    }
    assert linked
    assert linked <= defined
    for each in briefs["weekly"].definitions:
        assert isinstance(ask(small_warehouse, each.query), list)


def test_what_is_missing_is_said_in_its_part(briefs: dict[Kind, Brief]) -> None:
    text = "\n".join(lines(briefs["quarterly"]))
    assert "Year before: not in the data" in text
    assert "Asked for and not in any export" in text
    assert re.search(r"Complaints.*not available", text, re.IGNORECASE)
    assert "1 call was lost" in text
    assert "Disruption in the period: 6 Sep 2021, 17:30 to 7 Sep 2021, 05:00" in text


# --- page and paper -------------------------------------------------------------------------------------------------
def _of(brief: Brief, kind: type[Any]) -> Iterator[Any]:
    def walk(section: Section) -> Iterator[Any]:
        yield from (block for block in section.blocks if isinstance(block, kind))
        for part in section.parts:
            yield from walk(part)

    for section in (*brief.front, *brief.detail, *brief.workings):
        yield from walk(section)


def _squeezed(text: str) -> str:
    return re.sub(r"[\s\u200b\ufeff\u00ad]+", "", text)


@pytest.mark.parametrize("kind", KINDS)
def test_paper_says_what_the_page_says(briefs: dict[Kind, Brief], kind: Kind) -> None:
    document = pypdf.PdfReader(io.BytesIO(pdf.pdf(briefs[kind])))
    printed = _squeezed(" ".join(page.extract_text() for page in document.pages))
    shown = _squeezed(" ".join(Page(pages.html(briefs[kind])).said))
    for block in _of(briefs[kind], Figures):
        for one in block.items:
            for text in (one.value, one.note, one.said):
                assert _squeezed(text) in printed
                assert _squeezed(text) in shown
    for block in _of(briefs[kind], Sentences):
        for said in block.items:
            assert _squeezed(said.text) in printed
            assert _squeezed(said.text) in shown
    for table in _of(briefs[kind], Table):
        for row in table.rows:
            for cell in row:
                text = _squeezed(cell.text if isinstance(cell, Link) else cell)
                assert text in printed, (table.caption, cell)
                assert text in shown, (table.caption, cell)


def test_the_pdf_can_be_followed_by_a_screen_reader(briefs: dict[Kind, Brief]) -> None:
    document = pypdf.PdfReader(io.BytesIO(pdf.pdf(briefs["weekly"])))
    root: Any = document.trailer["/Root"]
    assert root["/Lang"] == "en-GB"
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert document.metadata is not None
    assert (
        document.metadata.title == "Weekly performance report: Week 36 of 2021: 6 September 2021 to 12 September 2021"
    )
    assert b"pdfuaid" in root["/Metadata"].get_data()
    assert document.outline  # headings, to jump to
    first = document.pages[0].extract_text()
    assert "At a glance" in first
    assert "Page 1 of" in first
    assert briefs["weekly"].stamp.generation in first


def test_the_same_briefing_gives_the_same_bytes(briefs: dict[Kind, Brief]) -> None:
    assert pdf.pdf(briefs["daily"]) == pdf.pdf(briefs["daily"])
    assert pages.html(briefs["daily"]) == pages.html(briefs["daily"])


@pytest.mark.parametrize(
    "text",
    [
        _HOSTILE,
        "turned \u202e round",
        "hidden \u200b\u2066 signs",
        "control \x00\x07\x1b",
        "字 and العربية",
        "W" * 400,
    ],
    ids=["markup", "right to left", "hidden", "control", "letters that no font has", "a very long word"],
)
def test_whatever_a_text_holds_it_stays_text(text: str) -> None:
    brief = _made_up(text)
    document = pypdf.PdfReader(io.BytesIO(pdf.pdf(brief)))
    page = Page(pages.html(brief))
    assert page.all("script") == []
    assert not re.search("[\u202e\u2066\x00\x07\x1b]", pages.html(brief))
    printed = _squeezed("".join(each.extract_text() for each in document.pages))
    assert not re.search("[\u202e\u2066\x00\x07\x1b]", printed)
    if text == _HOSTILE:
        assert _squeezed(text) in printed
        assert _squeezed(text) in _squeezed("".join(page.said))


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_is_well_formed_and_every_link_of_it_leads_somewhere(
    small_warehouse: Settings, briefs: dict[Kind, Brief], kind: Kind
) -> None:
    text = pages.html(briefs[kind])
    page = Page(text)
    anchors = [str(found) for found in re.findall(r' id="([^"]+)"', text)]
    assert len(anchors) == len(set(anchors))
    for link in page.all("a"):
        address = str(link["href"])
        assert (address.startswith("#") and address[1:] in anchors) or address == "index.html", address
    levels = [int(found) for found in re.findall(r"<h(\d)", text)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert " style=" not in text
    assert "<script" not in text
    assert text.count("<caption>") == text.count("<table")


# --- the public edition ---------------------------------------------------------------------------------------------
def _public(settings: Settings, **shown: Any) -> Brief:
    """The public edition of the week of the outage, of figures with these columns."""
    with duckdb.connect(str(settings.current_db), read_only=True) as con:
        content = read(con, "weekly", _DAYS["weekly"], "public")
    assert content is not None
    return brief_of(replace(content, figures=[{**row, **shown} for row in content.figures]))


def test_the_public_edition_shows_no_number_that_was_not_released(small_warehouse: Settings) -> None:
    nothing = {"public_value": None, "public_numerator": None, "public_denominator": None}
    unsaid = _public(small_warehouse, **nothing, disclosure=None)
    held = _public(small_warehouse, **nothing, disclosure="SMALL")
    for brief, words in ((unsaid, "not released"), (held, "suppressed (small number)")):
        cells = {row[1] for table in _of(brief, Table) for row in table.rows}
        assert cells <= {words, "no figure"}
        assert words in cells
        assert all(row[2] == row[4] == "–" for table in _of(brief, Table) for row in table.rows)
        assert not list(_of(brief, Picture))
        assert not list(_of(brief, Figures))
        assert brief.workings == ()
    assert any("so none is shown" in notice.text for notice in _of(unsaid, Notice))


def test_the_public_edition_shows_a_figure_as_released_and_not_as_it_is_inside(small_warehouse: Settings) -> None:
    brief = _public(
        small_warehouse,
        public_value=0.5,
        public_numerator=None,
        public_denominator=None,
        disclosure="ROUNDED",
        unit="ratio",
    )
    cells = {row[1] for table in _of(brief, Table) for row in table.rows}
    assert cells == {"50.0 %"}
    assert "quality/figures" not in pages.html(brief)
    assert pdf.pdf(brief).startswith(b"%PDF")


# --- where they lie ---------------------------------------------------------------------------------------------------
def test_an_empty_warehouse_has_briefings_that_say_so(empty_warehouse: Settings) -> None:
    for kind in KINDS:
        brief = place.make(empty_warehouse.current_db, kind, None, "internal")
        assert "Nothing to report on yet" in pages.html(brief)
        assert pdf.pdf(brief).startswith(b"%PDF")


@pytest.fixture
def published(tmp_path: Path) -> Settings:
    """A warehouse of which only a published, empty generation is there."""
    from tests.reports.test_place import _publish

    made = settings_for(tmp_path, tmp_path / "landing", reports=True)
    _publish(made, made_up.GENERATION)
    return made


def test_a_run_leaves_all_four_with_their_generation(published: Settings) -> None:
    with reporting_to(lambda stage, done, total: None):
        written = steps.write_briefings(published)
    folder = published.reports / made_up.GENERATION / "brief"
    assert {kind: [file.relative_to(folder).as_posix() for file in files] for kind, files in written.items()} == {
        kind: [f"{kind}/index.html", f"{kind}/brief.pdf"] for kind in KINDS
    }
    assert place.missing(published) == []
    assert (published.reports / "current").readlink() == Path(made_up.GENERATION)
    assert [file.name for file in folder.rglob(".*")] == []


def test_one_that_cannot_be_made_is_told_and_the_others_are_made(
    published: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = place.make

    def broken(database: Path, kind: Kind, *given: Any, **named: Any) -> Brief:
        if kind == "weekly":
            raise RuntimeError("a value from the data")
        return made(database, kind, *given, **named)

    monkeypatch.setattr(place, "make", broken)
    with reporting_to(lambda stage, done, total: None):
        assert set(steps.write_briefings(published)) == {"daily", "monthly", "quarterly"}
        (said,) = notes()
    assert "weekly briefing could not be made" in said
    assert "a value from the data" not in said
    assert place.missing(published) == ["weekly"]


def test_the_command_writes_into_a_new_folder_and_over_nothing(
    published: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command.weekly(warehouse=published.warehouse, out=tmp_path / "out")
    assert capsys.readouterr().out.split() == [str(tmp_path / "out" / name) for name in ("index.html", "brief.pdf")]
    assert not published.reports.exists()
    with pytest.raises(UsageProblem, match="is there already"):
        command.weekly(warehouse=published.warehouse, out=tmp_path / "out")
    command.weekly(warehouse=published.warehouse, pdf=False)
    folder = published.reports / made_up.GENERATION / "brief" / "weekly"
    assert [file.name for file in folder.iterdir()] == ["index.html"]


def test_a_generation_older_than_the_briefings_is_told_and_not_stumbled_over(published: Settings) -> None:
    with duckdb.connect(str(published.published / made_up.GENERATION / "occ.duckdb")) as con:
        con.execute("drop table reports.brief_periods")
    with pytest.raises(EnvironmentProblem, match="older than the briefings"):
        place.make(published.current_db, "daily", None, "internal")


def test_the_period_shown_unasked_is_the_newest_that_is_over(small_warehouse: Settings) -> None:
    with duckdb.connect(str(small_warehouse.current_db), read_only=True) as con:
        content = read(con, "weekly")
    assert content is not None
    assert content.period["period_end"] == date(2021, 9, 26)
    assert replace(content, figures=[]).first_page == []
