"""`make bench-tables`: the README's table and docs/speed.md, from what the benches measured.

What belongs here: where the tables stand, and the sentences around them. No figure is typed in: `docs/bench.json` and
`docs/bench-scale.json` are copies of what the benches wrote below `build/`, and all is made from them; a test makes it
again and compares.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from orchestration.settings import PROJECT

from .tables import (
    FLOORS_IN_A_FULL_RUN,
    HEAD,
    Report,
    Rows,
    bench_lines,
    growth_rows,
    peer_rows,
    ratio_words,
    slowest_rows,
    stage_rows,
    ten_rows,
)

BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"
README, PAGE, CHART = PROJECT / "README.md", PROJECT / "docs" / "speed.md", PROJECT / "docs" / "growth.svg"
COMMITTED = {name: PROJECT / "docs" / f"{name}.json" for name in ("bench", "bench-scale")}


def take_up(folder: Path) -> None:
    """Copy what the benches wrote to where it is committed; what was not measured stays as it is."""
    for name, committed in COMMITTED.items():
        if (folder / f"{name}.json").exists():
            shutil.copy(folder / f"{name}.json", committed)


def committed(name: str) -> dict[str, Any]:
    """One committed report; empty where nothing was ever measured."""
    found: dict[str, Any] = json.loads(COMMITTED[name].read_text()) if COMMITTED[name].exists() else {}
    return found


def write() -> None:
    """Write everything anew from the committed reports."""
    README.write_text(readme_with(README.read_text(), committed("bench"), committed("bench-scale")))
    PAGE.write_text(page(committed("bench"), committed("bench-scale")))
    if committed("bench-scale").get("growth"):
        CHART.write_text(chart(committed("bench-scale")))


def readme_with(text: str, bench: Report, scale: Report) -> str:
    """The README with what stands between its marks made anew."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    assert begin, f"README.md has lost {BEGIN}"
    assert end, f"README.md has lost {END}"
    return f"{before}{BEGIN}\n{summary(bench, scale)}\n\n{MORE}\n{END}{after}"


# --- the README's part ----------------------------------------------------------------------------------------------
def summary(bench: Report, scale: Report) -> str:
    """The short form."""
    parts = ["<!-- made by make bench-tables from docs/bench.json and docs/bench-scale.json -->"]
    if bench:
        parts.append(_year_part(bench))
    if "ten" in scale:
        parts += [_of_scale(scale), table(*ten_rows(scale)), _ten_words(scale)]
    if "peers" in scale:
        parts += [_peer_words(scale), table(*peer_rows(scale))]
    if scale.get("growth", {}).get("fit", {}).get("full"):
        parts.append(_growth_words(scale))
    parts.append(_missing_words(scale))
    return "\n\n".join(part for part in parts if part)


def _year_part(bench: Report) -> str:
    return "\n\n".join([_of(bench), table(HEAD, [list(line) for line in bench_lines(bench)]), *ratio_words(bench)])


PARTS_OF_SCALE = {"ten": "ten force-years", "peers": "other engines on the same work", "growth": "the growth curve"}


def _missing_words(scale: Report) -> str:
    missing = [what for part, what in PARTS_OF_SCALE.items() if part not in scale]
    return f"Not measured at full size yet (`make bench-scale`): {', '.join(missing)}." if missing else ""


MORE = "[Stages, slowest models, growth, national scale, and how all of it is measured](docs/speed.md)."


def _of(report: Report) -> str:
    rows, exports = report["rows"], report["exports"]
    return (
        f"{_trial(exports)}Medians on {_machine(report)}. {_volume(rows)}, in {exports['files']:,} files "
        f"({exports['bytes'] / 1e6:,.0f} MB):"
    )


def _of_scale(report: Report) -> str:
    years = report["ten"]["years"]
    rows = report["ten"]["ten"]["full"]["rows"]
    return (
        f"{_trial(report['exports'])}`make bench-scale` on {_machine(report)}: {years} times as much, made from one by "
        f"shifting dates. {_volume(rows)}:"
    )


