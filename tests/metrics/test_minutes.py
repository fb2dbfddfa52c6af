"""The minutes' figures of the digital desk, named: 7,190 engagements since 21 September 2021, "312 per day"."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from .conftest import Builder, rows_of
from .world import World, write

FIRST, LAST = date(2021, 9, 21), date(2021, 10, 21)
ENGAGEMENTS, OUTBOUND = 7_190, 272


@pytest.mark.slow
def test_7190_engagements_are_240_per_elapsed_day_and_312_per_weekday(build_metrics: Builder, tmp_path: Path) -> None:
    """Both readings, from the daily rows: 30 days had elapsed on 21 October; of them and it 23 are weekdays.

    "312 per day" is the reading per weekday. A failure means that the two calendars are no longer told apart.
    """
    path = tmp_path / "occ_build.duckdb"
    days = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days)]  # 30: the 21 October has not passed
    write(World(), path, generation="minutes")
    with duckdb.connect(str(path)) as con:
        con.execute("insert into reference.exports values ('digital_contacts', '', 'DIGITAL_CONTACTS')")
        con.execute("insert into intermediate.int_as_of (system, as_of_date) values ('digital_contacts', ?)", [LAST])
        con.executemany(
            "insert into intermediate.int_delivered_days (export, system, business_date, is_delivered) "
            "values ('digital_contacts', 'digital_contacts', ?, true)",
            [[day] for day in [*days, LAST]],
        )
        for kind, count in (("is_inbound", ENGAGEMENTS), ("is_outbound", OUTBOUND)):
            con.execute(
                "insert into marts.fct_digital_contacts "
                "(contact_key, channel_code, opened_date, is_inbound, is_outbound) "
                f"select '{kind}' || i, 'DIGITAL_DESK', date '{FIRST}' + (i % {len(days)})::integer, "
                f"{kind == 'is_inbound'}, {kind == 'is_outbound'} from range({count}) r(i)"
            )
    build_metrics(path, full=True)

    def reading(kpi_id: str, until: date) -> tuple[int, int | None]:
        ((numerator, denominator),) = rows_of(
            path,
            "select sum(numerator)::bigint, sum(denominator)::bigint from metrics.kpi_results "
            f"where period_type = 'day' and scope_type = 'force' and kpi_id = '{kpi_id}' "
            f"and period_start between '{FIRST}' and '{until}'",
        )
        return numerator, denominator

    engagements, elapsed_days = reading("digital_engagements_per_day", days[-1])
    assert (engagements, elapsed_days) == (ENGAGEMENTS, 30)
    assert round(ENGAGEMENTS / 30) == 240

    engagements, weekdays = reading("digital_engagements_per_weekday", LAST)
    assert (engagements, weekdays) == (ENGAGEMENTS, 23)
    assert ENGAGEMENTS // 23 == 312

    assert reading("digital_outbound", LAST) == (OUTBOUND, None)
