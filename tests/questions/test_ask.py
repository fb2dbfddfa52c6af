"""`occ ask`: which questions there are, how they are asked, and what is said where there is no answer."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from orchestration import questions
from orchestration.errors import EnvironmentProblem, UsageProblem
from orchestration.publish.generation import copy_to_single_file
from orchestration.settings import PROJECT, Settings
from tests.integration.test_runs import occ
from tests.support import SHARED

EVERY = questions.questions()
# What these ask about is the management information itself, not figures of periods.
WITHOUT_COVERAGE_IN_ROWS = {"Q21", "Q23"}


@pytest.mark.skipif(not (SHARED / "questions.md").exists(), reason="the list of questions is not here")
def test_every_question_of_the_list_is_answered_in_its_own_words() -> None:
    listed = dict(re.findall(r"^\| (Q\d\d) \| (.+?) \|$", (SHARED / "questions.md").read_text(), flags=re.MULTILINE))
    assert {each.number: each.text for each in EVERY} == listed


@pytest.mark.parametrize("asked", EVERY, ids=lambda each: each.number)
def test_a_question_reads_published_tables_only(asked: questions.Question) -> None:
    """What is private to the pipeline may change at any time, and is not in the published file."""
    read = set(re.findall(r"(?<!distinct )\b(?:from|join)\s+([a-z_]+)\.[a-z_0-9]+", asked.sql))
    assert read
    assert read <= {"marts", "metrics", "quality", "reports"}


@pytest.mark.parametrize("asked", EVERY, ids=lambda each: each.number)
def test_every_answer_states_coverage_and_disruptions(asked: questions.Question, season_warehouse: Settings) -> None:
    """A figure without them looks surer than it is."""
    answer = questions.ask(season_warehouse, asked)
    assert answer.rows
    if asked.number not in WITHOUT_COVERAGE_IN_ROWS:
        assert {"measured_count", "eligible_count", "disruption_keys"} <= set(answer.columns)
    for column in answer.columns:
        if column.endswith("_ratio") and column not in {"coverage_ratio"}:
            assert any("/" in each for each in (asked.read, asked.caveats)), f"what {column} is a share of is not said"


@pytest.mark.parametrize("asked", EVERY, ids=lambda each: each.number)
def test_an_answer_does_not_depend_on_threads(asked: questions.Question, season_warehouse: Settings) -> None:
    """Asked twice, with one thread and with several, the rows come in the same order with the same figures."""
    with duckdb.connect(str(season_warehouse.current_db.resolve()), read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        seen = []
        for threads in (1, 4):
            con.execute(f"set threads = {threads}")
            seen.append([[str(cell) for cell in row] for row in questions.ask_on(con, asked, {}).rows])
    assert seen[0] == seen[1]


@pytest.mark.parametrize("asked", EVERY, ids=lambda each: each.number)
def test_an_empty_generation_answers_without_an_error(asked: questions.Question, empty_warehouse: Settings) -> None:
    questions.ask(empty_warehouse, asked)


def test_questions_are_in_style() -> None:
    command = [Path(sys.executable).parent / "sqlfluff", "lint", str(questions.FOLDER), "--config", "pyproject.toml"]
    ended = subprocess.run(
        [*command, "--disable-progress-bar"], capture_output=True, text=True, cwd=PROJECT, check=False
    )
    assert ended.returncode == 0, ended.stdout[-3000:]


def test_an_answer_without_rows_says_so(season_warehouse: Settings) -> None:
    """A misspelt area must not look like an area without incidents, nor like months without disruptions."""
    answer = questions.ask(season_warehouse, questions.question("Q09"), {"area": "NOWHERE"})
    said = questions.as_text(answer, 0)
    assert "Shown:       nothing" in said
    assert "none in the periods shown" not in said
    assert "stated in the rows" not in said


def test_an_answer_is_printed_with_what_stands_behind_it(season_warehouse: Settings) -> None:
    ended = occ(season_warehouse, ["ask", "Q09", "--limit", "2"])
    assert ended.returncode == 0, ended.stderr
    said = questions.question("Q09")
    assert said.text in ended.stdout.replace("\n", " ")
    for label in ("Shown:", "Read:", "Coverage:", "Disruptions:", "Caveats:", "Generation:"):
        assert label in ended.stdout
    assert "of the eligible records" in ended.stdout
    assert "06 Sep 2021 17:30 to 07 Sep 2021 05:00" in ended.stdout


def test_json_holds_the_answer_whole(season_warehouse: Settings) -> None:
    ended = occ(season_warehouse, ["ask", "q8", "--format", "json"])
    answer = json.loads(ended.stdout)
    assert answer["question"] == "Q08"
    assert answer["row_count"] == len(answer["rows"]) > 0
    assert {"text", "read", "caveats", "coverage", "disruptions", "generation", "as_of"} <= set(answer)


def test_csv_is_a_table_and_nothing_else(season_warehouse: Settings) -> None:
    ended = occ(season_warehouse, ["ask", "Q08", "--format", "csv"])
    rows = list(csv.reader(io.StringIO(ended.stdout)))
    assert len(rows) > 1
    assert {len(row) for row in rows} == {len(rows[0])}
    assert "Caveats:" in ended.stderr


def test_ask_alone_lists_every_question(season_warehouse: Settings) -> None:
    ended = occ(season_warehouse, ["ask", "--format", "json"])
    assert [row["question"] for row in json.loads(ended.stdout)] == sorted(each.number for each in EVERY)


def test_a_choice_changes_the_answer(season_warehouse: Settings) -> None:
    asked = questions.question("Q13")
    default = questions.ask(season_warehouse, asked)
    chosen = questions.ask(season_warehouse, asked, {"month": "2021-10", "area": "TELF"})
    place = [chosen.columns.index(name) for name in ("month_start", "area_code")]
    assert {tuple(str(row[index]) for index in place) for row in chosen.rows} == {("2021-10-01", "TELF")}
    assert default.rows == questions.ask(season_warehouse, asked).rows != chosen.rows


@pytest.mark.parametrize(
    ("arguments", "exit_code", "said"),
    [
        (["Q99"], 2, "There is no question Q99"),
        (["nonsense"], 2, "There is no question nonsense"),
        (["../q01"], 2, "There is no question ../q01"),
        (["Q08", "--area", "TELF"], 2, "takes no --area; it takes: --force"),
        (["Q13", "--month", "soon"], 2, "is no month"),
    ],
)
def test_what_cannot_be_answered_is_said_in_a_sentence(
    season_warehouse: Settings, arguments: list[str], exit_code: int, said: str
) -> None:
    ended = occ(season_warehouse, ["ask", *arguments])
    assert ended.returncode == exit_code
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr + ended.stdout


def test_a_generation_from_before_a_table_was_there_says_so(season_warehouse: Settings, tmp_path: Path) -> None:
    file = tmp_path / "occ.duckdb"
    copy_to_single_file(season_warehouse, file)
    with duckdb.connect(str(file)) as con:
        con.execute("drop table marts.fct_recruitment")
        with pytest.raises(EnvironmentProblem, match=r"fct_recruitment.*occ run"):
            questions.ask_on(con, questions.question("Q19"), {})
        con.execute("alter table metrics.kpi_register drop column reason")
        with pytest.raises(EnvironmentProblem, match=r"reason.*occ run"):
            questions.ask_on(con, questions.question("Q21"), {})


def test_a_question_without_its_head_is_not_accepted(tmp_path: Path) -> None:
    (tmp_path / "q01.sql").write_text("-- Q02. What? Read: so. Caveats: none.\nselect 1\n")
    with pytest.raises(ValueError, match="does not begin with its number"):
        questions.question("Q01", tmp_path)


def test_a_choice_that_is_sql_stays_a_value(season_warehouse: Settings) -> None:
    answer = questions.ask(season_warehouse, questions.question("Q08"), {"force": "x' or 'a' = 'a"})
    assert all(row[answer.columns.index("force_name")] is None for row in answer.rows)


def test_changing_a_question_builds_nothing_anew(tmp_path: Path) -> None:
    """It asks of figures and makes none."""
    from orchestration.versions import fingerprint_of

    copied = tmp_path / "dbt_project"
    shutil.copytree(questions.FOLDER.parent.parent, copied, ignore=shutil.ignore_patterns("target", "logs"))
    before = fingerprint_of(copied)
    (copied / "analyses" / "questions" / "q01.sql").write_text("select 2\n")
    assert fingerprint_of(copied) == before
    (copied / "dbt_project.yml").write_text("")
    assert fingerprint_of(copied) != before


def test_asking_a_table_that_is_not_published_is_a_usage_problem() -> None:
    with pytest.raises(UsageProblem):
        questions.question("Q0x")
