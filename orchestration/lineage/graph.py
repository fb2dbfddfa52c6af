"""What a generation was made from: files, tables and pages with the steps between, from the models and its own file.

What belongs here: which step reads and writes what, and what is known of each. Not here: any standard's words for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.analysis import tables as analysis_tables
from orchestration.errors import EnvironmentProblem, UsageProblem
from orchestration.landing import Profile, load_profile
from orchestration.landing.shapes import load_shapes
from orchestration.publish.generation import Generation, Table, tables_to_publish
from orchestration.settings import Settings
from orchestration.versions import code_version
from orchestration.warehouse import dbt

# What landing writes of rows of any export. The rest of its schema, as which files came and count, is of no file's
# rows; every model asks it what is new, and through it every table would lead back to every file.
_OF_ALL_ROWS = ("delivered_columns", "quarantined_rows")
RULES = "rules"  # the job whose inputs are judged tables
_GENERATIONS = "generations"  # of schema quality: the one table that publishing itself writes
_DELIVERED = (
    "select delivery_id, name, sha256, bytes, export, contract, business_date, status, rows_read, "
    "rows_loaded, rows_superseded, rows_duplicate, rows_quarantined, rows_erased "
    "from quality.deliveries where status in ('LOADED', 'SUPERSEDED') order by export, business_date, delivery_id"
)
_JUDGED = (
    "select table_name, rule_id, sentence, dimension, severity, expectation, threshold, owner, status, checked_count, "
    "failed_count, generation from reports.quality_rules where status is not null order by table_name, rule_id"
)


@dataclass(frozen=True, order=True)
class Dataset:
    """A table by its schema and name; or a file, or pages, by the place that they lie in."""

    place: str
    name: str


@dataclass(frozen=True)
class Column:
    """A column of a table; what is not known is empty."""

    name: str
    type: str = ""
    description: str = ""


@dataclass(frozen=True)
class About:
    """What is known of a table; what is not known is empty."""

    kind: str  # TABLE or VIEW
    description: str = ""
    columns: tuple[Column, ...] = ()
    rows: int | None = None
    restricted: bool | None = None  # kept from audiences; None for what is not published


@dataclass(frozen=True)
class Delivery:
    """A delivered file that counts, as quality.deliveries publishes it. The name is as the sender wrote it."""

    delivery_id: str
    name: str
    sha256: str
    bytes: int
    export: str
    contract: str
    business_date: str
    status: str  # LOADED, or SUPERSEDED when no row of it stands any more
    rows: Mapping[str, int]  # by what became of them, all of them under `read`

    @property
    def dataset(self) -> Dataset:
        # Files of one name and other bytes may count side by side.
        return Dataset("deliveries", f"{self.name}@{self.delivery_id}")


@dataclass(frozen=True)
class Judgement:
    """What came of a quality rule when it last judged a table."""

    rule_id: str
    sentence: str
    dimension: str
    severity: str
    expectation: str
    threshold: str
    owner: str
    status: str  # PASS, WARN, FAIL; ERROR where the rule could not be computed
    checked_count: int
    failed_count: int
    generation: str  # that it was judged for


@dataclass(frozen=True)
class Job:
    """A step of the run, or who reads what it published."""

    name: str
    description: str
    inputs: tuple[Dataset, ...]
    outputs: tuple[Dataset, ...]
    kind: str = "TASK"  # MODEL for what dbt builds
    owner: str = ""


@dataclass(frozen=True)
class Lineage:
    """A generation with every step behind it, and what is known of what they read and write."""

    force: str
    generation: Generation
    jobs: list[Job]
    about: Mapping[Dataset, About]
    deliveries: Mapping[Dataset, Delivery]
    judgements: Mapping[Dataset, list[Judgement]]


def folder_of(settings: Settings, name: str | None) -> Path:
    """The folder of a generation that is kept, or of the one that is out. Raises UsageProblem for one that is not."""
    if name is None:
        return (settings.published / "current").resolve()
    folders = (path.parent for path in settings.published.glob("*/generation.json"))
    kept = sorted(folder.name for folder in folders if not folder.is_symlink())
    if name not in kept:
        raise UsageProblem(f"There is no generation {name!r} in {settings.published}; kept are: {', '.join(kept)}.")
    return settings.published / name


def read(settings: Settings, folder: Path) -> Lineage:
    """The lineage of the generation in a folder.

    Raises EnvironmentProblem when other code or another profile made it than stand here: models of today do not say
    what tables of then were made from.
    """
    generation = Generation.read(folder)
    if generation.code_version != code_version(settings):
        raise EnvironmentProblem(
            f"The models, rules or profile here are not those that made generation {generation.generation}, so they "
            "cannot say what it was made from. Publish with them (occ run), or name its profile (OCC_PROFILE)."
        )
    nodes = dbt.manifest_nodes(settings)
    with duckdb.connect(str(folder / "occ.duckdb"), read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        published = tables_to_publish(con, nodes | analysis_tables.as_nodes())
        deliveries = [_delivery(row) for row in con.execute(_DELIVERED).fetchall()]
        judgements: dict[Dataset, list[Judgement]] = {}
        for table, *said in con.execute(_JUDGED).fetchall():
            judgements.setdefault(_dataset(table), []).append(Judgement(*said))
    made = _Jobs(nodes, [Dataset(table.schema, table.name) for table in published])
    profile = load_profile(settings.profile)
    return Lineage(
        force=profile.name,
        generation=generation,
        jobs=[
            *landing(deliveries, profile),
            *made.preparing(),
            *made.models(),
            *_analysis(),
            *made.rules(judgements),
            *made.publishing(),
            *_audiences(folder),
            *made.reports(dbt.exposures(settings)),
        ],
        about=dict(_landed(nodes)) | dict(_built(nodes)) | dict(_published(published, generation)),
        deliveries={delivery.dataset: delivery for delivery in deliveries},
        judgements=judgements,
    )


def _delivery(row: tuple[Any, ...]) -> Delivery:
    delivery_id, name, sha256, size, export, contract, day, status, *counts = row
    became = ("read", "loaded", "superseded", "duplicate", "quarantined", "erased")
    rows = dict(zip(became, counts, strict=True))
    return Delivery(delivery_id, name, sha256, size, export, contract, f"{day:%Y-%m-%d}", status, rows)


def _dataset(full_name: str) -> Dataset:
    schema, _, name = full_name.partition(".")
    return Dataset(schema, name)


def _relation(node: Mapping[str, Any]) -> Dataset:
    return Dataset(node["schema"], node["identifier" if node["resource_type"] == "source" else "alias"])


def landing(deliveries: Iterable[Delivery], profile: Profile) -> Iterator[Job]:
    """One job for each export, also for one of which nothing was delivered: its table is there, empty."""
    # A file of several kinds of rows goes to several exports.
    exports_of = {each.name: [row.export for row in each.rows] for each in profile.contracts}
    files: dict[str, list[Dataset]] = {export: [] for export in load_shapes()}
    for delivery in deliveries:
        for export in dict.fromkeys([delivery.export, *exports_of.get(delivery.contract, ())]):
            files[export].append(delivery.dataset)
    of_all = tuple(Dataset("landing", name) for name in _OF_ALL_ROWS)
    for export, inputs in sorted(files.items()):
        yield Job(
            f"land.{export}",
            "Delivered files recognised, read by contract and stored; personal identifiers become tokens.",
            tuple(inputs),
            (Dataset("landing", export), *of_all),
        )


class _Jobs:
    """The steps of a run, from what the models say they read."""

    def __init__(self, nodes: Mapping[str, Any], published: Iterable[Dataset]) -> None:
        self.nodes = nodes
        self.published = sorted(published)

    def preparing(self) -> Iterator[Job]:
        """What the models know beside the rows."""
        of_rows = {*load_shapes(), *_OF_ALL_ROWS}
        prepared = sorted(each for each in self._sources("landing") if each.name not in of_rows)
        said = "Which files came and count, what the run has to do, and what was published before it."
        yield Job("prepare", said, (), tuple(prepared))

    def models(self) -> Iterator[Job]:
        """One job for each model and each list of reference data; an ephemeral model is part of those that read it."""
        for unique_id, node in sorted(self.nodes.items()):
            if node["resource_type"] == "seed":
                file = Dataset("profile", f"reference/{node['name']}.csv")
                yield Job(f"seed.{node['name']}", node["description"], (file,), (_relation(node),), "MODEL")
            elif node["resource_type"] == "model" and not _is_ephemeral(node):
                made = _relation(node)
                inputs = tuple(sorted(self._read_by(unique_id)))
                yield Job(f"model.{made.place}.{made.name}", node["description"], inputs, (made,), "MODEL")

    def rules(self, judged: Iterable[Dataset]) -> Iterator[Job]:
        results = [each for each in self._sources("quality") if each.name != _GENERATIONS]
        yield Job(
            RULES, "The quality rules, judged by Great Expectations.", tuple(sorted(judged)), tuple(sorted(results))
        )

    def publishing(self) -> Iterator[Job]:
        itself = Dataset("quality", _GENERATIONS)
        yield Job(
            "publish",
            "One new generation, after the audit: what is out from then on.",
            tuple(each for each in self.published if each != itself),
            (itself, Dataset("published", "occ.duckdb")),
        )

    def reports(self, exposures: Mapping[str, Any]) -> Iterator[Job]:
        """Who reads what is published, as the exposures say."""
        for _, said in sorted(exposures.items()):
            yield Job(
                f"report.{said['name']}",
                " ".join(said["description"].split()),
                tuple(sorted(self._relations(said["depends_on"]["nodes"]))),
                (Dataset("exposures", said["name"]),),
                owner=said["owner"].get("name") or "",
            )

    def _sources(self, schema: str) -> Iterator[Dataset]:
        for node in self.nodes.values():
            if node["resource_type"] == "source" and node["schema"] == schema:
                yield _relation(node)

    def _read_by(self, unique_id: str) -> set[Dataset]:
        return self._relations(self.nodes[unique_id]["depends_on"]["nodes"])

    def _relations(self, unique_ids: Iterable[str]) -> set[Dataset]:
        """The tables behind nodes: an ephemeral model has none of its own, so what it reads."""
        found: set[Dataset] = set()
        for unique_id in unique_ids:
            node = self.nodes[unique_id]
            found |= self._read_by(unique_id) if _is_ephemeral(node) else {_relation(node)}
        return found


def _analysis() -> Iterator[Job]:
    """The analyses as the one step that they are: which of them reads which table is not told apart."""
    yield Job(
        "analyse",
        "Effects, associations, forecasts and what may leave the force, from the figures as built.",
        tuple(sorted(map(_dataset, analysis_tables.ANALYSED))),
        tuple(sorted(map(_dataset, analysis_tables.TABLES))),
    )


def _is_ephemeral(node: Mapping[str, Any]) -> bool:
    return bool(node["resource_type"] == "model" and node["config"]["materialized"] == "ephemeral")


def _audiences(folder: Path) -> Iterator[Job]:
    """The file of each audience, from the tables that are in it."""
    for file in sorted(folder.glob("audience/*/occ.duckdb")):
        audience = file.parent.name
        with duckdb.connect(str(file), read_only=True) as con:
            listed = con.execute("select table_schema, table_name from information_schema.tables order by all")
            tables = tuple(Dataset(schema, name) for schema, name in listed.fetchall())
        yield Job(
            f"publish.audience.{audience}",
            "What an audience may read, in a file of its own.",
            tables,
            (Dataset("published", f"audience/{audience}/occ.duckdb"),),
        )


def _landed(nodes: Mapping[str, Any]) -> Iterator[tuple[Dataset, About]]:
    """Landing tables: the columns of exports as their shapes have them."""
    shapes = load_shapes()
    for node in nodes.values():
        if node["resource_type"] == "source" and node["schema"] == "landing":
            dataset = _relation(node)
            stored = shapes[dataset.name].stored_columns() if dataset.name in shapes else {}
            columns = tuple(Column(name, kind) for name, kind in stored.items())
            yield dataset, About("TABLE", node["description"], columns)


def _built(nodes: Mapping[str, Any]) -> Iterator[tuple[Dataset, About]]:
    """What dbt builds, as the models describe it."""
    for node in nodes.values():
        if node["resource_type"] == "seed" or (node["resource_type"] == "model" and not _is_ephemeral(node)):
            columns = tuple(
                Column(name, said.get("data_type") or "", said["description"]) for name, said in node["columns"].items()
            )
            kind = "VIEW" if node["config"]["materialized"] == "view" else "TABLE"
            yield _relation(node), About(kind, node["description"], columns)


def _published(tables: Iterable[Table], generation: Generation) -> Iterator[tuple[Dataset, About]]:
    """What is in the generation, with its columns as they are there, and how many rows where it wrote them down."""
    for table in tables:
        months = generation.fingerprints.get(table.full_name)
        columns = tuple(
            Column(name, kind, table.column_descriptions.get(name, "")) for name, kind in table.columns.items()
        )
        yield (
            Dataset(table.schema, table.name),
            About(
                "VIEW" if table.full_name in generation.views else "TABLE",
                table.description,
                columns,
                None if months is None else sum(rows for rows, _ in months.values()),
                table.restricted,
            ),
        )
