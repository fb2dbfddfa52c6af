"""Every delivered row is found, and what goes out as a view opens wherever the generation lies."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.publish import generation
from orchestration.settings import Settings
from tests.support import ask

pytestmark = pytest.mark.slow

# Facts whose rows name a delivered row as their own. Those made of other facts' rows (calls of segments, states of
# events, domestic abuse of incidents) name one of theirs.
OWN_ROWS = (
    "fct_call_segments", "fct_agent_intervals", "fct_incidents", "fct_incident_events", "fct_resource_statuses",
    "fct_diary_appointments", "fct_digital_contacts", "fct_workforce", "fct_recruitment", "fct_disruptions",
    "fct_999_national",
)  # fmt: skip
OWN = " union all ".join(
    f"select _delivery_id as delivery_id, _source_row as source_row, 'loaded' as outcome from marts.{table}"
    for table in OWN_ROWS
)
APART = "select delivery_id, source_row, outcome from quality.rows_not_in_facts"
BAD = "select distinct delivery_id, row_number as source_row, 'quarantined' as outcome from quality.quarantined_rows"


def test_every_row_of_every_export_is_in_one_place_and_the_counts_are_those_of_its_file(
    small_warehouse: Settings,
) -> None:
    """For each file that counts: facts' own rows, rows not in facts and quarantined ones are its rows, each once.

    So rows_read = found + rows of whole files delivered again, of which quality.deliveries says what they duplicate.
    """
    wrong = ask(
        small_warehouse,
        f"""
        with places as ({OWN} union all {APART} union all {BAD}),
        found as (
            select delivery_id, count(*) as rows_found, count(distinct source_row) as rows_apart,
                   count(*) filter (outcome = 'loaded') as loaded,
                   count(*) filter (outcome = 'superseded') as superseded,
                   count(*) filter (outcome = 'duplicate') as duplicate,
                   count(*) filter (outcome = 'quarantined') as bad
            from places group by all
        )
        select name, status, rows_read, found.*
        from quality.deliveries left join found using (delivery_id)
        where case when status = 'DUPLICATE' then found.delivery_id is not null or rows_duplicate <> rows_read
                   else (rows_read, rows_read, rows_loaded, rows_superseded, rows_duplicate, rows_quarantined)
                        <> (coalesce(rows_found, 0), coalesce(rows_apart, 0), coalesce(loaded, 0),
                            coalesce(superseded, 0), coalesce(duplicate, 0), coalesce(bad, 0)) end
        """,
    )
    assert wrong == []
    exports = ask(small_warehouse, "select count(distinct export) from quality.deliveries where rows_loaded > 0")
    assert exports >= [(12,)]  # the national table of these weeks is not out yet


def test_what_stands_behind_a_fact_row_is_found_by_its_key(small_warehouse: Settings) -> None:
    """Every segment of a call that is not the call's own row, and every event of an incident, is a link of that key."""
    missing = ask(
        small_warehouse,
        """
        select 'fct_calls', call_key, _delivery_id, _source_row from marts.fct_call_segments
        union all select 'fct_incidents', incident_key, _delivery_id, _source_row from marts.fct_incident_events
        union all select 'fct_incidents', incident_key, _delivery_id, _source_row from marts.fct_resource_statuses
                  where incident_key is not null
        except all (
            select table_name, row_key, delivery_id, source_row from quality.row_links
            union all select 'fct_calls', call_key, _delivery_id, _source_row from marts.fct_calls
        )
        """,
    )
    assert missing == []


def test_links_are_a_view_and_cost_no_copy(small_warehouse: Settings) -> None:
    """Else every run writes all rows of all large facts again."""
    assert ask(
        small_warehouse,
        "select table_type from information_schema.tables where table_schema = 'quality' and table_name = 'row_links'",
    ) == [("VIEW",)]
    published = generation.current(small_warehouse)
    assert published is not None
    assert "quality.row_links" in published.views


def test_a_view_reads_the_generation_it_lies_in(small_warehouse: Settings) -> None:
    """By the pointer, by the folder's own name, and under another name beside other databases."""
    query = "select count(*) from {}quality.row_links"
    counts = set()
    for path in (small_warehouse.current_db, small_warehouse.current_db.resolve()):
        with duckdb.connect(str(path), read_only=True) as con:
            counts.add(con.execute(query.format("")).fetchall()[0][0])
    with duckdb.connect() as con:
        con.execute(f"attach '{small_warehouse.current_db}' as elsewhere (read_only)")
        counts.add(con.execute(query.format("elsewhere.")).fetchall()[0][0])
    assert len(counts) == 1
    assert counts != {0}


def test_a_copy_to_carry_holds_the_views_as_views_over_its_own_tables(
    small_warehouse: Settings, tmp_path: Path
) -> None:
    """A view that still named the generation would be empty or broken on another machine."""
    target = tmp_path / "carried.duckdb"
    generation.copy_to_single_file(small_warehouse, target)
    expected = ask(small_warehouse, "select count(*) from quality.row_links")
    with duckdb.connect(str(target), read_only=True) as con:
        assert con.execute("select count(*) from quality.row_links").fetchall() == expected
        listed = con.execute(
            "select table_schema || '.' || table_name from information_schema.tables where table_type = 'VIEW'"
        ).fetchall()
    published = generation.current(small_warehouse)
    assert published is not None
    assert sorted(name for (name,) in listed) == sorted(published.views)
