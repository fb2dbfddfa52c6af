"""The monthly and occasional exports: workforce, recruitment, digital contacts, disruptions, the national 999 table."""

from __future__ import annotations

from datetime import date, timedelta

from orchestration.sample.arrivals import draw_flat
from orchestration.sample.clock import Clock, at_local, midnight, months_between, next_month
from orchestration.sample.draws import TABLE_SIZE, choices, exponential, factor, lognormal, stream
from orchestration.sample.parameters import OFFICE_SHAPE, WEEKDAY_SHAPE, Parameters

STAGES = ("APPLIED", "ASSESSED", "INTERVIEWED", "APPOINTED")
TOPICS = choices({"TRAFFIC": 18, "ASB": 17, "CRIME_REPORT": 22, "UPDATE": 20, "ADVICE": 15, "OTHER": 8})
REPLY = exponential(1500, 20, 86400)
CLOSE = lognormal(5400, 1.0, 120, 5 * 86400)

# Unit, role, established full-time equivalents, and strength as a share of it in October 2021. The establishment of the
# control room is not published (invented); that it is short of people until December 2021 is (minutes A).
POSTS = (
    ("OCC", "CALL_TAKER", 150.0, 0.885),
    ("OCC", "DISPATCHER", 92.0, 0.94),
    ("OCC", "SUPERVISOR", 24.0, 0.97),
    ("OCC", "SWITCHBOARD", 12.0, 0.95),
    ("OCC", "DIGITAL_DESK", 14.0, 0.90),
    ("CRIME_BUREAU", "OPERATOR", 46.0, 0.92),
    ("RESPONSE_HEREF", "CONSTABLE", 118.0, 0.95),
    ("RESPONSE_NWORC", "CONSTABLE", 176.0, 0.94),
    ("RESPONSE_SWORC", "CONSTABLE", 178.0, 0.96),
    ("RESPONSE_SHROP", "CONSTABLE", 160.0, 0.95),
    ("RESPONSE_TELF", "CONSTABLE", 120.0, 0.93),
)
REASONS = ("COVID isolation", "Sickness", "Training, external", "Maternity, paternity", "Restricted duties")
# All names but the first are other territorial forces; their figures here are invented.
FORCES = (
    "West Mercia", "Avon and Somerset", "Bedfordshire", "Cambridgeshire", "Cheshire", "City of London", "Cleveland",
    "Cumbria", "Derbyshire", "Devon and Cornwall", "Dorset", "Durham", "Dyfed-Powys", "Essex", "Gloucestershire",
    "Greater Manchester", "Gwent", "Hampshire", "Hertfordshire", "Humberside", "Kent", "Lancashire", "Leicestershire",
    "Lincolnshire", "Merseyside", "Metropolitan", "Norfolk", "North Wales", "North Yorkshire", "Northamptonshire",
    "Northumbria", "Nottinghamshire", "South Wales", "South Yorkshire", "Staffordshire", "Suffolk", "Surrey", "Sussex",
    "Thames Valley", "Warwickshire", "West Midlands", "West Yorkshire", "Wiltshire", "Police Scotland",
)  # fmt: skip


def staff_months(first: date, last: date) -> list[date]:
    """Months of the staff exports: they begin nine months before the period, to hold a year up to its second month."""
    begin = first.replace(day=1)
    for _ in range(9):
        begin = (begin - timedelta(days=1)).replace(day=1)
    return months_between(begin, last)


def workforce_rows(month: date, seed: int, scale: float) -> list[str]:
    """Establishment, strength and abstraction per unit and role."""
    rng = stream(seed, "workforce", month.isoformat())
    rows = []
    months_to_target = max(
        0, (2021 - month.year) * 12 + 12 - month.month
    )  # at establishment in December 2021 (minutes A)
    for unit, role, established, share in POSTS:
        if role == "DIGITAL_DESK" and month < date(2021, 9, 1):
            continue
        full_time = max(1.0, established * scale)
        strength = full_time * min(0.995, share + 0.045 * (1 - min(1.0, months_to_target / 3)))
        abstracted = strength * 0.085 * factor(rng, 0.25)
        reason = REASONS[int(rng.random() * len(REASONS))]
        shown = f'"{reason}"' if "," in reason else reason
        heads = round(strength * 1.06)
        rows.append(f"{month:%Y-%m},{unit},{role},{full_time:.2f},{strength:.2f},{heads},{abstracted:.2f},{shown}")
    return rows


def recruitment_rows(month: date, parameters: Parameters) -> list[str]:
    """A year's funnel spread over its months (November to October), whole people, exact over the year."""
    position = (month.month - 11) % 12
    rows = []
    for stage, yearly in zip(STAGES, parameters.events.recruitment, strict=True):
        count = yearly * (position + 1) // 12 - yearly * position // 12
        rows.append(f"{month:%Y-%m},{stage},{count}")
    return rows


def digital_rows(
    month: date,
    first: date,
    last: date,
    clock: Clock,
    parameters: Parameters,
    scale: float,
    seed: int,
    refs: dict[str, list[tuple[int, str]]],
) -> list[str]:
    """Contacts opened in the days of the month that the period holds."""
    rows: list[tuple[int, str]] = []
    day = max(month, first)
    number = 0
    while day < next_month(month) and day <= last:
        for channel, direction, opened in _contacts(day, clock, parameters, scale, seed):
            number += 1
            rng = stream(seed, "contact", channel, opened, number)
            ref = _matching(refs.get(channel), opened) if direction == "IN" else ""
            rows.append(
                (opened, _contact(rng.random, f"C{month:%y%m}{number:05d}", channel, direction, opened, ref, clock))
            )
        day += timedelta(days=1)
    rows.sort()
    return [row for _, row in rows]


