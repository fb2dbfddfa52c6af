"""The erasures themselves: forget a subject, retain by period, hold. The order of the steps, and what still holds rows.

What belongs here: deciding, committing, saying what was done. Not here: finding rows (stored.py), files of the landing
store (landing/erasures.py), withdrawing generations (publish/).
"""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

from orchestration.errors import EnvironmentProblem, OccError, UsageProblem
from orchestration.landing import erasures, folder, load_profile
from orchestration.landing.contracts import Profile
from orchestration.landing.erasures import INCIDENT, RETENTION, TOKEN, Erasure, Hold
from orchestration.landing.keys import fingerprint, open_key
from orchestration.landing.registry import Registration
from orchestration.landing.subjects import Marks, Subject, digest_of, open_marks, plain
from orchestration.landing.tokens import Tokens, mask_text
from orchestration.publish.generation import holding_erased
from orchestration.retention.periods import first_days_kept
from orchestration.retention.stored import Found, StoredRows
from orchestration.settings import Settings
from orchestration.warehouse.steps import derived_files


class Held(OccError):
    """A hold keeps rows that were to go."""

    exit_code = 5


@dataclass
class Outcome:
    """What an erasure did, or would do."""

    erasure: Erasure
    is_committed: bool
    delivered_files: list[str] = field(default_factory=list)  # still in the landing folder, holding the rows
    generations: list[str] = field(default_factory=list)  # published ones that hold the rows
    kept_from: dict[str, date] = field(default_factory=dict)

    @property
    def changed_rows(self) -> bool:
        return bool(self.erasure.rows_erased or self.erasure.mentions)


@dataclass(frozen=True)
class _Store:
    """One warehouse's landing store, its key checked, nothing left half-done."""

    settings: Settings
    profile: Profile
    path: Path
    tokens: Tokens
    fingerprint: str
    marks: Marks


def token_kinds(settings: Settings) -> set[str]:
    """Kinds of personal identifiers that the profile's contracts name, such as cli and victim."""
    contracts = load_profile(settings.profile).contracts
    return {column.token for contract in contracts for column in contract.columns.values() if column.token}


def token_of(settings: Settings, kind: str, identifier: str) -> str:
    """The token of a raw identifier under this warehouse's key. Raises UsageProblem when nothing is left of it."""
    token = _open(settings).tokens.of(kind, identifier.strip())
    if token is None:
        raise UsageProblem("There is nothing in this identifier that a token could be made of.")
    return token


def forget(settings: Settings, subject: Subject, *, reason: str, dry_run: bool = False) -> Outcome:
    """Take every row of one incident or person out of the landing store, for good.

    Raises Held when a hold keeps any of them (nothing is erased then), UsageProblem when the reason names the subject.
    """
    opened = _open(settings, settle=not dry_run)
    digest = digest_of(opened.tokens, subject.kind, subject.value)
    _check_reason(reason, subject)
    if digest in opened.marks.held.get(subject.kind, frozenset()):
        raise Held(f"Nothing was erased: this {_noun(subject)} is held ({_holds_told(opened, subject.kind, digest)}).")
    with StoredRows(opened.path, opened.marks) as rows:
        found = rows.find_subject(subject)
        if found.rows_held:
            raise Held(
                f"Nothing was erased: {found.rows_held} row(s) of this {_noun(subject)} are held through another "
                "subject. See: occ hold list"
            )
        erasure = _entry(opened, rows, subject.kind, digest, reason, found)
        outcome = _outcome(opened, rows, erasure, found)
        # A subject that was never delivered is noted as well: it is not stored when it comes.
        if not dry_run:
            rows.stage(found, {digest}, {}, erasures.staging_folder(opened.path, erasure.erasure_id))
            _commit(opened, erasure)
            outcome.is_committed = True
    return outcome


def retain(settings: Settings, *, as_of: date, reason: str = "", dry_run: bool = False) -> Outcome:
    """Take out the rows of every export that are older than its period as of a day.

    Raises UsageProblem when the profile has no period, or the day lies ahead.
    """
    if as_of > datetime.now(UTC).date():
        raise UsageProblem(f"--as-of {as_of} lies ahead: rows would go before their time.")
    opened = _open(settings, settle=not dry_run)
    if not opened.profile.retention:
        raise UsageProblem(
            f"The profile has no periods, so everything is kept. Name some under `retention` in "
            f"{settings.profile / 'profile.yaml'}, for example: acd_segments: 24 months"
        )
    kept_from = first_days_kept(opened.profile.retention, as_of)
    with StoredRows(opened.path, opened.marks) as rows:
        found = rows.find_old(kept_from)
        erasure = _entry(opened, rows, RETENTION, None, reason or "retention periods of the profile", found)
        erasure = replace(erasure, kept_from={export: day.isoformat() for export, day in kept_from.items()})
        outcome = _outcome(opened, rows, erasure, found)
        outcome.kept_from = kept_from
        known = opened.marks.kept_from
        is_news = any(day > known.get(export, date.min) for export, day in kept_from.items())
        if not dry_run and (is_news or not found.is_nothing):
            rows.stage(found, set(), kept_from, erasures.staging_folder(opened.path, erasure.erasure_id))
            _commit(opened, erasure)
            outcome.is_committed = True
    return outcome


