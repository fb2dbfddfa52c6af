"""What the benches found, as tables: on the terminal, in the README, in docs/speed.md.

What belongs here: limits and aims, and how figures read. No figure is typed in: all come from the reports of the
benches (`docs/bench.json`, `docs/bench-scale.json`, copied from `build/` by `make bench-tables`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from orchestration.tables import Format, print_rows

from .bench import SECONDS_BESIDE_FLOORS
from .dashboards import P95_MS_AT_MOST

Report = Mapping[str, Any]
FLOORS_IN_A_FULL_RUN, FLOORS_AIMED_AT = 2.5, 1.6
LIMITS = {
    "day_seconds": 20.0,
    "day_peak_mb": 1200.0,
    "noop_seconds": 3.0,
    "location_seconds": 5.0,
    "help_seconds": 0.3,
    "rules_day_seconds": 20.0,
    "rules_year_seconds": 120.0,
    "rules_year_peak_mb": 2000.0,
    "report_seconds": 15.0,
}
TEN_PEAK_MB, DAY_ON_TEN = 8000, 1.3
AIMS = {"day_seconds": 10.0}


class Line(NamedTuple):
    """One measured thing; empty text where there is no limit, no aim, no figure."""

    what: str
    seconds: str
    limit: str
    aim: str
    cpu: str
    peak: str


HEAD = ("measured", "seconds", "at most", "aim", "CPU seconds", "peak MB")


def bench_lines(report: Report) -> list[Line]:
    """The lines of the force-year, of what was measured."""
    limits, aims = dict(LIMITS), dict(AIMS)
    if "floor_year_seconds" in report:
        floor = report["floor_year_seconds"]
        limits["full_year_seconds"] = FLOORS_IN_A_FULL_RUN * floor + SECONDS_BESIDE_FLOORS
        aims["full_year_seconds"] = FLOORS_AIMED_AT * floor + SECONDS_BESIDE_FLOORS
    listed = [
        ("floor: the same files to the same marts, plain SQL", "floor_year", "floor_peak_mb"),
        ("full run until published, every check made", "full_year", "full_peak_mb"),
        ("... with its quality report and briefings", "full_year_whole", "full_whole_peak_mb"),
        ("one new day until published, every check made", "day", "day_peak_mb"),
        ("... with its quality report and briefings", "day_whole", "day_whole_peak_mb"),
        ("nothing new", "noop", "noop_peak_mb"),
        ("code location loads", "location", "location_peak_mb"),
        ("`occ --help`", "help", "help_peak_mb"),
        ("all rules on the new day, as a process of its own", "rules_day", "rules_day_peak_mb"),
        ("... the same as plain SQL", "plain_rules_day", "plain_rules_day_peak_mb"),
        ("all rules on everything", "rules_year", "rules_year_peak_mb"),
        ("... the same as plain SQL", "plain_rules_year", "plain_rules_year_peak_mb"),
        ("the quality report, half a year of weeks behind it", "report", "report_peak_mb"),
    ]
    return [
        Line(
            what,
            f"{report[f'{key}_seconds']:.2f}" if report[f"{key}_seconds"] < 1 else f"{report[f'{key}_seconds']:.1f}",
            _plain(limits.get(f"{key}_seconds")),
            _plain(aims.get(f"{key}_seconds")),
            f"{report[f'{key}_cpu_seconds']:.1f}",
            f"{report[peak]:,}" + (f" (at most {limits[peak]:,.0f})" if peak in limits else ""),
        )
        for what, key, peak in listed
        if f"{key}_seconds" in report
    ]


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}".removesuffix(".0")


def ratio_words(report: Report) -> list[str]:
    """The ratios, as sentences."""
    said = []
    if "ratio" in report:
        said.append(
            f"(full - {SECONDS_BESIDE_FLOORS} s) / floor = {report['ratio']:.2f}: at most {FLOORS_IN_A_FULL_RUN}, aim "
            f"{FLOORS_AIMED_AT}; full / floor = {report['ratio_plain']:.2f}, with report and briefings "
            f"{report['ratio_whole']:.2f}, in CPU seconds {report['ratio_cpu']:.2f}."
        )
    rules = [
        f"{report[f'rules_{extent}_ratio']:.1f} on {of} (in CPU seconds {report[f'rules_{extent}_ratio_cpu']:.1f})"
        for extent, of in (("day", "the new day"), ("year", "everything"))
        if f"rules_{extent}_ratio" in report
    ]
    if rules:
        said.append(f"Rules / the same as plain SQL = {', '.join(rules)}.")
    if "dashboard_p95_ms" in report:
        said.append(
            f"Queries of a dashboard ({len(report['dashboard_tiles'])} tiles): p95 {report['dashboard_p95_ms']:.0f} "
            f"ms, at most {P95_MS_AT_MOST}; median {report['dashboard_p50_ms']:.0f} ms."
        )
    if publishing := report.get("publish_day"):
        said.append(
            f"Publishing the day took {publishing.get('seconds', 0):.1f} s and wrote "
            f"{publishing['written_bytes'] / 1e6:,.0f} MB; {publishing['shared_bytes'] / 1e6:,.0f} MB are shared with "
            "the generation before by hard link."
        )
    return said


def print_bench(report: Report) -> None:
    """The tables, on the terminal."""
    print()
    print_rows(HEAD, bench_lines(report), Format.table)
    print()
    for sentence in ratio_words(report):
        print(sentence)
    for head, rows in (stage_rows(report), *slowest_rows(report)):
        print()
        print_rows(head, rows, Format.table)


Rows = tuple[Sequence[str], list[Sequence[Any]]]


def stage_rows(report: Report) -> Rows:
    """The stages of each kind of run, wall and CPU."""
    runs = report["stages"]
    return (
        ["stage", *(f"{run} {what}" for run in runs for what in ("seconds", "CPU"))],
        [
            (stage, *(runs[run].get(stage, {}).get(what) for run in runs for what in ("seconds", "cpu_seconds")))
            for stage in dict.fromkeys(stage for stages in runs.values() for stage in stages)
        ],
    )


def slowest_rows(report: Report) -> list[Rows]:
    """The models and tests that took longest, for each kind of run."""
    return [
        ([f"slowest models and tests, {run}", "seconds"], list(slowest.items()))
        for run, slowest in report["slowest_models"].items()
    ]


# --- what `make bench-scale` found ----------------------------------------------------------------------------------
def ten_rows(report: Report) -> Rows:
    """One stretch and ten beside each other."""
    one, ten = report["ten"]["one"], report["ten"]["ten"]
    rows = []
    for what, name in (
        ("floor", "floor"),
        ("full run until published", "full"),
        ("a new day until published", "day"),
        ("a correction to a day early in the first year", "correction"),
        ("nothing new", "noop"),
    ):
        figures = [f"{found[name][key]:,.1f}" for found in (one, ten) for key in ("seconds", "cpu_seconds")]
        ratio = ten[name]["seconds"] / one[name]["seconds"]
        cpu_ratio = ten[name]["cpu_seconds"] / one[name]["cpu_seconds"]
        limit = f"{DAY_ON_TEN}" if name in ("day", "correction") else ""
        peak = f"{ten[name]['peak_mb']:,}" + (f" (at most {TEN_PEAK_MB:,})" if name == "full" else "")
        rows.append((what, *figures, peak, f"{ratio:.2f} ({cpu_ratio:.2f})", limit))
    head = ["", "one: seconds", "CPU", "ten: seconds", "CPU", "peak MB", "ten / one (CPU)", "at most"]
    return head, rows


def peer_rows(report: Report) -> Rows:
    """Engines on the same work, the quickest first; those left out say why."""
    engines = report["peers"]["engines"]
    measured = {name: found for name, found in engines.items() if "seconds" in found}
    rows: list[Sequence[Any]] = [
        (
            name,
            f"{found['seconds']:.1f}",
            f"{found['cpu_seconds']:.1f}",
            f"{found['peak_mb']:,}",
            f"{found['ratio']:.2f}",
            f"{found['ratio_cpu']:.2f}",
            "yes" if not found["differing"] else f"no: {found['differing']} differ",
        )
        for name, found in sorted(measured.items(), key=lambda each: each[1]["seconds"])
    ]
    rows += [(name, "", "", "", "", "", found["left_out"]) for name, found in engines.items() if name not in measured]
    return ["engine", "seconds", "CPU seconds", "peak MB", "to DuckDB", "to DuckDB, CPU", "figures equal"], rows


def growth_rows(report: Report) -> Rows:
    """Floor and full run by size; sizes that were left out say why."""
    rows: list[Sequence[Any]] = [
        (
            f"{point['force_years']:g}",
            f"{point['floor']['seconds']:,.1f}",
            f"{point['floor']['cpu_seconds']:,.1f}",
            f"{point['full']['seconds']:,.1f}",
            f"{point['full']['cpu_seconds']:,.1f}",
            f"{point['full']['peak_mb']:,}",
            f"{point['full']['seconds'] / point['floor']['seconds']:.2f}",
        )
        for point in report["growth"]["points"]
    ]
    rows += [(size, "", "", "", "", "", f"left out: {why}") for size, why in report["growth"]["left_out"].items()]
    return ["force-years", "floor: seconds", "CPU", "full: seconds", "CPU", "peak MB", "full / floor"], rows


def print_scale(report: Report) -> None:
    """The tables of what was measured, on the terminal."""
    parts = {"ten": ten_rows, "peers": peer_rows, "growth": growth_rows}
    for name, rows_of in parts.items():
        if name in report:
            print()
            print_rows(*rows_of(report), Format.table)
    for name in ("ratios", "grew"):
        for what, figure in report.get("ten", {}).get(name, {}).items():
            print(f"{what} = {figure}")
    print()
    print(report.get("growth", {}).get("fit", ""))
    for name, figures in report.get("national", {}).items():
        print(f"{name}: {figures}")
