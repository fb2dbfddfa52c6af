"""The table of declared changes in docs/deliveries.md: `python -m orchestration.docs.changes` writes it anew.

What belongs here: how drift.yaml reads as Markdown. Not here: what a change does (that is declared there, once).
"""

from __future__ import annotations

from orchestration.landing.drift import drift_kinds, outcomes
from orchestration.settings import PROJECT

PAGE = PROJECT / "docs" / "deliveries.md"
BEGIN, END = "<!-- made from orchestration/landing/drift.yaml -->", "<!-- end -->"


def tables() -> str:
    """The kinds of change and the outcomes, as two Markdown tables."""
    lines = ["| change | what it is | compared with | outcome | severity | what to do |", "|---|---|---|---|---|---|"]
    compared = {"contract": "its contract", "before": "what the export did before"}
    for kind, declared in drift_kinds().items():
        cells = (f"`{kind}`", declared.means, compared[declared.compared], declared.outcome, declared.severity)
        lines.append(f"| {' | '.join(cells)} | {declared.remedy} |")
    lines += ["", "| outcome | what becomes of it |", "|---|---|"]
    lines += [f"| {outcome} | {words} |" for outcome, words in outcomes().items()]
    return "\n".join(lines)


def written_anew(page: str) -> str:
    """The page with the tables between their marks as they are declared now."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{tables()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(written_anew(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
