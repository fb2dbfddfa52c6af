"""What the reference makes of the same exports, ready for the recounts of the questions."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests import reference
from tests.integration.against_reference import _response_targets
from tests.reference.landing import delivered_days

LONDON = ZoneInfo("Europe/London")
EPOCH = date(1970, 1, 1)
Row = dict[str, Any]


def local(at: int) -> datetime:
    """The wall clock at an instant of the reference (UTC seconds)."""
    return datetime.fromtimestamp(at, UTC).astimezone(LONDON).replace(tzinfo=None)


def instant(text: str) -> int:
    """An instant from `DD/MM/YYYY HH:MM:SS` of the wall clock."""
    return int(datetime.strptime(text, "%d/%m/%Y %H:%M:%S").replace(tzinfo=LONDON).timestamp())


def day(number: int) -> date:
    """The date of a day of the reference, which counts them."""
    return EPOCH + timedelta(days=number)


def monday(of: date) -> date:
    return of - timedelta(days=of.weekday())


def share(part: float, whole: float) -> Fraction | None:
    """Exact, None of nothing."""
    return Fraction(part) / Fraction(whole) if whole else None


def percentile(values: list[int], at: Fraction) -> Fraction | None:
    return reference.percentile(sorted(values), at) if values else None


def month_end(start: date) -> date:
    return (start + timedelta(days=31)).replace(day=1) - timedelta(days=1)


class Facts:
    """Calls, incidents and figures of one landing folder by plain Python."""

    def __init__(self, landing: Path, profile: Path) -> None:
        self.folder, self.profile = landing, profile
        self.landing = reference.load(landing)
        self.calls = reference.calls(self.landing)
        self.incidents = reference.incidents(self.landing)
        self.events = reference.resolved_events(self.landing)
        self.targets = _response_targets(profile)
        rows = reference.indicators(self.landing, self.calls, self.incidents, self.targets)
        self.figures = {row[:5]: row for row in rows}
        self.states = reference.states(self.landing, self.incidents)
        self.hours = list(reference.unresourced_hourly(self.landing, self.states, self.targets))
        self.incident = {each.incident_key: each for each in self.incidents}
        self.incident_of_call = self._incident_of_call()
        (self.outage,) = self.rows("service_disruptions")
        self.outage_starts, self.outage_ends = instant(self.outage["STARTED"]), instant(self.outage["ENDED"])

    def rows(self, export: str) -> list[Row]:
        """The rows of an export whose files are few and plain: of one key the newest file's stand."""
        keys = {"workforce": 3, "recruitment": 2, "service_disruptions": 1, "digital_contacts": 1, "bt_999_national": 2}
        standing: dict[tuple[str, ...], Row] = {}
        files = [each for each in reference.deliveries(self.landing) if each.export == export]
        for each in sorted(files, key=lambda file: (str(file.business_date), file.name)):
            if each.status in ("LOADED", "SUPERSEDED"):
                with (self.folder / each.path).open(newline="", encoding="utf-8-sig") as file:
                    for row in csv.DictReader(file):
                        columns = list(row)[: keys[export]]
                        if export == "bt_999_national":
                            columns = ["FORCE", "MONTH"]
                        standing[tuple(row[name] for name in columns)] = row
        return list(standing.values())

    def outcomes(self) -> dict[str, Row]:
        """Domestic-abuse outcomes by incident: of one the newest update stands, of equal ones the newer file's."""
        found: dict[str, tuple[int, Row]] = {}
        files = [each for each in reference.deliveries(self.landing) if each.export == "da_outcomes"]
        for each in sorted(files, key=lambda file: (str(file.business_date), file.name)):
            if each.status in ("LOADED", "SUPERSEDED"):
                with (self.folder / each.path).open(newline="", encoding="utf-8-sig") as file:
                    for row in csv.DictReader(file):
                        try:
                            updated = instant(row["UPDATED_AT"])
                            instant(row["ARREST_AT"] or row["UPDATED_AT"])
                        except ValueError:
                            continue  # a row that cannot be read is set aside
                        if row["INC_REF"] and updated >= found.get(row["INC_REF"], (0, {}))[0]:
                            found[row["INC_REF"]] = updated, row
        return {key: row for key, (_, row) in found.items()}

    def reference_data(self, name: str) -> list[Row]:
        with (self.profile / "reference" / f"{name}.csv").open(newline="") as file:
            return list(csv.DictReader(file))

    def chosen_month(self, export: str) -> date:
        """The newest month of which nine tenths of the days came, else the newest."""
        days = {day(number) for number in delivered_days(self.landing, (export,))}
        months = sorted({each.replace(day=1) for each in days}, reverse=True)
        for month in months:
            if sum(each.replace(day=1) == month for each in days) * 10 >= month_end(month).day * 9:
                return month
        return months[0]

    def days_of(self, export: str, first: date, last: date) -> int:
        return sum(first <= day(number) <= last for number in delivered_days(self.landing, (export,)))

    def is_in_outage(self, at: int) -> bool:
        return self.outage_starts <= at < self.outage_ends

    def disruption_keys(self, first: date, last: date) -> str | None:
        """The disruptions whose local days meet these."""
        touches = first <= local(self.outage_ends - 1).date() and last >= local(self.outage_starts).date()
        return self.outage["DISRUPTION_ID"] if touches else None

    def _incident_of_call(self) -> dict[str, str]:
        """Of several incidents that name a call the first created that duplicates no other."""
        ranked = sorted(
            (each for each in self.incidents if each.call_key),
            key=lambda each: (each.is_duplicate, each.created_at, each.incident_key),
        )
        found: dict[str, str] = {}
        for each in ranked:
            found.setdefault(str(each.call_key), each.incident_key)
        return found
