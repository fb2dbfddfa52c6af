"""What is installed, judged: licences by the list beside this file, and known faults of every lock file: `make audit`.

Licences come from the bill of materials of `make sbom` and need no network. Known faults are asked of the package
index's advisory service; where it does not answer, or does not know a package, that is said and counted, for silence
is no clean bill. Exit code 1: a licence that nobody allowed, a fault that nobody accepted, or, with `--strict`,
anything that could not be audited.

    python -m tests.supply.audit build/sbom.json [--strict]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from license_expression import LicenseExpression, LicenseSymbol, get_spdx_licensing

from orchestration.settings import PROJECT

LISTED = Path(__file__).parent / "licences.yaml"
LOCKS = ("requirements.lock", "deploy/spark/requirements-*.lock", "deploy/superset/requirements.lock")
SECONDS = 300
_SPDX = get_spdx_licensing()


@dataclass(frozen=True)
class Faults:
    """What the advisory service said of one lock file."""

    packages: int = 0
    unaudited: int = 0
    found: list[tuple[str, str]] = field(default_factory=list)  # package and version, identifier of the fault
    problem: str = ""  # why there was no answer at all


def unallowed(bill: Mapping[str, Any], listed: Mapping[str, Any]) -> list[str]:
    """A line per package of a CycloneDX bill of materials with no licence that is allowed."""
    allowed = frozenset(listed["allowed"])
    lines = []
    for component in bill["components"]:
        licences = [_licence(entry) for entry in component.get("licenses", [])]
        if component["name"] not in listed["packages"] and not any(_is_allowed(each, allowed) for each in licences):
            lines.append(f"{component['name']} {component['version']}: {', '.join(licences) or 'says no licence'}")
    return lines


def _licence(entry: Mapping[str, Any]) -> str:
    return str(entry.get("expression") or entry["license"].get("id") or entry["license"]["name"])


def _is_allowed(licence: str, allowed: frozenset[str]) -> bool:
    if licence in allowed:
        return True
    if licence.startswith("License ::"):
        return False
    return _holds(_SPDX.parse(licence), allowed)


def _holds(expression: LicenseExpression, allowed: frozenset[str]) -> bool:
    if isinstance(expression, LicenseSymbol):
        return expression.key in allowed
    each = (_holds(part, allowed) for part in expression.args)
    return any(each) if expression.operator.strip() == "OR" else all(each)


def faults_of(lock: Path) -> Faults:
    """Ask the advisory service about every package of a lock file."""
    command = [
        *(sys.executable, "-m", "pip_audit", "-r", str(lock), "--no-deps", "--disable-pip", "--require-hashes"),
        *("--progress-spinner", "off", "--format", "json", "--timeout", "15"),
    ]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        return read_faults(ended.stdout)
    except subprocess.TimeoutExpired:
        return Faults(problem=f"no answer in {SECONDS} s")
    except json.JSONDecodeError:
        return Faults(problem=ended.stderr.strip().splitlines()[-1] if ended.stderr.strip() else "no answer")


def read_faults(answer: str) -> Faults:
    """pip-audit's JSON, as counts and findings. Raises JSONDecodeError where it is none."""
    packages = json.loads(answer)["dependencies"]
    found = [
        (f"{package['name']} {package['version']}", fault["id"])
        for package in packages
        for fault in package.get("vulns", [])
    ]
    return Faults(len(packages), sum("skip_reason" in package for package in packages), found)


def judge(wrong: Sequence[str], faults: Mapping[str, Faults], accepted: Mapping[str, str], is_strict: bool) -> int:
    """Print what was found; the exit code."""
    print(f"licences: {len(wrong)} packages with none that is allowed" if wrong else "licences: all allowed")
    for line in wrong:
        print(f"  {line}")
    is_bad = bool(wrong)
    for name, said in faults.items():
        new = [(package, fault) for package, fault in said.found if fault not in accepted]
        audited = said.packages - said.unaudited
        print(
            f"{name}: {audited} of {said.packages} packages audited, {len(new)} known faults"
            + f"; {said.problem}" * bool(said.problem)
        )
        for package, fault in new:
            print(f"  {package}: {fault}")
        is_bad = is_bad or bool(new) or (is_strict and bool(said.unaudited or said.problem))
    return int(is_bad)


def main() -> int:
    """Judge everything; the exit code."""
    parser = argparse.ArgumentParser(description="Licences and known faults of what is installed.")
    parser.add_argument("bill", type=Path, help="the bill of materials that make sbom wrote")
    parser.add_argument("--strict", action="store_true", help="fail where something could not be audited")
    given = parser.parse_args()
    listed = yaml.safe_load(LISTED.read_text())
    locks = sorted(path for pattern in LOCKS for path in PROJECT.glob(pattern))
    faults = {str(lock.relative_to(PROJECT)): faults_of(lock) for lock in locks}
    return judge(unallowed(json.loads(given.bill.read_text()), listed), faults, listed["accepted_faults"], given.strict)


if __name__ == "__main__":
    sys.exit(main())
