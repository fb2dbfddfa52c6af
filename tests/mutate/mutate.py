"""`make mutate`: data faults and mutated models, one after the other, and what caught each.

`python -m tests.mutate.mutate` prints the tables, the totals and what was not caught by name, and writes
build/mutate.json. It goes on where it was stopped (`build/mutate/<part>.jsonl` holds a line for each that was
tried with the code as it stands). What belongs here: the order, the record, the tables. Not here: faults, operators,
catching.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from orchestration.settings import PROJECT
from orchestration.versions import code_version
from tests.support import settings_for

FOLDER = PROJECT / "build" / "mutate"
REPORT = PROJECT / "build" / "mutate.json"
DATA_SHARE, SQL_SHARE, ALARM_SHARE = 0.98, 0.95, 0.01  # the aims
Entry = dict[str, Any]


class Record:
    """What was tried, a line each; what was tried with other code is tried again."""

    def __init__(self, part: str, folder: Path = FOLDER) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{part}.jsonl"
        self._version = code_version(settings_for(folder, folder))
        lines = self._path.read_text().splitlines() if self._path.exists() else []
        self.entries = {
            entry["name"]: entry for entry in map(json.loads, lines) if entry["code_version"] == self._version
        }

    def add(self, entry: Entry) -> None:
        entry["code_version"] = self._version
        self.entries[entry["name"]] = entry
        with self._path.open("a") as file:
            file.write(json.dumps(entry) + "\n")


def main() -> int:
    """Exit code 1 where an aim is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutate.mutate", description=__doc__)
    parser.add_argument("parts", nargs="*", default=["data", "sql", "clean"], help="data, sql, clean (default: all)")
    parser.add_argument("--workers", type=int, default=int(os.environ.get("WORKERS") or 1))
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SEED") or 1), help="which sites are mutated")
    parser.add_argument("--only", default="", help="names that hold this text")
    chosen = parser.parse_args()
    os.environ.setdefault("OCC_PARSED_MODELS", str(FOLDER / "parsed"))
    parts = {"data": _data_faults, "sql": _sql_mutants, "clean": _clean_exports}
    found = {name: parts[name](chosen) for name in chosen.parts}
    told = {name: entry for name, entry in _told_before().items() if name in parts} | found
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(told, indent=1) + "\n")
    return 0 if all(part["reached"] for part in found.values()) else 1


def _told_before() -> dict[str, Any]:
    return dict(json.loads(REPORT.read_text())) if REPORT.exists() else {}


def _tried(
    part: str, names: Iterable[str], how: Callable[[str], Entry], chosen: argparse.Namespace
) -> tuple[list[Entry], float]:
    """Try each name that is not on record, in so many processes; the entries in order, and CPU seconds of all."""
    record = Record(part)
    names = [name for name in names if chosen.only in name]
    waiting = [name for name in names if name not in record.entries]
    with ProcessPoolExecutor(max_workers=chosen.workers, mp_context=get_context("spawn")) as pool:
        running = {pool.submit(_timed, how, name): name for name in waiting}
        for number, done in enumerate(as_completed(running), 1):
            if done.exception() is not None:  # no verdict: it is tried again by the next call
                raised = "".join(traceback.format_exception(done.exception())).strip()
                print(f"[{part}] {running[done]} gave no verdict: {raised[-1500:]}", file=sys.stderr, flush=True)
                continue
            entry = done.result()
            record.add(entry)
            what = entry.get("told") or ", ".join(entry["caught_by"]) or "NOT CAUGHT"
            print(f"[{part} {number}/{len(waiting)}] {entry['name']}: {what}", file=sys.stderr, flush=True)
    entries = [record.entries[name] for name in names if name in record.entries]
    if len(entries) < len(names):
        print(f"{len(names) - len(entries)} of {part} gave no verdict; call again", file=sys.stderr)
    return entries, sum(entry["cpu_seconds"] for entry in entries)


def _timed(how: Callable[[str], Entry], name: str) -> Entry:
    before = time.process_time()
    entry = how(name)
    return entry | {"name": name, "cpu_seconds": round(time.process_time() - before, 1)}


# -- data faults ---
def _data_faults(chosen: argparse.Namespace) -> Entry:
    from tests.mutate.data_faults import DATA_FAULTS
    from tests.mutate.planting import SPANS, World

    for kind in SPANS:
        print(f"[data] making the {kind} world", file=sys.stderr, flush=True)
        World(FOLDER / "worlds", kind).prepare()
    entries, cpu = _tried("data", [fault.name for fault in DATA_FAULTS], try_fault, chosen)
    print(f"\n{'data fault':<40}  expected  caught by")
    for entry in entries:
        expected = "-" if not entry["caught_by"] else "yes" if entry["as_expected"] else "other"
        print(f"{entry['name']:<40}  {expected:<8}  {_short(entry['caught_by'])}")
    return _told("data faults", entries, cpu, DATA_SHARE) | {
        "by_the_expected": sum(entry["as_expected"] for entry in entries)
    }


def try_fault(name: str) -> Entry:
    """One data fault in its world."""
    from tests.mutate.data_faults import DATA_FAULTS
    from tests.mutate.planting import World

    fault = next(fault for fault in DATA_FAULTS if fault.name == name)
    verdict = _world(World, fault.world).judge(fault)
    return {"export": fault.export, "caught_by": list(verdict.caught_by), "as_expected": verdict.as_expected}


_worlds: dict[str, Any] = {}


def _world(made: Any, kind: str) -> Any:
    """A world, once a process: what its clean day tells is remembered."""
    if kind not in _worlds:
        _worlds[kind] = made(FOLDER / "worlds", kind)
    return _worlds[kind]