# --- holds ----------------------------------------------------------------------------------------------------------
def add_hold(settings: Settings, subject: Subject, *, reason: str, until: date | None) -> Hold:
    """Hold the rows of an incident or a person. Raises UsageProblem when it is held, or was forgotten already."""
    opened = _open(settings)
    _check_reason(reason, subject)
    digest = digest_of(opened.tokens, subject.kind, subject.value)
    if digest in opened.marks.erased[subject.kind]:
        raise UsageProblem(f"This {_noun(subject)} was forgotten already: there is nothing left to hold.")
    if digest in opened.marks.held[subject.kind]:
        raise UsageProblem(f"This {_noun(subject)} is held already ({_holds_told(opened, subject.kind, digest)}).")
    if until is not None and until < datetime.now(UTC).date():
        raise UsageProblem(f"--until {until} has passed: the hold would not hold.")
    holds = erasures.read_holds(opened.path)
    hold = Hold(
        hold_id=f"H{len(holds) + 1:04d}",
        kind=subject.kind,
        digest=digest,
        reason=mask_text(reason),
        held_at=_now(),
        held_by=_user(),
        until=until.isoformat() if until else None,
    )
    erasures.write_holds(opened.path, [*holds, hold])
    return hold


def release_hold(settings: Settings, hold_id: str) -> Hold:
    """End a hold. Raises UsageProblem when there is none of that name in force."""
    opened = _open(settings)
    holds = erasures.read_holds(opened.path)
    found = next((hold for hold in holds if hold.hold_id == hold_id.upper() and hold.released_at is None), None)
    if found is None:
        raise UsageProblem(f"There is no hold {hold_id} in force. See: occ hold list")
    released = replace(found, released_at=_now(), released_by=_user())
    erasures.write_holds(opened.path, [released if hold is found else hold for hold in holds])
    return released


def list_holds(settings: Settings) -> list[Hold]:
    """Every hold ever made."""
    return erasures.read_holds(settings.warehouse / "landing")


# --- steps ----------------------------------------------------------------------------------------------------------
def _open(settings: Settings, *, settle: bool = True) -> _Store:
    path = settings.warehouse / "landing"
    if not folder.committed_batches(path):
        raise UsageProblem(f"Nothing was landed in {settings.warehouse} yet, so there is nothing to erase or to hold.")
    profile = load_profile(settings.profile)
    key = open_key(settings.key_file, path)
    with _store_trouble(path):
        if settle:
            erasures.settle(path, derived_files(settings))
    tokens, own = Tokens(key), fingerprint(key)
    return _Store(settings, profile, path, tokens, own, open_marks(path, tokens, profile.time_zone, own))


def _commit(opened: _Store, erasure: Erasure) -> None:
    with _store_trouble(opened.path):
        erasures.commit(opened.path, erasure)
        erasures.settle(opened.path, derived_files(opened.settings))


@contextmanager
def _store_trouble(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EnvironmentProblem(
            f"The landing store {path} could not be written: {error.strerror}. Make room or mend the permissions, and "
            "give the command again: it goes on where it stopped."
        ) from None


def _entry(opened: _Store, rows: StoredRows, kind: str, digest: str | None, reason: str, found: Found) -> Erasure:
    return Erasure(
        erasure_id=erasures.new_id(opened.path),
        erased_at=_now(),
        erased_by=_user(),
        kind=kind,
        digest=digest,
        reason=mask_text(reason),
        key_fingerprint=opened.fingerprint,
        rows_by_export=found.rows_by_export,
        rows_quarantined=found.rows_quarantined,
        mentions=found.mentions,
        rows_held=found.rows_held,
        contents={str(number): counts for number, counts in sorted(found.contents.items())},
        batches=tuple(rows.batches_of(found.touched)),
    )


def _outcome(opened: _Store, rows: StoredRows, erasure: Erasure, found: Found) -> Outcome:
    # Asked for once more, what lies in the landing folder since the first time is said again.
    earlier = [
        each
        for each in erasures.read_erasures(opened.path)
        if each.digest is not None and (each.kind, each.digest) == (erasure.kind, erasure.digest)
    ]
    touched = found.touched | {int(number) for each in earlier for number in each.contents}
    affected = rows.files_of(touched)
    return Outcome(
        erasure=erasure,
        is_committed=False,
        delivered_files=_still_delivered(opened.settings.landing, affected),
        generations=holding_erased(opened.settings, [erasure]),
    )


def _still_delivered(landing: Path, files: list[Registration]) -> list[str]:
    """Those of some files that still lie in the landing folder as they were taken in; only looked at."""
    signatures = {file.signature: file.path for file in files}
    lying = folder.list_folder(landing).files if landing.is_dir() else []
    return sorted({signatures[file.signature] for file in lying if file.signature in signatures})


def _check_reason(reason: str, subject: Subject) -> None:
    if subject.plain in plain(reason):
        raise UsageProblem(
            "The reason names what is to go, and the audit entry is kept: give the number of the request instead."
        )


def _holds_told(opened: _Store, kind: str, digest: str) -> str:
    holds = [h for h in erasures.active_holds(opened.path) if (h.kind, h.digest) == (kind, digest)]
    return "; ".join(
        f"{hold.hold_id}: {hold.reason}" + (f", until {hold.until}" if hold.until else "") for hold in holds
    )


def _noun(subject: Subject) -> str:
    return {INCIDENT: "incident", TOKEN: "person"}[subject.kind]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
