"""The reviews file: what reviewers said of findings, as YAML that people read, edit and put under version control.

It is only ever added to: signing off, and taking that back, are entries at its end, so that what people wrote in it
stays as they wrote it. Whether a review covers what a rule finds now is told by reports.quality_rules, not here.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from orchestration.errors import EnvironmentProblem, UsageProblem
from orchestration.landing.tokens import mask_text, printable
from orchestration.publish import modes
from orchestration.settings import Settings

USUAL_DAYS = 91  # a quarter: what nobody has looked at for longer is looked at again
LONGEST_DAYS = 366
LOCK_SECONDS = 30.0
_LARGEST_BYTES = 2 << 20
_HEAD = """\
# What reviewers said of the findings of the quality rules: `occ review`, docs/quality-report.md ("Signing off").
# Add entries at the end, by the command or by hand; of several for a rule the last counts. Comments stay.
#   rule: its id    state: accepted, known, fixed or withdrawn    by, reason: for people; no numbers, no e-mail
#   reviewed_on    expires_on: the last day, at most 366 days later    generation: what was out then (may be left out)
"""


class Entry(BaseModel):
    """One entry of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: str = Field(pattern=r"^[a-z][a-z0-9_]{2,79}$")
    state: Literal["accepted", "known", "fixed", "withdrawn"]
    by: str = Field(min_length=2, max_length=80)
    reason: str = Field(min_length=10, max_length=500)
    reviewed_on: date
    expires_on: date | None = None
    generation: str | None = Field(default=None, pattern=r"^\d{8}T\d{6}Z(-\d+)?$")

    @field_validator("by", "reason")
    @classmethod
    def _is_for_a_page(cls, value: str) -> str:
        text = " ".join(value.split())
        if not text.isprintable():
            raise ValueError("holds characters that cannot be printed")
        if mask_text(text) != text:
            raise ValueError("holds what looks like a telephone number or an e-mail address; leave it out")
        return text

    @model_validator(mode="after")
    def _expires(self) -> Entry:
        if self.state == "withdrawn":
            return self
        if self.expires_on is None:
            raise ValueError(f"expires_on is missing: say the last day, at most {LONGEST_DAYS} days after reviewed_on")
        if self.expires_on < self.reviewed_on:
            raise ValueError("expires_on lies before reviewed_on")
        if self.expires_on > self.reviewed_on + timedelta(days=LONGEST_DAYS):
            raise ValueError(f"expires_on lies more than {LONGEST_DAYS} days after reviewed_on")
        return self

    @property
    def review_id(self) -> str:
        told = [self.rule, self.state, self.by, self.reason, str(self.reviewed_on), str(self.expires_on)]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Problem:
    """Why an entry, or the file, cannot be used."""

    place: str
    problem: str

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"


@dataclass(frozen=True)
class Standing:
    """An entry, and what it counts for on a day."""

    entry: Entry
    standing: Literal["IN_FORCE", "EXPIRED", "REPLACED", "WITHDRAWN"]


@dataclass
class Reviews:
    """What the file says. What cannot be used of it covers nothing, and is a problem."""

    entries: list[Entry] = field(default_factory=list)  # in the file's order
    places: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def standings(self, today: date) -> list[Standing]:
        """Every entry but withdrawals, each once; of several for a rule only the last can be in force."""
        after: dict[str, Entry] = {}
        found: list[Standing] = []
        ids: set[str] = set()
        in_time = sorted(self.entries, key=lambda each: each.reviewed_on)
        for entry in in_time[::-1]:
            later = after.setdefault(entry.rule, entry)
            if entry.state != "withdrawn" and entry.review_id not in ids:
                ids.add(entry.review_id)
                found.append(Standing(entry, _standing_of(entry, later, today)))
            after[entry.rule] = entry
        return found[::-1]

    def not_yet(self, today: date) -> list[Problem]:
        """Entries of days to come: a review is of what somebody has seen."""
        said = f"reviewed_on lies after today, {today}; put the day of the review"
        return [
            Problem(place, said)
            for place, entry in zip(self.places, self.entries, strict=True)
            if entry.reviewed_on > today
        ]


def _standing_of(entry: Entry, later: Entry, today: date) -> Literal["IN_FORCE", "EXPIRED", "REPLACED", "WITHDRAWN"]:
    if later is not entry:
        return "WITHDRAWN" if later.state == "withdrawn" else "REPLACED"
    if entry.expires_on is not None and entry.expires_on < today:
        return "EXPIRED"
    return "IN_FORCE"


def today_of(settings: Settings) -> date:
    """The day on the force's own clock."""
    try:
        zone = ZoneInfo(settings.time_zone)
    except (ValueError, ZoneInfoNotFoundError):  # a profile that cannot be read is what the run itself says
        zone = ZoneInfo("UTC")
    return datetime.now(zone).date()


def read(path: Path, today: date) -> Reviews:
    """What the file says, in order. Never raises: what cannot be used is a problem, and covers nothing."""
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            return _unusable(path, "it is larger than 2 MB; remove entries that expired long ago")
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Reviews()
    except UnicodeDecodeError:
        return _unusable(path, "it is not UTF-8 text; save it as UTF-8")
    except OSError as error:
        return _unusable(path, f"it cannot be read: {error.strerror}")
    found = parse(text, path)
    ahead = found.not_yet(today)
    if ahead:
        used = [number for number, entry in enumerate(found.entries) if entry.reviewed_on <= today]
        found.entries = [found.entries[number] for number in used]
        found.places = [found.places[number] for number in used]
        found.problems += ahead
    return found


