"""Runs the rules: compiles them to Great Expectations suites, one for each table and scope, and reads their results.

Whatever a rule does, the others are judged; a rule that raised is ERROR and never looks like a pass or a fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from orchestration.progress import note
from orchestration.quality.batches import Batch, NoBatch, RuleDatabase, rule_database
from orchestration.quality.breakdown import Broken, Failing, break_down
from orchestration.quality.results import write_results
from orchestration.quality.rules import (
    BATCH_TYPES,
    BuiltIn,
    Rule,
    RuleResult,
    Status,
    load_rules,
    without_values,
)

__all__ = ["blocking_problems", "run_rules", "write_results"]

Progress = Callable[[str, int, int], None]
NOTHING_TO_JUDGE = "there was nothing to judge"


def run_rules(
    build_db: Path, *, generation: str, full: bool, rules_dir: Path, progress: Progress | None = None
) -> list[RuleResult]:
    """Judge the build database by every rule below `rules_dir`; one result a rule, in the rules' order.

    `full` judges all rows, else each rule judges the rows of its scope. The file is opened read-only and is free again
    afterwards. Raises RuleProblem when a rule cannot be understood, and duckdb.Error when the file cannot be opened;
    a rule that cannot be computed is a result.
    """
    rules = load_rules(rules_dir)
    by_batch = groupby(sorted(rules, key=_batch_of), key=_batch_of)
    results: dict[str, RuleResult] = {}
    with rule_database(build_db, full=full) as database:
        runner = _Runner(database, generation)
        for _, group in by_batch:
            if progress:
                progress("judging the quality", len(results), len(rules))
            results |= {result.rule_id: result for result in runner.judge(list(group))}
        runner.close()
    if progress:
        progress("judging the quality", len(rules), len(rules))
    return [results[rule.id] for rule in rules]


def blocking_problems(results: Iterable[RuleResult]) -> list[str]:
    """What must stop publishing: rules marked blocking that could not be computed. A failed rule never stops it."""
    return [
        f"{result.rule_id} could not be computed: {result.reason}"
        for result in results
        if result.rule.blocking and result.status is Status.ERROR
    ]


def _batch_of(rule: Rule) -> tuple[str, str]:
    return rule.table, rule.scope


@dataclass(frozen=True)
class _Counts:
    checked: int
    failed: int


class _CannotBeComputed(Exception):
    """Why a rule raised, without values from the data."""


class _Runner:
    """Judges one batch after another with one Great Expectations context, made when the first rows are there."""

    def __init__(self, database: RuleDatabase, generation: str) -> None:
        self._database = database
        self._generation = generation
        self._expectations: _Expectations | None = None

    def judge(self, rules: Sequence[Rule]) -> list[RuleResult]:
        """Results of the rules of one table and scope."""
        try:
            batch = self._database.batch(rules[0].table, rules[0].scope)
        except Exception as error:
            return [self._result(rule, Status.ERROR, reason=_said(error)) for rule in rules]
        if isinstance(batch, NoBatch):
            return [self._result(rule, Status.NOT_RUN, reason=batch.reason) for rule in rules]
        if batch.row_count == 0:
            return [self._result(rule, Status.NOT_APPLICABLE, reason=NOTHING_TO_JUDGE) for rule in rules]
        if self._expectations is None:
            self._expectations = _Expectations(self._database)
        outcomes = self._expectations.counts(batch, rules)
        results = [self._judged(rule, batch, outcome) for rule, outcome in zip(rules, outcomes, strict=True)]
        return self._told(batch, results)

    def _told(self, batch: Batch, results: Sequence[RuleResult]) -> list[RuleResult]:
        """The results, those that failed with their failing rows by part and some by reference, or why not."""
        failing, found = [], {}
        for result in results:
            if result.status in {Status.WARN, Status.FAIL}:
                try:
                    expectation = result.rule.expectation
                    arguments = self._database.arguments(expectation) if isinstance(expectation, BuiltIn) else {}
                    failing.append(Failing.of(result.rule, result.failed_count, batch, arguments))
                except Exception as problem:
                    found[result.rule_id] = Broken(problem=_said(problem))
        found |= break_down(self._database, batch, failing)
        return [_with(result, found.get(result.rule_id, Broken())) for result in results]

    def close(self) -> None:
        if self._expectations is not None:
            self._expectations.close()

    def _judged(self, rule: Rule, batch: Batch, outcome: _Counts | _CannotBeComputed) -> RuleResult:
        if isinstance(outcome, _CannotBeComputed):
            return self._result(rule, Status.ERROR, reason=str(outcome))
        if outcome.checked == 0 and outcome.failed == 0:
            return self._result(rule, Status.NOT_APPLICABLE, reason=NOTHING_TO_JUDGE)
        return RuleResult(
            rule=rule,
            generation=self._generation,
            status=rule.threshold.judge(outcome.failed, outcome.checked),
            checked_count=outcome.checked,
            failed_count=outcome.failed,
            business_date=batch.business_date,
        )

    def _result(self, rule: Rule, status: Status, *, reason: str) -> RuleResult:
        return RuleResult(rule=rule, generation=self._generation, status=status, reason=reason)


class _Expectations:
    """Great Expectations over the rule database."""

    def __init__(self, database: RuleDatabase) -> None:
        from orchestration.quality.duckdb_reading import great_expectations, unsaved

        self._gx = great_expectations()
        self._database = database
        self._context = unsaved(self._gx.get_context(mode="ephemeral"))
        self._context.variables.progress_bars = {"globally": False, "metric_calculations": False}
        self._source = self._context.data_sources.add_or_update_sql("build", connection_string=database.url)

    def counts(self, batch: Batch, rules: Sequence[Rule]) -> list[_Counts | _CannotBeComputed]:
        """What each rule counted, or why it could not be computed."""
        outcomes: dict[str, _Counts | _CannotBeComputed] = {}
        compiled: dict[str, Any] = {}
        checked = self._checked(batch, rules, outcomes)
        for rule in rules:
            if rule.id in outcomes:
                continue
            try:
                compiled[rule.id] = self._compile(rule, batch)
            except Exception as error:
                outcomes[rule.id] = _CannotBeComputed(_said(error))
        found = self._validate(batch, compiled)
        raised = [rule_id for rule_id in compiled if _raised(found.get(rule_id)) is not None]
        if len(raised) > 1:
            # Metrics of one batch share a query, so that one that raises takes others with it: ask each by itself.
            for rule_id in raised:
                found |= self._validate(batch, {rule_id: compiled[rule_id]})
        for rule in rules:
            if rule.id in compiled:
                outcomes[rule.id] = _read(rule, found.get(rule.id), batch, checked.get(rule.id))
        return [outcomes[rule.id] for rule in rules]

    def close(self) -> None:
        """Let go of every connection: the build database is opened for writing next."""
        self._source.get_engine().dispose()
        execution_engine = self._source.get_execution_engine()
        execution_engine.close()
        execution_engine.engine.dispose()

    def _checked(
        self, batch: Batch, rules: Sequence[Rule], outcomes: dict[str, _Counts | _CannotBeComputed]
    ) -> dict[str, int]:
        """How many units each query of failing rows could judge: in one pass, or one by one where one raises."""
        aggregates = {
            rule.id: rule.expectation.checked_count(batch.full_name)
            for rule in rules
            if not isinstance(rule.expectation, BuiltIn)
        }
        try:
            counted = self._database.checked(batch, list(aggregates.values()))
            return dict(zip(aggregates, counted, strict=True))
        except Exception:
            found = {}
            for rule_id, aggregate in aggregates.items():
                try:
                    (found[rule_id],) = self._database.checked(batch, [aggregate])
                except Exception as error:
                    outcomes[rule_id] = _CannotBeComputed(_said(error))
            return found

    def _compile(self, rule: Rule, batch: Batch) -> Any:
        """The expectation of a rule, with the rule's id in its meta."""
        from great_expectations.expectations.registry import get_expectation_impl

        from orchestration.quality.duckdb_reading import failing_rows_expectation

        meta = {"rule_id": rule.id}
        if isinstance(rule.expectation, BuiltIn):
            arguments = self._database.arguments(rule.expectation)
            return get_expectation_impl(rule.expectation.type)(**arguments, meta=meta)
        view = self._database.failing_view(rule, rule.expectation, batch)
        # The view reads the batch; Great Expectations asks to see the batch named.
        return failing_rows_expectation()(
            unexpected_rows_query=f"select failing from {view} /* {{batch}} */", meta=meta
        )

    def _validate(self, batch: Batch, compiled: dict[str, Any]) -> dict[str, Any]:
        """Great Expectations' result of each rule id, or what it raised instead of any."""
        if not compiled:
            return {}
        try:
            return self._run_suite(batch, compiled)
        except Exception as error:
            return dict.fromkeys(compiled, error)

    def _run_suite(self, batch: Batch, compiled: dict[str, Any]) -> dict[str, Any]:
        # Of the batch itself: a validation definition would write itself, the suite and the results to a store of its
        # own for each batch, which nobody reads.
        suite = self._gx.ExpectationSuite(name=batch.name, expectations=list(compiled.values()))
        found = self._rows_of(batch).get_batch().validate(suite, result_format="BASIC").results
        return {result.expectation_config.meta["rule_id"]: result for result in found}

    def _rows_of(self, batch: Batch) -> Any:
        """The batch as Great Expectations names it."""
        try:
            asset = self._source.get_asset(batch.name)
        except LookupError:
            asset = self._source.add_table_asset(batch.name, table_name=batch.name)
            return asset.add_batch_definition_whole_table("rows")
        return asset.get_batch_definition("rows")


