"""The audit finds what it is for: licences nobody allowed, known faults, and what it could not look at."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from .audit import LISTED, Faults, judge, read_faults, unallowed


def _bill(*licences: dict[str, Any]) -> dict[str, Any]:
    return {"components": [{"name": "thing", "version": "1.0", "licenses": list(licences)}]}


LISTS = {"allowed": ["MIT", "Apache-2.0", "License :: OSI Approved :: BSD License"], "packages": {"known": "why"}}


@pytest.mark.parametrize(
    "licence",
    [
        {"license": {"id": "MIT"}},
        {"license": {"name": "License :: OSI Approved :: BSD License"}},
        {"expression": "MIT AND Apache-2.0"},
        {"expression": "GPL-3.0-only OR MIT"},
        {"expression": "MIT AND (GPL-2.0-only OR Apache-2.0)"},
    ],
)
def test_an_allowed_licence_passes(licence: dict[str, Any]) -> None:
    assert unallowed(_bill(licence), LISTS) == []


@pytest.mark.parametrize(
    ("licences", "said"),
    [
        ([{"license": {"id": "GPL-3.0-only"}}], "thing 1.0: GPL-3.0-only"),
        ([{"expression": "MIT AND GPL-3.0-only"}], "thing 1.0: MIT AND GPL-3.0-only"),
        (
            [{"license": {"name": "License :: Other/Proprietary License"}}],
            "thing 1.0: License :: Other/Proprietary License",
        ),
        ([], "thing 1.0: says no licence"),
    ],
)
def test_another_licence_or_none_is_named(licences: list[dict[str, Any]], said: str) -> None:
    assert unallowed(_bill(*licences), LISTS) == [said]


def test_a_package_on_the_list_passes_and_the_list_gives_every_reason() -> None:
    bill = {"components": [{"name": "known", "version": "1"}]}
    assert unallowed(bill, LISTS) == []
    listed = yaml.safe_load(LISTED.read_text())
    assert all(len(str(reason)) > 10 for reason in [*listed["packages"].values(), *listed["accepted_faults"].values()])


def test_faults_are_found_counted_and_only_accepted_ones_pass(capsys: pytest.CaptureFixture[str]) -> None:
    answer = {
        "dependencies": [
            {"name": "good", "version": "1", "vulns": []},
            {"name": "bad", "version": "2", "vulns": [{"id": "PYSEC-1"}, {"id": "PYSEC-2"}]},
            {"name": "unknown", "skip_reason": "not found"},
        ]
    }
    faults = read_faults(json.dumps(answer))
    assert faults == Faults(packages=3, unaudited=1, found=[("bad 2", "PYSEC-1"), ("bad 2", "PYSEC-2")])
    assert judge([], {"lock": faults}, {"PYSEC-1": "not called"}, is_strict=False) == 1
    assert "lock: 2 of 3 packages audited, 1 known faults\n  bad 2: PYSEC-2" in capsys.readouterr().out
    assert judge([], {"lock": faults}, {"PYSEC-1": "", "PYSEC-2": ""}, is_strict=False) == 0
    assert judge([], {"lock": faults}, {"PYSEC-1": "", "PYSEC-2": ""}, is_strict=True) == 1


def test_no_answer_is_said_and_never_reads_as_clean(capsys: pytest.CaptureFixture[str]) -> None:
    assert judge([], {"lock": Faults(problem="no route to host")}, {}, is_strict=True) == 1
    assert "lock: 0 of 0 packages audited, 0 known faults; no route to host" in capsys.readouterr().out
