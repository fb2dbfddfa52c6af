"""The rule language: what one entry in `expectations/<schema>/<table>.yaml` may say, and what came of a rule.

The file's place names the table that its rules judge. Light to import: Dagster's definitions read rules at every start.
Nothing here touches data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from orchestration.errors import EnvironmentProblem

BATCH = "{batch}"


class RuleProblem(EnvironmentProblem):
    """A rule file says something that no rule can say. The message names file, rule and field."""


class Dimension(StrEnum):
    """The six dimensions of the Government Data Quality Framework."""

    completeness = "completeness"
    uniqueness = "uniqueness"
    consistency = "consistency"
    timeliness = "timeliness"
    validity = "validity"
    accuracy = "accuracy"


class Severity(StrEnum):
    """How much a broken rule matters to who reads the figures; `info` only tells and never fails."""

    info = "info"
    warning = "warning"
    error = "error"
    critical = "critical"


class Scope(StrEnum):
    """Which rows a rule judges in a run that carries the tables on. A run from nothing judges all rows."""

    delivered = "delivered"  # rows of the deliveries that no published generation holds yet
    touched = "touched"  # units of a mart that this run computes anew
    whole = "whole"  # every row of the table: for small tables, and for gaps that only the whole shows


class Status(StrEnum):
    """What came of a rule. NOT_APPLICABLE: there was nothing to judge. NOT_RUN: the table is not there or nothing of it
    was delivered. ERROR: the rule itself could not be computed, which never looks like a pass or a fail."""

    PASS = "PASS"  # noqa: S105
    WARN = "WARN"
    FAIL = "FAIL"
    ERROR = "ERROR"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    NOT_RUN = "NOT_RUN"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limit(_Entry):
    """How much may fail. With a share and a count, both must be exceeded: a share alone cries wolf on few rows."""

    share: float | None = Field(default=None, ge=0, le=1)
    count: int | None = Field(default=None, ge=0)

    @model_validator(mode="before")
    @classmethod
    def _number_is_a_share(cls, value: Any) -> Any:
        if isinstance(value, int | float) and not isinstance(value, bool):
            if not 0 <= value <= 1:
                raise ValueError(f"a share lies from 0 to 1; for a number of rows write {{count: {value}}}")
            return {"share": value}
        return value

    @model_validator(mode="after")
    def _says_something(self) -> Limit:
        if self.share is None and self.count is None:
            raise ValueError("say a share, a count or both")
        return self

    def is_exceeded(self, failed: int, checked: int) -> bool:
        over_share = self.share is None or failed > self.share * checked
        over_count = self.count is None or failed > self.count
        return over_share and over_count

    def __str__(self) -> str:
        parts = []
        if self.share is not None:
            parts.append(f"{self.share * 100:g} %")
        if self.count is not None:
            parts.append(f"{self.count} rows")
        return " and ".join(parts)


class Threshold(_Entry):
    """WARN over one limit, FAIL over the other, and why they lie where they lie."""

    warn_over: Limit
    fail_over: Limit | None = None
    reason: str = Field(min_length=10)

    def judge(self, failed: int, checked: int) -> Status:
        if self.fail_over is not None and self.fail_over.is_exceeded(failed, checked):
            return Status.FAIL
        return Status.WARN if self.warn_over.is_exceeded(failed, checked) else Status.PASS

    def __str__(self) -> str:
        return f"warn over {self.warn_over}" + (f", fail over {self.fail_over}" if self.fail_over else "")


# Types that count the rows that fail. What they judge is a row with a value, but for missing values themselves.
ROW_TYPES = frozenset(
    {
        "expect_column_values_to_not_be_null",
        "expect_column_values_to_be_null",
        "expect_column_values_to_be_in_set",
        "expect_column_values_to_not_be_in_set",
        "expect_column_values_to_be_between",
        "expect_column_values_to_be_unique",
        "expect_column_value_lengths_to_be_between",
        "expect_column_value_lengths_to_equal",
        "expect_column_pair_values_to_be_equal",
        "expect_column_pair_values_a_to_be_greater_than_b",
        "expect_compound_columns_to_be_unique",
        "expect_select_column_values_to_be_unique_within_record",
        "expect_multicolumn_sum_to_equal",
    }
)
# Types that judge the batch as one; they fail as one.
BATCH_TYPES = frozenset(
    {
        "expect_table_row_count_to_be_between",
        "expect_column_max_to_be_between",
        "expect_column_min_to_be_between",
        "expect_column_mean_to_be_between",
        "expect_column_median_to_be_between",
        "expect_column_sum_to_be_between",
        "expect_column_proportion_of_unique_values_to_be_between",
        "expect_column_unique_value_count_to_be_between",
    }
)


class CodesOf(_Entry):
    """A value set that stands in reference data: every code of a dictionary but the unknown member."""

    codes_of: str = Field(pattern=r"^\w+\.\w+\.\w+$")  # schema.table.column


class BuiltIn(BaseModel):
    """An expectation that Great Expectations has built in: its type, and its arguments beside it."""

    model_config = ConfigDict(extra="allow", frozen=True)

    type: str
    value_set: list[str | int | float | bool] | CodesOf | None = None

    @field_validator("value_set", mode="before")
    @classmethod
    def _is_a_list_or_a_dictionary(cls, value: Any) -> Any:
        named = value.get("codes_of") if isinstance(value, dict) and set(value) == {"codes_of"} else None
        if isinstance(value, list) or re.fullmatch(r"\w+\.\w+\.\w+", str(named)):
            return value
        raise ValueError("write a list of values, or {codes_of: schema.table.column} for the codes of a dictionary")

    @field_validator("type")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if value not in ROW_TYPES | BATCH_TYPES:
            known = ", ".join(sorted(ROW_TYPES | BATCH_TYPES))
            raise ValueError(f"'{value}' is none of the expectation types that are proved to run here: {known}")
        return value

    @property
    def arguments(self) -> dict[str, Any]:
        """What the expectation is called with; a CodesOf still stands for its codes."""
        named = dict(self.model_extra or {})
        return named if self.value_set is None else {**named, "value_set": self.value_set}


class FailingRows(_Entry):
    """A query of the rows that fail, one for each unit that fails; `checked` counts the units that could be judged."""

    failing_rows: str
    checked: str = "count(*)"  # an aggregate over the batch, which it may name as well

    @field_validator("failing_rows")
    @classmethod
    def _reads_the_batch(cls, value: str) -> str:
        if BATCH not in value:
            raise ValueError(f"the query must read {BATCH}, else it does not judge what was delivered")
        return value.strip().rstrip(";")

    def query(self, batch: str) -> str:
        return self.failing_rows.replace(BATCH, batch)

    def checked_count(self, batch: str) -> str:
        return self.checked.replace(BATCH, batch)


class FailsWhere(_Entry):
    """A condition that a row fails by, and which rows can be judged at all."""

    fails_where: str
    judged_where: str = "true"

    def query(self, batch: str) -> str:
        return f"select * from {batch} where ({self.judged_where}) and ({self.fails_where})"

    def checked_count(self, batch: str) -> str:
        return f"count(*) filter (where {self.judged_where})"


Expectation = BuiltIn | FailingRows | FailsWhere
_FORMS: dict[str, type[BuiltIn] | type[FailingRows] | type[FailsWhere]] = {
    "type": BuiltIn,
    "failing_rows": FailingRows,
    "fails_where": FailsWhere,
}


def _form_of(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError(_HELP["expectation"])
    forms = [form for key, form in _FORMS.items() if key in value]
    if len(forms) != 1:
        raise ValueError(f"say exactly one of: {', '.join(_FORMS)}; {_HELP['expectation']}")
    return forms[0].model_validate(value)


class Rule(_Entry):
    """One rule, as its entry and its file's head say it."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{2,79}$")
    sentence: str = Field(min_length=15)  # what holds when the rule passes
    dimension: Dimension
    system: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    table: str = Field(pattern=r"^[a-z]\w*\.[a-z]\w*$")  # schema.table
    severity: Severity
    blocking: bool = False  # publishing stops when the rule cannot be computed; it never stops on a fail
    threshold: Threshold
    owner: str = Field(min_length=3)
    indicators: list[str] = Field(default_factory=list)  # kpi ids that a broken rule touches
    scope: Scope = Scope.delivered
    expectation: Annotated[Expectation, BeforeValidator(_form_of)]

    @field_validator("sentence")
    @classmethod
    def _is_a_sentence(cls, value: str) -> str:
        if not value.rstrip().endswith("."):
            raise ValueError("a sentence ends with a full stop")
        return value.strip()

    @model_validator(mode="after")
    def _limits_are_in_order(self) -> Rule:
        fail_over = self.threshold.fail_over
        if self.severity is Severity.info and fail_over is not None:
            raise ValueError("a rule of severity info only tells: it has no fail_over")
        if self.severity is not Severity.info and fail_over is None:
            raise ValueError("only a rule of severity info goes without fail_over")
        for kind in ("share", "count"):
            warn = getattr(self.threshold.warn_over, kind)
            fail = getattr(fail_over, kind, None)
            if warn is not None and fail is not None and fail < warn:
                raise ValueError(f"fail_over {kind} lies under warn_over {kind}: the rule would fail before it warns")
        return self

    @property
    def schema_name(self) -> str:
        return self.table.split(".")[0]

    @property
    def table_name(self) -> str:
        return self.table.split(".")[1]