def _volume(rows: Report) -> str:
    return (
        f"{rows['fct_calls']:,} calls, {rows['fct_incidents']:,} incidents, {rows['fct_incident_events']:,} log events "
        f"and {rows['fct_resource_statuses']:,} resource statuses"
    )


def _trial(exports: Report) -> str:
    """Says so when what was measured is no force-year."""
    wanted = exports["wanted"]
    days = (date.fromisoformat(wanted["last"]) - date.fromisoformat(wanted["first"])).days + 1
    if wanted["scale"] == 1 and days >= 365:
        return ""
    return f"**A trial on {wanted['scale']:g} of a force and {days} days, maybe on a busy machine: not the figures.** "


def _machine(report: Report) -> str:
    machine, code = report["machine"], report["code"]
    load = f", load before {machine['load_before']}" if "load_before" in machine else ""
    return (
        f"{machine['cores']} cores ({machine['cpu']}, {machine['memory_mb'] / 1000:.0f} GB{load}), "
        f"{code['measured_on']}, commit {code['commit']}"
    )


def _ten_words(report: Report) -> str:
    ratios = report["ten"]["ratios"]
    return (
        f"Full / floor = {ratios['full_to_floor_ten']:.2f} on ten (at most {FLOORS_IN_A_FULL_RUN}; in CPU seconds "
        f"{ratios['full_to_floor_ten_cpu']:.2f}), {ratios['full_to_floor_one']:.2f} on one. Publishing a day on ten "
        f"wrote {ratios['publish_bytes_ten_to_one']:.2f} times the bytes that it wrote on one."
    )


def _peer_words(report: Report) -> str:
    peers = report["peers"]
    return (
        f"The same part of the work on other engines ({peers['files']:,} files of calls and incidents, read with every "
        f"column in its type, collapsed and counted; {peers['figures']:,} figures, each held against the published "
        "one):"
    )


def _growth_words(report: Report) -> str:
    fit = report["growth"]["fit"]["full"]
    said = (
        f"From {report['growth']['points'][0]['force_years']:g} to {report['growth']['points'][-1]['force_years']:g} "
        f"force-years a full run costs {fit['fixed']:.0f} + {fit['each']:.1f} x size^{fit['exponent']:.2f} CPU seconds "
        f"(mean error {fit['mean_error']:.0%}), {report['growth']['points'][-1]['full']['peak_mb']:,} MB at the "
        "largest."
    )
    if bound := report.get("national", {}).get("bound"):
        said += (
            f" By that curve one such machine rebuilds {bound['by_night_force_years']:,} force-years in a night of "
            f"{report['national']['assumptions']['night_hours']:g} hours and holds {bound['by_disk_force_years']:,} on "
            f"{report['national']['assumptions']['disk_tb']:g} TB: beyond {bound['force_years']:,} it is time for "
            "Spark."
        )
    return said


# --- docs/speed.md --------------------------------------------------------------------------------------------------
def page(bench: Report, scale: Report) -> str:
    """The long form."""
    parts = [
        "# How fast, and how far",
        "<!-- made by make bench-tables from docs/bench.json and docs/bench-scale.json: change those, or "
        "tests/floor/pages.py -->",
        '`make bench` measures a force-year (at most 25 minutes; `PARTS="day noop"` for some only), `make bench-scale` '
        "the "
        "rest (hours; resumable), `make bench-tables` writes this page. A run is measured until its generation is out, "
        "built, checked and published, which is what the limits are about, and whole, with the pages written "
        "afterwards. The floor is the same files read into the same tables by hand-written SQL in one process, without "
        "quarantine, tokens, provenance, checks, increments or publishing (`tests/floor`); its tables are proved "
        "equal.",
    ]
    if bench:
        parts += ["## One force-year", _year_part(bench), "### Where the time goes"]
        parts += [table(*rows) for rows in (stage_rows(bench), *slowest_rows(bench))]
    parts.append(_missing_words(scale))
    if "ten" in scale:
        parts += ["## Ten, made from one", _of_scale(scale), table(*ten_rows(scale)), _ten_words(scale), MADE_OF_ONE]
        parts += ["What costs more for a day on ten than on one, in seconds:", table(*_grew_rows(scale))]
        parts += ["What publishing a day wrote and shared:", table(*_publish_rows(scale))]
    if "peers" in scale:
        parts += ["## The same work on other engines", _peer_words(scale), table(*peer_rows(scale)), PEER_NOTE]
    if "growth" in scale:
        parts += ["## Growth, and where one machine ends", _growth_section(scale)]
    if scale.get("national"):
        parts += ["## England and Wales, on paper", *_national(scale)]
    return "\n\n".join(part for part in parts if part) + "\n"


