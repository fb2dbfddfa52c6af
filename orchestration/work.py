"""What there is to do: deliveries that no published generation holds, told by what is in them and not by their names.

What belongs here: the digest of that work, by which Dagster knows a run that it had before, and the wait for files that
still grow. Not here: whether a run is started (automation.py). Nothing here writes.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from orchestration.landing import folder
from orchestration.landing.folder import FoundFile
from orchestration.landing.registry import read_registrations, shown_name
from orchestration.publish import generation
from orchestration.quality import reviews
from orchestration.settings import Settings
from orchestration.versions import code_version
from orchestration.warehouse import rebuild

_BYTES_IN_A_LOOK = 2 << 30  # read to be told apart; a look must not take longer than a sensor may
_LONGEST_WAIT_SECONDS = 1800.0  # for files that grow: others are not held up for ever by one that never stops
_CHUNK = 1 << 20


@dataclass
class Look:
    """One look at what there is to do, with what the next look need not do again."""

    digest: str | None = None  # of the work; None when there is none, or it is not known yet
    reason: str = ""  # why there is nothing to start
    files: int = 0  # new deliveries
    hashes: dict[str, str] = field(default_factory=dict)  # signature of a file not yet landed -> sha256
    waiting_since: float | None = None

    def as_cursor(self) -> str:
        return json.dumps({"hashes": self.hashes, "waiting_since": self.waiting_since})


def look(settings: Settings, cursor: str | None, *, pause_seconds: float = 1.0, now: float | None = None) -> Look:
    """Look for work. `cursor` is what the look before said; files are looked at twice, `pause_seconds` apart."""
    before = _read_cursor(cursor)
    now = time.time() if now is None else now
    listing = folder.list_folder(settings.landing)
    seen = folder.read_seen(settings.warehouse / "landing") or set()
    unseen = [file for file in listing.files if file.signature not in seen and os.access(file.path, os.R_OK)]
    still, growing = folder.standing_still(unseen, pause_seconds)
    found = Look(
        hashes={file.signature: before.hashes[file.signature] for file in still if file.signature in before.hashes}
    )
    if growing:
        found.waiting_since = before.waiting_since or now
        if now - found.waiting_since < _LONGEST_WAIT_SECONDS:
            found.reason = f"{len(growing)} files still grow: waiting for them."
            return found
    if not _read(still, found.hashes):
        found.reason = f"Reading what is new: {len(found.hashes)} of {len(still)} files so far."
        return found
    _judge(settings, still, found)
    return found


def _read_cursor(cursor: str | None) -> Look:
    try:
        said = json.loads(cursor or "{}")
        return Look(hashes=dict(said.get("hashes", {})), waiting_since=said.get("waiting_since"))
    except (ValueError, TypeError, AttributeError):
        return Look()


def _read(files: list[FoundFile], hashes: dict[str, str]) -> bool:
    """Hash what is not hashed yet, so much in one look; whether all is."""
    left = _BYTES_IN_A_LOOK
    for file in files:
        if file.signature in hashes:
            continue
        if left <= 0:
            return False
        left -= file.size
        try:
            hashes[file.signature] = _sha256(file)
        except OSError:
            continue  # it went away, or may not be read: the next look sees
    return True


def _sha256(file: FoundFile) -> str:
    digest = hashlib.sha256()
    handle = os.open(file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _judge(settings: Settings, files: list[FoundFile], found: Look) -> None:
    """The digest of what is new on top of the generation that is out."""
    published = generation.current(settings)
    batches = set(published.batches) if published else set()
    registrations = read_registrations(settings.warehouse / "landing")
    known = {(registered.path, registered.name, registered.sha256) for registered in registrations}
    unpublished = [registered.sha256 for registered in registrations if registered.batch not in batches]
    new = [
        found.hashes[file.signature]
        for file in files
        if file.signature in found.hashes and (*shown_name(file.relative), found.hashes[file.signature]) not in known
    ]
    requests = sorted(request.name for request in rebuild.asked(settings))
    version = code_version(settings)
    found.files = len(new) + len(unpublished)
    is_same_code = published is None or published.code_version == version
    said = reviews.current_digest(settings)
    is_same_review = published is None or published.reviews == said
    if is_same_code and is_same_review and not (new or unpublished or requests):
        found.reason = "Nothing new was delivered."
        return
    told = {
        "on": published.generation if published else None,
        "code": version,
        "contents": sorted([*new, *unpublished]),
        "rebuild": requests,
        "reviews": said,
    }
    found.digest = _digest(told)


def _digest(told: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()
