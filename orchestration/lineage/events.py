"""Lineage as OpenLineage events, spec 2-0-2: what each thing is called there. Nothing is read here, nothing is sent.

Run events only, as consumers know them best: each step of the run starts and completes, and completes with all that it
reads and writes. Ids and times come from the generation, so that the same one gives the same events every time.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

from openlineage.client import facet_v2 as facet
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import DatasetFacet, InputDatasetFacet, JobFacet, OutputDatasetFacet, RunFacet
from openlineage.client.serde import Serde

from orchestration.lineage import graph
from orchestration.lineage.graph import About, Dataset, Delivery, Judgement, Lineage

PRODUCER = "occ://warehouse/occ"  # of its path some consumers take the last word for the kind of pipeline
_WHOLE_RUN = graph.Job("run", "One run, from what was delivered to what is published.", (), ())


def lines(lineage: Lineage) -> Iterator[str]:
    """The events as JSON, one to a line, in plain ASCII: whatever a sender called a file, a line stays a line."""
    facet.set_producer(PRODUCER)
    for event in _Words(lineage).events():
        yield Serde.to_json(event, separators=(",", ":"))


class _Words:
    """A generation's lineage in OpenLineage's words."""

    def __init__(self, lineage: Lineage) -> None:
        self.lineage = lineage
        self.namespace = f"occ://{lineage.force}"
        name = lineage.generation.generation.partition("-")[0]  # two runs of one second are told apart by a number
        self.started_at = datetime.strptime(name, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).isoformat(timespec="seconds")

    def events(self) -> Iterator[RunEvent]:
        yield self.start(_WHOLE_RUN)
        for job in self.lineage.jobs:
            yield self.start(job)
            yield self.complete(job)
        yield self.complete(_WHOLE_RUN)

    def start(self, job: graph.Job) -> RunEvent:
        return RunEvent(
            eventType=RunState.START, eventTime=self.started_at, run=self._run(job), job=Job(self.namespace, _name(job))
        )

    def complete(self, job: graph.Job) -> RunEvent:
        return RunEvent(
            eventType=RunState.COMPLETE,
            eventTime=self.lineage.generation.published_at,
            run=self._run(job),
            job=Job(self.namespace, _name(job), facets=_job_facets(job)),
            inputs=[self._input(job, dataset) for dataset in job.inputs],
            outputs=[self._output(dataset) for dataset in job.outputs],
        )

    def _run_id(self, job: graph.Job) -> str:
        generation = self.lineage.generation.generation
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.namespace}/published/{generation}/{_name(job)}"))

    def _run(self, job: graph.Job) -> Run:
        # Some consumers tell by the engine which kind of pipeline it is, and refuse events that name none.
        engine = facet.processing_engine_run.ProcessingEngineRunFacet(self.lineage.generation.code_version, name="occ")
        facets: dict[str, RunFacet] = {"processing_engine": engine}
        if job is not _WHOLE_RUN:
            facets["parent"] = facet.parent_run.ParentRunFacet(
                run=facet.parent_run.Run(self._run_id(_WHOLE_RUN)),
                job=facet.parent_run.Job(self.namespace, _name(_WHOLE_RUN)),
            )
        return Run(self._run_id(job), facets=facets)

    def _place(self, dataset: Dataset) -> str:
        return f"{self.namespace}/{dataset.place}"

    def _input(self, job: graph.Job, dataset: Dataset) -> InputDataset:
        facets: dict[str, DatasetFacet] = {}
        said: dict[str, InputDatasetFacet] = {}
        if delivery := self.lineage.deliveries.get(dataset):
            facets = _file_facets(delivery)
            said["inputStatistics"] = facet.input_statistics_input_dataset.InputStatisticsInputDatasetFacet(
                rowCount=delivery.rows["read"], size=delivery.bytes, fileCount=1
            )
        if job.name == graph.RULES:
            said["dataQualityAssertions"] = facet.data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet(
                [_assertion(each) for each in self.lineage.judgements[dataset]]
            )
        return InputDataset(self._place(dataset), dataset.name, inputFacets=said, facets=facets)

    def _output(self, dataset: Dataset) -> OutputDataset:
        about = self.lineage.about.get(dataset)
        facets: dict[str, DatasetFacet] = _table_facets(about) if about else {}
        said: dict[str, OutputDatasetFacet] = {}
        if about and about.rows is not None:
            said["outputStatistics"] = facet.output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
                rowCount=about.rows
            )
        if dataset.place == "published":
            facets = self._published_facets()
        return OutputDataset(self._place(dataset), dataset.name, outputFacets=said, facets=facets)

    def _published_facets(self) -> dict[str, DatasetFacet]:
        generation = self.lineage.generation
        return {
            "datasetType": facet.dataset_type_dataset.DatasetTypeDatasetFacet("FILE"),
            "version": facet.dataset_version_dataset.DatasetVersionDatasetFacet(generation.generation),
            "tags": _tags(content_hash=generation.content_hash, code_version=generation.code_version),
        }


def _name(job: graph.Job) -> str:
    """A step is called after the run that it is a part of, as is usual there."""
    return job.name if job is _WHOLE_RUN else f"{_WHOLE_RUN.name}.{job.name}"


def _job_facets(job: graph.Job) -> dict[str, JobFacet]:
    facets: dict[str, JobFacet] = {
        "jobType": facet.job_type_job.JobTypeJobFacet(
            processingType="BATCH", integration="DBT" if job.kind == "MODEL" else "OCC", jobType=job.kind
        ),
        "documentation": facet.documentation_job.DocumentationJobFacet(job.description.strip()),
    }
    if job.owner:
        facets["ownership"] = facet.ownership_job.OwnershipJobFacet([facet.ownership_job.Owner(job.owner)])
    return facets


def _file_facets(delivery: Delivery) -> dict[str, DatasetFacet]:
    became = {f"rows_{name}": str(count) for name, count in delivery.rows.items() if count and name != "read"}
    return {
        "datasetType": facet.dataset_type_dataset.DatasetTypeDatasetFacet("FILE"),
        "version": facet.dataset_version_dataset.DatasetVersionDatasetFacet(delivery.sha256),
        "tags": _tags(
            name=delivery.name,
            status=delivery.status,
            contract=delivery.contract,
            business_date=delivery.business_date,
            **became,
        ),
    }


def _table_facets(about: About) -> dict[str, DatasetFacet]:
    facets: dict[str, DatasetFacet] = {"datasetType": facet.dataset_type_dataset.DatasetTypeDatasetFacet(about.kind)}
    if about.description:
        facets["documentation"] = facet.documentation_dataset.DocumentationDatasetFacet(about.description.strip())
    if about.columns:
        facets["schema"] = facet.schema_dataset.SchemaDatasetFacet(
            [
                facet.schema_dataset.SchemaDatasetFacetFields(
                    column.name, column.type or None, column.description or None, place, fields=None
                )
                for place, column in enumerate(about.columns, start=1)
            ]
        )
    if about.restricted is not None:
        facets["tags"] = _tags(restricted=str(about.restricted).lower())
    return facets


def _tags(**said: str) -> DatasetFacet:
    fields = facet.tags_dataset.TagsDatasetFacetFields
    return facet.tags_dataset.TagsDatasetFacet([fields(key, value, source="OCC") for key, value in said.items()])


def _assertion(judgement: Judgement) -> facet.data_quality_assertions_dataset.Assertion:
    return facet.data_quality_assertions_dataset.Assertion(
        assertion=judgement.expectation,
        success=judgement.status == "PASS",
        severity=judgement.severity,
        name=judgement.rule_id,
        description=judgement.sentence,
        expected=judgement.threshold,
        actual=f"{judgement.failed_count} of {judgement.checked_count} failed",
        params={
            "status": judgement.status,
            "dimension": judgement.dimension,
            "owner": judgement.owner,
            "generation": judgement.generation,
        },
    )
