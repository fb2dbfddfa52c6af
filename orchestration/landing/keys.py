"""The token key: where it lies, how it is made, when it is refused. No hashing of values (tokens.py).

The key lies outside every warehouse. A warehouse holds its fingerprint only, so that tokens made under another key
are never mixed with its own.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
import time
from contextlib import suppress
from pathlib import Path

from orchestration.errors import EnvironmentProblem

FINGERPRINT_FILE = "key.fingerprint"
_KEY_BYTES = 32
_ABANDONED_SECONDS = 60  # what a key is written aside in lives for milliseconds, unless its run was killed


class KeyProblem(EnvironmentProblem):
    """The token key is missing, open to others, spoiled, or not the one this warehouse was made with."""


def open_key(key_file: Path, landing_store: Path) -> bytes:
    """The 32-byte key for this landing store; made on first run, checked against the store's fingerprint.

    Raises KeyProblem with one clear paragraph.
    """
    known = _known_fingerprint(landing_store)
    if not key_file.exists():
        if known or _has_registry(landing_store):
            raise _missing(key_file, landing_store)
        _make_key(key_file)
    key = _read_key(key_file)
    _check_fingerprint(key, key_file, known, landing_store)
    return key


def check_key(key_file: Path, landing_store: Path) -> None:
    """Is the key there, closed to others, and the one that this landing store was made with? Makes nothing.

    Raises KeyProblem with one clear paragraph.
    """
    if not key_file.exists():
        raise _missing(key_file, landing_store)
    key = _read_key(key_file)
    if known := _known_fingerprint(landing_store):
        _check_fingerprint(key, key_file, known, landing_store)


def fingerprint(key: bytes) -> str:
    """What a warehouse remembers of its key (32 hex characters); says nothing about the key itself."""
    return hashlib.sha256(b"occ token key fingerprint:" + key).hexdigest()[:32]


def _missing(key_file: Path, landing_store: Path) -> KeyProblem:
    return KeyProblem(
        f"The token key {key_file} is not there, but the warehouse {landing_store.parent} was made with one. "
        "Personal identifiers could not be matched with those already stored. Put the key back (or name it "
        "with OCC_TOKEN_KEY_FILE); without it, start a new warehouse folder and land the files again."
    )


def _known_fingerprint(landing_store: Path) -> str:
    path = landing_store / FINGERPRINT_FILE
    return path.read_text(encoding="ascii").strip() if path.exists() else ""


def _has_registry(landing_store: Path) -> bool:
    return any((landing_store / "registry").glob("*.parquet"))


def _make_key(key_file: Path) -> None:
    # Written aside and linked into place: a run killed here leaves no key that is half there, and a key that another
    # run made in between stays.
    aside = key_file.with_name(f".{key_file.name}.{secrets.token_hex(4)}.tmp")
    try:
        key_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in key_file.parent.glob(f".{key_file.name}.*.tmp"):
            if time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
                left.unlink(missing_ok=True)
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as stream:
            stream.write(secrets.token_hex(_KEY_BYTES) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        with suppress(FileExistsError):
            os.link(aside, key_file)
        aside.unlink(missing_ok=True)
    except OSError as error:
        raise KeyProblem(
            f"The token key {key_file} could not be made: {error.strerror}. Give this user a folder to write it to, "
            "or name another place with OCC_TOKEN_KEY_FILE."
        ) from None


def _read_key(key_file: Path) -> bytes:
    try:
        handle = os.open(key_file, os.O_RDONLY)
        with os.fdopen(handle, "rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            text = stream.read(4096)
    except OSError as error:
        raise KeyProblem(
            f"The token key {key_file} cannot be read: {error.strerror}. Give this user, and nobody else, read "
            "permission, or name another key with OCC_TOKEN_KEY_FILE."
        ) from None
    if stat.S_IMODE(mode) & 0o077:
        raise KeyProblem(
            f"The token key {key_file} is open to other users (mode {stat.S_IMODE(mode):04o}). Whoever holds it can "
            f"turn tokens back into telephone numbers. Close it with: chmod 600 {key_file}"
        )
    try:
        key = bytes.fromhex(text.decode("ascii").strip())
    except ValueError:
        key = b""
    if len(key) < _KEY_BYTES:
        raise KeyProblem(
            f"The token key {key_file} is spoiled: it must hold at least {_KEY_BYTES * 2} hexadecimal characters. "
            "Put the right key back; for a new warehouse, move this file away and a new key is made."
        )
    return key


def _check_fingerprint(key: bytes, key_file: Path, known: str, landing_store: Path) -> None:
    own = fingerprint(key)
    if known and known != own:
        raise KeyProblem(
            f"The token key {key_file} is not the one that the warehouse {landing_store.parent} was made with (its "
            f"fingerprint is {own[:8]}…, the warehouse's {known[:8]}…). Name the right key with OCC_TOKEN_KEY_FILE, or "
            "start a new warehouse folder and land the files again."
        )
    if not known:
        landing_store.mkdir(parents=True, exist_ok=True)
        temporary = landing_store / f".{FINGERPRINT_FILE}.tmp"
        temporary.write_text(own + "\n", encoding="ascii")
        temporary.replace(landing_store / FINGERPRINT_FILE)
