"""docs/contracts.md: its commands do what it says, and its reference is what the models say."""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import pytest
import yaml

from orchestration.landing.contracts import Contract
from orchestration.landing.language import _WORDS, DOCUMENT, SCHEMA, schema, with_reference
from orchestration.landing.shapes import load_shapes
from orchestration.landing.starting import OWN, VOCABULARY
from orchestration.settings import PROJECT

TEXT = DOCUMENT.read_text(encoding="utf-8")
EXAMPLE = TEXT.partition("## A worked example")[2].partition("\n## ")[0]
_BLOCK = re.compile(r"(?:^`(?P<file>[^`\n]+)`:\n\n)?^```(?P<kind>\w+)\n(?P<body>.*?)^```", re.DOTALL | re.MULTILINE)


@dataclass
class Shown:
    """A command of the document, what it printed, and what the document says it prints."""

    command: str
    printed: str
    told: str | None


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> list[Shown]:
    """The worked example, followed to the letter in an empty folder."""
    folder = tmp_path_factory.mktemp("harbor")
    shown: list[Shown] = []
    for block in _BLOCK.finditer(EXAMPLE):
        if block["file"]:
            path = folder / block["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block["body"], encoding="utf-8")
        elif block["kind"] == "sh":
            shown.append(Shown(block["body"], _run(block["body"], folder), None))
        elif block["kind"] == "text":
            shown[-1].told = block["body"]
    drafts = [Shown(path.name, path.read_text(encoding="utf-8"), None) for path in folder.glob("*.draft.yaml")]
    assert len(drafts) == 2
    return [*drafts, *shown]


def _run(commands: str, folder: Path) -> str:
    script = f'occ() {{ "{sys.executable}" -m orchestration.cli "$@"; }}\n{commands}'
    environment = os.environ | {"PYTHONPATH": str(PROJECT), "OCC_TOKEN_KEY_FILE": str(folder / "keys" / "token.key")}
    environment["OCC_REPORTS"] = "no"  # the example reads figures, no pages
    ended = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in ended.stderr, ended.stderr
    return ended.stdout + ended.stderr


@pytest.mark.slow
@pytest.mark.xdist_group("harbor")
def test_the_worked_example_prints_what_the_document_says(followed: list[Shown]) -> None:
    told = [shown for shown in followed if shown.told is not None]
    assert len(told) >= 3
    for shown in told:
        assert str(shown.told).strip() in shown.printed, f"{shown.command}\n{shown.printed}"


@pytest.mark.slow
@pytest.mark.xdist_group("harbor")
def test_no_name_and_no_number_of_the_example_is_ever_printed(followed: list[Shown]) -> None:
    printed = "\n".join(shown.printed for shown in followed)
    assert not [
        value for value in ("Ann Other", "Bob Body", "Carl Case", "5550100", "jdoe", "asmith") if value in printed
    ]


@pytest.mark.slow
@pytest.mark.xdist_group("harbor")
def test_the_examples_figures_are_those_of_a_plain_calculation(followed: list[Shown]) -> None:
    """From the delivered files themselves, by nothing but arithmetic."""
    files = {block["file"]: block["body"] for block in _BLOCK.finditer(EXAMPLE) if block["file"]}
    calls = [line.split("|") for line in files["landing/calls_2025-03-08.psv"].splitlines()[2:-1]]
    waits = [(int(call[2]) - int(call[1])) // 1000 for call in calls if call[4] == "911" and call[2]]
    rows = [line.split(",") for line in followed[-1].printed.splitlines() if line.count(",") == 6]
    figures = {(row[0], row[1], row[2]): row for row in rows}
    within = figures["calls_999_within_10s", "2025-03-08", "FORCE"]
    assert (float(within[3]), float(within[4])) == (sum(wait <= 10 for wait in waits), len(waits)) == (2, 3)
    abandoned = figures["calls_abandoned", "2025-03-08", "FORCE"]
    assert (float(abandoned[3]), float(abandoned[4])) == (sum(not call[2] for call in calls), len(calls)) == (1, 6)
    responses = {"2025-03-08": [600, 720, 18 * 60], "2025-03-09": [6 * 60, 1200]}
    for day, seconds in responses.items():
        assert float(figures["response_grade1_median", day, "FORCE"][5]) == statistics.median(seconds)


def test_the_reference_is_what_the_models_say() -> None:
    """Else: python -m orchestration.landing.language"""
    assert with_reference(TEXT) == TEXT


def test_the_schema_for_editors_is_what_the_models_say() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema()


@pytest.mark.parametrize(("title", "model"), _WORDS, ids=[title for title, _ in _WORDS])
def test_every_word_has_a_meaning_and_an_example(title: str, model: type) -> None:
    fields = {name: told for name, told in model.model_fields.items() if not told.exclude}  # type: ignore[attr-defined]
    assert fields
    assert not [name for name, told in fields.items() if not told.description or not told.examples]


def test_the_documents_contracts_fit_the_schema_for_editors() -> None:
    contracts = [yaml.safe_load(block["body"]) for block in _BLOCK.finditer(EXAMPLE) if block["kind"] == "yaml"]
    assert len(contracts) == 2
    for contract in contracts:
        jsonschema.validate(contract, json.loads(SCHEMA.read_text(encoding="utf-8")))


def test_the_schema_refuses_a_word_that_is_none() -> None:
    wrong = {"export": "x", "version": "1", "file": "x", "columns": {"A": {"two": "b"}}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert set(json.loads(schema())["properties"]) == set(Contract.model_fields)


def test_every_reference_list_of_the_models_is_made_with_a_profile() -> None:
    shipped = {path.stem for path in (PROJECT / "orchestration/profiles/west_mercia/reference").glob("*.csv")}
    assert shipped == set(VOCABULARY) | set(OWN)
    assert all(f"`{name}`" in TEXT for name in load_shapes())
