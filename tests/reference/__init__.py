"""An independent calculation of the published warehouse, in plain Python from the delivered files.

It shares no code with the pipeline and reads only what a force would deliver, so that both can be wrong only in the
same way if two people misread the same sentence. Where the description leaves a choice, the comment beside the code
begins with "Choice".

    landing = load(folder)                       # deliveries, and the rows that stand
    deliveries(landing); as_of(landing)
    facts = calls(landing), incidents(landing)
    rows = indicators(landing, *facts)
"""

from __future__ import annotations

from .call_facts import Call, calls
from .incident_facts import Incident, incidents, resolved_events
from .kpi_results import ResponseTarget, indicators
from .landing import Delivery, Landing, as_of, deliveries, load
from .ledgers import KpiRow, percentile

__all__ = [
    "Call",
    "Delivery",
    "Incident",
    "KpiRow",
    "Landing",
    "ResponseTarget",
    "as_of",
    "calls",
    "deliveries",
    "incidents",
    "indicators",
    "load",
    "percentile",
    "resolved_events",
]
