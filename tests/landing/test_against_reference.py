"""Where every file and row of the sample went, beside an independent reading of the same folder."""

from __future__ import annotations

from pathlib import Path

from tests.landing.room import Room
from tests.reference import landing as reference


def test_every_file_is_accounted_for_as_the_independent_reading_says(small_sample: Path, tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.landing = small_sample / "landing"
    room.land()
    found = {
        path: (is_quarantined, is_duplicate, day, read, bad)
        for path, is_quarantined, is_duplicate, day, read, bad in room.ask(
            "select path, is_quarantined, duplicate_of is not null, business_date, rows_read, rows_quarantined "
            "from landing.deliveries"
        )
    }
    expected = {
        each.path: (
            each.status == "QUARANTINED",
            each.status == "DUPLICATE",
            each.business_date,
            each.rows_read,
            each.rows_quarantined,
        )
        for each in reference.deliveries(room.landing)
    }
    assert found == expected
