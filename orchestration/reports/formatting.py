"""How values read on a page: numbers, shares, days, durations, and the words for codes. Nothing is worked out here."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from markupsafe import Markup

NOTHING = "–"  # a cell that holds nothing
_ADDRESS = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}", re.IGNORECASE)

# Code to what a person reads, and the sign beside it: state is said by word and shape, never by colour alone.
STATES: dict[str, tuple[str, str]] = {
    "PASS": ("Passes", "good"),
    "WARN": ("Warns", "part"),
    "FAIL": ("Fails", "bad"),
    "ERROR": ("Could not run", "error"),
    "NOT_APPLICABLE": ("Nothing to judge", "none"),
    "NOT_RUN": ("Not run", "none"),
    "AVAILABLE": ("Available", "good"),
    "PARTIAL": ("Partly", "part"),
    "NOT_AVAILABLE": ("Not available", "bad"),
    "OK": ("OK", "good"),
    "DISRUPTED": ("Disrupted", "part"),
    "LATE": ("Late", "part"),
    "ESTIMATED": ("Estimated", "part"),
    "ARRIVED": ("Arrived", "good"),
    "CORRECTED": ("Corrected", "good"),
    "QUARANTINED": ("Set aside", "bad"),
    "MISSING": ("Missing", "bad"),
    "PARTLY": ("In part", "part"),
    "NOT_DUE": ("Not due", "none"),
    "LOADED": ("Loaded", "good"),
    "SUPERSEDED": ("Replaced", "none"),
    "DUPLICATE": ("Delivered again", "none"),
    "accepted": ("Accepted", "good"),
    "known": ("Known", "part"),
    "fixed": ("Fixed", "good"),
    "NEW": ("New", "bad"),
    "WORSE": ("Worse", "bad"),
    "SAME": ("As before", "none"),
    "BETTER": ("Better", "good"),
    "MENDED": ("Mended", "good"),
    "FIRST": ("First time", "none"),
    "NONE": ("Nothing", "none"),
    "IN_FORCE": ("In force", "good"),
    "EXPIRED": ("Expired", "part"),
    "REPLACED": ("Replaced by a newer one", "none"),
    "WITHDRAWN": ("Taken back", "none"),
    "day": ("Daily", "none"),
    "week": ("Weekly", "none"),
    "month": ("Monthly", "none"),
    "change": ("When something changes", "none"),
    "needs": ("Needed", "none"),
    "helps": ("Of help", "none"),
    "estimates": ("For estimates", "none"),
    "info": ("For information", "none"),
    "warning": ("Warning", "part"),
    "error": ("Serious", "bad"),
    "critical": ("Critical", "bad"),
}
_PART_WORDS = {"UNKNOWN": "unknown code", "OTHER": "all others together"}
# Without spaces: a header or a file's name of two words may be somebody's name.
_HEADER = re.compile(r"[A-Za-z_][A-Za-z0-9_.%-]{0,59}")
_FILE_NAME = re.compile(r"[A-Za-z0-9_.()-]{1,120}")
_UNSHOWN = "a name that is not shown"
_NEW_COLUMN = re.compile(r"\bcolumn (.+?) is new to the contract", re.DOTALL)  # as landing/drift.yaml says it
_KEY = re.compile(r"[A-Za-z0-9_/-]{1,40}")
_PHONE = re.compile(r"(?<![\w-])(?:\+|00)?(?:44|0)(?:[ ()-]{0,2}\d){9,10}(?!\d)")
_MAIL = re.compile(r"(?<![^\s@<>])[^\s@<>]+@[^\s@<>]+")  # from the beginning of a word: a long one takes no longer
_COUNTS = re.compile(r"\b(\d+) of (\d+)\b")
# Control characters but the end of a line and a tab; what turns the direction of letters; what takes no room.
_HIDING = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\xad\\u061c\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb]"
)
_GENERATION_DAY = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:T|\b)")
_UNITS = {"count": "", "hours": " h", "days": " days", "per day": " a day"}


def number(value: Any) -> str:
    """A count, or a value with at most two decimals."""
    if value is None:
        return NOTHING
    if isinstance(value, int) or float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def share(value: Any) -> str:
    """A ratio in per cent; what is not all is never rounded to all, what is not nothing never to nothing."""
    if value is None:
        return NOTHING
    per_cent = float(value) * 100
    if 99.95 <= per_cent < 100:
        return "over 99.9 %"
    if 0 < per_cent < 0.05:
        return "under 0.1 %"
    return f"{per_cent:.1f} %" if 0 < per_cent < 100 else f"{per_cent:.0f} %"


def duration(value: Any) -> str:
    """Seconds as a person says them."""
    if value is None:
        return NOTHING
    seconds = round(float(value))
    if abs(seconds) < 60:
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {seconds:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes:02d} min"


def figure(value: Any, unit: str | None) -> str:
    """A figure in its unit, as the register names it."""
    if value is None:
        return "no value"
    if unit in {"ratio", "share"}:
        return share(value)
    if unit == "seconds":
        return duration(value)
    return number(value) + _UNITS.get(unit or "", f" {unit}" if unit else "")


def day(value: date | None) -> str:
    return f"{value.day} {value:%B %Y}" if value else NOTHING


def short_day(value: date | None) -> str:
    return f"{value.day} {value:%b %Y}" if value else NOTHING


def month(value: date | None) -> str:
    return f"{value:%B %Y}" if value else NOTHING


def instant(value: datetime | None) -> str:
    """An instant in UTC, which the pages' connection reads in."""
    return f"{value.day} {value:%b %Y, %H:%M} UTC" if value else NOTHING