# -- mutated models ---
def _sql_mutants(chosen: argparse.Namespace) -> Entry:
    from tests.mutate.catching import worlds
    from tests.mutate.equivalents import EQUIVALENT
    from tests.mutate.operators import pick

    print("[sql] making the tiny worlds", file=sys.stderr, flush=True)
    for world in worlds(FOLDER / "worlds"):
        world.prepare()
    mutants = {f"{chosen.seed}/{mutant.name}": mutant for mutant in pick(chosen.seed)}
    entries, cpu = _tried("sql", mutants, try_mutant, chosen)
    for entry in entries:
        mutant = mutants[entry["name"]]
        entry["argued"] = EQUIVALENT.get((mutant.model, mutant.operator, mutant.before), "")
    survivors = [entry["name"] for entry in entries if entry["runs"] and not entry["caught_by"] and not entry["argued"]]
    survived, more_cpu = _tried("survivors", survivors, try_survivor, chosen)
    later = {entry["name"]: entry for entry in survived}
    for entry in entries:
        more = later.get(entry["name"], {"caught_by": [], "differs": []})
        entry["caught_by"] = entry["caught_by"] or more["caught_by"]
        entry["differs"] = sorted({*entry["differs"], *more["differs"]})
    cpu += more_cpu
    print(f"\n{'mutant':<70}  caught by")
    for entry in entries:
        what = entry["caught_by"] or (["equivalent"] if entry["argued"] else [])
        print(f"{entry['name']:<70}  {'does not run: not counted' if not entry['runs'] else _short(what)[:110]}")
    equivalent = [entry for entry in entries if entry["argued"] and not entry["caught_by"]]
    counted = [entry for entry in entries if entry["runs"] and entry not in equivalent]
    report = _told("mutants of the models", counted, cpu, SQL_SHARE)
    for entry in counted:
        if not entry["caught_by"]:
            print(f"    {entry['before']}\n    -> {entry['after']}\n    changes {entry['differs'] or 'no table'}")
    print(
        f"  not counted: {sum(not entry['runs'] for entry in entries)} that do not run, {len(equivalent)} equivalent:"
    )
    for entry in equivalent:
        print(f"    {entry['name']}: {entry['argued']}")
    return report | {"equivalent": {entry["name"]: entry["argued"] for entry in equivalent}}


def try_mutant(name: str) -> Entry:
    """One mutant of the seed that its name begins with."""
    from tests.mutate.catching import catch

    mutant = _mutant(name)
    caught = catch(mutant, FOLDER / "worlds")
    return {
        "caught_by": [caught.by] if caught.by else [],
        "runs": caught.runs,
        "differs": sorted(caught.differs),
        "before": mutant.before,
        "after": mutant.after,
    }


def try_survivor(name: str) -> Entry:
    """What costs more, on a mutant that nothing before caught."""
    from tests.mutate.catching import catch_survivor

    caught = catch_survivor(_mutant(name), FOLDER / "worlds")
    return {"caught_by": [caught.by] if caught.by else [], "differs": sorted(caught.differs)}


def _mutant(name: str) -> Any:
    from tests.mutate.operators import pick

    seed, _, site = name.partition("/")
    return next(mutant for mutant in pick(int(seed)) if mutant.name == site)


# -- clean exports ---
def _clean_exports(chosen: argparse.Namespace) -> Entry:
    from tests.mutate.clean_exports import SEASONS

    entries, cpu = _tried("clean", [season.name for season in SEASONS], try_season, chosen)
    judgements = sum(entry["judgements"] for entry in entries)
    alarms: Counter[str] = Counter()
    for entry in entries:
        alarms.update(entry["alarms"])
    share = alarms.total() / judgements if judgements else 0.0
    print(f"\n{'clean exports':<40}  judgements  alarms")
    for entry in entries:
        print(f"{entry['name']:<40}  {entry['judgements']:>10}  {sum(entry['alarms'].values()):>6}")
    print(f"\n{alarms.total()} of {judgements} judgements of clean exports are alarms ({share:.2%}, ", end="")
    print(f"aim at most {ALARM_SHARE:.0%}); CPU seconds {cpu:.0f}")
    for rule, count in alarms.most_common():
        first = next(each for entry in entries for each in entry["where"].get(rule, []))
        print(f"  {count:>3}  {rule} ({first})")
    return {
        "judgements": judgements,
        "alarms": dict(alarms.most_common()),
        "share": share,
        "cpu_seconds": round(cpu),
        "reached": share <= ALARM_SHARE,
        "entries": entries,
    }


def try_season(name: str) -> Entry:
    """One season of clean exports."""
    from tests.mutate.clean_exports import SEASONS, judge_season

    found = judge_season(next(season for season in SEASONS if season.name == name), FOLDER / "worlds")
    told = f"{found.alarms.total()} alarms in {found.judgements} judgements"
    return {"judgements": found.judgements, "alarms": dict(found.alarms), "where": found.where, "told": told}


def _told(what: str, entries: list[Entry], cpu: float, aim: float) -> Entry:
    """Print totals and what was not caught; the same for the report."""
    caught = [entry for entry in entries if entry["caught_by"]]
    missed = [entry["name"] for entry in entries if not entry["caught_by"]]
    share = len(caught) / len(entries) if entries else 0.0
    print(f"\n{len(caught)} of {len(entries)} {what} caught ({share:.1%}, aim {aim:.0%}); CPU seconds {cpu:.0f}")
    for name in missed:
        print(f"  not caught: {name}")
    return {
        "tried": len(entries),
        "caught": len(caught),
        "share": share,
        "not_caught": missed,
        "cpu_seconds": round(cpu),
        "reached": share >= aim,
        "entries": entries,
    }


def _short(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return (", ".join(names[:3]) + more) or "NOT CAUGHT"


if __name__ == "__main__":
    sys.exit(main())