def _with(result: RuleResult, broken: Broken) -> RuleResult:
    if broken.problem is not None:
        note(f"Which rows fail {result.rule_id} could not be told: {broken.problem}")
        return replace(result, reason=f"which rows fail could not be told: {broken.problem}")
    return replace(result, parts=broken.parts, samples=broken.samples)


def _read(rule: Rule, result: Any, batch: Batch, checked: int | None) -> _Counts | _CannotBeComputed:
    """Counts of one result; whatever is not plainly a count is a rule that could not be computed."""
    raised = _raised(result)
    if raised is not None:
        return _CannotBeComputed(_said(raised))
    found = result.result
    try:
        if checked is not None:
            return _Counts(checked, int(found["observed_value"]))
        if isinstance(rule.expectation, BuiltIn) and rule.expectation.type in BATCH_TYPES:
            return _Counts(batch.row_count, 0 if result.success else batch.row_count)
        return _Counts(int(found["element_count"]) - int(found.get("missing_count", 0)), int(found["unexpected_count"]))
    except (KeyError, TypeError, ValueError):
        return _CannotBeComputed("the result holds no counts")


def _raised(result: Any) -> str | None:
    """The message of the first exception in a result, or None. It stands at the top, or below each metric's id."""
    if result is None:
        return "no result came back"
    if isinstance(result, Exception):
        return str(result) or type(result).__name__
    info = result.exception_info or {}
    entries = [info] if "raised_exception" in info else list(info.values())
    for entry in entries:
        if isinstance(entry, dict) and entry.get("raised_exception"):
            return str(entry.get("exception_message") or "it raised without a message")
    return None


def _said(problem: object) -> str:
    return without_values(str(problem)) or type(problem).__name__
