"""Drafting: a first contract from a file, with what speaks for each guess. A person decides; a run guesses nothing.

What belongs here: looking at a file's values and writing YAML with comments. Not here: reading by a contract. Of a
column that looks personal no value is ever shown, and of any other only codes that stand there again and again.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from orchestration.landing.checking import read_delivered
from orchestration.landing.contracts import Profile, ProfileError, TimeFormat, read_contract
from orchestration.landing.reading import FileFault, to_utf8, unpack
from orchestration.landing.shapes import Shape, load_shapes
from orchestration.landing.times import Pattern
from orchestration.landing.tokens import is_telephone_number, mask_name, mask_text

_ROWS, _LOOKED_AT = 5000, 60  # records that are judged; first records that say how the file is written
_DELIMITERS = (",", ";", "\t", "|")
_MISSING = (
    *("NULL", "null", "None", "NaN", "nan", "N/A", "n/a", "NA", "-", "--", ".", "?", "(null)", "#N/A"),
    *("1900-01-01", "01/01/1900", "1900-01-01 00:00:00", "1/1/1900", "0001-01-01 00:00:00", "9999-12-31"),
)
_DAYS = (
    "%Y-%m-%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%-d/%-m/%Y",
    "%-m/%-d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y/%m/%d",
    "%Y%m%d",
    "%d/%m/%y",
    "%m/%d/%y",
    "%y%m%d",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d %b %Y",
    "%b %-d %Y",
    "%d %B %Y",
)
_CLOCKS = (
    "%H:%M:%S",
    "%-H:%M:%S",
    "%H:%M",
    "%-H:%M",
    "%I:%M:%S %p",
    "%-I:%M:%S %p",
    "%I:%M %p",
    "%-I:%M %p",
    "%H:%M:%S.%f",
    "%H.%M.%S",
    "%H%M%S",
)
_OFFSETS = ("", "Z", "%z", "%:z", " %z", " %:z")
_PAIRS = {"d": "m", "m": "d"}

# What a header may be called, by the column of the export that it fills: words of the header, lower case.
_KNOWN_AS: dict[str, tuple[str, ...]] = {
    "incident_ref": (
        "inc_ref",
        "incident",
        "event",
        "incident_ref",
        "incident number",
        "incident_id",
        "incident no",
        "event number",
        "event_id",
        "cad number",
        "call number",
        "no incident",
        "master_incident_number",
    ),
    "created_at": ("created", "received", "call received", "create time", "incident_start_time", "heure creation"),
    "recorded_at": ("recorded", "entered", "entry time"),
    "source": ("source", "origin", "call source", "received by"),
    "opening_code": ("open_code", "type", "nature", "problem", "call type", "incident type", "category"),
    "closing_code": ("close_code", "final type", "disposition code"),
    "grade_initial": ("grade_init", "initial priority"),
    "grade_current": ("grade_curr", "grade", "pri", "priority", "final priority", "priorite"),
    "lpa": ("lpa", "area", "district", "division", "agency", "zone", "secteur"),
    "beat": ("beat", "sector", "grid"),
    "status": ("status", "etat"),
    "closed_at": ("closed", "close time", "cleared", "fermeture"),
    "updated_at": ("last_updated", "updated", "modified"),
    "first_at_scene_at": ("arrived", "on scene", "at scene", "arrival", "onscene", "arrivee"),
    "event_no": ("event_no", "sequence", "seq"),
    "event_at": ("event_time", "event time"),
    "event_code": ("event_code", "event type"),
    "callsign": ("callsign", "unit", "unit_id", "resource", "vehicle"),
    "status_at": ("status_time", "status time"),
    "status_code": ("status_code", "status code"),
    "call_id": ("call_id", "call id", "callid", "session", "ucid", "conversation", "id appel", "contact id"),
    "segment": ("segment", "leg"),
    "segment_start_at": ("seg_start", "start", "start time", "call start", "offered", "began", "debut"),
    "segment_end_at": ("seg_end", "end", "end time", "call end", "fin"),
    "dialled": ("dialled", "dialed", "dnis", "called number", "line", "service"),
    "queue": ("queue", "skill", "split", "file attente"),
    "disposition": ("disposition", "outcome", "result", "call result", "resultat"),
    "ivr_seconds": ("ivr_secs", "ivr", "menu"),
    "queue_seconds": ("queue_secs", "wait", "queue time", "wait time", "attente", "queue seconds"),
    "ring_seconds": ("ring_secs", "ring", "ring time"),
    "talk_seconds": ("talk_secs", "talk", "talk time", "conversation time", "handle time"),
    "hold_seconds": ("hold_secs", "hold", "hold time"),
    "wrap_seconds": ("wrap_secs", "wrap", "acw", "after call work"),
    "agent_token": ("agent_id", "agent", "answered by"),
    "team": ("team", "group"),
    "caller_token": ("cli", "ani", "caller", "caller number", "phone"),
    "wrap_code": ("wrap_code", "reason"),
}
_STAFF = re.compile(
    r"agent|user|operator|dispatcher|call.?taker|clerk|badge|employee|officer|staff|telephonist|agente?\b", re.I
)
_CUSTOMER = re.compile(r"customer|client|member|account|victim|suspect|patient", re.I)
_TELEPHONE = re.compile(
    r"\b(cli|ani|phone|tel|telephone|mobile|caller|callback|msisdn|cell)\b|phone|caller.?(id|num|no)", re.I
)
_PRIVATE = re.compile(
    r"name|nom\b|surname|forename|address|adresse|street|rue|e.?mail|dob|birth|victim|suspect|patient|person|"
    r"narrative|comment|remark|note|text|description|lat\b|latitude|lon\b|long\b|longitude|postcode|zip|plate|vrm|ssn|easting|northing",
    re.I,
)


@dataclass
class Look:
    """What was seen in one column."""

    header: str
    filled: int
    distinct: int
    kind: str  # text, reference, integer, decimal, instant, date, clock, duration, empty, token, withheld
    patterns: tuple[str, ...] = ()  # of times, the likeliest first
    token: str | None = None
    missing: tuple[str, ...] = ()
    evidence: str = ""
    codes: tuple[tuple[str, int], ...] = ()
    first: datetime | None = None
    last: datetime | None = None
    to: str | None = None


@dataclass
class Draft:
    """A drafted contract and what was found on the way."""

    name: str
    text: str
    findings: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)  # what keeps it from being a contract


def draft_contract(path: Path, profile: Profile, export: str | None, version: str) -> Draft:
    """A contract for the file. Raises UsageProblem, or FileFault where the file cannot be read as text with columns."""
    content = unpack(read_delivered(path), path.name)
    written = _Writing.of(content)
    looks = [_look(header, values) for header, values in zip(written.header, written.columns, strict=True)]
    chosen = export or _likely_export(looks)
    shape = load_shapes()[chosen]
    _map(looks, shape)
    return _Drafted(path.name, written, looks, chosen, shape, version, profile).draft()


# --- how the file is written --------------------------------------------------------------------------------------
@dataclass
class _Writing:
    delimiter: str
    encoding: str
    skip_first: int
    skip_last: int
    has_header: bool
    header: list[str]
    columns: list[list[str]]
    rows: int
    is_padded: bool
    notes: list[str]

    @classmethod
    def of(cls, content: bytes) -> _Writing:
        text = to_utf8(content).decode("utf-8", "replace")
        encoding = _encoding_of(content)
        lines = [line for line in text.splitlines() if line.strip()]
        if not lines:
            raise FileFault("it is empty")
        delimiter, width = _delimiter_of(lines[: _LOOKED_AT * 4])
        records = list(_records(text, delimiter))
        if width < 2:
            raise FileFault("no delimiter of , ; tab | splits its lines into columns")
        skip_first = next((n for n, record in enumerate(records) if len(record) == width), 0)
        records = records[skip_first:]
        skip_last = 0
        while len(records) > 2 and len(records[-1]) != width:
            records.pop()
            skip_last += 1
        wide = [record for record in records if len(record) == width]
        ragged = len(records) - len(wide)
        has_header = _is_header(wide[0], wide[1:])
        header = [cell.strip() for cell in wide[0]] if has_header else [f"column{n}" for n in range(1, width + 1)]
        rows = wide[1:] if has_header else wide
        columns = [[row[number] for row in rows[:_ROWS]] for number in range(width)]
        is_padded = any(cell != cell.strip() for column in columns for cell in column[:500])
        notes = [f"{ragged} records have another number of fields and would be bad"] if ragged else []
        if len(rows) > _ROWS:
            notes.append(f"judged by the first {_ROWS:,} of {len(rows):,} rows")
        return cls(delimiter, encoding, skip_first, skip_last, has_header, header, columns, len(rows), is_padded, notes)


def _encoding_of(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16 by its mark"
    if content.isascii():
        return "plain ASCII"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "not UTF-8, so read as Windows-1252; if accents look wrong, say `encoding`"
    return "UTF-8"


def _records(text: str, delimiter: str) -> Iterable[list[str]]:
    csv.field_size_limit(1 << 24)
    try:
        for number, record in enumerate(
            csv.reader(io.StringIO(text.replace("\0", ""), newline=""), delimiter=delimiter)
        ):
            if record:
                yield record
            if number > 200_000:
                return
    except csv.Error:
        return


def _delimiter_of(lines: Sequence[str]) -> tuple[str, int]:
    """The delimiter that splits most lines alike, and into how many fields."""
    best = (0.0, 1, ",")
    for delimiter in _DELIMITERS:
        widths = Counter(len(record) for record in _records("\n".join(lines), delimiter))
        for width, count in widths.most_common(1):
            if width > 1:
                best = max(best, (count / sum(widths.values()), width, delimiter))
    return best[2], best[1]


def _is_header(first: list[str], rest: list[list[str]]) -> bool:
    cells = [cell.strip() for cell in first]
    if any(not cell or re.fullmatch(r"[-+]?[\d.,:/ ]+", cell) or _time_patterns([cell]) for cell in cells):
        return False
    return not any(cells == [cell.strip() for cell in record] for record in rest[:50])


# --- one column ---------------------------------------------------------------------------------------------------
def _look(header: str, values: list[str]) -> Look:
    stripped = [value.strip() for value in values]
    counted = Counter(value for value in stripped if value)
    missing = tuple(word for word in _MISSING if word in counted)
    missing += tuple(word for word in ("0:00:00", "00:00:00") if counted[word] > 1 and counted[word] * 20 > len(values))
    told = [value for value in counted if value not in missing]
    filled = sum(counted[value] for value in told)
    look = Look(header, filled, len(told), "text", missing=missing)
    if not told:
        look.kind = "empty"
        return look
    if personal := _personal(header, told):
        look.kind, look.token, look.evidence = personal
        return look
    _judge(look, header, told)
    if look.kind in ("text", "integer", "reference") and look.distinct <= 25 and max(map(len, told)) <= 30:
        again = [(value, count) for value, count in counted.most_common(12) if value in told and count > 1]
        look.codes = tuple((mask_text(value), count) for value, count in again)
    return look


def _personal(header: str, values: list[str]) -> tuple[str, str | None, str] | None:
    """(kind, token kind, why) of a column that looks personal."""
    words = re.sub(r"[_\-.]", " ", re.sub(r"([a-z])([A-Z])", r"\1 \2", header))
    sample = values[:500]
    telephones = sum(is_telephone_number(value) or _looks_dialled(value) for value in sample)
    if telephones * 2 > len(sample) and not _time_patterns(sample[:50]):
        return "token", "cli", "its values look like telephone numbers"
    if sum("@" in value for value in sample) * 5 > len(sample):
        return "withheld", None, "its values look like e-mail addresses"
    has_digits = sum(sum(map(str.isdigit, value)) > 4 for value in sample) * 2 > len(sample)
    if _TELEPHONE.search(words) and has_digits and not _time_patterns(sample[:50]):
        return "token", "cli", "its name speaks of a telephone"
    if _time_patterns(sample[:50]) or _is_small_number(sample):
        return None
    if _STAFF.search(words):
        return "token", "agent" if "agent" in words.lower() else "user", "its name speaks of staff"
    if _CUSTOMER.search(words):
        return "token", "customer", "its name speaks of somebody"
    if _PRIVATE.search(words):
        return "withheld", None, "its name speaks of a person, a place or free text"
    if sum(len(value) > 60 or value.count(" ") > 6 for value in sample) * 3 > len(sample):
        return "withheld", None, "its values look like text that people wrote"
    return None


def _looks_dialled(value: str) -> bool:
    digits = re.sub(r"[\s().+\-]", "", value)
    return digits.isdigit() and (
        re.fullmatch(r"\+\d{8,15}", value.replace(" ", "")) is not None
        or re.fullmatch(r"\(?\d{3}\)?[\s.\-]\d{3}[\s.\-]\d{4}", value) is not None
        or re.fullmatch(r"1?[2-9]\d{2}[2-9]\d{6}", value) is not None
    )


def _is_small_number(values: list[str]) -> bool:
    return all(re.fullmatch(r"-?\d{1,5}([.,]\d+)?", value) for value in values)


def _judge(look: Look, header: str, values: list[str]) -> None:
    patterns = _time_patterns(values)
    if patterns and not _misfits(patterns[0], values):
        _judge_time(look, values, patterns)
        return
    if all(re.fullmatch(r"-?\d+", value) for value in values):
        digits = max(len(value.lstrip("-")) for value in values)
        has_zero = any(len(value) > 1 and value.startswith("0") for value in values)
        look.kind = "integer" if digits <= 9 and not has_zero else "reference"
        look.evidence = (
            "whole numbers" if look.kind == "integer" else "digits, too long or with leading noughts for a count"
        )
        _judge_numbered(look, header, values)
        return
    if all(re.fullmatch(r"-?\d{1,9}([.]\d+)?", value) for value in values):
        look.kind, look.evidence = "decimal", "decimals with a point"
        _judge_numbered(look, header, values)
        return
    spaced = [re.sub("[ \u00a0\u202f]", "", value) for value in values]
    if all(re.fullmatch(r"-?\d{1,9}(,\d+)?", value) for value in spaced):
        look.kind, look.evidence = "decimal,", "numbers with a decimal comma"
        return
    if all(re.fullmatch(r"-?\d{1,5}:[0-5]\d(:[0-5]\d)?([.,]\d+)?", value) for value in values):
        parts = max(value.count(":") for value in values) + 1
        look.kind = "duration" + ("HH:MM:SS" if parts == 3 else "MM:SS")
        look.evidence = "durations; they go beyond a day's clock or count minutes and seconds"
        return
    if patterns:
        _judge_time(look, values, patterns)
        return
    look.kind = "reference" if look.distinct == look.filled else "text"
    look.evidence = "every value once" if look.distinct == look.filled else f"{look.distinct:,} different values"


def _judge_numbered(look: Look, header: str, values: list[str]) -> None:
    """Is it a time written as a number?"""
    speaks = re.search(
        r"date|time|stamp|start|end|epoch|heure|creat|offer|answer|releas|beg[iau]n|dispatch|arriv|clear|clos|receiv"
        r"|_at$|_ts$",
        header,
        re.I,
    )
    try:
        low, high = min(map(float, values)), max(map(float, values))
    except ValueError:
        return
    for word, first, last in (
        ("epoch_seconds", 631_152_000, 4_102_444_800),
        ("epoch_milliseconds", 631_152_000_000, 4_102_444_800_000),
        ("excel_days", 25_000, 60_000),
    ):
        if (
            (speaks or word == "epoch_milliseconds")
            and first <= low
            and high <= last
            and (word != "excel_days" or look.kind == "decimal")
        ):
            _judge_time(look, values, [word])


def _judge_time(look: Look, values: list[str], patterns: list[str]) -> None:
    pattern = Pattern(patterns[0])
    moments = [moment for value in values if (moment := pattern.parse(value)) is not None]
    look.patterns = tuple(patterns)
    look.kind = "instant" if pattern.has_day and pattern.has_clock else "date" if pattern.has_day else "clock"
    if moments and look.kind != "clock":
        look.first, look.last = min(moments), max(moments)
    look.evidence = _time_evidence(look, values, patterns)


def _time_evidence(look: Look, values: list[str], patterns: list[str]) -> str:
    misfits = _misfits(patterns[0], values)
    told = f"all values fit {patterns[0]}"
    if misfits:
        told = f"{look.distinct - misfits:,} of {look.distinct:,} values fit {patterns[0]}, the others would be bad"
    swapped = next((other for other in patterns[1:] if _is_swapped(patterns[0], other)), None)
    days = patterns[0].replace("-", "")
    if swapped:
        return (
            f"DECIDE, it is AMBIGUOUS: {told}, and {swapped} as well, for no day is over 12; ask the sender which of "
            "both is the day"
        )
    if "%d" in days and "%m" in days and not days.startswith(("%Y", "%y")):
        other = "day" if days.index("%d") < days.index("%m") else "month"
        return f"{told}; {other} first, for there are days over 12 in that place"
    return told


def _is_swapped(one: str, other: str) -> bool:
    plain, wanted = one.replace("-", ""), other.replace("-", "")
    return plain != wanted and plain.translate({ord("d"): "m", ord("m"): "d"}) == wanted


def _time_patterns(values: Sequence[str]) -> list[str]:
    """Every pattern that all values fit, day first before month first."""
    shape = re.sub(r"[A-Za-z]+", "a", re.sub(r"\d+", "9", values[0]))
    if not re.search(r"9[-/.: ]", shape) and not re.fullmatch(r"\d{6}|\d{8}", values[0]):
        return []
    possible = [pattern for pattern in _patterns() if _misfits(pattern, values[:20]) <= _may_miss(values[:20])]
    misfits = {pattern: _misfits(pattern, values) for pattern in possible}
    fitting = [pattern for pattern in possible if misfits[pattern] <= _may_miss(values)]
    best = min((misfits[pattern] for pattern in fitting), default=0)
    return [pattern for pattern in fitting if misfits[pattern] == best]


def _may_miss(values: Sequence[str]) -> int:
    """Values that may be wrong in a column of times: one of a few, or one in twenty."""
    return max(len(values) // 20, 1 if len(values) >= 4 else 0)


def _misfits(pattern: str, values: Sequence[str]) -> int:
    """How many values do not stand in a pattern, or say a year that nobody means."""
    parsed = Pattern(pattern)
    moments = [parsed.parse(value) for value in values]
    return sum(m is None or (parsed.has_day and not 1950 <= m.year <= 2100) for m in moments)


_made: list[str] = []


def _patterns() -> list[str]:
    """Every pattern that is tried, the commonest first."""
    if not _made:
        clocks = (*_CLOCKS[:8], "%H:%M:%S.%f", "%-H:%M:%S.%f", "%I:%M:%S.%f %p")
        for between in (" ", "T"):
            for day in _DAYS:
                for clock in clocks:
                    offsets = _OFFSETS if day == "%Y-%m-%d" and clock in ("%H:%M:%S", "%H:%M:%S.%f") else ("",)
                    if between == " " or offsets is _OFFSETS:
                        _made.extend(f"{day}{between}{clock}{offset}" for offset in offsets)
        _made.extend([*_DAYS, *_CLOCKS])
    return _made


# --- what goes where ----------------------------------------------------------------------------------------------
def _likely_export(looks: list[Look]) -> str:
    """The export more of whose columns are called as the file's are; the incidents of equals."""
    best = ("saab_incidents", 0)
    for name, shape in load_shapes().items():
        _map(looks, shape)
        found = sum(look.to is not None for look in looks) + 3 * sum(look.to in shape.not_null for look in looks)
        if found > best[1] + (0 if name == "saab_incidents" else 1):
            best = (name, found)
    return best[0]


