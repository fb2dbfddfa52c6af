"""What the simulated force is like: every figure of the simulation, with where it comes from.

Sources: [A] assurance meeting of 18 May 2021, [B] of 21 October 2021, [2.x] the sections of the fact sheet, [C] chosen
so that the published figures follow (calibrated, no source of its own), [I] invented where nothing is published.
Volumes are at scale 1, a force of 1.2 million people.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

# Shape of a day: relative demand by hour, weekdays [Logie: 18-22 peak; Fri/Sat 00-04 double; the rest I].
WEEKDAY_SHAPE = (
    0.52, 0.38, 0.30, 0.26, 0.25, 0.30, 0.45, 0.72, 1.02, 1.18, 1.22, 1.22,
    1.18, 1.17, 1.20, 1.30, 1.42, 1.48, 1.52, 1.50, 1.44, 1.32, 1.05, 0.74,
)  # fmt: skip
WEEKEND_SHAPE = (
    0.75, 0.62, 0.52, 0.40, 0.30, 0.28, 0.36, 0.52, 0.78, 0.98, 1.10, 1.16,
    1.18, 1.18, 1.18, 1.22, 1.30, 1.40, 1.52, 1.56, 1.54, 1.48, 1.34, 1.12,
)  # fmt: skip
OFFICE_SHAPE = (
    0.10, 0.08, 0.06, 0.05, 0.05, 0.08, 0.25, 0.80, 1.90, 2.50, 2.50, 2.30,
    2.00, 2.10, 2.20, 2.10, 1.90, 1.20, 0.60, 0.45, 0.35, 0.25, 0.20, 0.15,
)  # fmt: skip
EMERGENCY_SHAPE = (
    0.62, 0.46, 0.38, 0.32, 0.29, 0.30, 0.42, 0.62, 0.86, 0.98, 1.05, 1.10,
    1.12, 1.14, 1.18, 1.28, 1.38, 1.46, 1.56, 1.58, 1.54, 1.44, 1.20, 0.90,
)  # fmt: skip

LINE_WEEKDAY: dict[str, tuple[float, ...]] = {
    "999": (0.94, 0.93, 0.93, 0.95, 1.06, 1.14, 1.05),
    "101": (1.07, 1.03, 1.02, 1.01, 1.04, 0.95, 0.88),
    "SWITCHBOARD": (1.30, 1.26, 1.24, 1.22, 1.15, 0.45, 0.38),
    "INTERNAL": (1.10, 1.06, 1.05, 1.04, 1.05, 0.88, 0.82),
    "OTHER": (1.10, 1.10, 1.10, 1.10, 1.10, 0.75, 0.75),
}
"""Relative demand Monday to Sunday [I]."""


@dataclass(frozen=True)
class Telephony:
    """Calls and the people who take them."""

    calls_a_day: dict[str, float] = field(
        default_factory=lambda: {"999": 520.0, "101": 1900.0, "SWITCHBOARD": 280.0, "INTERNAL": 150.0, "OTHER": 12.0}
    )  # 999: 16,000 a month [2.2]; 101: gives 9 to 11.6 thousand answered a week [2.2, C]; the rest I
    day_spread: float = 0.05  # day-to-day variation beyond Poisson [I]
    silent_share_999: float = 0.020  # of 999 calls [1.2 of the fact sheet tells the mechanism; share I]
    test_calls_a_day: float = 2.0  # [I]
    menu_abandoned: float = 0.035  # of 101 calls, hung up in the menu [I]
    menu_ended: float = 0.065  # of 101 calls, contained by the menu [I]
    menu_to_switchboard: float = 0.050  # of 101 calls [I]
    menu_to_crime_bureau: float = 0.035  # of 101 calls [I]
    menu_lost: float = 0.0005  # of 101 calls, transferred on and never seen again [I]
    transfer_to_crime_bureau: float = 0.07  # of answered 101 calls [I]
    switchboard_transfer: float = 0.30  # of answered switchboard calls, a third of them on to 101 [I]
    redial_share: float = 0.55  # of abandoned 101 and 999 calls that try again within ten minutes [I]
    callback_share: float = 0.10  # of 101 callers still waiting at the offer [I]
    callback_after: int = 150  # seconds of waiting until call-back is offered [I]
    overflow_after: int = 75  # seconds a 999 call waits before another force may take it [I]
    withheld_share: float = 0.09  # [I]
    empty_cli_share: float = 0.03  # [I]
    frequent_caller_share: float = 0.06  # of calls, from a few hundred numbers [I]
    # Staffing: heads for the forecast load plus a margin times its square root, less vacancies and abstraction [C].
    reserve: int = 1  # idle call takers kept for 999 at full volume [C: 999 goes first, 1.1 of minutes A]
    margin: float = 0.67  # of the square root of the load [C]
    calm_shortfall: float = 0.105  # vacancy and abstraction of call takers in a good week [C, vacancies A and B]
    strained_shortfall: float = 0.150  # in a bad week [C, B: 52 % in 2020/21]
    strained_weeks: float = 0.35  # share of weeks that are bad [I]
    shift_spread: float = 0.03  # of heads from shift to shift [I]
    handle_minutes: dict[str, float] = field(
        default_factory=lambda: {
            "OCC_999": 7.2,
            "OCC_101": 9.3,
            "INTERNAL": 4.2,
            "SWITCHBOARD": 1.3,
            "CRIME_BUREAU": 16.0,
        }
    )  # forecast handling time per queue, minutes [not found in any source: C, from the tables in calls.py]


@dataclass(frozen=True)
class Area:
    """One local policing area: its share of demand and its crews."""

    code: str
    name: str
    share: float  # of incidents [I, after population]
    urban: float  # share of incidents in towns [I]
    crews: tuple[float, float, float]  # response crews on early, late and night at full volume [C]
    arrest: float  # arrests per DA crime: varies between areas [2.3; values I, mean 0.33, 1.8 of the fact sheet]


AREAS: tuple[Area, ...] = (
    Area("HEREF", "Herefordshire", 0.155, 0.45, (5.4, 6.4, 3.8), 0.30),
    Area("NWORC", "North Worcestershire", 0.235, 0.72, (8.3, 9.8, 5.8), 0.36),
    Area("SWORC", "South Worcestershire", 0.240, 0.60, (8.3, 9.9, 5.9), 0.31),
    Area("SHROP", "Shropshire", 0.215, 0.42, (7.5, 8.9, 5.3), 0.28),
    Area("TELF", "Telford & Wrekin", 0.155, 0.85, (5.4, 6.5, 3.9), 0.40),
)
"""The five areas of 2018 to January 2026 [2.1]."""


@dataclass(frozen=True)
class Incidents:
    """What is reported, how it is graded and how long each step takes."""

    other_sources_a_day: dict[str, float] = field(
        default_factory=lambda: {
            "SOH": 110.0, "OFFICER": 95.0, "ALARM": 38.0, "OTHER_AGENCY": 70.0, "FRONT_COUNTER": 16.0,
            "SWITCHBOARD": 8.0,
        }
    )  # fmt: skip  # [I, to about 0.4 million incidents a year]
    digital_desk_share: float = 0.12  # of digital-desk engagements that become an incident [I]
    grades: dict[str, dict[str, float]] = field(
        default_factory=lambda: {
            "999": {"1": 0.40, "2": 0.40, "3": 0.08, "4": 0.12},
            "101": {"1": 0.07, "2": 0.36, "3": 0.25, "4": 0.32},
            "SOH": {"1": 0.00, "2": 0.10, "3": 0.38, "4": 0.52},
            "DIGITAL_DESK": {"1": 0.01, "2": 0.12, "3": 0.37, "4": 0.50},
            "ALARM": {"1": 0.40, "2": 0.40, "3": 0.05, "4": 0.15},
            "OFFICER": {"1": 0.10, "2": 0.42, "3": 0.23, "4": 0.25},
            "": {"1": 0.12, "2": 0.38, "3": 0.22, "4": 0.28},
        }
    )  # [I]
    domestic_abuse: dict[str, float] = field(
        default_factory=lambda: {"999": 0.165, "101": 0.130, "OFFICER": 0.08, "OTHER_AGENCY": 0.14, "": 0.07}
    )  # of incidents by source [C: about 335 DA crimes a week, 2.3]
    domestic_abuse_crime: float = 0.35  # of DA incidents that are crimes [C, 2.3]
    christmas_uplift: float = 1.25  # DA from 18 December to 2 January [2.3 "typically spike around Christmas"; size I]
    repeat_victim: float = 0.20  # of DA [2.3]
    duplicate: float = 0.045  # [I]
    reopened: float = 0.012  # [I]
    regraded_early: float = 0.03  # [I]
    declined: float = 0.06  # of taskings [I; B: "task not ask"]
    urban_travel: tuple[float, float] = (342.0, 0.48)  # median seconds and spread, grade 1 [C: 13 minutes, 2.2]
    rural_travel: tuple[float, float] = (600.0, 0.42)  # [C]
    calmer_travel: float = 1.5  # grade 2 and 3 travel longer than grade 1 [I]
    scene_minutes: tuple[float, float] = (38.0, 0.75)  # median and spread [C]
    missing_at_scene: float = 0.075  # status 6 never pressed [I; 1.6 of the fact sheet]
    late_at_scene: float = 0.05  # pressed late [I]
    double_at_scene: float = 0.03  # pressed twice [I]
    recorded_at_scene: float = 0.96  # version 6 holds the time [I]
    quiet_hours: tuple[int, int] = (22, 8)  # local hours in which nobody is sent to a grade 3 [I]
    live_limit_hours: float = 18.0  # grade 3 waiting longer is offered an appointment [C: 110 to 250 unresourced, 1.7]


@dataclass(frozen=True)
class Diary:
    """Appointments."""

    share_of_grade_3: float = 0.36  # booked at once [C]
    share_of_grade_2: float = 0.025  # booked although priority: inappropriate use [I, A: "used appropriately"]
    cars: dict[str, int] = field(
        default_factory=lambda: {"DIARY_CAR": 3, "DA_DIARY_CAR": 2, "SCHEDULED": 3}
    )  # per area [I]
    slot_minutes: int = 75  # [I]
    slots_a_day: int = 7  # 09:00 onwards [I]
    moved: float = 0.12  # of bookings [I]
    failed: float = 0.09  # [I]
    cancelled_victim: float = 0.06  # [I]
    cancelled_police: float = 0.03  # [I]
    late: float = 0.14  # attended after the slot's end [I]
    closed_after_failure: float = 0.25  # of failures: log closed, nothing open [1.7, trap]


@dataclass(frozen=True)
class Events:
    """What happened on which day [2.4, B]."""

    outage_start: tuple[int, int, int, int, int] = (2021, 9, 6, 17, 30)  # local [B]
    outage_end: tuple[int, int, int, int, int] = (2021, 9, 7, 5, 0)  # local [B]
    calls_lost: int = 14  # [B]
    restored: date = date(2021, 9, 17)  # "1 to 2 weeks" [B]; day I
    digital_desk_from: date = date(2021, 9, 21)  # [B]
    engagements_a_weekday: float = 7190 / 23  # 23 weekdays 21 September to 21 October [B, 2.3]
    outbound_messages: int = 272  # in those 23 weekdays [B]
    pilot_from: date = date(2021, 11, 22)  # [B]
    pilot_to: date = date(2022, 1, 2)  # six weeks [B, recomputed 1.7]
    pilot_areas: tuple[str, ...] = ("NWORC", "TELF")  # not published: invented
    version_6_from: date = date(2021, 12, 13)
    # The real version 6 upgrade was planned for February to May 2022 [B]. It is brought forward here so that the
    # default period holds both layouts.
    emergency_answer_from: date = date(2021, 11, 1)  # first month of the national 999 table [1.1]
    recruitment: tuple[int, int, int, int] = (411, 108, 65, 18)  # twelve months to October 2021 [B]


@dataclass(frozen=True)
class Parameters:
    """Everything together."""

    telephony: Telephony = field(default_factory=Telephony)
    incidents: Incidents = field(default_factory=Incidents)
    diary: Diary = field(default_factory=Diary)
    events: Events = field(default_factory=Events)
    areas: tuple[Area, ...] = AREAS

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for the truth folder."""
        return asdict(self)


