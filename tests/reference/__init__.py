"""An independent calculation of the published warehouse, in plain Python from the delivered files.

It shares no code with the pipeline and reads only what a force would deliver, so that both can be wrong only in the
same way if two people misread the same sentence. Where the description leaves a choice, the comment beside the code
begins with "Choice".

    landing = load(folder)                       # deliveries, and the rows that stand
    deliveries(landing); as_of(landing)
    facts = calls(landing), incidents(landing)
    rows = indicators(landing, *facts)
    intervals = states(landing, facts[1])
    hours = unresourced_hourly(landing, intervals)
    booked, abused = appointments(landing, facts[1]), domestic_abuse(landing, facts[1], pilot)
"""

from __future__ import annotations

from .call_facts import Call, calls
from .diary import Appointment, appointments
from .domestic_abuse import DomesticAbuse, Pilot, domestic_abuse
from .incident_facts import Incident, incidents, resolved_events
from .kpi_results import indicators
from .landing import Delivery, Landing, as_of, deliveries, load
from .ledgers import KpiRow, percentile
from .parameters import Limit, ResponseTarget
from .states import State, states
from .unresourced import HourCell, unresourced_hourly

__all__ = [
    "Appointment",
    "Call",
    "Delivery",
    "DomesticAbuse",
    "HourCell",
    "Incident",
    "KpiRow",
    "Landing",
    "Limit",
    "Pilot",
    "ResponseTarget",
    "State",
    "appointments",
    "as_of",
    "calls",
    "deliveries",
    "domestic_abuse",
    "incidents",
    "indicators",
    "load",
    "percentile",
    "resolved_events",
    "states",
    "unresourced_hourly",
]