def clock(value: datetime | None) -> str:
    """A wall-clock time of the force."""
    return f"{value.day} {value:%b %Y, %H:%M}" if value else NOTHING


def cell(value: Any) -> str:
    """Any value, as a table shows it."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return instant(value) if value.tzinfo else clock(value)
    if isinstance(value, date):
        return short_day(value)
    if isinstance(value, int | float | Decimal):
        return number(value)
    return str(value)


def as_written(value: Any) -> str:
    """Any value as a query gives it, digits and all."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return str(value)


def state(code: str | None) -> str:
    """A code of a closed vocabulary in words; one that the pages do not know is shown as it is."""
    return STATES[code][0] if code in STATES else ("Never judged" if code is None else plain(code))


def sign(code: str | None) -> str:
    """The shape and tone beside the word: good, part, bad, error or none."""
    return STATES[code][1] if code in STATES else "none"


def coded(text: str | None) -> str:
    """A sentence that may begin with a code, the code in words."""
    if not text:
        return NOTHING
    first, colon, rest = masked(text).partition(":")
    said = f"{state(first) if first in STATES else first}{colon}{rest}"
    return _COUNTS.sub(lambda counts: f"{int(counts[1]):,} of {int(counts[2]):,}", said)


def visible(value: Any) -> Any:
    """Text with characters that hide, turn or overwrite what stands beside them written out, as \\u202e.

    Markup is left as it is: it was put together from text that went through here.
    """
    if isinstance(value, str) and not isinstance(value, Markup):
        return _HIDING.sub(lambda found: found[0].encode("unicode_escape").decode(), value)
    return value


def plain(code: str) -> str:
    return code.replace("_", " ").capitalize()


def part(code: str, label: str | None = None) -> str:
    """An area, team, day or callsign; the unknown member and the rest in words."""
    return _PART_WORDS.get(code) or label or code


def address(name: str) -> str | None:
    """A name as part of a file's address, or None where it cannot be one."""
    return name if _ADDRESS.fullmatch(name) else None


def masked(text: str | None) -> str:
    """Free text without what looks like a telephone number or an e-mail address."""
    if not text:
        return NOTHING
    shown = _NEW_COLUMN.sub(lambda found: found[0].replace(found[1], _column(found[1])), text)
    return _MAIL.sub("…", _PHONE.sub("…", shown))


def _column(name: str) -> str:
    return name if _HEADER.fullmatch(name) else f"of {_UNSHOWN}"


def header(name: str | None, nothing: str = "the whole record") -> str:
    """A column of a delivered file; a header is written by others, and is shown only where it looks like one."""
    if name is None:
        return nothing
    return name if _HEADER.fullmatch(name) and masked(name) == name else _UNSHOWN


def file_name(name: str | None) -> str:
    """A delivered file's name, where it looks like one."""
    if name is None:
        return "not registered"
    return name if _FILE_NAME.fullmatch(name) and masked(name) == name else _UNSHOWN


def key(name: str | None) -> str:
    """A key that another system gave, where it looks like one."""
    return name if name and _KEY.fullmatch(name) and masked(name) == name else "without a readable key"


def since(value: Any) -> str:
    """A day, or the day of a generation's name."""
    if isinstance(value, str):
        if found := _GENERATION_DAY.match(value):
            value = date(*map(int, found.groups()))
        else:
            return masked(value)
    return short_day(value)


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 rule`, `3 rules`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listing(items: list[str], word: str = "and") -> str:
    """`a, b and c`."""
    return f" {word} ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


FILTERS: dict[str, Callable[..., str | None]] = {
    "number": number,
    "share": share,
    "duration": duration,
    "figure": figure,
    "day": day,
    "short_day": short_day,
    "month": month,
    "instant": instant,
    "clock": clock,
    "cell": cell,
    "coded": coded,
    "as_written": as_written,
    "state": state,
    "sign": sign,
    "plain": plain,
    "part": part,
    "address": address,
    "plural": plural,
    "masked": masked,
    "header": header,
    "file_name": file_name,
    "key": key,
    "since": since,
}