def _map(looks: list[Look], shape: Shape) -> None:
    """Columns of the shape for delivered ones, by their headers and by what they hold."""
    for look in looks:
        look.to = None
    pairs = [
        (_likeness(look.header, name), -position, look, name)
        for position, look in enumerate(looks)
        for name in shape.columns
        if look.kind not in ("empty", "withheld") and _can_fill(look, shape.columns[name])
    ]
    taken: set[str] = set()
    for likeness, _, look, name in sorted(pairs, key=lambda pair: pair[:2], reverse=True):
        if likeness > 0 and look.to is None and name not in taken:
            look.to = name
            taken.add(name)


def _can_fill(look: Look, wanted: str) -> bool:
    texts = ("text", "reference", "integer", "decimal")
    return {
        "token": look.kind == "token",
        "instant": look.kind == "instant",
        "date": look.kind == "date",
        "month": look.kind == "date",
        "integer": look.kind.startswith(("integer", "decimal", "duration")),
        "decimal": look.kind.startswith(("integer", "decimal")),
    }.get(wanted, look.kind in texts)


def _likeness(header: str, name: str) -> int:
    plain = re.sub(r"[^a-z0-9]+", " ", re.sub(r"([a-z])([A-Z])", r"\1 \2", header).lower()).strip()
    for known in (name, *_KNOWN_AS.get(name, ())):
        own = re.sub(r"[^a-z0-9]+", " ", known).strip()
        if plain == own or plain.replace(" ", "") == own.replace(" ", ""):
            return 10
        if len(own) > 3 and re.search(rf"\b{re.escape(own)}\b", plain):
            return 5
    return 0


