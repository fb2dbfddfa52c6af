"""The audit of what is published: a line for each publish, failed ones too, and never a password in it."""

from __future__ import annotations

import json
import os
import pwd
from pathlib import Path
from typing import Any

import pytest

from orchestration.errors import EnvironmentProblem, UsageProblem
from orchestration.publish import publish_log
from orchestration.settings import Settings
from tests.support import settings_for


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "warehouse").mkdir()
    return settings_for(tmp_path, tmp_path)


def lines(settings: Settings) -> list[dict[str, Any]]:
    return [json.loads(line) for line in publish_log.file(settings).read_text().splitlines()]


def test_a_publish_is_logged_with_who_what_and_where(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user is the one the operating system knows, not the one that the environment names."""
    monkeypatch.setenv("LOGNAME", "somebody")
    monkeypatch.setattr(publish_log, "_logged_in", lambda: None)
    with publish_log.recording(settings, "csv", "/srv/bi", "performance") as entry:
        entry.generation, entry.tables, entry.rows = "g1", 3, 70
    (line,) = lines(settings)
    assert line.pop("at").endswith("+00:00")
    assert line.pop("who") == pwd.getpwuid(os.getuid()).pw_name
    assert line.pop("host")
    assert line == {
        "kind": "csv", "to": "/srv/bi", "audience": "performance", "generation": "g1", "tables": 3, "rows": 70,
        "outcome": "PUBLISHED", "error": None, "note": None,
    }  # fmt: skip
    assert publish_log.file(settings).stat().st_mode & 0o777 == 0o640


def test_who_became_another_user_is_named_too(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    user = pwd.getpwuid(os.getuid())
    another = next(each for each in pwd.getpwall() if each.pw_uid != user.pw_uid)
    monkeypatch.setattr(publish_log, "_logged_in", lambda: another.pw_uid)
    publish_log.record(settings, publish_log.Entry("local", "/x"))
    assert lines(settings)[0]["who"] == f"{user.pw_name} ({another.pw_name})"


@pytest.mark.parametrize(
    ("error", "outcome"), [(RuntimeError("pa55w0rd"), "FAILED"), (UsageProblem("pa55w0rd"), "STOPPED")]
)
def test_a_publish_that_fails_is_logged_without_what_the_error_said(
    settings: Settings, error: Exception, outcome: str
) -> None:
    with pytest.raises(type(error)), publish_log.recording(settings, "excel", "/srv/bi/x.xlsx"):
        raise error
    (line,) = lines(settings)
    assert (line["outcome"], line["error"]) == (outcome, type(error).__name__)
    assert "pa55w0rd" not in publish_log.file(settings).read_text()


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://occ:pa55w0rd@db.force.example:5432/bi",
        "postgres://occ:pa55w0rd%40x@db/bi?sslmode=verify-full",
        "postgresql://db/bi?user=occ&password=pa55w0rd&sslmode=require",
        "host=db user=occ password=pa55w0rd dbname=bi",
        "host=db user=occ password = 'pa55w0rd with \\' more' dbname=bi",
        "postgresql://occ:pa55w0rd@with/more@db/bi",
        "postgresql://:pa55w0rd@/bi",
    ],
)
def test_no_password_of_an_address_is_logged(settings: Settings, address: str) -> None:
    publish_log.record(settings, publish_log.Entry("postgresql", address))
    (line,) = lines(settings)
    assert "pa55w0rd" not in line["to"]
    assert "with" not in line["to"]
    assert "bi" in line["to"]  # where it went can still be told


def test_lines_are_added_to_those_there_are(settings: Settings) -> None:
    for number in range(3):
        publish_log.record(settings, publish_log.Entry("local", "/x", generation=f"g{number}"))
    assert [line["generation"] for line in lines(settings)] == ["g0", "g1", "g2"]
    assert publish_log.knows(settings, "g1")
    assert not publish_log.knows(settings, "g3")


def test_nothing_is_published_that_cannot_be_logged(settings: Settings) -> None:
    publish_log.file(settings).mkdir()
    begun = []
    with pytest.raises(EnvironmentProblem, match="must be logged"), publish_log.recording(settings, "csv", "/x"):
        begun.append("something")
    assert begun == []