def parse(text: str, path: Path) -> Reviews:
    """The entries of the file's text; each that cannot be used is a problem with its place."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        said = getattr(error, "problem", None) or type(error).__name__
        return _unusable(path, f"it is not YAML{where}: {printable(str(said))}; no review in it is in force")
    if node is None:
        return Reviews()
    if not isinstance(node, yaml.SequenceNode):
        return _unusable(path, "it must be a list of entries (`- rule: ...`); no review in it is in force")
    found = Reviews()
    for number, item in enumerate(node.value, start=1):
        place = f"{path.name}, entry {number} (line {item.start_mark.line + 1})"
        try:
            found.entries.append(Entry.model_validate(_plain(item)))
            found.places.append(place)
        except ValidationError as error:
            said = "; ".join(_in_words(each) for each in error.errors())
            found.problems.append(Problem(place, f"{said}. It is not in force"))
        except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
            said = printable(str(getattr(error, "problem", None) or error))[:200]
            found.problems.append(Problem(place, f"{said}. It is not in force"))
    return found


def _plain(node: yaml.Node) -> Any:
    """What an entry holds, by itself: a date that is none spoils its own entry alone."""
    if not isinstance(node, yaml.MappingNode):
        raise ValueError("it is not an entry: write `- rule: ...`, and the other fields below")
    keys = [key.value for key, _ in node.value]
    twice = sorted({str(key) for key in keys if keys.count(key) > 1})
    if twice:
        raise ValueError(f"{', '.join(printable(key) for key in twice)} is said twice")
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_object(node, deep=True)
    finally:
        loader.dispose()


def _in_words(error: Any) -> str:
    place = ".".join(printable(str(part)) for part in error["loc"])
    said = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        said = "is no field of an entry"
    return f"{place}: {said}" if place else said


def _unusable(path: Path, said: str) -> Reviews:
    return Reviews(problems=[Problem(path.name, said)])


def unknown_rules(reviews: Reviews, rule_ids: Sequence[str]) -> list[Problem]:
    """Entries of rules that are no more, or never were."""
    known = set(rule_ids)
    return [
        Problem(place, f"there is no rule {entry.rule}{_near(entry.rule, rule_ids)}. It is not in force")
        for place, entry in zip(reviews.places, reviews.entries, strict=True)
        if entry.rule not in known
    ]


def _near(rule_id: str, rule_ids: Sequence[str]) -> str:
    near = get_close_matches(rule_id, rule_ids, n=3, cutoff=0.5)
    return f"; near it are {', '.join(near)}" if near else ""


def known_rule(rule_id: str, rule_ids: Sequence[str]) -> str:
    """The rule's id. Raises UsageProblem, naming rules of a similar name, when there is none."""
    if rule_id in rule_ids:
        return rule_id
    raise UsageProblem(f"There is no rule {printable(rule_id)}{_near(rule_id, rule_ids)}. See: occ review list")


def digest(reviews: Reviews, today: date) -> str:
    """What the file says on a day, by which a run tells that it changed or something expired; empty for nothing."""
    told = [(each.entry.review_id, each.standing) for each in reviews.standings(today)]
    if not told and not reviews.problems:
        return ""
    said = json.dumps([told, [str(problem) for problem in reviews.problems]])
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def current_digest(settings: Settings) -> str:
    """The digest of the file as it is now."""
    today = today_of(settings)
    return digest(read(settings.reviews, today), today)


def add(path: Path, entry: Entry) -> None:
    """Put an entry at the end of the file, which it makes if need be; what is there stays as it is, byte for byte.

    Raises UsageProblem where the file is no list that can be added to, EnvironmentProblem where it cannot be written.
    """
    target = path.resolve()  # a link into a checkout stays a link
    try:
        modes.room(target.parent)
        with _alone(target):
            before = target.read_bytes().decode("utf-8") if target.exists() else _HEAD
            after = _with(before, entry)
            _check_that_it_was_added(before, after, entry, path)
            _replace(target, after)
    except UnicodeDecodeError:
        raise UsageProblem(f"{path} is not UTF-8 text; save it as UTF-8. Nothing was changed.") from None
    except Timeout:
        raise EnvironmentProblem(f"Another process holds {path} for {LOCK_SECONDS:g} seconds; try again.") from None
    except OSError as error:
        raise EnvironmentProblem(
            f"{path} cannot be written: {error.strerror}. Give this user write permission, or name another file in "
            "OCC_REVIEWS. Nothing was changed."
        ) from None


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    with FileLock(target.with_name(f".{target.name}.lock"), timeout=LOCK_SECONDS):
        yield


def _with(before: str, entry: Entry) -> str:
    said = entry.model_dump(exclude_none=True)
    added = yaml.safe_dump([said], sort_keys=False, allow_unicode=True, width=120)
    text = before if not before or before.endswith("\n") else before + "\n"
    text += f"\n{added}"
    return re.sub(r"\r?\n", "\r\n", text) if "\r\n" in before else text


def _check_that_it_was_added(before: str, after: str, entry: Entry, path: Path) -> None:
    """A list in brackets, or with its dashes set in, cannot be added to at its end: said, and left alone."""
    was, now = parse(before, path), parse(after, path)
    kept = [*was.entries, entry] == now.entries and len(was.problems) == len(now.problems)
    if not kept or (was.problems and not was.entries and was.problems[0].place == path.name):
        told = "; ".join(str(problem) for problem in was.problems[:3])
        why = told or "write it as a list whose entries begin with `- rule:` at the start of a line"
        raise UsageProblem(f"{path} cannot be added to: {why}. Nothing was changed.")


def _replace(target: Path, text: str) -> None:
    """Written aside, then renamed: who reads meanwhile reads all of the one or of the other."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    aside = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        aside.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o644)
        aside.replace(target)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