# --- the draft ----------------------------------------------------------------------------------------------------
class _Drafted:
    def __init__(
        self,
        name: str,
        written: _Writing,
        looks: list[Look],
        export: str,
        shape: Shape,
        version: str,
        profile: Profile,
    ) -> None:
        self.name = mask_name(name)
        self.written = written
        self.looks = looks
        self.export = export
        self.shape = shape
        self.version = version
        self.profile = profile
        self.formats: dict[str, tuple[str, str | None]] = {}
        self.lines: list[str] = []

    def draft(self) -> Draft:
        for look in self.looks:
            if look.header in self._doubled:
                look.kind, look.to, look.evidence = "withheld", None, "it is there twice"
        unfilled = self._unfilled()
        body = self._body(unfilled)
        draft = Draft(f"{self.export}.v{self.version}", "\n".join(body) + "\n")
        draft.missing = [
            f"{name} ({self.shape.columns[name]}) must be filled, and nothing does yet" for name in unfilled
        ]
        draft.findings = self._findings()
        return draft

    @property
    def _doubled(self) -> list[str]:
        return [name for name, count in Counter(self.written.header).items() if count > 1]

    def _unfilled(self) -> list[str]:
        filled = {look.to for look in self.looks}
        unfilled = [name for name in self.shape.not_null if name not in filled]
        return [name for name in unfilled if not (self.export == "acd_segments" and name == "segment")]

    def _body(self, unfilled: list[str]) -> list[str]:
        columns = self._columns()
        lines = [
            f"# A draft for {_plain(self.name)}. Lines marked DECIDE are guesses: a person must look at each.",
            "# The language: docs/contracts.md. To try it: occ contract check FILE --profile PROFILE --contract THIS",
            f"export: {self.export}  # DECIDE: what the rows are; known are {', '.join(load_shapes())}",
            f"version: {_quoted(self.version)}",
            *self._file_lines(),
            *self._writing_lines(),
        ]
        if self.formats:
            lines.append("formats:")
            for name, (pattern, means) in self.formats.items():
                told = f", means: {means}" if means else ""
                why = "  # DECIDE: is it local time? of which zone? (time_zone)" if means == "local" else ""
                lines.append(f"  {name}: {{pattern: {_quoted(pattern)}{told}}}{why}")
        common = self._common_missing()
        if common:
            lines.append(f"missing: [{', '.join(map(_quoted, common))}]  # words found that seem to mean: nothing here")
        if self._doubled:
            lines.append('may_double_unknown: "true"')
        withheld = [look for look in self.looks if look.kind == "withheld"]
        if withheld:
            lines.append("ignored:  # DECIDE: look personal, or are free text; nothing of them is stored")
            names = {look.header: look.evidence for look in withheld}
            lines += [f"  - {_quoted(name)}  # {evidence}" for name, evidence in names.items()]
        lines += ["columns:", *columns, *self._value_lines(unfilled)]
        return lines

    def _file_lines(self) -> list[str]:
        pattern, rule, how = _file_pattern(self.name)
        times = [look for look in self.looks if look.kind in ("instant", "date")]
        lines = [f"file: {_quoted(pattern)}  # DECIDE: what names do the next files have?"]
        if rule is None and times:
            first = next((look for look in times if look.to in self.shape.not_null), times[0])
            rule, how = f"{{commonest: {_quoted(first.header)}}}", "the name holds no date: the day of most rows"
        if rule is not None:
            lines.append(f"business_date: {rule}  # {how}")
        if span := _span(times):
            own = self.shape.cadence
            lines.append(f"covers: {span}  # the rows' times span that; the export's own period is the {own}")
        return lines

    def _writing_lines(self) -> list[str]:
        written = self.written
        lines = [f"# encoding: {written.encoding}"]
        if written.delimiter == "|" or not written.has_header or written.skip_first:
            lines.append(f"delimiter: {_quoted('tab' if written.delimiter == chr(9) else written.delimiter)}")
        if not written.has_header:
            names = ", ".join(_quoted(name) for name in written.header)
            lines.append(f"header: [{names}]  # DECIDE: the first line looks like data; give the columns names")
        if written.skip_first:
            lines.append(f"skip_first_lines: {_quoted(str(written.skip_first))}  # lines before the header")
        if written.skip_last:
            lines.append(f"skip_last_lines: {_quoted(str(written.skip_last))}  # lines at the end with other fields")
        if written.is_padded:
            lines.append('trim: "true"  # values stand with spaces around them')
        if any(look.kind == "decimal," for look in self.looks):
            lines.append('numbers: {decimal: ",", thousands: " "}')
        return lines

    def _common_missing(self) -> list[str]:
        found = Counter(word for look in self.looks for word in look.missing if look.kind not in ("clock",))
        return [word for word, count in found.items() if count > 1 or len(self.looks) == 1]

    def _columns(self) -> list[str]:
        lines, common = [], set(self._common_missing())
        for look in self.looks:
            if look.kind == "withheld":
                continue
            lines.append(f"  # {self._about(look)}")
            lines.append(f"  {_quoted(look.header)}: {{{', '.join(self._parts(look, common))}}}")
        return lines

    def _parts(self, look: Look, common: set[str]) -> list[str]:
        parts = [f"to: {look.to}"] if look.to else []
        wanted = self.shape.columns[look.to] if look.to else None
        if look.kind in ("instant", "date", "clock"):
            parts += [] if wanted else [f"type: {look.kind}"]
            parts.append(f"format: {self._format(look)}")
        elif look.kind == "token":
            parts.append(f"token: {look.token}")
        elif look.kind.startswith("duration"):
            parts += [*([] if wanted else ["type: integer"]), f'unit: "{look.kind.removeprefix("duration")}"']
        elif look.kind.startswith("decimal") and wanted in (None, "integer"):
            parts += ["type: decimal"] if wanted is None else ["unit: minutes"]
        elif look.kind == "integer" and wanted is None:
            parts.append("type: integer")
        elif look.kind == "reference" and wanted is None:
            parts.append("type: reference")
        own = [word for word in look.missing if word not in common]
        if own:
            parts.append(f"missing: [{', '.join(map(_quoted, own))}]")
        return parts

    def _format(self, look: Look) -> str:
        pattern = look.patterns[0]
        parsed = Pattern(pattern)
        means = None
        if look.kind == "instant":
            means = "offset" if parsed.has_offset else "utc" if parsed.is_utc or pattern.endswith("Z") else "local"
        for name, known in self.formats.items():
            if known == (pattern, means):
                return name
        same = [
            name for name, told in self.profile.formats.items() if told == TimeFormat(pattern=(pattern,), means=means)
        ]
        if same:
            return same[0]
        base = {"instant": means or "time", "date": "day", "clock": "clock"}[look.kind]
        name = base if base not in self.formats else f"{base}_{len(self.formats) + 1}"
        self.formats[name] = (pattern, means)
        return name

    def _about(self, look: Look) -> str:
        if look.kind == "empty":
            return f"empty in all {self.written.rows:,} rows judged"
        share = look.filled / max(min(self.written.rows, _ROWS), 1)
        told = [f"filled in {share:.0%}", f"{look.distinct:,} different"]
        if look.kind == "token":
            return f"DECIDE: {look.evidence}: becomes a token, or name it under ignored; {told[0]}"
        told.append(look.evidence)
        if look.first and look.last:
            told.append(f"from {look.first:%Y-%m-%d} to {look.last:%Y-%m-%d}")
        if look.codes:
            codes = ", ".join(f"{_plain(value)} ({count:,})" for value, count in look.codes)
            told.append(f"values {codes}")
        if look.kind == "decimal" or look.kind == "decimal,":
            told.append("DECIDE its unit")
        if look.to is None:
            told.append("fills nothing yet")
        elif look.codes and look.to:
            told.append(f"DECIDE: translate with codes: {{...}} into the codes of {look.to}")
        return "; ".join(part for part in told if part)

    def _value_lines(self, unfilled: list[str]) -> list[str]:
        lines = []
        if self.export == "acd_segments" and not any(look.to == "segment" for look in self.looks):
            lines.append('  segment: {constant: "1"}  # one row is one call')
        for name in unfilled:
            kind = self.shape.columns[name]
            told = f"  # DECIDE: {name} ({kind}) must be filled: name a column, or"
            lines.append(f"{told} {name}: {{expression: ...}}")
        lines += self._clock_lines()
        header = ["values:"] if any(not line.lstrip().startswith("#") for line in lines) else []
        return [*header, *lines, *self._free_lines()]

    def _clock_lines(self) -> list[str]:
        """How days and clocks in columns of their own become times, where there are both."""
        day = next((look for look in self.looks if look.kind == "date"), None)
        clocks = [look for look in self.looks if look.kind == "clock"]
        if day is None or not clocks:
            return []
        told = [f"began: {{date: {_quoted(day.header)}, clock: {_quoted(clocks[0].header)}}}"]
        if len(clocks) > 1:
            clock = _quoted(clocks[1].header)
            told.append(f"ended: {{date: {_quoted(day.header)}, clock: {clock}, after: began, at_most_hours: 18}}")
        return [
            "# DECIDE: a day and a clock make a time, over midnight too; put above `values`, for example",
            "# fields:",
            *(f"#   {line}" for line in told),
        ]

    def _free_lines(self) -> list[str]:
        filled = {look.to for look in self.looks}
        free = [f"{name} ({kind})" for name, kind in self.shape.columns.items() if name not in filled]
        return [f"# columns of {self.export} that nothing fills: {', '.join(free)}"] if free else []

    def _findings(self) -> list[str]:
        """What is worth saying beside the draft."""
        found = [f"{self.written.rows:,} rows, {len(self.looks)} columns", *self.written.notes]
        found += [f"{_plain(look.header)}: {look.evidence}" for look in self.looks if "AMBIGUOUS" in look.evidence]
        own = [look for look in self.looks if look.header not in self._doubled]
        personal = [_plain(look.header) for look in own if look.kind in ("token", "withheld")]
        if personal:
            found.append(f"look personal, proposed as token or ignored: {', '.join(personal)}")
        keys = _keys(self.written, self.looks)
        found.append(
            f"candidate keys: {', '.join(keys)}" if keys else "no column, and no two, are different in every row"
        )
        if self._doubled:
            found.append(f"columns that are there twice: {', '.join(map(_plain, self._doubled))}")
        return found


