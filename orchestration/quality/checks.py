"""The rules as Dagster asset checks. Light to import, for definitions read it at every start: no Great Expectations.

A check never stops a run: dirty data is stated, and the gate before publishing looks for itself.
"""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from orchestration.quality.rules import Rule, RuleResult, Status, load_rules
from orchestration.settings import RULES

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
    metadata: dict[str, str | int | float] = {
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


def _in_one_line(result: RuleResult) -> str:
    if result.reason is not None:
        return f"{result.status}: {result.reason}"
    return f"{result.status}: {result.failed_count:,} of {result.checked_count:,} fail ({result.rule.threshold})"