def _contacts(day: date, clock: Clock, parameters: Parameters, scale: float, seed: int) -> list[tuple[str, str, int]]:
    events = parameters.events
    found: list[tuple[str, str, int]] = []
    rng = stream(seed, "digital", day.isoformat())
    found += [("SOH", "IN", t) for t in draw_flat(rng, day, clock, 255 * scale, WEEKDAY_SHAPE)]
    found += [("EMAIL", "IN", t) for t in draw_flat(rng, day, clock, 60 * scale, OFFICE_SHAPE)]
    if day >= events.digital_desk_from and day.weekday() < 5:
        found += [("DIGITAL_DESK", "IN", t) for t in _desk_times(day, parameters, scale, seed)]
        past = _weekdays_before(day) - _weekdays_before(events.digital_desk_from)
        level = events.outbound_messages / 23 * scale
        out = int(level * (past + 1) + 1e-6) - int(level * past + 1e-6)
        found += [("DIGITAL_DESK", "OUT", at_local(day, 9) + int(rng.random() * 28800)) for _ in range(out)]
    return found


def _desk_times(day: date, parameters: Parameters, scale: float, seed: int) -> list[int]:
    """A quota of engagements per weekday with small swings: at scale 1 the published total of 23 weekdays is exact."""
    events = parameters.events
    start = events.digital_desk_from
    weekdays = _weekdays_before(day) - _weekdays_before(start)
    rng = stream(seed, "desk", day.isoformat())
    level = events.engagements_a_weekday * scale
    swing = (0, 11, -11, 7, -7)[weekdays % 5] if weekdays % 23 < 20 else 0  # whole fives: the swings cancel out
    count = max(0, int(level * (weekdays + 1) + 1e-6) - int(level * weekdays + 1e-6) + round(swing * scale))
    return sorted(at_local(day, 8) + int(rng.random() * 12 * 3600) for _ in range(count))


def _weekdays_before(day: date) -> int:
    """Mondays to Fridays since a fixed Monday."""
    weeks, rest = divmod(day.toordinal() - 1, 7)
    return weeks * 5 + min(rest, 5)


def _matching(refs: list[tuple[int, str]] | None, opened: int) -> str:
    """An incident of this channel opened shortly after the contact takes its reference, once."""
    while refs and refs[0][0] < opened:
        refs.pop(0)
    if refs and refs[0][0] - opened < 900:
        return refs.pop(0)[1]
    return ""


def _contact(rnd: object, ref: str, channel: str, direction: str, opened: int, incident: str, clock: Clock) -> str:
    draw = rnd
    assert callable(draw)
    platform = (
        "WEB"
        if channel == "SOH"
        else "EMAIL"
        if channel == "EMAIL"
        else ("FACEBOOK", "TWITTER", "INSTAGRAM")[int(draw() * 2.3)]
    )
    topic = TOPICS[int(draw() * TABLE_SIZE)]
    if direction == "OUT":
        return f"{ref},{channel},{platform},OUT,{clock.local(opened)},,{clock.local(opened + 60)},{topic},"
    reply = opened + REPLY[int(draw() * TABLE_SIZE)]
    closed = reply + CLOSE[int(draw() * TABLE_SIZE)]
    first_reply = clock.local(reply) if draw() > 0.03 else ""
    return f"{ref},{channel},{platform},IN,{clock.local(opened)},{first_reply},{clock.local(closed)},{topic},{incident}"


def disruption_rows(parameters: Parameters, clock: Clock, scale: float) -> list[str]:
    """The outage as the force recorded it."""
    events = parameters.events
    start = midnight(date(*events.outage_start[:3])) + events.outage_start[3] * 3600 + events.outage_start[4] * 60
    end = midnight(date(*events.outage_end[:3])) + events.outage_end[3] * 3600 + events.outage_end[4] * 60
    lost = max(1, round(events.calls_lost * scale))
    note = (
        "Power outage at headquarters. 999 diverted to other forces and returned by radio, paper records keyed in "
        'later, ""re-THRIVE"" of every incident.'
    )
    return [
        f"D2021-014,{clock.local(start)},{clock.local(end)},TELEPHONY|SAAB_SAFE|ANPR|MAPPING,"
        f'999|101|SWITCHBOARD|INTERNAL,{lost},REGIONAL_FORCES,{clock.local(at_local(events.restored, 12))},"{note}"'
    ]


def national_rows(month: date, calls: int, seed: int) -> list[str]:
    """The published table: another clock than the force's own, about 12 s on average here (11.7 s, 20th of 44: 2.2)."""
    rng = stream(seed, "national", month.isoformat())
    rows = []
    for index, force in enumerate(FORCES):
        size = calls if index == 0 else int(6000 + rng.random() * rng.random() * 90000)
        under = 0.735 + 0.02 * rng.random() if index == 0 else 0.45 + 0.48 * rng.random()
        over = (1 - under) * (0.08 + 0.10 * rng.random())
        mean = 11.7 * factor(rng, 0.02) if index == 0 else 5.5 + (1 - under) * 30 * factor(rng, 0.1)
        fast, slow = int(size * under), int(size * over)
        rows.append(f"{force},{month:%Y-%m},{size},{mean:.1f},{fast},{size - fast - slow},{slow}")
    return rows