def _keys(written: _Writing, looks: list[Look]) -> list[str]:
    """Columns, or pairs of them, that are different in every row judged."""
    size = len(written.columns[0]) if written.columns else 0
    if size < 2:
        return []
    full = [n for n, look in enumerate(looks) if look.filled == size and look.kind not in ("withheld", "decimal")]
    single = [n for n in full if len(set(written.columns[n])) == size]
    if single:
        return [_plain(looks[n].header) for n in single[:6]]
    wide = sorted(full, key=lambda n: -looks[n].distinct)[:6]
    pairs = [(a, b) for place, a in enumerate(wide) for b in wide[place + 1 :]]
    unique = [(a, b) for a, b in pairs if len(set(zip(written.columns[a], written.columns[b], strict=True))) == size]
    return [f"{_plain(looks[a].header)} + {_plain(looks[b].header)}" for a, b in unique[:4]]


def _span(times: list[Look]) -> str | None:
    """The period that a file's times span, when it is more than a day."""
    firsts = [look.first for look in times if look.first]
    lasts = [look.first for look in times if look.last]
    spans = [(look.last - look.first).days for look in times if look.first and look.last]
    if not firsts or not lasts or not spans:
        return None
    longest = sorted(spans)[len(spans) // 2]
    return None if longest <= 2 else "week" if longest <= 9 else "month" if longest <= 33 else None


_NAMED: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    (r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "%Y-%m-%d", lambda text: True),
    (r"[0-9]{2}-[0-9]{2}-[0-9]{4}", "%d-%m-%Y", lambda text: True),
    (r"[0-9]{8}", "%Y%m%d", lambda text: text[:2] in ("19", "20")),
)


