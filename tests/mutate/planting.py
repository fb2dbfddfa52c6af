"""Takes a planted fault the way of a real delivery: landing, models, rules; says what told of it.

The clean weeks before are landed, built and published once for each world, and copied; the last day is delivered to the
copy with the fault in it, and what a daily run does is done in this process: landing, the models that some rule reads
(and those they are made of), all rules. Left out are Dagster, models that no rule reads, their tests, and publishing.
What the same day tells without the fault is known before, so that only what the fault changes counts.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from orchestration.landing.shapes import load_shapes
from orchestration.publish.generation import Generation, move_pointer
from orchestration.quality.rules import RuleResult, load_rules
from orchestration.quality.run import run_rules
from orchestration.sample import write_sample
from orchestration.settings import RULES, Settings
from orchestration.versions import code_version
from orchestration.warehouse import dbt, steps
from tests.mutate.data_faults import REJECTED, SUMMER, WINTER, DataFault
from tests.mutate.sheets import Day, Sheet
from tests.support import settings_for

FAILING = frozenset({"WARN", "FAIL"})  # a rule that could not be computed has caught nothing
SEED, SCALE = 11, 0.3


@dataclass(frozen=True)
class Span:
    """The days of a world; the last one is delivered with the fault."""

    first: date
    last: date
    legacy: date


# Over four weeks of the same weekdays before; the last day ends a month, so that the month's files come with it.
SPANS = {
    SUMMER: Span(date(2021, 8, 30), date(2021, 9, 30), date(2021, 1, 1)),
    WINTER: Span(date(2021, 10, 25), date(2021, 11, 30), date(2021, 1, 1)),
}


@dataclass(frozen=True)
class Told:
    """What a delivery told: rules that do not pass with their status, and what was set aside."""

    rules: dict[str, str]
    files_rejected: int
    rows_rejected: int
    judged: int = 0


@dataclass(frozen=True)
class Verdict:
    """What came of one fault."""

    caught_by: tuple[str, ...]
    as_expected: bool


class World:
    """Clean weeks up to the day before the last, published; every fault gets a copy."""

    def __init__(self, folder: Path, kind: str, *, scale: float = SCALE, days: int | None = None) -> None:
        self.kind = kind
        self.span = SPANS[kind]
        self._days = days
        self._scale = scale
        probe = settings_for(folder, folder)
        self.folder = folder / f"{kind}_{code_version(probe)}_{scale}_{days or 'all'}"
        self.made = self.folder / "made"
        self._told: dict[bool, Told] = {}

    @property
    def base(self) -> Settings:
        return settings_for(self.made, self.made / "landing")

    def prepare(self, only: Sequence[str] | None = None) -> None:
        """Make the world unless it stands. `only`: of the rules' tables, those to build."""
        if (self.folder / "ready").exists():
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        first = self.span.last - timedelta(days=self._days) if self._days else self.span.first
        write_sample(
            self.folder / "sample",
            date_from=first,
            date_to=self.span.last,
            scale=self._scale,
            seed=SEED,
            legacy_months=[self.span.legacy],
            plant_faults=False,
            progress=None,
        )
        last = set(self._last_files())
        self.base.landing.mkdir(parents=True)
        for path in self._files():
            if path not in last:
                shutil.copy2(path, self.base.landing / path.name)
        self.base.warehouse.mkdir(parents=True, exist_ok=True)
        land_and_build(self.base, rules_on_deliveries(self.folder / "rules", only), full=True)
        publish_deliveries(self.base)
        (self.folder / "ready").touch()

    def day(self) -> Day:
        """The last day's files, clean, each with those before it."""
        sheets, before = {}, {}
        last = self._last_files()
        for path in last:
            export = _export(path)
            sheets[export] = Sheet.read(path)
            earlier = [each for each in self._files() if _export(each) == export and each not in last]
            before[export] = [Sheet.read(each) for each in sorted(earlier, key=lambda each: each.name)[-3:]]
        return Day(sheets, before)

    def told_when_clean(self, *, monthly: bool, only: Sequence[str] | None = None) -> Told:
        """What the last day tells without a fault."""
        if monthly not in self._told:
            self._told[monthly] = self._deliver(self.day(), monthly=monthly, only=only)
        return self._told[monthly]

    def told_with(self, fault: DataFault, only: Sequence[str] | None = None) -> Told:
        """What the last day tells with the fault in it."""
        day = self.day()
        fault.how(day, fault.export)
        return self._deliver(day, monthly=is_monthly(fault.export), only=only)

    def judge(self, fault: DataFault, only: Sequence[str] | None = None) -> Verdict:
        """Whether the fault was caught, and by what: the rules on the tables of those that should find it are asked
        first, and all the others only where these do not tell."""
        clean = self.told_when_clean(monthly=is_monthly(fault.export), only=only)
        expected = sorted({rule.table for rule in load_rules(RULES) if rule.id in fault.expects})
        if only is None and expected:
            found = verdict(fault, clean, self.told_with(fault, [*expected, "quality.deliveries"]))
            if found.caught_by:
                return found
        return verdict(fault, clean, self.told_with(fault, only))

    def _deliver(self, day: Day, *, monthly: bool, only: Sequence[str] | None) -> Told:
        copy = self.folder / f"copy_{os.getpid()}"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.made, copy, ignore=shutil.ignore_patterns("landing_files", "dbt_project"), symlinks=True)
        settings = settings_for(copy, copy / "landing")
        for name, data in day.data().items():
            if monthly or not is_monthly(name.split("_20")[0]):
                (settings.landing / name).write_bytes(data)
        rules = rules_on_deliveries(copy / "rules", only)
        land_and_build(settings, rules, full=False)
        results = run_rules(settings.build_db, generation="mutate", full=False, rules_dir=rules)
        told = _told(settings, results)
        shutil.rmtree(copy, ignore_errors=True)
        return told

    def _files(self) -> list[Path]:
        return sorted(path for path in (self.folder / "sample" / "landing").rglob("*.csv*") if path.is_file())

    def _last_files(self) -> list[Path]:
        """The last day's, the last month's, and the old system's month."""
        last, month = f"_{self.span.last:%Y%m%d}", f"_{self.span.last:%Y%m}01"
        chosen = []
        for path in self._files():
            export = _export(path)
            is_of_the_month = is_monthly(export) and month in path.name
            if last in path.name or is_of_the_month or export in {"legacy_incidents", "service_disruptions"}:
                chosen.append(path)
        return chosen


