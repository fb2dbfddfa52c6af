"""Subjects: of which incident and of whom a row speaks, as keyed digests, and which of them must not be stored.

What belongs here: where a row names an incident or a person, digests, words in text, how old a row is. Not here: files.
The same rules judge a file that is taken in and the files that are stored, so their order does not matter.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from orchestration.landing.erasures import INCIDENT, TOKEN, active_holds, kept_from, read_erasures
from orchestration.landing.keys import KeyProblem
from orchestration.landing.shapes import load_shapes
from orchestration.landing.times import local_midnight
from orchestration.landing.tokens import Tokens

ERASED = "[erased]"
_NUMBER_PREFIX = "number-"  # an identifier that was a telephone number is stored as this and its token
_WORD = re.compile(r"""[^\s,;|"'()\[\]<>]+""")
_TOKEN_FORM = re.compile(r"[0-9a-f]{16}")
_TRIMMED = ".:?!"
_LONGEST_WORD = 64
_MOST_WORDS = 200  # of one record that are looked at
_INCIDENT_COLUMN = "incident_ref"
_LEGACY = "legacy_incidents"
_TEXTS = ("text", "reference", "free_text")


@dataclass(frozen=True)
class Subject:
    """One incident or one person's token, in clear: only for as long as a command runs."""

    kind: str
    value: str

    @property
    def plain(self) -> str:
        return plain(self.value)


def plain(value: str) -> str:
    """How references are compared: without spaces around them, capitals and small letters alike."""
    return value.strip().lower()


def digest_of(tokens: Tokens, kind: str, value: str) -> str:
    """The keyed digest of a subject."""
    return digests_of(tokens, kind, [value])[0]


def digests_of(tokens: Tokens, kind: str, values: Iterable[str]) -> list[str]:
    """Keyed digests of many values of one kind; empty text for what is empty."""
    return [digest or "" for digest in tokens.of_many(f"erased {kind.lower()}", [plain(value) for value in values])]


def subject_columns(export: str) -> list[tuple[str, str]]:
    """(kind, column) of the columns that say of whom a row of the export is; the legacy system's are two."""
    columns = load_shapes()[export].columns
    found = [(INCIDENT, _INCIDENT_COLUMN)] if _INCIDENT_COLUMN in columns else []
    return found + [(TOKEN, name) for name, kind in columns.items() if kind == "token"]


def subject_expressions(export: str, filled: Collection[str], prefix: str = "") -> list[tuple[str, str]]:
    """(kind, SQL) of whom a row is, over its columns with a prefix; `filled` are the columns that are there."""
    found = [(kind, prefix + name) for kind, name in subject_columns(export) if name in filled]
    if export == _LEGACY and {"incident_date", "incident_no"} <= set(filled):
        number = f"{prefix}incident_no"
        padded = f"case when length({number}) < 5 then lpad({number}, 5, '0') else {number} end"
        # As the incident is called in the warehouse.
        found.append((INCIDENT, f"'LEGACY-' || strftime({prefix}incident_date, '%Y%m%d') || '-' || {padded}"))
    return found


def mention_columns(export: str) -> list[str]:
    """Columns of text in which a row may mention a subject without being of it."""
    own = {name for _, name in subject_columns(export)}
    return [name for name, kind in load_shapes()[export].columns.items() if kind in _TEXTS and name not in own]


def is_old_sql(
    export: str, filled: Collection[str], covered_until: str, first_kept: date, zone: str, prefix: str = ""
) -> str:
    """SQL for whether a row is older than the first kept day: all its times are, or its file covers older days only.

    So a time to come, or a wrong one, keeps nothing longer than the file's own days; `covered_until` is SQL for those.
    """
    day, instant = f"date '{first_kept}'", f"make_timestamp({local_midnight(zone, first_kept)})"
    times, told = [], []
    for name, kind in load_shapes()[export].columns.items():
        if name not in filled or kind not in ("instant", "date", "month"):
            continue
        column = prefix + name
        value = f"last_day({column})" if kind == "month" else column
        times.append(f"coalesce({value} < {instant if kind == 'instant' else day}, true)")
        told.append(f"{column} is not null")
    old_file = f"coalesce({covered_until} < {day}, false)"
    if not times:
        return old_file
    return f"({old_file} or (({' or '.join(told)}) and {' and '.join(times)}))"


