"""The text of ephemeral models goes where dbt puts it, without dbt's parsing of the query around it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec, module_from_spec

import pytest

from orchestration.warehouse.dbt import put_in_front


@dataclass
class _Cte:
    sql: str


def _by_dbt(sql: str, ctes: list[_Cte]) -> str:
    """By dbt's own function, also where a build in this process put ours in its place."""
    spec = find_spec("dbt.compilation")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return str(module.inject_ctes_into_sql(sql, ctes))


@pytest.mark.parametrize(
    "sql",
    [
        "select 1",
        "(select 1)",
        "with a as (select 1) select * from a",
        "WITH a as (select 1) select * from a",
        "-- says with\n/* and\nwith */ with a as (select 1) select * from a",
        "-- says with\nselect 1",
        "with recursive a as (select 1) select * from a",
        "with -- why\n a as (select 1) select * from a",
        "withdrawn as",
        "select 1 -- with\nunion all select 2",
    ],
)
@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_query_is_what_dbt_makes_of_it(sql: str, count: int) -> None:
    ctes = [_Cte(f" __dbt__cte__{number} as (\nselect 'with {number}'\n)") for number in range(count)]
    assert put_in_front(sql, ctes) == _by_dbt(sql, ctes)
