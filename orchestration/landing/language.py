"""The contract language, told from its models: the reference in docs/contracts.md and the schema for editors.

What belongs here: making both. Not here: the language itself. Made anew by `python -m orchestration.landing.language`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import yaml
from pydantic import BaseModel

from orchestration.landing.contracts import (
    Becomes,
    BusinessDate,
    Column,
    Contract,
    FieldOf,
    Numbers,
    Profile,
    TimeFormat,
    Value,
    WeekNumber,
)
from orchestration.landing.expressions import FUNCTIONS
from orchestration.landing.shapes import load_shapes
from orchestration.landing.starting import OWN, VOCABULARY
from orchestration.settings import PROJECT

DOCUMENT = PROJECT / "docs" / "contracts.md"
SCHEMA = PROJECT / "docs" / "contract.schema.json"
_WORDS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("A contract", Contract),
    ("A column", Column),
    ("A field", FieldOf),
    ("A value", Value),
    ("A further row (`becomes`)", Becomes),
    ("A format", TimeFormat),
    ("`numbers`", Numbers),
    ("`business_date`", BusinessDate),
    ("`business_date.week`", WeekNumber),
    ("`profile.yaml`", Profile),
)
_BLOCK = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def reference() -> dict[str, str]:
    """The parts of the document that are made, by name."""
    return {
        "words": "\n".join(_words(title, model) for title, model in _WORDS),
        "functions": _table(("function", "gives"), [(f"`{told}`", gives) for told, gives in FUNCTIONS.items()]),
        "exports": _exports(),
        "lists": _lists(),
    }


def schema() -> str:
    """JSON schema of a contract file, for editors."""
    made = Contract.model_json_schema()
    made["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    made["title"] = "Contract"
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def with_reference(document: str) -> str:
    """The document with its made parts made anew."""
    parts = reference()
    return _BLOCK.sub(lambda match: f"{match[1]}{parts[match[2]]}\n{match[3]}", document)


def _words(title: str, model: type[BaseModel]) -> str:
    rows = []
    for name, told in model.model_fields.items():
        if told.exclude:
            continue
        required = told.is_required()
        default = "must be given" if required else _default(told.get_default(call_default_factory=True))
        example = f"`{_yaml(name, told.examples[0])}`" if told.examples else ""
        rows.append((f"`{name}`", str(told.description), default, example.replace("|", "\\|")))
    about = " ".join((model.__doc__ or "").split())
    return f"### {title}\n\n{about}\n\n{_table(('word', 'meaning', 'default', 'example'), rows)}\n"


def _default(value: Any) -> str:
    if value is None or value in ((), {}, ""):
        return ""
    if isinstance(value, BaseModel):
        given = value.model_dump(exclude_none=True, exclude_defaults=isinstance(value, BusinessDate))
        return f"`{_flow(given)}`" if given else ""
    return f"`{_flow(value)}`"


def _yaml(name: str, example: Any) -> str:
    return f"{name}: {_flow(example)}"


def _flow(value: Any) -> str:
    """A value in one line of YAML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        value = list(value)
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True, sort_keys=False).strip()
    return text.removesuffix("...").strip()


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(cell.replace("\n", " ") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _exports() -> str:
    parts = []
    for name, shape in load_shapes().items():
        columns = ", ".join(
            f"**{column}** ({kind})" if column in shape.not_null else f"{column} ({kind})"
            for column, kind in shape.columns.items()
        )
        stamp = f", newest `{shape.stamp}` stands" if shape.stamp else ""
        parts.append(
            f"- `{name}`, per {shape.cadence}, key {' + '.join(f'`{k}`' for k in shape.key)}{stamp}: {columns}"
        )
    return "\n".join(parts)


def _lists() -> str:
    """The reference lists of a profile: whose they are, and what is the case while they are empty."""
    rows = [(f"`{name}.csv`", "comes with the project", told) for name, told in VOCABULARY.items()]
    rows += [(f"`{name}.csv`", "yours to fill", f"empty: {told}") for name, told in OWN.items()]
    return _table(("list", "whose", "what it holds"), rows)


def main() -> None:
    """Write the made parts of the document, and the schema."""
    DOCUMENT.write_text(with_reference(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    SCHEMA.write_text(schema(), encoding="utf-8")


if __name__ == "__main__":
    main()
