"""Reading delivered files again, under the contracts of today, from the landing folder where they still lie.

What belongs here: which files, where their bytes are, what became of them. A file that is read again is registered
again under the name, place and time of arrival that it had; the earlier registration gives way, and its rows are in
the store but in no table any more. So the same files and contracts make the same warehouse as if they had come so.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from orchestration.landing import folder, store
from orchestration.landing.contracts import Profile
from orchestration.landing.erasures import Erasure, read_erasures
from orchestration.landing.folder import FoundFile
from orchestration.landing.recognition import recognise
from orchestration.landing.registry import (
    FileKey,
    Registration,
    delivery_ids,
    less_erased,
    read_registrations,
    shown_name,
    standing,
)
from orchestration.landing.run import LandingRun, Progress, Reading, Rows, open_tokens, trouble_with_the_store
from orchestration.landing.values import TypedBatch, open_engine


@dataclass(frozen=True)
class Replayed:
    """One file that was to be read again."""

    delivery_id: str
    before: Registration
    now: Registration | None  # None where its bytes are not there any more
    gone: str | None = None  # why not

    @property
    def outcome(self) -> str:
        """GONE, SAME, or what became of it: READ (every row), ROWS (some are still bad), QUARANTINED (otherwise)."""
        if self.now is None:
            return "GONE"
        if _result(self.now) == _result(self.before):
            return "SAME"
        if self.now.reason is not None:
            return "QUARANTINED"
        return "ROWS" if self.now.rows_quarantined else "READ"


def is_in_quarantine(registration: Registration) -> bool:
    """Is the file quarantined whole, or are some of its rows?"""
    return registration.reason is not None or registration.rows_quarantined > 0


def judged_under_other_contracts(warehouse: Path, profile: Profile) -> list[Registration]:
    """Files in quarantine, whole or in part, whose contracts are others today than those they were read under."""
    digests: dict[str | None, str] = {}
    found = []
    landing_store = warehouse / "landing"
    for registration in standing(less_erased(read_registrations(landing_store), read_erasures(landing_store))):
        if not is_in_quarantine(registration):
            continue
        if registration.export not in digests:
            digests[registration.export] = profile.digest_for(registration.export)
        if registration.read_under != digests[registration.export]:
            found.append(registration)
    return found


def read_again(
    landing_dir: Path,
    warehouse: Path,
    profile: Profile,
    key_file: Path,
    *,
    batch: str,
    wanted: Callable[[str, Registration], bool],
    dry_run: bool = False,
    progress: Progress | None = None,
) -> list[Replayed]:
    """Read the files that are `wanted` (by delivery id and registration) again and register them as one batch.

    Files of the same bytes go together, so that whichever of them counts is read under the contracts of today. With
    `dry_run` nothing is kept. Raises KeyProblem and StoreProblem as `land` does.
    """
    store.check_batch_name(batch)
    landing_store = warehouse / "landing"
    earlier = read_registrations(landing_store)
    ids = delivery_ids(earlier)
    known = standing(earlier)
    digests = {each.sha256 for each in known if wanted(ids[each.key], each)}
    chosen = [each for each in known if each.sha256 in digests]
    if not chosen:
        return []
    tokens, marks = open_tokens(key_file, landing_store, profile)
    with ExitStack() as stack, trouble_with_the_store(landing_store):
        target = landing_store
        if dry_run:
            target = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="occ-replay-")))
        else:
            store.remove_orphans(landing_store, profile.exports)
        run = _Replay(landing_dir, target, profile, tokens, marks, batch, progress, 0)
        gone = run.go_again(chosen, earlier, read_erasures(landing_store), commit=not dry_run)
    now = {each.key: each for each in run.registrations}
    return [Replayed(ids[each.key], each, now.get(each.key), gone.get(each.key)) for each in chosen]


class _Replay(LandingRun):
    def go_again(
        self, chosen: list[Registration], earlier: list[Registration], erased: Sequence[Erasure], *, commit: bool
    ) -> dict[FileKey, str]:
        """Read, store and register; why a file could not be read, by its key."""
        self._remember(earlier)
        self.again = {each.key: each for each in chosen}
        self.as_it_is = {each.key: each for each in less_erased(chosen, erased)}
        digests = {each.sha256 for each in chosen}
        self.known = {key: number for key, number in self.known.items() if key[0] not in digests}
        gone: dict[FileKey, str] = {}
        with open_engine() as self.engine:
            for group in self._groups(self._readings(chosen, gone)):
                self._take_in(group)
        if commit:
            everything, self.registrations = self.registrations, [r for r in self.registrations if self._is_news(r)]
            self._commit()
            self.registrations = everything
        elif self.quarantine is not None:
            self.quarantine.close()
        return gone

    def _readings(self, chosen: list[Registration], gone: dict[FileKey, str]) -> Iterator[Reading]:
        lying = {shown_name(file.relative): file for file in folder.list_folder(self.landing_dir).files}
        for done, each in enumerate(sorted(chosen, key=lambda file: (file.export or "", file.path))):
            self.progress("reading again", done + 1, len(chosen))
            is_unreadable = False
            for file in _places(each, chosen, lying):
                reading = self._read(file, recognise(file.name, self.profile))
                is_unreadable |= reading is None
                if reading is not None and reading.sha256 == each.sha256:
                    yield reading
                    break
            else:
                gone[each.key] = _why_gone((each.path, each.name) in lying, is_unreadable)

    def _is_to_store(self, reading: Reading, rows: Rows, batch: TypedBatch) -> bool:
        """Rows that are read as they were are not stored a second time."""
        is_new = super()._is_to_store(reading, rows, batch)
        before = self.as_it_is[self.key_of(reading)]
        is_same = (
            reading.reason is None
            and before.content_no is not None
            and before.read_under == self._digest(rows.contract.export)
            and before.contract == rows.contract.name
            and before.rows_read == rows.records.rows_read - rows.left_out
            and before.rows_quarantined == rows.quarantined
        )
        if is_same and before.content_no is not None:
            rows.content_no = before.content_no
            # As it was registered: what was erased since is counted by the erasure.
            as_stored = self.again[self.key_of(reading)]
            rows.quarantined, rows.erased = as_stored.rows_quarantined, as_stored.rows_erased
            if not reading.is_without_rows:
                self.known[reading.sha256, rows.contract.name] = before.content_no
        return is_new and not is_same

    def _is_news(self, registration: Registration) -> bool:
        before = self.again[registration.key]
        return replace(registration, batch=before.batch) != before


def _places(
    each: Registration, chosen: Iterable[Registration], lying: dict[tuple[str, str], FoundFile]
) -> list[FoundFile]:
    """Files in the folder that may hold a registered file's bytes: its own first, then those of the same bytes."""
    found = []
    for other in (each, *(other for other in chosen if other.sha256 == each.sha256 and other is not each)):
        file = lying.get((other.path, other.name))
        if file is not None and file.size == each.bytes:
            found.append(file if other is each else replace(file, relative=each.path))
    return found


def _why_gone(lies_there: bool, is_unreadable: bool) -> str:
    if is_unreadable:
        return "it lies in the landing folder and could not be read just now"
    if lies_there:
        return "another file lies in the landing folder under its name: that one is a delivery of its own"
    return "it does not lie in the landing folder any more: have it delivered again"


def _result(registration: Registration) -> tuple[object, ...]:
    return (
        registration.reason,
        registration.contract,
        registration.business_date,
        registration.rows_read,
        registration.rows_quarantined,
        registration.content_no,
    )
