"""The reports' shapes: their own unit tests, and what must add up in them on the small sample."""

from __future__ import annotations

import pytest

from orchestration.settings import Settings
from orchestration.warehouse import dbt
from tests.support import ask

pytestmark = pytest.mark.slow


def test_every_report_gives_what_its_unit_test_says(small_warehouse: Settings) -> None:
    """They need metrics beside the marts, so they run on the built warehouse, in which they leave nothing."""
    small_warehouse.export()
    arguments = ["test", *dbt.common_arguments(small_warehouse), "--select", "reports,test_type:unit"]
    try:
        result = dbt.runner(dbt.fresh_manifest(small_warehouse)).invoke(arguments)
    finally:
        dbt.release_connections()
    results = getattr(result.result, "results", [])
    assert [f"{each.node.name}: {each.message}" for each in results if str(each.status) != "pass"] == []
    assert len(results) >= 3


@pytest.mark.parametrize(
    ("table", "grain"),
    [
        ("demand_ledger", "period_type, period_start, channel_kind, channel_code"),
        ("calls_and_incidents_by_day", "local_date, line"),
        ("disruption_effects", "disruption_key, line"),
        ("quality_judgements", "rule_id, generation"),
        ("quality_rules", "rule_id"),
        ("quality_rule_history", "rule_id, week_start_date"),
        ("quality_scores", "week_start_date, dimension, system"),
        ("quality_changes", "kind, subject, what_now"),
        ("quality_publishable", "kpi_id, system_version"),
        ("export_periods", "export, business_date"),
        ("export_arrivals", "export, business_date"),
        ("export_freshness", "export"),
        ("kpi_latest_months", "kpi_id"),
        ("figure_sources", "kpi_id, delivery_id"),
    ],
)
def test_a_report_has_rows_and_each_is_there_once(small_warehouse: Settings, table: str, grain: str) -> None:
    """A view has no test in a run: its grain is proved here."""
    found = ask(
        small_warehouse, f"select count(*), count(distinct ({grain})) from reports.{table} where ({grain}) is not null"
    )
    ((rows, distinct),) = found
    assert rows == distinct > 0


@pytest.mark.parametrize("period_type", ["week", "month"])
def test_the_ledger_holds_every_call_contact_and_incident_once(small_warehouse: Settings, period_type: str) -> None:
    """Weeks, months and facts have the same totals; the types of demand make up what was answered."""
    ledger = ask(
        small_warehouse,
        "select sum(presented_count) filter (channel_kind = 'line'), "
        "sum(answered_count) filter (channel_kind = 'line'), "
        "sum(presented_count) filter (channel_kind = 'digital'), "
        "sum(outbound_count) filter (channel_kind = 'digital'), "
        "sum(incident_count), sum(incidents_created_count) "
        f"from reports.demand_ledger where period_type = '{period_type}'",
    )
    facts = ask(
        small_warehouse,
        "select (select count(*) from marts.fct_calls where outcome <> 'test'), "
        "(select count(*) from marts.fct_calls where outcome = 'answered'), "
        "(select count(*) from marts.fct_digital_contacts where is_inbound), "
        "(select count(*) from marts.fct_digital_contacts where is_outbound), "
        "(select count(*) from marts.fct_incidents), "
        "(select count(*) from marts.fct_incidents where not is_duplicate and not is_admin)",
    )
    assert ledger == facts
    wrong = ask(
        small_warehouse,
        "select * from reports.demand_ledger where answered_count <> service_count + failure_count + internal_count "
        "+ other_agency_count + nuisance_count + unknown_count or unknown_count < 0 or presented_count < offered_count",
    )
    assert wrong == []


def test_every_incident_of_a_line_is_on_one_side_or_the_other(small_warehouse: Settings) -> None:
    """Named a call that came, named one that never came, named none: no incident is in two of them or in none."""
    wrong = ask(
        small_warehouse,
        "select * from reports.calls_and_incidents_by_day where incident_count <> incident_whose_call_came_count "
        "+ incident_whose_call_never_came_count + incident_without_call_ref_count "
        "or answered_count < answered_with_incident_count "
        "or new_incident_wrap_count < new_incident_without_incident_count",
    )
    assert wrong == []
    ((came, never),) = ask(
        small_warehouse,
        "select sum(incident_whose_call_came_count), sum(incident_whose_call_never_came_count) "
        "from reports.calls_and_incidents_by_day",
    )
    assert came > 0
    assert never >= 0


def test_the_outage_of_september_is_one_short_query(small_warehouse: Settings) -> None:
    """Calls lost as a known number, incidents keyed in later: what Q18 asks."""
    rows = ask(
        small_warehouse,
        "select disruption_key, calls_lost_state, calls_lost, calls_lost_low, calls_lost_high, back_keyed_count > 0, "
        "back_key_delay_median_seconds > 0 from reports.disruption_effects where line = 'ALL'",
    )
    lost = ask(small_warehouse, "select calls_lost from marts.fct_disruptions")[0][0]
    assert rows == [("D2021-014", "known", lost, lost, lost, True, True)]
