"""Tokens and masks: what takes the place of personal values before anything is stored. No files, no SQL.

A token is the first 16 hex characters of HMAC-SHA256(key, kind + ':' + value). A mask takes telephone numbers and
e-mail addresses out of text that people wrote, and any long run of digits out of what is shown of a bad row.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

_BLOCK = 64  # bytes of a SHA-256 block
WITHHELD = "(withheld)"
_NUMBER = "[number]"
_EMAIL = "[e-mail]"

_DIGIT_RUN = re.compile(r"\d{7,}")
# A telephone number as people write it: a leading +, 00 or 0, then at least nine digits with single separators.
# A letter may stand right before it ("tel07700 900123").
_TELEPHONE = re.compile(r"(?<![\d_])(?:\+\s?\d|\(?0[\s().\-]{0,3}\d)(?:[\s().\-]{0,3}\d){7,}")
# 01632/960123; what follows a slash may be a day, as in the name of a folder's file.
_AREA_AND_NUMBER = re.compile(r"(?<![\d/])0\d{2,4}/(?!20\d{6}(?!\d))\d{6,8}(?![\d/])")
# The same for the engine, a little wider: what matches is looked at again with the patterns here. Digits and spaces
# have other forms beyond ASCII.
PERHAPS_PERSONAL = r"[0-9]{7}|@|[+0]\s?[0-9]?[()\s.-]*([0-9][()\s.-]{0,3}){7}|0[0-9]{2,4}/[0-9]{6}|[^\x00-\x7f]"
# What identifiers are written with; one that holds anything else is looked at.
ORDINARY_IDENTIFIER = r"[A-Za-z0-9_./-]*"
# A name before the sign begins where a word begins: tried from every letter of it, a long word would take for ever.
_WORD = r"[^\s@<>,;:\"'()\[\]]"
_EMAIL_ADDRESS = re.compile(rf"(?:\"[^\"@]{{1,64}}\"|(?<!{_WORD}){_WORD}+)@(?:\[[^\]\s]{{1,64}}\]|{_WORD}+)")
_NOT_DIGITS = re.compile(r"\D+", re.ASCII)
# A whole value that is a telephone number and nothing else; twelve digits from 447 are a mobile's without its plus.
_WHOLE_TELEPHONE = re.compile(r"\(?(?:\+[1-9]|00[1-9]|0[1-37-9])(?:[\s().\-]*\d){8,13}|447\d{9}", re.ASCII)


class Tokens:
    """Tokens under one key."""

    def __init__(self, key: bytes) -> None:
        # HMAC-SHA256 by its definition, with the key's two halves worked out once: a third of the cost per value.
        block = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))

    def of(self, kind: str, value: str) -> str | None:
        """The token of one value; None where nothing is left of it (a caller's number without a digit)."""
        return self.of_many(kind, (value,))[0]

    def of_many(self, kind: str, values: Iterable[str]) -> list[str | None]:
        """The tokens of many values, in their order."""
        inner = self._inner.copy()
        inner.update(kind.encode() + b":")
        outer = self._outer
        result: list[str | None] = []
        for value in values:
            plain = normalise(kind, value)
            if not plain:
                result.append(None)
                continue
            first = inner.copy()
            first.update(plain.encode())
            second = outer.copy()
            second.update(first.digest())
            result.append(second.hexdigest()[:16])
        return result


def normalise(kind: str, value: str) -> str:
    """The value a token is made from. A caller's number is its digits, +44 read as 0."""
    if kind != "cli" or (value.isascii() and value.isdigit()):
        return value
    stripped = value.strip()
    if stripped.startswith("+44"):
        stripped = "0" + stripped[3:]
    return _NOT_DIGITS.sub("", stripped)


def mask_text(text: str) -> str:
    """Free text without telephone numbers, e-mail addresses and other runs of seven or more digits."""
    text = _EMAIL_ADDRESS.sub(_EMAIL, text)
    text = _AREA_AND_NUMBER.sub(_NUMBER, _TELEPHONE.sub(_NUMBER, text))
    return _DIGIT_RUN.sub(_NUMBER, text)


def is_telephone_number(value: str) -> bool:
    """Is the whole value a telephone number?"""
    return _WHOLE_TELEPHONE.fullmatch(value) is not None


def holds_somebody(identifier: str) -> bool:
    """Is a telephone number or an e-mail address part of an identifier, as where somebody wrote a note into its field?

    Of one written as identifiers are only a number set apart by a slash counts: long digits are what they are made of.
    """
    if _EMAIL_ADDRESS.search(identifier) or _AREA_AND_NUMBER.search(identifier):
        return True
    if re.fullmatch(ORDINARY_IDENTIFIER, identifier):
        return False
    plain = "".join(str(unicodedata.decimal(each, each)) for each in identifier)
    return _TELEPHONE.search(plain) is not None


# Eight digits are a date, also a wrong one, and fourteen a date with its time: names must stay findable.
_NAME_NUMBER = re.compile(r"(?<!\d)(?!\d{8}(?!\d)|20\d{12}(?!\d))\d{7,}")


def mask_name(name: str) -> str:
    """A file's name or path as it may be shown: no e-mail address, and no long number but a date."""
    name = _EMAIL_ADDRESS.sub(_EMAIL, name)
    name = _NAME_NUMBER.sub(_NUMBER, name)
    return _AREA_AND_NUMBER.sub(_NUMBER, _TELEPHONE.sub(_NUMBER, name))


def printable(text: str) -> str:
    """Control characters, and those that turn the direction of writing, written out: text that acts on nobody."""
    return text if text.isprintable() else "".join(map(_printable_character, text))


def _printable_character(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode()