MADE_OF_ONE = (
    "Each copy lies whole weeks further back, with every date in names, cells and references shifted; what that does "
    "to the days on which clocks change, and to incidents still open, is said in `tests/scale/shift.py`. Three days "
    "are held back and delivered one after the other (medians); the correction is of a day early in the oldest copy: a "
    "twentieth of its calls and incidents say something else."
)
PEER_NOTE = (
    "Whole processes are measured, start and all. What the engines are told is in `tests/scale/peers.py`, what they do "
    "in `tests/scale/engines/`. Where another engine is ahead, it is so for this part of the work; quarantine, tokens, "
    "provenance, checks, increments and publishing are none of it."
)


def _grew_rows(scale: Report) -> Rows:
    grew = scale["ten"]["grew"]
    return ["stage, model or test", "one", "ten"], [
        (name, f"{one:.2f}", f"{ten:.2f}") for name, (one, ten) in grew.items() if ten > one
    ]


def _publish_rows(scale: Report) -> Rows:
    rows = []
    for what in ("day", "correction"):
        for size in ("one", "ten"):
            found = scale["ten"][size][what]["publish"]
            written, shared = found["written_bytes"] / 1e6, found["shared_bytes"] / 1e6
            rows.append((f"{what} on {size}", f"{found.get('seconds', 0):.1f}", f"{written:,.1f}", f"{shared:,.1f}"))
    return ["", "seconds", "written MB", "shared MB"], rows


def _growth_section(scale: Report) -> str:
    parts = [table(*growth_rows(scale))]
    if scale["growth"]["fit"]["full"]:
        parts += [
            _growth_words(scale),
            f"![Cost of a full run and of the floor by size]({CHART.name})",
        ]
    return "\n\n".join(parts)


def _national(scale: Report) -> Sequence[str]:
    found = scale["national"]
    said, per_year, assumed = found["national"], found["per_force_year"], found["assumptions"]
    rows: list[Sequence[Any]] = [
        (
            "force-years",
            f"{said['force_years']:,}",
            f"43 forces, 10 years, each {assumed['size_of_a_force']:g} of West Mercia",
        ),
        ("exports", f"{said['exports_tb']:.2f} TB", f"{per_year['exports_gb']:.2f} GB a force-year"),
        (
            "landing store, build database, published",
            f"{said['kept_tb']:.2f} TB",
            f"{per_year['landing_gb']:.2f} + {per_year['build_gb']:.2f} + {per_year['published_gb']:.2f} GB a "
            "force-year",
        ),
        ("rebuild, CPU hours", f"{said['rebuild_cpu_hours']:,.0f}", "the curve above"),
        (
            "... on this machine",
            f"{said['rebuild_hours_this_machine']:,.1f} h",
            f"{said['cores']} cores, one warehouse",
        ),
        (
            "... on a server",
            f"{said['rebuild_hours_server']:,.1f} h",
            f"{assumed['cores_of_a_server']} cores, each further one {assumed['efficiency']:.0%} of work (assumed)",
        ),
        (
            "... a machine like this one for each force",
            f"{said['rebuild_hours_machine_per_force']:,.2f} h",
            "forces share nothing: 43 warehouses side by side",
        ),
    ]
    if said["rebuild_cpu_hours_spark"]:
        rows += [
            (
                "... on Spark, CPU hours",
                f"{said['rebuild_cpu_hours_spark']:,.0f}",
                "times what Spark costs beside DuckDB above",
            ),
            (
                "... cores for one night",
                f"{said['spark_cores_for_the_night']:,}",
                f"{assumed['night_hours']:g} hours, {assumed['efficiency']:.0%} of each core (assumed)",
            ),
        ]
    rows += [
        (
            "a new day of all forces, one after the other",
            f"{said['day_seconds_one_after_the_other'] / 60:,.0f} min",
            f"{said['day_cpu_seconds'] / 60:,.0f} CPU minutes on this machine, {said['day_written_gb']:.1f} GB written",
        )
    ]
    return [
        f"Nothing here was run: it is what the constants measured at {found['measured_at_force_years']:g} force-years "
        "make of it.",
        table(["", "", "from"], rows),
        f"The daily run of all forces {_fits(said, assumed)}. What asks for more machines is the rebuild of everything "
        "at once, and one warehouse over all forces: that is Spark's (`--target spark`), or a machine for each force.",
    ]


