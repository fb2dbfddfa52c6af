"""An indicator is added as CONTRIBUTING.md says: a model with definition and unit test, and a line that lists it."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.settings import PROJECT, Settings
from tests.support import ask, deliver, settings_for

MODEL = """\
-- Calls of which over two minutes were talk, per local day.

{%- set says -%}
indicators:
  - kpi_id: calls_long
    label: Calls talked on for long
    definition: Of the answered calls whose talk time is known, the share that was talked on for over 120 seconds.
    formula: "answered calls with talk_seconds > 120 / answered calls with a known talk_seconds"
    limits: Says nothing of why.
    subject: calls
    statistic: ratio
    unit: ratio
    better: lower
    owner: Head of the Operations Control Centre
    version: "1"
    inputs: calls
    columns: {acd_segments: [talk_seconds]}
{%- endset -%}
{%- set says = fromyaml(says) -%}

{{ config(materialized='ephemeral', meta=says) }}

with

calls as (

    select * from {{ ref('fct_calls') }} where outcome = 'answered'

),

days as (

    select distinct local_date from {{ ref('kpi_period_days') }} where input_set = 'calls'

),

final as (

    select
        'calls_long' as kpi_id,
        days.local_date,
        false as is_disrupted,
        'force' as scope_type,
        'FORCE' as scope_code,
        cast(sum(case when calls.talk_seconds > 120 then 1 else 0 end) as bigint) as numerator,
        cast(count(calls.talk_seconds) as bigint) as denominator,
        cast(count(calls.talk_seconds) as bigint) as measured_count,
        cast(count(*) as bigint) as eligible_count
    from days
    inner join calls on days.local_date = calls.offered_date
    group by days.local_date

)

select * from final
"""

DESCRIBED = """\
version: 2

models:
  - name: calls_long_by_day
    description: One row per local day.
unit_tests:
  - name: a_call_of_unknown_length_is_in_neither
    model: calls_long_by_day
    given:
      - input: ref('kpi_period_days')
        rows: [{input_set: calls, local_date: 2021-09-01}]
      - input: ref('fct_calls')
        rows:
          - {offered_date: 2021-09-01, outcome: answered, talk_seconds: 121}
          - {offered_date: 2021-09-01, outcome: answered, talk_seconds: 120}
          - {offered_date: 2021-09-01, outcome: answered, talk_seconds: null}
          - {offered_date: 2021-09-01, outcome: abandoned, talk_seconds: 999}
    expect:
      rows: [{local_date: 2021-09-01, numerator: 1, denominator: 2, measured_count: 2, eligible_count: 3}]
"""

# A run without Dagster and without rules, which know nothing of indicators.
STEPS = """
from orchestration.settings import Settings
from orchestration.warehouse import steps
from orchestration.warehouse.lock import writing

settings = Settings.from_environment()
settings.export()
with writing(settings):
    steps.land_deliveries(settings)
    steps.build_warehouse(settings)
    steps.analyse(settings)
    steps.publish_generation(settings)
"""


@pytest.fixture(scope="module")
def added(small_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A warehouse made by a copy of the project to which an indicator was added. `project` lies beside its landing."""
    folder = tmp_path_factory.mktemp("added")
    project = folder / "project"
    for part in ("orchestration", "dbt_project", "expectations"):
        shutil.copytree(PROJECT / part, project / part)
    shutil.copy2(PROJECT / "dagster.yaml", project)
    metrics = project / "dbt_project" / "models" / "metrics"
    (metrics / "calls" / "calls_long_by_day.sql").write_text(MODEL)
    (metrics / "calls" / "calls_long_by_day.yml").write_text(DESCRIBED)
    listing = metrics / "run" / "kpi_added_up.sql"
    first = "    'calls_by_day',\n"
    listing.write_text(listing.read_text().replace(first, f"{first}    'calls_long_by_day',\n", 1))
    days = sorted((small_sample / "landing").rglob("acd_segments_2021090[12].csv*"))
    deliver(days, folder / "landing")
    settings = dataclasses.replace(
        settings_for(folder, folder / "landing"), profile=project / "orchestration" / "profiles" / "west_mercia"
    )
    in_copy(settings, "-c", STEPS)
    return settings


def in_copy(settings: Settings, *arguments: str) -> str:
    """What the copy of the project says; fails with its words."""
    environment = os.environ | {
        "OCC_LANDING": str(settings.landing),
        "OCC_WAREHOUSE": str(settings.warehouse),
        "OCC_PROFILE": str(settings.profile),
        "OCC_TOKEN_KEY_FILE": str(settings.key_file),
        "OCC_REPORTS": "no",
    }
    ended = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, env=environment,
        cwd=settings.profile.parents[2], timeout=600,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_it_has_figures_a_standing_and_an_entry_in_the_dictionary(added: Settings) -> None:
    long = ask(
        added,
        "select offered_date, count(*) filter (talk_seconds > 120), count(talk_seconds) from marts.fct_calls "
        "where outcome = 'answered' group by all order by all",
    )
    assert len(long) == 2
    assert min(row[1] for row in long) > 0
    figures = ask(
        added,
        "select period_start, cast(numerator as bigint), cast(denominator as bigint) from metrics.kpi_results "
        "where kpi_id = 'calls_long' and period_type = 'day' order by period_start",
    )
    assert figures == long
    standing = ask(added, "select label, status from metrics.kpi_register where kpi_id = 'calls_long'")
    assert standing == [("Calls talked on for long", "AVAILABLE")]
    said = in_copy(
        added,
        "-c",
        "import json, duckdb; from orchestration.docs.dictionary import dictionary; "
        "from orchestration.settings import Settings; settings = Settings.from_environment(); settings.export(); "
        "con = duckdb.connect(str(settings.current_db), read_only=True); "
        "entries = {each['kpi_id']: each for each in dictionary(settings, con)}; "
        "print(json.dumps(entries['calls_long'], default=str))",
    )
    entry = json.loads(said)
    assert entry["formula"] == "answered calls with talk_seconds > 120 / answered calls with a known talk_seconds"
    assert entry["columns"] == {"acd_segments": ["talk_seconds"]}


def test_its_unit_test_runs_with_the_others(added: Settings) -> None:
    said = in_copy(
        added,
        "-c",
        "from dbt.cli.main import dbtRunner; from orchestration.settings import Settings; "
        "from orchestration.warehouse.dbt import common_arguments; "
        "settings = Settings.from_environment(); settings.export(); "
        "chosen = ['--select', 'calls_long_by_day,test_type:unit']; "
        "done = dbtRunner().invoke(['test', *chosen, *common_arguments(settings)]); "
        "print([str(each.status) for each in done.result.results])",
    )
    assert said.strip() == "['pass']"
