"""A published warehouse as half a year of weekly runs leaves it, to measure the report on: results multiplied.

python -m tests.reports.long_history WAREHOUSE NEW_FOLDER     then: occ report quality --warehouse NEW_FOLDER
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import duckdb

GENERATIONS, RULES = 26, 200

# Each earlier week judged what the newest did, a week of data earlier; every third rule passed where it now fails.
_EARLIER = """
insert into quality.rule_results by name
select
    results.* replace (
        strftime(strptime(left(results.generation, 8), '%Y%m%d') - weeks.back * interval 7 day, '%Y%m%dT060000Z')
            as generation,
        results.business_date - cast(7 * weeks.back as integer) as business_date,
        cast(results.failed_count * (26 - weeks.back) / 26 as bigint) as failed_count,
        case when (hash(results.rule_id) + weeks.back) % 3 = 0 then 'PASS' else results.status end as status
    )
from (select * from quality.rule_results qualify row_number() over (partition by rule_id order by generation desc) = 1)
    as results
cross join (select unnest(range(1, ?)) as back) as weeks
"""
# Rules beside those there are, each like one that fails, until there are enough.
_MORE_RULES = """
create or replace temp table copied as
select rule_id, rule_id || '_again_' || place as new_id
from (select rule_id, count(*) over () as rules_count from quality.rules) as rules
inner join (select distinct rule_id as failing_id from quality.rule_results where status in ('WARN', 'FAIL')) as failing
    on rules.rule_id = failing.failing_id
cross join (select unnest(range(9)) as place) as places
qualify row_number() over (order by place, rule_id) <= ? - rules_count
"""
_TABLES = ("rules", "rule_results", "rule_failures", "rule_samples")


def prepare(warehouse: Path, target: Path) -> Path:
    """Copy what is published in `warehouse` into a new folder, with 26 generations of results of 200 rules.

    The large facts stay where they are: the copy's views read them there.
    """
    current = (warehouse / "published" / "current").resolve()
    copy = target / "published" / current.name
    copy.mkdir(parents=True)
    for name in ("occ.duckdb", "generation.json"):
        shutil.copy(current / name, copy / name)
    (target / "published" / "current").symlink_to(current.name)
    with duckdb.connect(str(copy / "occ.duckdb")) as con:
        con.execute(_MORE_RULES, [RULES])
        for table in _TABLES:
            con.execute(
                f"insert into quality.{table} by name select rows.* replace (copied.new_id as rule_id) "
                f"from quality.{table} as rows inner join copied on rows.rule_id = copied.rule_id"
            )
        con.execute(_EARLIER, [GENERATIONS])
    return target


if __name__ == "__main__":
    print(prepare(Path(sys.argv[1]), Path(sys.argv[2])))
