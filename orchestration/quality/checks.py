"""The rules as Dagster asset checks. Light to import, for definitions read it at every start: no Great Expectations.

A check never stops a run: dirty data is stated, and the gate before publishing looks for itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from itertools import groupby
from pathlib import Path

import dagster as dg

from orchestration.quality.rules import PartCount, RowReference, Rule, RuleResult, Status, load_rules
from orchestration.settings import RULES

_PARTS_SHOWN = 10
_NUMBERS = {"failed_count", "checked_count", "source_row"}
_PASSED = {Status.PASS, Status.NOT_APPLICABLE, Status.NOT_RUN}


def check_specs(rules_dir: Path = RULES) -> list[dg.AssetCheckSpec]:
    """One spec a rule, on the asset of its table. Raises RuleProblem when a rule cannot be understood."""
    return [_spec(rule) for rule in load_rules(rules_dir)]


def to_check_result(result: RuleResult) -> dg.AssetCheckResult:
    """A rule's result as Dagster shows it.

    PASS passes, and so does what there was nothing to judge for, which its metadata says. WARN does not pass and warns;
    so do FAIL and ERROR, which are errors in a rule marked blocking.
    """
    is_error = result.rule.blocking and result.status in {Status.FAIL, Status.ERROR}
    metadata: dict[str, dg.RawMetadataValue] = {
        "status": str(result.status),
        "sentence": result.rule.sentence,
        "severity": str(result.rule.severity),
        "checked_count": result.checked_count,
        "failed_count": result.failed_count,
        "threshold": str(result.rule.threshold),
        "threshold_reason": result.rule.threshold.reason,
        "scope": str(result.rule.scope),
    }
    if result.failed_ratio is not None:
        metadata["failed_ratio"] = result.failed_ratio
    if result.business_date is not None:
        metadata["business_date"] = result.business_date.isoformat()
    if result.reason is not None:
        metadata["reason"] = result.reason
    if result.parts:
        metadata["failing_rows"] = _table(_shown(result.parts))
    if result.samples:
        metadata["row_references"] = _table(result.samples)
    return dg.AssetCheckResult(
        asset_key=asset_key(result.rule),
        check_name=result.rule_id,
        passed=result.status in _PASSED,
        severity=dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
        description=_in_one_line(result),
        metadata=metadata,
    )


def asset_key(rule: Rule) -> dg.AssetKey:
    """The asset of the table that a rule judges."""
    return dg.AssetKey([rule.schema_name, rule.table_name])


def _spec(rule: Rule) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        name=rule.id,
        asset=asset_key(rule),
        description=rule.sentence,
        blocking=False,
        metadata={
            "dimension": str(rule.dimension),
            "system": rule.system,
            "severity": str(rule.severity),
            "threshold": str(rule.threshold),
            "owner": rule.owner,
            "indicators": ", ".join(rule.indicators),
        },
    )


def _shown(parts: Sequence[PartCount]) -> list[PartCount]:
    """Of each kind of part those with most failing rows."""
    by_kind = groupby(parts, key=lambda part: part.part_type)
    return [part for _, mine in by_kind for part in list(mine)[:_PARTS_SHOWN]]


def _table(rows: Sequence[PartCount | RowReference]) -> dg.TableMetadataValue:
    columns = {field.name: "int" if field.name in _NUMBERS else "string" for field in fields(rows[0])}
    return dg.MetadataValue.table(
        records=[dg.TableRecord(asdict(row)) for row in rows],
        schema=dg.TableSchema([dg.TableColumn(name, kind) for name, kind in columns.items()]),
    )


def _in_one_line(result: RuleResult) -> str:
    counted = f"{result.failed_count:,} of {result.checked_count:,} fail ({result.rule.threshold})"
    if result.reason is None:
        return f"{result.status}: {counted}"
    return f"{result.status}: {f'{counted}; ' if result.checked_count else ''}{result.reason}"