def _file_pattern(name: str) -> tuple[str, str | None, str]:
    """(pattern of the name, business date as YAML, how it is known)."""
    stem = name.removesuffix(".gz")
    tail = r"(?:\.gz)?"
    for pattern, written, is_one in _NAMED:
        match = re.search(rf"(?<![0-9]){pattern}(?![0-9])", stem)
        if match and is_one(match[0]):
            full = f"{re.escape(stem[: match.start()])}(?P<date>{pattern}){re.escape(stem[match.end() :])}{tail}"
            month = " DECIDE: day first or month first?" if written == "%d-%m-%Y" else ""
            return full, f"{{pattern: {_quoted(written)}}}", f"the date in the name.{month}"
    week = re.search(r"([0-9]{4})[-_]?W([0-9]{1,2})(?![0-9])", stem)
    if week:
        before, behind = re.escape(stem[: week.start()]), re.escape(stem[week.end() :])
        full = f"{before}(?P<year>[0-9]{{4}})[-_]?W(?P<week>[0-9]{{1,2}}){behind}{tail}"
        return full, "{week: {number: week, year: year}}", "the ISO week in the name"
    return re.sub(r"[0-9]+", "[0-9]+", re.escape(stem)) + tail, None, ""


def _quoted(text: str) -> str:
    """A YAML scalar that is text, whatever it holds."""
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text) and text.lower() not in (
        "null",
        "true",
        "false",
        "yes",
        "no",
        "on",
        "off",
    ):
        return text
    if "'" not in text and text.isprintable():
        return f"'{text}'"
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else f"\\U{ord(character):08x}"


def _plain(text: str) -> str:
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in mask_text(text))
    return shown if len(shown) <= 60 else shown[:57] + "..."


def problem_of(file: Path, profile: Profile) -> str | None:
    """Why a written draft is no contract yet; None when it is one."""
    try:
        read_contract(file, profile)
    except ProfileError as problem:
        return str(problem)
    return None
