"""How the report is put into place: with its generation, at once, and never at the cost of what is published."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from orchestration import runs
from orchestration.commands.report import quality, say_if_it_is_missing
from orchestration.errors import EnvironmentProblem, UsageProblem
from orchestration.progress import notes, reporting_to
from orchestration.publish import generation
from orchestration.reports.brief import place as brief_place
from orchestration.reports.quality import place
from orchestration.settings import Settings
from orchestration.warehouse import steps
from tests.reports import made_up
from tests.support import settings_for


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A warehouse of which only a published, empty generation is there."""
    made = settings_for(tmp_path, tmp_path / "landing", reports=True)
    _publish(made, made_up.GENERATION)
    return made


def _publish(settings: Settings, name: str) -> None:
    folder = settings.published / name
    made_up.write_empty(folder / "occ.duckdb")
    described = {
        "generation": name, "published_at": "2022-01-10T06:00:12+00:00", "content_hash": "", "code_version": "",
        "batches": [], "deliveries_count": 0, "fingerprints": {}, "columns": {},
    }  # fmt: skip
    (folder / "generation.json").write_text(json.dumps(described))
    generation.move_pointer(settings, name)


def test_the_report_lies_under_its_generation_and_current_names_it(settings: Settings) -> None:
    assert place.written(settings) is None
    first_page = place.write(settings)
    assert first_page == settings.reports / made_up.GENERATION / "quality" / "index.html"
    assert (settings.reports / "current").readlink() == Path(made_up.GENERATION)
    assert place.written(settings) == first_page
    assert sorted(path.name for path in settings.reports.iterdir()) == [made_up.GENERATION, "current"]


def test_the_report_is_made_again_in_its_place_and_other_pages_of_the_generation_stay(settings: Settings) -> None:
    first_page = place.write(settings)
    first_page.write_text("old")
    brief = settings.reports / made_up.GENERATION / "brief" / "index.html"
    brief.parent.mkdir()
    brief.write_text("a briefing")
    assert "Data quality" in place.write(settings).read_text()
    assert brief.read_text() == "a briefing"


def test_a_report_that_cannot_be_made_leaves_the_one_before_and_says_so(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = place.write(settings)
    _publish(settings, "20220111T060000Z")

    def broken(database: Path, folder: Path) -> Path:
        folder.mkdir()
        (folder / "index.html").write_text("half")
        raise RuntimeError("a value from the data")

    monkeypatch.setattr(place, "write_pages", broken)
    with reporting_to(lambda stage, done, total: None):
        assert steps.write_report(settings) is None
        said = notes()
    assert len(said) == 1
    assert "is published" in said[0]
    assert "a value from the data" not in said[0]
    assert (settings.reports / "current" / "quality" / "index.html").resolve() == before
    assert sorted(path.name for path in settings.reports.iterdir()) == [made_up.GENERATION, "current"]


def test_what_a_killed_run_left_is_cleared_away(settings: Settings) -> None:
    left = settings.reports / ".writing-20220101T000000Z"
    left.mkdir(parents=True)
    place.write(settings)
    assert not left.exists()


def test_the_report_goes_with_its_generation(settings: Settings) -> None:
    place.write(settings)
    gone = settings.reports / "20210101T000000Z" / "quality"
    gone.mkdir(parents=True)
    generation.remove_old(settings)
    assert not gone.parent.exists()
    assert place.written(settings) is not None


def test_a_link_to_a_report_that_is_gone_goes_too(settings: Settings) -> None:
    place.write(settings)
    _publish(settings, "20220111T060000Z")
    (settings.published / made_up.GENERATION / "generation.json").unlink()  # as after a withdrawal
    generation.remove_old(settings)
    assert not (settings.reports / "current").is_symlink()
    assert list(settings.reports.iterdir()) == []


def test_without_anything_published_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentProblem, match="Nothing is published"):
        place.write(settings_for(tmp_path, tmp_path / "landing"))


def test_a_run_with_nothing_new_makes_up_for_a_report_that_a_killed_one_did_not_come_to(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.landing.mkdir()
    monkeypatch.setattr(runs, "nothing_new", lambda settings: True)
    assert runs.run_once(settings, lambda stage, done, total: None) is None
    assert place.written(settings) is not None
    assert brief_place.missing(settings) == []


def test_a_run_that_leaves_no_report_ends_with_exit_code_3(settings: Settings) -> None:
    with pytest.raises(typer.Exit) as ended:
        say_if_it_is_missing(settings)
    assert ended.value.exit_code == 3
    place.write(settings)
    with pytest.raises(typer.Exit):
        say_if_it_is_missing(settings)
    brief_place.write(settings)
    say_if_it_is_missing(settings)


def test_the_command_writes_into_a_new_folder_and_over_nothing(settings: Settings, tmp_path: Path) -> None:
    quality(warehouse=settings.warehouse, out=tmp_path / "pages")
    assert (tmp_path / "pages" / "index.html").exists()
    assert not settings.reports.exists()
    with pytest.raises(UsageProblem, match="is there already"):
        quality(warehouse=settings.warehouse, out=tmp_path / "pages")
