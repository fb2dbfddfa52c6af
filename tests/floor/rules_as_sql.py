"""The rules as plain SQL: all rules of a table and scope folded into one SELECT, without Great Expectations.

What a rule says is read from `expectations/` by the same language, and the rows to judge are the same batches; how many
fail is counted here in another way than the engine does. The bench sets the cost of one beside the other's, and a test
the counts.

    python -m tests.floor.rules_as_sql DATABASE day|year            as plain SQL on a build database
    python -m tests.floor.rules_as_sql DATABASE day|year --engine   as a run judges them, failing rows told and all
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from orchestration.quality.batches import NoBatch, RuleDatabase, rule_database
from orchestration.quality.conditions import condition_of
from orchestration.quality.rules import BATCH_TYPES, BuiltIn, FailingRows, Rule, load_rules
from orchestration.settings import RULES


def failing_counts(build_db: Path, *, full: bool, rules_dir: Path = RULES) -> dict[str, int]:
    """How many units fail each rule that has rows to judge; rules of a batch as one (a mean, a row count) are left out.

    Raises duckdb.Error when a rule cannot be computed.
    """
    rules = sorted(load_rules(rules_dir), key=lambda rule: (rule.table, rule.scope))
    found: dict[str, int] = {}
    with rule_database(build_db, full=full) as database:
        for _, group in groupby(rules, key=lambda rule: (rule.table, rule.scope)):
            found |= _counts(database, [rule for rule in group if not _is_of_the_batch(rule)])
    return found


def _is_of_the_batch(rule: Rule) -> bool:
    return isinstance(rule.expectation, BuiltIn) and rule.expectation.type in BATCH_TYPES


def _counts(database: RuleDatabase, rules: Sequence[Rule]) -> dict[str, int]:
    batch = database.batch(rules[0].table, rules[0].scope) if rules else NoBatch("no rules")
    if isinstance(batch, NoBatch) or batch.row_count == 0:
        return {}
    counts = "".join(f",\n{_count(database, rule, batch.full_name)}" for rule in rules)
    ((_, *row),) = database.rows(f"select count(*){counts} from {batch.full_name}")
    return {rule.id: int(count) for rule, count in zip(rules, row, strict=True)}


def _count(database: RuleDatabase, rule: Rule, batch: str) -> str:
    """What counts the failing units of a rule, in a SELECT on the batch."""
    said = rule.expectation
    if isinstance(said, FailingRows):
        return f"(select count(*) from (\n{said.query(batch)}\n) as failing)"
    if isinstance(said, BuiltIn):
        condition = condition_of(said.type, database.arguments(said))
        if condition.repeated:
            groups = f"where {condition.judged} group by {', '.join(condition.repeated)} having count(*) > 1"
            return f"(select coalesce(sum(n), 0) from (select count(*) as n from {batch} {groups}) as repeated)"
        judged, fails = condition.judged, condition.fails
    else:
        judged, fails = said.judged_where, said.fails_where
    return f"count(*) filter (where ({judged}) and ({fails}))"


def main(arguments: Sequence[str] | None = None) -> None:
    """The command: prints how many rules were judged and how many fail anywhere."""
    build_db, extent, *how = sys.argv[1:] if arguments is None else arguments
    full = {"day": False, "year": True}[extent]
    if "--engine" in how:
        from orchestration.quality.run import run_rules

        results = run_rules(Path(build_db), generation="bench", full=full, rules_dir=RULES)
        counts = {result.rule_id: result.failed_count for result in results if result.checked_count}
    else:
        counts = failing_counts(Path(build_db), full=full)
    print(f"{len(counts)} rules judged, {sum(count > 0 for count in counts.values())} with failing rows")


if __name__ == "__main__":
    main()