def is_monthly(export: str) -> bool:
    """Whether an export comes less often than daily."""
    return load_shapes()[export].cadence != "day"


def verdict(fault: DataFault, clean: Told, told: Told) -> Verdict:
    """What told of the fault that did not tell of the clean day."""
    by = [
        rule for rule, status in told.rules.items() if clean.rules.get(rule) not in FAILING or _worse(clean, told, rule)
    ]
    if told.files_rejected > clean.files_rejected or told.rows_rejected > clean.rows_rejected:
        by.append(REJECTED)
    return Verdict(tuple(sorted(by)), bool(set(by) & set(fault.expects)))


def _worse(clean: Told, told: Told, rule: str) -> bool:
    return told.rules[rule] == "FAIL" and clean.rules[rule] == "WARN"


def land_and_build(settings: Settings, rules: Path, *, full: bool) -> None:
    """Land what is delivered and build what the rules read."""
    settings.export()
    steps.land_deliveries(settings)
    unchanged = [] if full else ["config.materialized:view", "resource_type:seed"]  # as a daily run has it
    outcome = dbt.build(settings, full_refresh=full, exclude=[*unchanged, *_not_read(settings, rules)])
    if outcome.failed_models:
        raise RuntimeError(f"models that rules read could not be built: {outcome.failed_models[:3]}")


def _not_read(settings: Settings, rules: Path) -> list[str]:
    """Names of models and tests that no rule's table is made of."""
    nodes = dbt.manifest_nodes(settings)
    tables = _tables_of(rules)
    named = {f"{node['schema']}.{node['alias']}": key for key, node in nodes.items() if "alias" in node}
    needed: set[str] = set()
    waiting = [named[table] for table in tables if table in named]
    while waiting:
        key = waiting.pop()
        if key not in needed and key in nodes:
            needed.add(key)
            waiting += nodes[key].get("depends_on", {}).get("nodes", [])
    models = [node["name"] for key, node in nodes.items() if node["resource_type"] == "model" and key not in needed]
    return ["resource_type:test", *models]


def rules_on_deliveries(folder: Path, only: Sequence[str] | None = None) -> Path:
    """The rules that judge what was delivered and the marts made of it, of some tables or of all, in a folder.

    Rules on figures are left out with the models that they read: a figure is wrong only where its mart is.
    """
    shutil.rmtree(folder, ignore_errors=True)
    for path in sorted(RULES.rglob("*.yaml")):
        relative = path.relative_to(RULES)
        is_asked = only is None or relative.with_suffix("").as_posix().replace("/", ".") in only
        if is_asked and relative.parts[0] != "metrics" and "metrics." not in path.read_text():
            (folder / relative.parent).mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, folder / relative)
    return folder


def _tables_of(rules: Path) -> set[str]:
    """Every table that a rule judges, or asks in its query."""
    text = " ".join(path.read_text() for path in rules.rglob("*.yaml"))
    asked = set(re.findall(r"\b(?:marts|staging|intermediate|quality|metrics|reports)\.\w+", text))
    return asked | {rule.table for rule in load_rules(rules)}


def publish_deliveries(settings: Settings) -> None:
    """A generation of nothing but the deliveries: what comes next is a daily run that judges what is new."""
    with steps.build_database(settings) as con:
        name = con.execute("select generation from landing.run").fetchall()[0][0]
        batches = [row[0] for row in con.execute("select distinct batch from landing.deliveries").fetchall()]
        con.execute("drop table if exists landing.full_build_unfinished")
        con.execute("drop table if exists landing.taken_up")
        folder = settings.published / name
        folder.mkdir(parents=True)
        con.execute(f"attach '{folder / 'occ.duckdb'}' as published")
        con.execute("create schema published.quality")
        con.execute("create table published.quality.deliveries as select * from quality.deliveries")
        con.execute("detach published")
    generation = Generation(
        generation=name,
        published_at=datetime.now(UTC).isoformat(timespec="seconds"),
        content_hash="",
        code_version=code_version(settings),
        batches=batches,
        deliveries_count=0,
        fingerprints={},
        columns={},
        views=[],
        erasures=[],
    )
    (folder / "generation.json").write_text(json.dumps(generation.__dict__))
    move_pointer(settings, name)


def _told(settings: Settings, results: Sequence[RuleResult]) -> Told:
    failing = {result.rule_id: str(result.status) for result in results if str(result.status) in FAILING}
    with duckdb.connect(str(settings.build_db), read_only=True) as con:
        files, rows = con.execute(
            "select count(*) filter (is_quarantined), coalesce(sum(rows_quarantined), 0) from landing.deliveries"
        ).fetchall()[0]
    judged = sum(str(result.status) in {"PASS", *FAILING} for result in results)
    return Told(failing, int(files), int(rows), judged)


def _export(path: Path) -> str:
    return path.name.split("_20")[0]
