"""The pages of the quality report, made from a small made-up published database. A failure names the page at fault."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import EnvironmentProblem
from orchestration.reports import formatting
from orchestration.reports.charts import quality as charts
from orchestration.reports.quality.place import write_pages
from orchestration.reports.shell import content_security_policy
from tests.reports import made_up

_VOID = {"meta", "input", "br", "link", "hr", "img"}
_QUESTIONS = {
    "index.html", "publishable.html", "rules.html", "dimensions.html", "exports.html", "figures.html",
    "disruptions.html", "quarantine.html", "reviews.html", "print.html",
}  # fmt: skip


class Page(HTMLParser):
    """A page as far as the tests ask: its elements, its text, whether every element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.said: list[str] = []
        self.feed(text)
        assert self.open == [], f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1:] == [tag], f"</{tag}> closes nothing"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.said).split())

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag in tags]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("story")
    return write_pages(made_up.write_story(folder / "occ.duckdb"), folder / "pages").parent


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("empty")
    return write_pages(made_up.write_empty(folder / "occ.duckdb"), folder / "pages").parent


def _pages(folder: Path) -> Iterator[tuple[str, str, Page]]:
    for file in sorted(folder.rglob("*.html")):
        text = file.read_text(encoding="utf-8")
        yield str(file.relative_to(folder)), text, Page(text)


def _said(folder: Path, address: str) -> str:
    return Page((folder / address).read_text(encoding="utf-8")).text


def test_there_is_a_page_for_each_question_rule_export_and_figure(story: Path) -> None:
    addresses = {address for address, _, _ in _pages(story)}
    assert addresses >= _QUESTIONS
    assert len([each for each in addresses if each.startswith("rules/")]) == 24
    assert {each for each in addresses if each.startswith("exports/")} == {
        f"exports/{name}.html" for name in ("saab_incidents", "acd_segments", "workforce", "da_outcomes")
    }
    assert "figures/response_grade1_median.html" in addresses


@pytest.mark.parametrize("site", ["story", "empty"])
def test_a_page_loads_nothing_runs_nothing_and_allows_nothing_else(site: str, request: pytest.FixtureRequest) -> None:
    for address, text, page in _pages(request.getfixturevalue(site)):
        policies = [each["content"] for each in page.all("meta") if each.get("http-equiv")]
        assert policies == [content_security_policy()], address
        assert "'unsafe" not in content_security_policy()
        assert not page.all("script", "iframe", "object", "embed", "link", "form", "img"), address
        for tag, attributes in page.elements:
            assert "style" not in attributes, (address, tag)
            assert not any(name.startswith("on") for name in attributes), (address, tag)
        assert not re.search(r"(?:src|href)\s*=\s*[\"']?(?:https?:|//|javascript:)", text), address


