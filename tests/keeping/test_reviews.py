"""A review goes the whole way: from the command into the report's tables without a build, and back when it expires."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from orchestration import progress
from orchestration.keeping import backup
from orchestration.publish.generation import current
from orchestration.quality import reviews, run
from orchestration.quality.findings import as_it_stands
from orchestration.runs import nothing_new
from orchestration.settings import Settings
from orchestration.warehouse import dbt
from tests.support import ask, occ, take_steps

SAYS = ["--by", "A. Reviewer", "--reason", "The menu loses waits; the supplier is told."]


def _is_open(settings: Settings, rule_id: str) -> bool:
    ((found,),) = ask(settings, "select is_open from reports.quality_rules where rule_id = ?", [rule_id])
    return bool(found)


def _rewrite(settings: Settings, **changed: object) -> None:
    """As somebody edits the file by hand."""
    entries = yaml.safe_load(settings.reviews.read_text())
    settings.reviews.write_text(yaml.safe_dump([{**entry, **changed} for entry in entries]))


@pytest.mark.slow
def test_a_review_is_published_without_a_build_and_comes_back_when_it_expires(
    warehouse: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = current(warehouse)
    rule_id = next(row["rule_id"] for row in as_it_stands(warehouse).open if row["status"] == "WARN")
    assert before is not None
    assert nothing_new(warehouse)
    signed = occ(warehouse, ["review", "accept", rule_id, *SAYS])
    assert signed.returncode == 0, signed.stderr
    listed = occ(warehouse, ["review", "list", "--format", "json"])
    assert rule_id in listed.stdout.partition('"signed_off"')[2]
    assert "after the next: occ run" in listed.stderr
    assert _is_open(warehouse, rule_id)  # what is published does not change
    assert not nothing_new(warehouse)

    def must_not_run(*_: object, **__: object) -> None:
        raise AssertionError("a review alone builds and judges nothing")

    monkeypatch.setattr(dbt, "build", must_not_run)
    monkeypatch.setattr(run, "run_rules", must_not_run)
    after = take_steps(warehouse, rules=True)
    assert (after.generation > before.generation, after.content_hash) == (True, before.content_hash)
    assert not _is_open(warehouse, rule_id)
    assert nothing_new(warehouse)

    # A restored warehouse has it too.
    backup.write(warehouse, tmp_path / "backup.tar")
    elsewhere = dataclasses.replace(warehouse, warehouse=tmp_path / "elsewhere")
    elsewhere.warehouse.mkdir()
    backup.restore(elsewhere, tmp_path / "backup.tar")
    assert elsewhere.reviews.read_bytes() == warehouse.reviews.read_bytes()

    # It expired yesterday: the next run says so, and once.
    yesterday = reviews.today_of(warehouse) - timedelta(days=1)
    _rewrite(warehouse, reviewed_on=yesterday, expires_on=yesterday)
    assert not nothing_new(warehouse)
    take_steps(warehouse, rules=True)
    assert nothing_new(warehouse)
    assert ask(warehouse, "select reopened_because from reports.quality_rules where rule_id = ?", [rule_id]) == [
        ("EXPIRED",)
    ]

    # A file that nobody can read stops nothing: it is stated, and every finding is open.
    warehouse.reviews.write_text("- rule: [\n")
    with progress.reporting_to(lambda *_: None):
        take_steps(warehouse, rules=True)
        assert any("reviews.yaml: it is not YAML (line 2" in said for said in progress.notes())
    ((place, problem),) = ask(warehouse, "select place, problem from quality.review_problems")
    assert (place, "no review in it is in force" in problem) == ("reviews.yaml", True)
    assert _is_open(warehouse, rule_id)
    assert ask(warehouse, "select count(*) from quality.reviews") == [(0,)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["accept", "{rule}x", *SAYS], "near it are"),
        (["accept", "{passing}", *SAYS], "does not fail: there is nothing to sign off"),
        (["known", "{rule}", *SAYS, "--until", "2021-01-01"], "has passed"),
        (["known", "{rule}", *SAYS, "--until", "2199-01-01"], "too far ahead"),
        (["fixed", "{rule}", "--by", "A. Reviewer", "--reason", " . "], "--reason: "),
        (["fixed", "{rule}", "--by", "A. Reviewer"], "--reason"),
        (["withdraw", "{rule}", *SAYS], "no review of {rule} to take back"),
    ],
)
@pytest.mark.slow
def test_what_cannot_be_signed_off_is_said_in_a_sentence_and_nothing_is_written(
    small_warehouse: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    from typer.testing import CliRunner

    from orchestration import cli
    from orchestration.errors import UsageProblem

    monkeypatch.setenv("OCC_REVIEWS", str(tmp_path / "checkout" / "reviews.yaml"))
    ((rule_id,),) = ask(small_warehouse, "select min(rule_id) from reports.quality_rules where is_failing")
    ((passing,),) = ask(small_warehouse, "select min(rule_id) from reports.quality_rules where status = 'PASS'")
    named = [argument.format(rule=rule_id, passing=passing) for argument in arguments]
    ended = CliRunner().invoke(cli.app, ["review", *named, "--warehouse", str(small_warehouse.warehouse)])
    assert ended.exit_code != 0
    assert ended.exception is not None
    told = str(ended.exception) if isinstance(ended.exception, UsageProblem) else ended.output
    assert said.format(rule=rule_id) in told
    assert not (tmp_path / "checkout").exists()