CATEGORIES: dict[str, float] = {
    "TRN-RTC-INJ": 2.0, "TRN-RTC-DAM": 4.5, "TRN-OBSTR": 5.0, "TRN-TRAFFIC": 5.0,
    "ASB-NUIS": 7.5, "ASB-PERS": 3.5, "ASB-ENV": 1.5,
    "PSW-CONCERN": 16.0, "PSW-MISPER": 4.5, "PSW-SUSPCIRC": 10.0, "PSW-CIVIL": 4.0, "PSW-COLLAPSE": 2.5,
    "PSW-ALARM": 3.5, "PSW-ANIMAL": 1.5, "PSW-999ABAND": 1.5,
    "CRM-VIOL": 8.0, "CRM-BURG": 3.0, "CRM-THEFT": 5.0, "CRM-DAMAGE": 4.0, "CRM-VEHICLE": 3.0, "CRM-FRAUD": 1.5,
    "CRM-SEXUAL": 1.2, "CRM-ROBBERY": 0.4, "CRM-DRUGS": 1.4,
    "ADM-MESSAGE": 2.5, "ADM-LOSTPROP": 1.0, "ADM-PREPLAN": 1.2, "ADM-TEST": 0.1,
}  # fmt: skip
"""Incident categories and their share in percent [invented; families after NSIR 2011: transport, anti-social behaviour,
public safety and welfare, crime, administration]."""