def _fits(said: Report, assumed: Report) -> str:
    hours = said["day_seconds_one_after_the_other"] / 3600
    if hours <= assumed["night_hours"]:
        return f"fits one such machine, one force after the other, in {hours:.1f} of {assumed['night_hours']:g} hours"
    return f"needs more than one such machine: {hours:.1f} hours, of {assumed['night_hours']:g}"


# --- how it is written ----------------------------------------------------------------------------------------------
def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A Markdown table."""
    lines = [_line(head), "|" + "---|" * len(head), *(_line(row) for row in rows)]
    return "\n".join(lines)


def _line(cells: Sequence[Any]) -> str:
    return "| " + " | ".join("" if cell is None else str(cell).replace("|", "\\|") for cell in cells) + " |"


def digest(scale: Report) -> str:
    """Of what the chart shows, written into it."""
    return hashlib.sha256(json.dumps(scale["growth"], sort_keys=True).encode()).hexdigest()


def chart(scale: Report) -> str:
    """Cost by size, measured and fitted, both axes logarithmic."""
    import altair as alt
    import vl_convert

    from tests.scale.national import cost_at

    points, lines = [], []
    for name, what in (("full", "full run"), ("floor", "floor")):
        measured = scale["growth"]["points"]
        points += [{"size": each["force_years"], "cost": each[name]["cpu_seconds"], "what": what} for each in measured]
        fit = scale["growth"]["fit"][name]
        first, last = measured[0]["force_years"], measured[-1]["force_years"]
        for step in range(41 if fit else 0):
            size = first * (last / first) ** (step / 40)
            lines.append({"size": size, "cost": round(cost_at(fit, size), 2), "what": what})
    x = alt.X("size:Q", scale=alt.Scale(type="log"), title="force-years")
    y = alt.Y("cost:Q", scale=alt.Scale(type="log"), title="CPU seconds")
    shape = alt.Shape("what:N", title=None)
    dash = alt.StrokeDash("what:N", legend=None)
    drawn = alt.layer(
        alt.Chart(alt.Data(values=lines)).mark_line(color="#505a5f").encode(x=x, y=y, strokeDash=dash),
        alt.Chart(alt.Data(values=points))
        .mark_point(size=70, filled=True, color="#0b0c0c")
        .encode(x=x, y=y, shape=shape),
    ).properties(width=560, height=300)
    svg = vl_convert.vegalite_to_svg(drawn.configure(font="Arial, Helvetica, sans-serif", background="white").to_dict())
    return svg.replace("</svg>", f"<!-- docs/bench-scale.json {digest(scale)} --></svg>")


if __name__ == "__main__":
    take_up(PROJECT / "build")
    write()
