"""What is pinned: names that others rely on, figures of a small sample, and what two briefings of it say.

`python -m tests.golden.golden` writes them anew.

A change of a golden file is a change of what users see: it belongs in the commit message and in the changelog.
"""

from __future__ import annotations

import json
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from orchestration.reports.brief.place import make
from orchestration.reports.brief.reading import Kind
from orchestration.settings import Settings
from tests.golden.brief_text import lines
from tests.support import ask, settings_for, take_steps

HERE = Path(__file__).parent
NAMES, FIGURES = HERE / "names.json", HERE / "figures.json"
# The day on which the outage began, and its week.
BRIEFINGS: tuple[tuple[Kind, date], ...] = (("daily", date(2021, 9, 6)), ("weekly", date(2021, 9, 6)))

_FIGURES = """
select kpi_id, period_type, period_start, scope_type, scope_code, numerator, denominator, value,
       measured_count, eligible_count, quality_state
from metrics.kpi_results
where (scope_type = 'force' and period_type in ('week', 'month'))
   or (period_type = 'month' and scope_type in ('line', 'area', 'urban'))
order by all
"""
_ROWS = "select 'marts.' || table_name from information_schema.tables where table_schema = 'marts' order by 1"


def names() -> dict[str, list[str]]:
    """Asset keys and asset check keys as Dagster knows them: dashboards and alerts hang on them."""
    from orchestration.definitions import defs

    graph = defs.resolve_asset_graph()
    return {
        "assets": sorted(key.to_user_string() for key in graph.get_all_asset_keys()),
        "checks": sorted(f"{key.asset_key.to_user_string()}: {key.name}" for key in graph.asset_check_keys),
    }


def figures(settings: Settings) -> dict[str, Any]:
    """Row counts of every mart and the figures by week and month of the small sample."""
    tables = [name for (name,) in ask(settings, _ROWS)]
    return {
        "rows": {table: ask(settings, f"select count(*) from {table}")[0][0] for table in tables},
        "figures": [[str(cell) if isinstance(cell, date) else cell for cell in row] for row in ask(settings, _FIGURES)],
    }


def briefing_file(kind: Kind) -> Path:
    return HERE / f"briefing_{kind}.txt"


def briefing(settings: Settings, kind: Kind, first_day: date) -> str:
    """All that a briefing says but when it was made."""
    brief = make(settings.current_db, kind, first_day, "internal")
    return "".join(f"{line}\n" for line in lines(brief))


def write_small_sample(out: Path) -> None:
    """A fiftieth of a force for four weeks with the outage in it, faults planted, and a legacy month."""
    from orchestration.sample import write_sample

    write_sample(
        out,
        date_from=date(2021, 8, 30),
        date_to=date(2021, 9, 26),
        scale=0.02,
        seed=7,
        legacy_months=[date(2021, 1, 1)],
        plant_faults=True,
        progress=None,
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_small_sample(folder / "sample")
        settings = settings_for(folder, folder / "sample" / "landing")
        take_steps(settings, rules=True)
        FIGURES.write_text(_lines(figures(settings)))
        for kind, first_day in BRIEFINGS:
            briefing_file(kind).write_text(briefing(settings, kind, first_day))
        NAMES.write_text(json.dumps(names(), indent=1) + "\n")


def _lines(found: dict[str, Any]) -> str:
    """JSON with one figure a line, so that a change reads well."""
    rows = ",\n  ".join(json.dumps(row) for row in found["figures"])
    return f'{{\n "rows": {json.dumps(found["rows"], indent=1)},\n "figures": [\n  {rows}\n ]\n}}\n'


if __name__ == "__main__":
    main()
