"""What the tests of erasure share: made-up files of a few incidents and callers, and what became of them."""

from __future__ import annotations

from typing import Any

from orchestration.landing.erasures import INCIDENT, TOKEN
from orchestration.landing.subjects import Subject
from orchestration.retention import erasing
from orchestration.settings import Settings
from tests.landing.room import HEADERS, Room, row, text

INCIDENTS = [f"WM-20210901-{number:05d}" for number in range(1, 5)]
CALLERS = ["07700900111", "+44 7700 900222", "07700 900333"]
# What every row that stands is told by: all but when and as which content it was stored.
_PROVENANCE = {"_content_no"}


def settings_of(room: Room) -> Settings:
    places = (room.landing, room.warehouse, room.profile.folder, room.key_file)
    return Settings(*places, keep_generations=5, reports_wanted=False)


def incident_rows(export: str, incident: str, number: int, other: str) -> str:
    """One line of an export that is of an incident; some mention another one, some are bad."""
    if export == "saab_incidents":
        bad = {"CREATED": "soon"} if number % 5 == 4 else {}
        return row(export, INC_REF=incident, LINKED_TO=other if number % 2 else "", **bad)
    if export == "saab_resource_status":
        return row(export, INC_REF=incident, CALLSIGN=f"HE{number:02d}", STATUS_CODE=str(number))
    if export == "digital_contacts":
        return row(export, CONTACT_ID=f"C{number}", INC_REF=incident, TOPIC=f"as in {other}: again")
    return row("da_outcomes", INC_REF=incident, VICTIM_ID=f"V{number % 3}")


def made_file(export: str, lines: list[tuple[int, int, int]]) -> str:
    """A file of an export: each line is of an incident or a caller, with a number and another incident."""
    if export == "acd_segments":
        rows = [
            row(export, CALL_ID=str(number), SEGMENT="x" if number % 5 == 4 else "1", CLI=CALLERS[who % len(CALLERS)])
            for who, number, _ in lines
        ]
    else:
        rows = [
            incident_rows(export, INCIDENTS[who], number, INCIDENTS[other] if other != who else "")
            for who, number, other in lines
        ]
    return text(export, *rows)


def subject_of(settings: Settings, number: int) -> Subject:
    """Incidents first, callers after them."""
    if number < len(INCIDENTS):
        return Subject(INCIDENT, INCIDENTS[number])
    return Subject(TOKEN, erasing.token_of(settings, "cli", CALLERS[number - len(INCIDENTS)]))


def stored(room: Room) -> dict[str, list[tuple[Any, ...]]]:
    """Rows of every export, and what became of every file, told without the order in which they came."""
    with room.database() as con:
        found = {}
        for export in HEADERS:
            listed = [name for name in _columns(con, f"landing.{export}") if name not in _PROVENANCE]
            found[export] = con.execute(
                f"select sha256, {', '.join(listed)} from landing.{export} "
                "inner join landing.deliveries on _content_no = content_no and is_counted order by all"
            ).fetchall()
        found["deliveries"] = con.execute(
            "select name, sha256, is_counted, is_quarantined, rows_read, rows_quarantined, rows_erased "
            "from landing.deliveries order by all"
        ).fetchall()
        found["quarantined"] = con.execute(
            "select name, quarantined_rows.* exclude (delivery_id, content_no) from landing.quarantined_rows "
            "inner join landing.deliveries using (delivery_id) order by all"
        ).fetchall()
    return found


def unaccounted(room: Room) -> list[tuple[Any, ...]]:
    """Files that count whose records read are not those stored, quarantined and erased."""
    each = " union all ".join(f"select _content_no as content_no from landing.{export}" for export in HEADERS)
    return room.ask(
        f"with kept as (select content_no, count(*) as kept from ({each}) group by 1), "
        "bad as (select delivery_id, count(distinct row_number) as bad from landing.quarantined_rows group by 1) "
        "select name, rows_read, kept, bad, rows_erased from landing.deliveries left join kept using (content_no) "
        "left join bad using (delivery_id) where is_counted and (rows_quarantined <> coalesce(bad, 0) "
        "or rows_read <> coalesce(kept, 0) + rows_quarantined + rows_erased)"
    )


def _columns(con: Any, table: str) -> list[str]:
    return [column[0] for column in con.execute(f"select * from {table} limit 0").description]