@dataclass(frozen=True)
class PartCount:
    """Failing rows of one area, team, day or callsign."""

    part_type: str
    part_code: str  # known, or UNKNOWN, or OTHER
    failed_count: int
    checked_count: int | None  # None where it is not counted


@dataclass(frozen=True)
class RowReference:
    """A delivered row; without a line, a delivered file."""

    delivery_id: str
    source_row: int | None


@dataclass(frozen=True)
class RuleResult:
    """What came of one rule in the run that makes one generation. Counts are 0 unless the rule was judged."""

    rule: Rule
    generation: str
    status: Status
    checked_count: int = 0
    failed_count: int = 0
    business_date: date | None = None  # the newest among the rows that were judged
    reason: str | None = None  # why it was not judged, or its failing rows not told; never holds a value from the data
    parts: tuple[PartCount, ...] = ()  # of a rule that failed: its failing rows by area, team, day and callsign
    samples: tuple[RowReference, ...] = ()  # of a rule that failed: some of its failing rows

    @property
    def rule_id(self) -> str:
        return self.rule.id

    @property
    def table_name(self) -> str:
        return self.rule.table

    @property
    def failed_ratio(self) -> float | None:
        return min(self.failed_count / self.checked_count, 1.0) if self.checked_count else None


# The same loader in C where it is there: Dagster reads every rule at each start.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_rules(rules_dir: Path) -> list[Rule]:
    """Every rule below the folder, in order of table and then as written.

    Raises RuleProblem, naming file, rule and field, when an entry cannot be understood or an id is used twice.
    """
    rules: list[Rule] = []
    taken: dict[str, Path] = {}
    for path in sorted(rules_dir.rglob("*.yaml")):
        for rule in _rules_of(path):
            if rule.id in taken:
                raise RuleProblem(f"{path}: rule id '{rule.id}' is already used in {taken[rule.id]}; give one another.")
            taken[rule.id] = path
            rules.append(rule)
    return rules


