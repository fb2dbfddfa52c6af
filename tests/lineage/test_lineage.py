"""Lineage is valid OpenLineage, whole from reports back to delivered files, and the same every time it is asked for."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from orchestration.commands.lineage import lineage as lineage_command
from orchestration.errors import EnvironmentProblem, UsageProblem
from orchestration.lineage import events, graph
from orchestration.settings import PROJECT, Settings
from tests.support import ask, occ, settings_for

SPEC = Path(__file__).with_name("spec")
PUBLISHED = ("marts", "metrics", "quality", "reports")
HOSTILE = [
    'quote".csv',
    "line\nbreak\r\n.csv",
    "separator\u2028\u2029\x85.csv",
    "back\\slash\\u0041.csv",
    '"},"eventType":"FAIL","x":{"y":"',
    "\u202egnp.csv",
    "\x1b[2Jbell\x07.csv",
    "=cmd|' /C calc'!A0.csv",
    "<script>alert(1)</script>&amp;",
    "\U0001f4a5" * 60,
    "a@b@c#d/../../etc/passwd",
    "NUL\x00inside.csv",
]
Name = tuple[str, str]  # namespace and name


def _lines(settings: Settings) -> list[str]:
    return list(events.lines(graph.read(settings, graph.folder_of(settings, None))))


@pytest.fixture(scope="module")
def lines(small_warehouse: Settings) -> list[str]:
    small_warehouse.export()
    return _lines(small_warehouse)


@pytest.fixture(scope="module")
def said(lines: list[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def jobs(said: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What each job completed with, by its name within the run."""
    return {event["job"]["name"].removeprefix("run."): event for event in said if event["eventType"] == "COMPLETE"}


def _named(datasets: Iterable[dict[str, Any]]) -> set[Name]:
    return {(each["namespace"], each["name"]) for each in datasets}


def _behind(jobs: dict[str, dict[str, Any]], start: Name) -> set[Name]:
    """Everything that a dataset was made from, whatever the number of steps."""
    inputs_of: dict[Name, set[Name]] = {}
    for job in jobs.values():
        for made in _named(job["outputs"]):
            inputs_of.setdefault(made, set()).update(_named(job["inputs"]))
    found: set[Name] = set()
    waiting = [start]
    while waiting:
        new = inputs_of.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found


def _files(datasets: Iterable[Name]) -> set[str]:
    """Ids of the delivered files among datasets."""
    return {name.rpartition("@")[2] for namespace, name in datasets if namespace == "occ://west_mercia/deliveries"}


def _counting(settings: Settings) -> dict[str, tuple[Any, ...]]:
    rows = ask(
        settings,
        "select delivery_id, name, sha256, status, rows_read, bytes from quality.deliveries "
        "where status in ('LOADED', 'SUPERSEDED')",
    )
    return {row[0]: row[1:] for row in rows}


# --- the standard -----------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def validators() -> dict[str, Draft202012Validator]:
    """By the address that an event or a facet names as its schema; only what lies in `spec` is known."""
    contents = [json.loads(path.read_text()) for path in SPEC.glob("*.json")]
    registry = Registry().with_resources((each["$id"], Resource.from_contents(each)) for each in contents)
    return {
        address: Draft202012Validator(
            {"$ref": address}, registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER
        )
        for each in contents
        for address in [each["$id"], *(f"{each['$id']}#/$defs/{name}" for name in each["$defs"])]
    }