@pytest.mark.parametrize("site", ["story", "empty"])
def test_every_link_leads_to_a_page_that_is_there(site: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(site)
    for address, text, page in _pages(folder):
        for link in page.all("a"):
            target = str(link["href"])
            if target.startswith("#"):
                assert f'id="{target[1:]}"' in text, (address, target)
            else:
                assert (folder / address).parent.joinpath(target).exists(), (address, target)


@pytest.mark.parametrize("site", ["story", "empty"])
def test_headings_come_in_order_and_tables_say_what_they_are(site: str, request: pytest.FixtureRequest) -> None:
    for address, text, page in _pages(request.getfixturevalue(site)):
        levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
        assert levels[0] == 1, address
        assert levels.count(1) == 1, address
        assert all(after <= before + 1 for before, after in pairwise(levels)), (address, levels)
        assert text.count("<table") == text.count("<caption>"), address
        assert all(each.get("scope") for each in page.all("th")), address
        assert all(each.get("lang") for each in page.all("html")), address
        ids = [attributes["id"] for _, attributes in page.elements if attributes.get("id")]
        assert len(ids) == len(set(ids)), address


def test_a_picture_has_a_name_a_description_and_a_table_behind_it(story: Path) -> None:
    text = (story / "rules" / "incidents_scene_time_known.html").read_text(encoding="utf-8")
    pictures = re.findall(r'<svg class="chart" role="img".*?</svg>', text, re.DOTALL)
    assert len(pictures) == 5  # by week, area, team, callsign, day
    for picture in pictures:
        assert re.search(r"<title>[^<]+</title><desc>[^<]+</desc>", picture)
    assert len(re.findall(r"<caption>Rows failing by", text)) == 4


def test_the_report_opens_with_what_got_worse_and_better_may_not_go_out_and_needs_a_decision(story: Path) -> None:
    said = _said(story, "index.html")
    assert "Since the week before, 4 things got worse and 1 got better." in said
    assert "Of 24 rules, 1 fails, 1 warns and 1 could not run." in said
    assert "Of 3 indicators, 1 may not be published and 1 only in part." in said
    assert "2 findings wait for a decision." in said
    assert "acd_segments is late." in said


def test_a_rule_says_what_why_who_since_where_and_how_to_sign_it_off(story: Path) -> None:
    said = _said(story, "rules/incidents_scene_time_known.html")
    assert "812 of 11,200 fail (7.2 %), judged on data to 9 January 2022. It has been so since 15 Nov 2021." in said
    assert "Over one in twenty, the median response time" in said
    assert "Herefordshire 501 3,100" in said
    assert "unknown code 23 25" in said
    assert "UNKNOWN" not in said
    assert "occ query \"select * from marts.fct_incidents where _delivery_id = 'd1' and _source_row = 101\"" in said
    assert "occ review" in said


def test_a_calendar_marks_what_did_not_arrive_by_letter_and_says_it_in_words(story: Path) -> None:
    text = (story / "exports" / "saab_incidents.html").read_text(encoding="utf-8")
    picture = re.search(r'<svg class="chart".*?</svg>', text, re.DOTALL)
    assert picture is not None
    letters = re.findall(r">([aCPQM·])</text>", picture[0])
    assert (letters.count("M"), letters.count("Q"), letters.count("C"), letters.count("P")) == (2, 1, 1, 1)
    assert "Missing or set aside: saab_incidents of 30 December 2021, saab_incidents of 31 December 2021" in picture[0]


def test_a_figure_leads_to_its_query_definition_deliveries_hash_and_contract(story: Path) -> None:
    said = _said(story, "figures/response_grade1_median.html")
    assert "10 min 15 s in December 2021" in said
    assert "kpi_id = 'response_grade1_median' and period_type = 'month' and period_start = '2021-12-01'" in said
    assert f"saab_incidents_20211207.csv saab_incidents saab_incidents 6 Needed Loaded 1,590 {7:064x}" in said
    assert "Half of grade 1 incidents were reached sooner." in said


def test_what_is_quarantined_is_shown_by_reason_and_count_and_never_by_its_cells(story: Path) -> None:
    for address, text, _ in _pages(story):
        assert "31/02/2022" not in text, address
    assert "CREATED not a date 18 1" in _said(story, "quarantine.html")


def test_an_empty_warehouse_says_in_words_that_there_is_nothing(empty: Path) -> None:
    assert {address for address, _, _ in _pages(empty)} == _QUESTIONS
    assert "No file has been delivered yet" in _said(empty, "index.html")
    for address in _QUESTIONS:
        assert re.search(r"No |None|no ", _said(empty, address)), address


def test_a_first_week_says_that_there_is_none_before(tmp_path: Path) -> None:
    file = made_up.write_story(tmp_path / "occ.duckdb")
    with duckdb.connect(str(file)) as con:
        con.execute("update reports.quality_rules set status_before = null, change = 'FIRST'")
        con.execute("delete from reports.quality_changes")
    folder = write_pages(file, tmp_path / "pages").parent
    assert "The rules have not been judged for a week yet." in _said(folder, "index.html")


def test_nothing_failing_is_said_in_words(tmp_path: Path) -> None:
    file = made_up.write_story(tmp_path / "occ.duckdb")
    with duckdb.connect(str(file)) as con:
        con.execute("update reports.quality_rules set status = 'PASS', failed_count = 0, is_open = false")
    folder = write_pages(file, tmp_path / "pages").parent
    assert "Of 24 rules, none fails." in _said(folder, "index.html")
    assert "No finding waits for a decision." in _said(folder, "index.html")
    assert "Herefordshire" not in _said(folder, "rules/incidents_scene_time_known.html")


def test_an_export_that_was_never_delivered_says_so(story: Path) -> None:
    assert "It was never delivered." in _said(story, "exports/da_outcomes.html")


def test_hostile_text_is_shown_as_text_and_never_names_a_file(tmp_path: Path) -> None:
    file = made_up.write_story(tmp_path / "occ.duckdb")
    hostile = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}'
    made_up.insert(file, "reports.export_freshness", export="../../x", system=hostile, cadence=hostile)
    says = dict.fromkeys(("delivery_id", "name", "export", "reason"), hostile)
    made_up.insert(file, "quality.deliveries", status="QUARANTINED", **says)
    says = dict.fromkeys(("subject", "what_before", "what_now", "system"), hostile)
    made_up.insert(file, "reports.quality_changes", kind="FILE", **says)
    says = {"rule_id": "incidents_scene_time_known", "part_type": "team", "part_code": hostile}
    made_up.insert(file, "quality.rule_failures", failed_count=9, **says)
    folder = write_pages(file, tmp_path / "pages").parent
    for address, _, page in _pages(folder):
        assert not page.all("script", "img"), address
        assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes), address
    assert "{{ 7*7 }}" in (folder / "index.html").read_text(encoding="utf-8")
    assert {each.name for each in folder.parent.iterdir()} == {"occ.duckdb", "pages"}
    assert sorted(each.name for each in (folder / "exports").iterdir()) == sorted(
        f"{name}.html" for name in ("saab_incidents", "acd_segments", "workforce", "da_outcomes")
    )


def test_a_number_or_an_address_in_delivered_text_is_not_shown(tmp_path: Path) -> None:
    file = made_up.write_story(tmp_path / "occ.duckdb")
    made_up.insert(
        file, "quality.deliveries", delivery_id="x", name="07700 900123 jane@example.org.csv", export="saab_diary",
        status="QUARANTINED", reason="its header has a column '07700900123' and one 'jane@example.org'",
    )  # fmt: skip
    for address, text, _ in _pages(write_pages(file, tmp_path / "pages").parent):
        assert "900123" not in text, address
        assert "example.org" not in text, address


def test_a_generation_from_before_the_report_is_refused_in_plain_words(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "old.duckdb")) as con:
        con.execute("create schema quality")
    with pytest.raises(EnvironmentProblem, match="older than the report"):
        write_pages(tmp_path / "old.duckdb", tmp_path / "pages")


@pytest.mark.parametrize(
    ("value", "said"),
    [(1, "100 %"), (0.99996, "over 99.9 %"), (0.00001, "under 0.1 %"), (0, "0 %"), (0.0725, "7.2 %"), (None, "–")],
)
def test_a_share_is_never_rounded_to_all_or_to_nothing(value: float | None, said: str) -> None:
    assert formatting.share(value) == said


def test_a_chart_of_hostile_labels_is_still_one_picture() -> None:
    drawn = charts.bars([{"label": "</text><script>x</script>", "failed_count": 1}], "<title>", '"')
    assert "<script" not in drawn
    assert "&lt;title&gt;" in drawn