def _rules_of(path: Path) -> list[Rule]:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506  a safe one, either way
    except yaml.YAMLError as error:
        raise RuleProblem(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, Mapping) or not isinstance(content.get("rules"), list):
        raise RuleProblem(f"{path}: expected a mapping with a list named `rules`.")
    head = {key: value for key, value in content.items() if key != "rules"}
    unknown = set(head) - {"system", "owner", "scope"}
    if unknown:
        raise RuleProblem(
            f"{path}: {', '.join(sorted(unknown))} cannot stand at the head of a file, only system, owner, scope."
        )
    head["table"] = f"{path.parent.name}.{path.stem}"
    return [_rule(path, head, entry, number) for number, entry in enumerate(content["rules"], start=1)]


def _rule(path: Path, head: Mapping[str, Any], entry: Any, number: int) -> Rule:
    if not isinstance(entry, Mapping):
        raise RuleProblem(f"{path}: rule {number} is not a mapping.")
    name = entry.get("id", f"number {number}")
    if "table" in entry:
        raise RuleProblem(f"{path}: rule {name}: the file's place names the table; leave `table` out.")
    try:
        return Rule.model_validate({**head, **entry})
    except ValidationError as error:
        said = "; ".join(_said(item) for item in error.errors())
        raise RuleProblem(f"{path}{_line_of(path, entry)}: rule {name}: {said}") from None