DOMESTIC_CATEGORIES: dict[str, float] = {
    "CRM-VIOL": 45,
    "PSW-CONCERN": 18,
    "PSW-DOMESTIC": 27,
    "CRM-DAMAGE": 6,
    "ASB-PERS": 4,
}

WRAP_CODES: dict[str, dict[str, float]] = {
    "OCC_999": {
        "NEW_INCIDENT": 0.64, "UPDATE_REQUEST": 0.09, "WRONG_AGENCY": 0.08, "ADVICE": 0.07, "NUISANCE": 0.06,
        "OTHER": 0.06,
    },
    "OCC_101": {
        "NEW_INCIDENT": 0.29, "UPDATE_REQUEST": 0.25, "OFFICER_CONTACT": 0.13, "WRONG_AGENCY": 0.09, "ADVICE": 0.15,
        "NUISANCE": 0.01, "OTHER": 0.08,
    },
    "INTERNAL": {"INTERNAL": 0.85, "OFFICER_CONTACT": 0.10, "OTHER": 0.05},
    "SWITCHBOARD": {"OFFICER_CONTACT": 0.45, "ADVICE": 0.25, "WRONG_AGENCY": 0.10, "INTERNAL": 0.10, "OTHER": 0.10},
    "CRIME_BUREAU": {"UPDATE_REQUEST": 0.40, "NEW_INCIDENT": 0.20, "ADVICE": 0.30, "OTHER": 0.10},
}  # fmt: skip
"""Why people ring, by answering queue [I; failure demand and other agencies' calls: A 1.1, B 2.4]."""


