"""A call and its incident find each other by CALL_REF, whichever is delivered first and however much later."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from .made_up_landing import Delivery
from .test_runs_add_up import build, made_up

DAY = date(2021, 10, 29)
LATER = DAY + timedelta(days=24)


def _call(day: date, call_id: str) -> dict[str, Any]:
    start = datetime(day.year, day.month, day.day, 12)
    return {
        "call_id": call_id, "segment": 1, "segment_start_at": start, "segment_end_at": start + timedelta(minutes=2),
        "dialled": "101", "queue": "OCC_101", "disposition": "ANS", "ivr_seconds": 0, "queue_seconds": 5,
        "ring_seconds": 0, "talk_seconds": 60, "hold_seconds": 0, "wrap_seconds": 5,
    }  # fmt: skip


def _incident(ref: str, created: datetime, call_ref: str | None, updated: datetime, **more: Any) -> dict[str, Any]:
    return {
        "incident_ref": ref, "created_at": created, "recorded_at": created, "source": "101", "call_ref": call_ref,
        "opening_code": "PSW-CONCERN", "status": "OPEN", "updated_at": updated, **more,
    }  # fmt: skip


def _links(database: Path) -> tuple[dict[str, str | None], dict[str, str | None]]:
    with duckdb.connect(str(database), read_only=True) as con:
        calls = con.execute("select call_key, incident_key from marts.fct_calls").fetchall()
        incidents = con.execute("select incident_key, call_key from marts.fct_incidents").fetchall()
    return dict(calls), dict(incidents)


@pytest.mark.slow
def test_a_call_and_its_incident_find_each_other_weeks_apart(tmp_path: Path) -> None:
    """A failure means that a late delivery leaves the two sides apart, or a withdrawn reference leaves them matched."""
    noon = datetime(2021, 10, 29, 12)
    settings, landing = made_up(tmp_path)
    steps = [
        # The call of incident A has not come; call 2 has, and its incident has not.
        [
            Delivery("acd_segments", DAY + timedelta(days=1), [_call(DAY + timedelta(days=1), "2")]),
            Delivery("saab_incidents", DAY, [_incident("WM-20211029-00001", noon, "20211029-1", noon)]),
        ],
        # Weeks later: the day of A's call, an incident keyed in for call 2, and one that duplicates it, created before.
        [
            Delivery("acd_segments", DAY, [_call(DAY, "1")]),
            Delivery(
                "saab_incidents",
                LATER,
                [
                    _incident("WM-20211030-00002", noon + timedelta(days=1, hours=2), "20211030-2", noon),
                    _incident(
                        "WM-20211030-00001", noon + timedelta(days=1), "20211030-2", noon, linked_to="WM-20211030-00002"
                    ),
                ],
            ),
        ],
        # A correction: A named the wrong call.
        [
            Delivery(
                "saab_incidents",
                LATER + timedelta(days=1),
                [_incident("WM-20211029-00001", noon, None, noon + timedelta(days=25))],
            )
        ],
    ]
    found = []
    for number, step in enumerate(steps):
        landing.delivered = [*landing.delivered, *step]
        landing.write(is_full=number == 0)
        build(settings, full_refresh=number == 0)
        landing.published = len(landing.delivered)
        found.append(_links(landing.database))

    assert found[0] == ({"20211030-2": None}, {"WM-20211029-00001": "20211029-1"})
    assert found[1] == (
        {"20211029-1": "WM-20211029-00001", "20211030-2": "WM-20211030-00002"},
        {
            "WM-20211029-00001": "20211029-1",
            "WM-20211030-00001": "20211030-2",
            "WM-20211030-00002": "20211030-2",
        },
    )
    assert found[2][0] == {"20211029-1": None, "20211030-2": "WM-20211030-00002"}
    assert found[2][1]["WM-20211029-00001"] is None