# What each field wants, for who left it out or wrote something else.
_HELP = {
    "id": "a name of its own, 3 to 80 small letters, digits and underscores, beginning with a letter",
    "sentence": "what holds when the rule passes, in a sentence of at least 15 letters with its full stop",
    "dimension": "one of the six dimensions: " + ", ".join(Dimension),
    "severity": "one of " + ", ".join(Severity),
    "system": "the system that sends the data, in small letters; at the head of the file it holds for all its rules",
    "owner": "who answers for it; at the head of the file it holds for all its rules",
    "threshold": "{warn_over: 0.01, fail_over: 0.05, reason: why these}; over is a share, or {count: 3}, or both",
    "threshold.warn_over": "a share from 0 to 1, or {count: 3}, or both",
    "threshold.fail_over": "a share from 0 to 1, or {count: 3}, or both",
    "threshold.reason": "why the limits lie where they lie, in at least 10 letters, not from the sample",
    "scope": "one of " + ", ".join(Scope),
    "indicators": "a list of the kpi_ids of the register that a broken rule touches; [] for none",
    "expectation": (
        "{type: expect_..., column: ...}, or {fails_where: a condition}, or {failing_rows: a query of failing rows}"
    ),
}


def _said(item: Mapping[str, Any]) -> str:
    """What is wrong with one field, and what to write there instead."""
    place = ".".join(str(part) for part in item["loc"]) or "the entry"
    wanted = next((_HELP[name] for name in (place, place.split(".")[0]) if name in _HELP), "")
    if item["type"] == "missing":
        return f"{place} is missing: {wanted}" if wanted else f"{place} is missing"
    if item["type"] == "extra_forbidden":
        known = {name.split(".")[-1] for name in _HELP} | {
            "blocking",
            "checked",
            "judged_where",
            "count",
            "share",
            *_FORMS,
        }
        near = get_close_matches(place.split(".")[-1], known, n=1)
        return f"{place} is no field of a rule" + (f"; did you mean {near[0]}?" if near else "; take it out")
    if item["type"] == "value_error":
        return f"{place}: {item['msg'].removeprefix('Value error, ')}"
    return f"{place}: write {wanted}" if wanted else f"{place}: {item['msg']}"


def _line_of(path: Path, entry: Mapping[str, Any]) -> str:
    """`, line 7`: where the entry's id stands; nothing where it has none."""
    lines = path.read_text(encoding="utf-8").splitlines()
    wanted = re.compile(rf"\s*-?\s*id:\s*['\"]?{re.escape(str(entry.get('id')))}['\"]?\s*(#.*)?")
    return next((f", line {number}" for number, line in enumerate(lines, start=1) if wanted.fullmatch(line)), "")


_LONG_NUMBER = re.compile(r"\d{5,}")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"(?=\s+to\b)")


def without_values(message: str) -> str:
    """The first line of an exception's message, short, without what may be a value from the data."""
    line = next((part for part in message.splitlines() if part.strip()), "")
    return _LONG_NUMBER.sub("#", _QUOTED.sub("'...'", line)).strip()[:300]