def day_factor(day: date, line: str) -> float:
    """Demand of a special day relative to an ordinary one [I, but for the New Year peak: 2.3]."""
    key = (day.month, day.day)
    emergency = line == "999"
    if key in {(10, 30), (10, 31), (11, 5), (11, 6)}:
        return 1.14 if emergency else 1.03
    if key in {(12, 17), (12, 18)}:
        return 1.10 if emergency else 1.0
    if key == (12, 25):
        return 0.85 if emergency else 0.55
    if key in {(12, 24), (12, 26)}:
        return 0.95 if emergency else 0.72
    if key == (1, 1):
        return 1.30 if emergency else 0.85
    if key == (12, 31):
        return 1.20 if emergency else 0.92
    return 1.0


def new_year_factor(day: date, hour: float) -> float:
    """999 on New Year's night: 366 calls 23:00 to 07:00, 97 an hour at the peak against 21.5 as a rule [2.3]."""
    if (day.month, day.day) == (12, 31) and hour >= 23:
        return 2.0
    if (day.month, day.day) == (1, 1):
        if hour < 2:
            return 4.2
        if hour < 5:
            return 2.9
    return 1.0


def season_factor(day: date) -> float:
    """Slow yearly wave: July high, February low; +13 % in July to September 2021 was published, the rest I [2.2]."""
    months = (0.93, 0.93, 0.96, 0.98, 1.02, 1.05, 1.07, 1.05, 1.02, 1.01, 0.99, 0.97)
    return months[day.month - 1]


def shape_of(line: str, day: date) -> tuple[float, ...]:
    """Relative demand by local hour of a line on a day."""
    if line in {"SWITCHBOARD", "OTHER"}:
        return OFFICE_SHAPE
    if line == "999":
        return EMERGENCY_SHAPE
    return WEEKEND_SHAPE if day.weekday() >= 5 else WEEKDAY_SHAPE