def _facets(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every facet of an event with the key it stands under."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, dict) and "_schemaURL" in inner:
                yield key, inner
            yield from _facets(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _facets(inner)


def test_every_event_and_every_facet_keeps_the_published_schema(
    said: list[dict[str, Any]], validators: dict[str, Draft202012Validator]
) -> None:
    whole = validators["https://openlineage.io/spec/2-0-2/OpenLineage.json"]
    keys = {
        f"{content['$id']}{reference['$ref']}": key
        for content in (json.loads(path.read_text()) for path in SPEC.glob("*Facet.json"))
        for key, reference in content["properties"].items()
    }
    seen: Counter[str] = Counter()
    for event in said:
        whole.validate(event)
        assert event["schemaURL"] == f"{whole.schema['$ref']}#/$defs/RunEvent"
        for key, facet in _facets(event):
            validators[facet["_schemaURL"]].validate(facet)
            assert keys[facet["_schemaURL"]] == key
            seen[key] += 1
    assert set(seen) == set(keys.values()), "a schema in `spec` that no facet uses, or the other way round"


def test_a_schema_that_is_broken_is_noticed(
    said: list[dict[str, Any]], validators: dict[str, Draft202012Validator]
) -> None:
    whole = validators["https://openlineage.io/spec/2-0-2/OpenLineage.json"]
    good = said[0]
    for broken in (
        good | {"eventType": "DONE"},
        good | {"run": {"runId": "one"}},
        good | {"eventTime": "yesterday"},
        {key: value for key, value in good.items() if key != "job"},
    ):
        assert not whole.is_valid(broken)


def test_every_run_starts_once_and_completes_once_under_an_id_of_its_own(said: list[dict[str, Any]]) -> None:
    runs: dict[str, list[tuple[str, str]]] = {}
    for event in said:
        runs.setdefault(event["run"]["runId"], []).append((event["eventType"], event["job"]["name"]))
    for told in runs.values():
        assert [kind for kind, _ in told] == ["START", "COMPLETE"]
        assert len({job for _, job in told}) == 1
    assert len(runs) == len({event["job"]["name"] for event in said})
    parents = {event["run"]["facets"]["parent"]["run"]["runId"] for event in said[1:-1]}
    assert parents == {said[0]["run"]["runId"]} == {said[-1]["run"]["runId"]}


def test_the_same_generation_gives_the_same_lines_and_another_one_other_runs(
    lines: list[str], small_warehouse: Settings
) -> None:
    found = graph.read(small_warehouse, graph.folder_of(small_warehouse, None))
    assert list(events.lines(found)) == lines
    other = replace(found, generation=replace(found.generation, generation="20300101T000000Z-2"))
    runs = {json.loads(line)["run"]["runId"] for line in lines}
    assert runs.isdisjoint(json.loads(line)["run"]["runId"] for line in events.lines(other))


def test_times_are_those_of_the_generation(said: list[dict[str, Any]], small_warehouse: Settings) -> None:
    ((started, published),) = ask(
        small_warehouse,
        "select strptime(generation[:16], '%Y%m%dT%H%M%SZ')::timestamp::varchar, published_at::timestamp::varchar "
        "from quality.generations",
    )
    for event in said:
        expected = started if event["eventType"] == "START" else published
        assert event["eventTime"] == f"{expected.replace(' ', 'T')}+00:00"


# --- from reports back to files ---------------------------------------------------------------------------------------
def test_every_published_table_is_made_by_a_job_and_goes_into_the_published_file(
    jobs: dict[str, dict[str, Any]], small_warehouse: Settings
) -> None:
    tables = {
        (f"occ://west_mercia/{schema}", name)
        for schema, name in ask(
            small_warehouse,
            f"select table_schema, table_name from information_schema.tables where table_schema in {PUBLISHED}",
        )
    }
    assert len(tables) > 80
    made = {dataset for job in jobs.values() for dataset in _named(job["outputs"])}
    assert tables - made == set()
    itself = {("occ://west_mercia/quality", "generations")}
    assert _named(jobs["publish"]["inputs"]) == tables - itself
    assert _named(jobs["publish"]["outputs"]) == itself | {("occ://west_mercia/published", "occ.duckdb")}


def test_no_job_reads_what_nothing_made_but_files(jobs: dict[str, dict[str, Any]]) -> None:
    made = {dataset for job in jobs.values() for dataset in _named(job["outputs"])}
    read = {dataset for job in jobs.values() for dataset in _named(job["inputs"])}
    assert {namespace for namespace, _ in read - made} == {
        "occ://west_mercia/deliveries",
        "occ://west_mercia/profile",
    }


def test_every_table_of_rows_leads_back_to_each_file_that_its_rows_name(
    jobs: dict[str, dict[str, Any]], small_warehouse: Settings
) -> None:
    tables = ask(
        small_warehouse,
        "select table_schema, table_name from information_schema.columns "
        "where column_name = '_delivery_id' and table_schema = 'marts'",
    )
    assert len(tables) > 8
    each = "select distinct '{0}', '{1}', _delivery_id from {0}.{1} where _delivery_id is not null"
    named = ask(small_warehouse, " union all ".join(each.format(*table) for table in tables))
    assert len({delivery_id for _, _, delivery_id in named}) > 30
    reached = {
        (schema, table): _files(_behind(jobs, (f"occ://west_mercia/{schema}", table))) for schema, table in tables
    }
    for schema, table, delivery_id in named:
        assert delivery_id in reached[schema, table], (schema, table)


def test_from_every_mart_that_is_not_empty_one_comes_to_delivered_files_or_reference_data(
    jobs: dict[str, dict[str, Any]], small_warehouse: Settings
) -> None:
    for (name,) in ask(
        small_warehouse, "select table_name from information_schema.tables where table_schema = 'marts' order by 1"
    ):
        behind = _behind(jobs, ("occ://west_mercia/marts", name))
        is_reference = any(namespace == "occ://west_mercia/profile" for namespace, _ in behind)
        is_empty = not _files(behind) and ask(small_warehouse, f"select count(*) from marts.{name}") == [(0,)]
        assert _files(behind) or (is_reference and name.startswith("dim_")) or is_empty, name


@pytest.mark.parametrize(
    ("schema", "table", "export"),
    [
        ("staging", "stg_acd_segments", "acd_segments"),
        ("marts", "fct_workforce", "workforce"),
        ("marts", "fct_agent_intervals", "acd_agent_intervals"),
    ],
)
def test_a_table_leads_back_to_no_file_that_it_has_nothing_from(
    jobs: dict[str, dict[str, Any]], small_warehouse: Settings, schema: str, table: str, export: str
) -> None:
    exports = dict(ask(small_warehouse, "select delivery_id, export from quality.deliveries"))
    behind = _files(_behind(jobs, (f"occ://west_mercia/{schema}", table)))
    assert {exports[each] for each in behind} == {export}


def test_every_file_that_counts_is_reached_from_what_is_published_as_it_was_delivered(
    jobs: dict[str, dict[str, Any]], small_warehouse: Settings
) -> None:
    counting = _counting(small_warehouse)
    assert len(counting) > 50
    assert _files(_behind(jobs, ("occ://west_mercia/published", "occ.duckdb"))) == set(counting)
    for job in jobs.values():
        for each in job["inputs"]:
            if each["namespace"] == "occ://west_mercia/deliveries":
                name, sha256, status, rows, size = counting[each["name"].rpartition("@")[2]]
                tags = {tag["key"]: tag["value"] for tag in each["facets"]["tags"]["tags"]}
                assert each["facets"]["version"]["datasetVersion"] == sha256
                assert (tags["name"], tags["status"]) == (name, status)
                statistics = each["inputFacets"]["inputStatistics"]
                assert (statistics["rowCount"], statistics["size"]) == (rows, size)


def test_a_file_of_several_kinds_of_rows_goes_into_the_table_of_each() -> None:
    rows = [SimpleNamespace(export="saab_incidents"), SimpleNamespace(export="saab_diary")]
    profile: Any = SimpleNamespace(contracts=[SimpleNamespace(name="mixed.v1", rows=rows)])
    file = graph.Delivery("0" * 16, "a.csv", "0" * 64, 1, "saab_incidents", "mixed.v1", "2021-01-01", "LOADED", {})
    reading = {job.name for job in graph.landing([file], profile) if job.inputs}
    assert reading == {"land.saab_incidents", "land.saab_diary"}


def test_exposures_read_published_tables_and_say_who_answers_for_them(
    jobs: dict[str, dict[str, Any]], small_warehouse: Settings
) -> None:
    reports = {name: job for name, job in jobs.items() if name.startswith("report.")}
    assert {"report.quality_report", "report.briefings", "report.questions", "report.dashboard"} <= set(reports)
    published = _named(jobs["publish"]["inputs"]) | _named(jobs["publish"]["outputs"])
    for job in reports.values():
        assert _named(job["inputs"]) <= published
        assert job["job"]["facets"]["ownership"]["owners"] == [{"name": "Strategy, planning and insight"}]
        assert _files(_behind(jobs, next(iter(_named(job["outputs"]))))) == set(_counting(small_warehouse))


def test_an_audiences_file_is_made_from_what_is_not_restricted(jobs: dict[str, dict[str, Any]]) -> None:
    restricted = set()
    for job in jobs.values():
        for each in job["outputs"]:
            tags = {tag["key"]: tag["value"] for tag in each["facets"].get("tags", {}).get("tags", [])}
            if tags.get("restricted") == "true":
                restricted.add((each["namespace"], each["name"]))
    # Of what was ever published an audience's file says when, and nothing else.
    restricted -= {("occ://west_mercia/quality", "generations")}
    audiences = [job for name, job in jobs.items() if name.startswith("publish.audience.")]
    assert audiences
    for job in audiences:
        assert job["inputs"]
        assert _named(job["inputs"]).isdisjoint(restricted)


# --- what is said of tables -------------------------------------------------------------------------------------------
def test_tables_have_their_columns_descriptions_and_rows(
    jobs: dict[str, dict[str, Any]], small_warehouse: Settings
) -> None:
    outputs = {
        f"{each['namespace'].rpartition('/')[2]}.{each['name']}": each
        for job in jobs.values()
        for each in job["outputs"]
    }
    columns: dict[str, list[tuple[str, str]]] = {}
    for schema, table, column, kind in ask(
        small_warehouse,
        "select table_schema, table_name, column_name, data_type from information_schema.columns "
        f"where table_schema in {PUBLISHED} order by table_schema, table_name, ordinal_position",
    ):
        columns.setdefault(f"{schema}.{table}", []).append((column, kind))
    statistics = {table: outputs[table]["outputFacets"].get("outputStatistics") for table in columns}
    said = {table: each["rowCount"] for table, each in statistics.items() if each}
    assert len(said) > 40
    counted = ask(small_warehouse, " union all ".join(f"select '{table}', count(*) from {table}" for table in said))
    assert dict(counted) == said
    for table, expected in columns.items():
        facets = outputs[table]["facets"]
        assert facets["documentation"]["description"], table
        assert [(each["name"], each["type"]) for each in facets["schema"]["fields"]] == expected, table
        assert all(each["description"] for each in facets["schema"]["fields"]), table


def test_rules_stand_as_assertions_on_the_tables_they_judged(
    jobs: dict[str, dict[str, Any]], small_warehouse: Settings
) -> None:
    expected = {
        (table, rule): status == "PASS"
        for table, rule, status in ask(
            small_warehouse,
            "select table_name, rule_id, status from quality.rule_results "
            "where status in ('PASS', 'WARN', 'FAIL', 'ERROR')",
        )
    }
    found = {
        (f"{each['namespace'].rpartition('/')[2]}.{each['name']}", assertion["name"]): assertion["success"]
        for each in jobs["rules"]["inputs"]
        for assertion in each["inputFacets"]["dataQualityAssertions"]["assertions"]
    }
    assert found == expected
    assert set(found.values()) == {True, False}


# --- what must not happen ---------------------------------------------------------------------------------------------
def test_nothing_of_this_machine_stands_in_it(lines: list[str], small_warehouse: Settings) -> None:
    text = "\n".join(lines)
    for path in (small_warehouse.warehouse, small_warehouse.landing, PROJECT, Path.home()):
        assert str(path) not in text


def test_hostile_file_names_survive_as_json_one_event_to_a_line(small_warehouse: Settings, tmp_path: Path) -> None:
    settings = replace(small_warehouse, warehouse=tmp_path / "warehouse")
    source = small_warehouse.current_db.resolve().parent
    folder = settings.published / source.name
    folder.mkdir(parents=True)
    for name in ("occ.duckdb", "generation.json"):
        shutil.copy(source / name, folder / name)
    (settings.published / "current").symlink_to(source.name)
    ids = sorted(_counting(small_warehouse))[: len(HOSTILE)]
    with duckdb.connect(str(folder / "occ.duckdb")) as con:
        for delivery_id, name in zip(ids, HOSTILE, strict=True):
            con.execute("update quality.deliveries set name = ? where delivery_id = ?", [name, delivery_id])
    settings.export()
    lineage_command(out=tmp_path / "lineage.jsonl", warehouse=settings.warehouse)
    written = (tmp_path / "lineage.jsonl").read_text(encoding="ascii").splitlines()
    found = {
        each["name"]: {tag["key"]: tag["value"] for tag in each["facets"]["tags"]["tags"]}["name"]
        for line in written
        for each in json.loads(line)["inputs"]
        if each["namespace"] == "occ://west_mercia/deliveries"
    }
    for delivery_id, name in zip(ids, HOSTILE, strict=True):
        assert found[f"{name}@{delivery_id}"] == name
    assert (tmp_path / "lineage.jsonl").stat().st_mode & 0o007 == 0


def test_a_file_that_cannot_be_written_is_said_and_nothing_is_left(small_warehouse: Settings, tmp_path: Path) -> None:
    small_warehouse.export()
    (tmp_path / "taken").mkdir()
    with pytest.raises(EnvironmentProblem, match="taken cannot be written"):
        lineage_command(out=tmp_path / "taken", warehouse=small_warehouse.warehouse)
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_generation_that_is_not_kept_is_refused_with_those_that_are(small_warehouse: Settings) -> None:
    kept = small_warehouse.current_db.resolve().parent.name
    for name in ("20300101T000000Z", "current", "..", f"../published/{kept}", ""):
        with pytest.raises(UsageProblem, match=kept):
            graph.folder_of(small_warehouse, name)
    assert graph.folder_of(small_warehouse, kept) == small_warehouse.current_db.resolve().parent


def test_models_of_other_code_do_not_say_what_a_generation_was_made_from(
    small_warehouse: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph, "code_version", lambda settings: "0123456789abcdef")
    with pytest.raises(EnvironmentProblem, match="OCC_PROFILE"):
        graph.read(small_warehouse, graph.folder_of(small_warehouse, None))


def test_where_nothing_is_published_the_command_says_so_in_one_line(tmp_path: Path) -> None:
    called = occ(settings_for(tmp_path, tmp_path), ["lineage"])
    assert (called.returncode, called.stdout) == (2, "")
    assert len(called.stderr.splitlines()) == 1
    assert "Nothing is published" in called.stderr