def words_of(text: str) -> Iterator[str]:
    """Words that may be a reference or a token: they hold a digit."""
    for match in _WORD.finditer(text):
        word = match[0].strip(_TRIMMED)
        if 4 <= len(word) <= _LONGEST_WORD and any(character.isdigit() for character in word):
            yield word


def without_mentions(text: str, marked: Collection[str]) -> str:
    """The text, with words that are `marked` (in plain form) masked; a text that is one of them as a whole, too."""
    if plain(text) in marked:
        return ERASED

    def masked(match: re.Match[str]) -> str:
        word = match[0].strip(_TRIMMED)
        if plain(word).removeprefix(_NUMBER_PREFIX) not in marked:
            return match[0]
        return match[0].replace(word, ERASED)

    return _WORD.sub(masked, text)


def candidates(texts: Iterable[str]) -> set[str]:
    """Everything in some texts that could name a subject, in plain form."""
    found: set[str] = set()
    for text in texts:
        if text and len(text) <= _LONGEST_WORD:
            found.add(plain(text))
        found.update(plain(word).removeprefix(_NUMBER_PREFIX) for word in words_of(text))
    return found


def subjects_of(tokens: Tokens, texts: Iterable[str]) -> str:
    """Digests of everything in a bad record that could name a subject, by comma: it can be found again by them."""
    named = sorted(candidates(texts))[:_MOST_WORDS]
    return ",".join(digest for kind in (INCIDENT, TOKEN) for digest in digests_of(tokens, kind, _of_kind(kind, named)))


def _of_kind(kind: str, names: Iterable[str]) -> list[str]:
    """Those of some names that may be one of a kind: a token is recognised by its form."""
    return [name for name in names if kind != TOKEN or _TOKEN_FORM.fullmatch(name)]


@dataclass(frozen=True)
class Marks:
    """What must not be stored, and what must be kept: digests of subjects, and the first day kept of each export."""

    tokens: Tokens
    zone: str
    erased: dict[str, frozenset[str]] = field(default_factory=dict)  # kind -> digests
    held: dict[str, frozenset[str]] = field(default_factory=dict)
    kept_from: dict[str, date] = field(default_factory=dict)

    @property
    def has_subjects(self) -> bool:
        return any(self.erased.values())

    def erased_among(self, kind: str, values: Collection[str]) -> list[str]:
        """Those of some values that were erased."""
        return self._among(self.erased.get(kind, frozenset()), kind, values)

    def held_among(self, kind: str, values: Collection[str]) -> list[str]:
        """Those of some values that are held."""
        return self._among(self.held.get(kind, frozenset()), kind, values)

    def _among(self, wanted: frozenset[str], kind: str, values: Collection[str]) -> list[str]:
        if not wanted:
            return []
        found = zip(values, digests_of(self.tokens, kind, values), strict=True)
        return [value for value, digest in found if digest in wanted]

    def mentions(self, texts: Iterable[str]) -> set[str]:
        """What some texts mention that was erased, in plain form."""
        if not self.has_subjects:
            return set()
        named = candidates(texts)
        return {name for kind in (INCIDENT, TOKEN) for name in self.erased_among(kind, _of_kind(kind, named))}

    def is_erased(self, export: str, subjects: str | None, covered_until: date | None) -> bool:
        """Is a bad record of something erased, or too old to be kept, and not held?"""
        digests = set((subjects or "").split(","))
        if any(digests & each for each in self.held.values()):
            return False
        if any(digests & each for each in self.erased.values()):
            return True
        first_kept = self.kept_from.get(export)
        return covered_until is not None and first_kept is not None and covered_until < first_kept


def open_marks(store: Path, tokens: Tokens, zone: str, fingerprint: str) -> Marks:
    """What stands in a landing store. Raises KeyProblem when it was made under another key."""
    erasures, holds = read_erasures(store), active_holds(store)
    if any(each.digest and each.key_fingerprint != fingerprint for each in erasures):
        raise KeyProblem(
            f"Erasures in {store / 'erasures'} were made under another token key, so what was forgotten could not be "
            "recognised when it is delivered again. Put that key back, or forget the same incidents and persons again "
            "under the new one and move the old records away."
        )
    return Marks(
        tokens,
        zone,
        erased={kind: frozenset(str(e.digest) for e in erasures if e.kind == kind) for kind in (INCIDENT, TOKEN)},
        held={kind: frozenset(hold.digest for hold in holds if hold.kind == kind) for kind in (INCIDENT, TOKEN)},
        kept_from=kept_from(erasures),
    )
