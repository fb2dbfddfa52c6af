"""What `make docs` writes: every question and indicator is there, nothing is loaded from elsewhere, all is escaped."""

from __future__ import annotations

import html
import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest

from orchestration import questions
from orchestration.docs import pages
from orchestration.settings import Settings
from tests.support import ask, needs

PAGES = ("index.html", "questions.html", "indicators.html")


@pytest.fixture(scope="module")
def written(season_warehouse: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    season_warehouse.export()
    return pages.write_pages(season_warehouse, tmp_path_factory.mktemp("docs")).parent


class Seen(HTMLParser):
    """Tags, what they load or lead to, ids, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.text: list[str] = []
        self.handlers: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("href", "src", "action"):
                self.links.append(str(value))
            if name == "id":
                self.ids.add(str(value))
            if name.startswith("on"):
                self.handlers.append(name)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_needs_no_script_and_loads_nothing_from_elsewhere(written: Path, name: str) -> None:
    text = (written / name).read_text()
    seen = Seen(text)
    assert {"script", "iframe", "object", "img", "link"}.isdisjoint(seen.tags)
    assert seen.handlers == []
    assert not re.search(r"https?://|url\(|@import", text)
    assert "default-src 'none'" in html.unescape(text)
    for link in seen.links:
        path, _, anchor = link.partition("#")
        if path != "models.html":  # written by dbt, which is not run here
            assert (written / (path or name)).exists()
        if anchor:
            assert anchor in seen.ids


def test_every_question_stands_there_with_answer_caveats_and_query(written: Path, season_warehouse: Settings) -> None:
    seen = Seen((written / "questions.html").read_text())
    text = " ".join(" ".join(seen.text).split())
    for asked in questions.questions():
        assert asked.number in seen.ids
        for part in (asked.text, asked.read, asked.caveats, asked.sql):
            assert " ".join(part.split()) in text
    answer = questions.ask(season_warehouse, questions.question("Q08"))
    assert all(str(row[answer.columns.index("month_start")]) in text for row in answer.rows)


def test_every_indicator_of_the_register_stands_in_the_dictionary(written: Path, season_warehouse: Settings) -> None:
    """With its definition, formula, limits, owner and version, and its status per system version."""
    register = ask(
        season_warehouse, "select kpi_id, system_version, status, owner, definition from metrics.kpi_register"
    )
    entries = {each["kpi_id"]: each for each in json.loads((written / "indicators.json").read_text())["indicators"]}
    seen = Seen((written / "indicators.html").read_text())
    text = " ".join(" ".join(seen.text).split())
    assert entries.keys() == {row[0] for row in register}
    assert entries.keys() <= seen.ids
    for kpi_id, version, status, owner, definition in register:
        entry = entries[kpi_id]
        assert (version, status) in {(each["system_version"], each["status"]) for each in entry["status"]}
        assert (entry["owner"], entry["definition"]) == (owner, definition)
        assert " ".join(definition.split()) in text
        if any(each["status"] != "NOT_AVAILABLE" for each in entry["status"]):
            for part in ("formula", "limits"):
                assert " ".join(entry[part].split()) in text
            assert entry["columns"]
            assert entry["scope_types"]
    targets = [each["target"] for each in entries["calls_101_within_30s"]["targets"]]
    assert targets == [0.8, 0.6, 0.8]


def test_the_dictionary_for_programs_keeps_its_schema(written: Path) -> None:
    schema = json.loads((written / "indicators.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    checker = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    found = json.loads((written / "indicators.json").read_text())
    assert [error.message for error in checker.iter_errors(found)] == []
    found["indicators"][0]["surprise"] = 1
    assert list(checker.iter_errors(found))


def test_what_was_delivered_cannot_become_part_of_a_page() -> None:
    attack = "<img src=x onerror=alert(1)>\"'&"
    asked = questions.Question("Q01", attack, attack, attack, attack, Path("q01.sql"))
    columns, rows = ["part", attack, "disruption_keys"], [(f"1 {attack}", attack, attack)]
    answer = questions.Answer(asked, columns, rows, attack, None, [attack])
    page = pages.questions_page([answer], attack, None)
    seen = Seen(page)
    assert "img" not in seen.tags
    assert "onerror" not in seen.handlers
    assert "".join(seen.text).count(attack) >= 8


def test_numbers_stand_to_the_right_and_codes_to_the_left() -> None:
    asked = questions.Question("Q01", "a", "b", "c", "d", Path("q01.sql"))
    answer = questions.Answer(
        asked, ["line", "calls", "is_met"], [("999", 12, True), ("101", None, None)], "g", None, []
    )
    page = pages.questions_page([answer], "g", None)
    assert '<td>999</td><td class="number">12</td><td>yes</td>' in page


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_no_wider_than_a_phone(written: Path, name: str, tmp_path: Path) -> None:
    """Tables scroll within themselves. The page is put into a narrow frame and asked how wide it became."""
    program = needs("chromium")
    probe = tmp_path / "probe.html"
    page = (written / name).read_text()
    policy = page.index("<meta http-equiv")
    page = page[:policy] + page[page.index(">", policy) + 1 :]  # the probe asks by script, which pages forbid
    asks = "<script>onload=()=>document.title='wide '+document.documentElement.scrollWidth</script>"
    (tmp_path / "page.html").write_text(page.replace("</body>", f"{asks}</body>"))
    probe.write_text(
        '<iframe src="page.html" width="360" height="700" style="border:0"></iframe><script>onload=()=>'
        "setTimeout(()=>document.body.dataset.found=document.querySelector('iframe').contentDocument.title,300)</script>"
    )
    command = [str(program), "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"]
    ended = subprocess.run(
        [*command, f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=3000", "--dump-dom", str(probe)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    found = re.search(r'data-found="wide (\d+)"', ended.stdout)
    assert found, ended.stdout[-500:] + ended.stderr[-500:]
    assert int(found[1]) <= 360
