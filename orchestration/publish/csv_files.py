"""A published table as a CSV file that a spreadsheet opens by a double click and does not act on.

UTF-8 with a byte-order mark, without which Excel takes it for Windows-1252; commas; texts in quotation marks and made
harmless (`harmless`), so that an empty field is nothing and `""` an empty text; instants in UTC with a Z; lists as
JSON.
"""

from __future__ import annotations

import codecs
import shutil
from pathlib import Path

from orchestration.publish.files import Source, SourceTable
from orchestration.publish.generation import quoted
from orchestration.publish.harmless import harmless_sql

WITH_ZONE = "TIMESTAMP WITH TIME ZONE"
_EXACT = ("BOOLEAN", "TIME", "BIGINT", "INTEGER", "SMALLINT", "TINYINT", "HUGEINT", "UBIGINT", "UINTEGER", "USMALLINT")
_MAY_BE_INFINITE = ("DOUBLE", "FLOAT", "DATE", "TIMESTAMP")  # then it would read as a formula (-inf): it is nothing


def write(source: Source, table: SourceTable, folder: Path, earlier: Path | None) -> None:
    """Write `folder/<schema>.<table>.csv`; what an earlier publish wrote is of no use here."""
    target = folder / f"{table.full_name}.csv"
    body = target.with_suffix(".body")
    texts = [f'"{column}"' for column, data_type in table.columns.items() if is_text(data_type)]
    forced = f", force_quote ({', '.join(texts)})" if texts else ""
    cells = ", ".join(f'{_cell(column, data_type)} as "{column}"' for column, data_type in table.columns.items())
    source.con.execute(
        f"copy (select {cells} from {table.full_name}) to {quoted(str(body))} "
        f"(format csv, header false, delimiter ',', quote '\"', escape '\"', nullstr ''{forced})"
    )
    with target.open("wb") as file, body.open("rb") as rows:
        file.write(codecs.BOM_UTF8 + (",".join(table.columns) + "\n").encode())
        shutil.copyfileobj(rows, file, 1 << 20)
    body.unlink()


def is_text(data_type: str) -> bool:
    """Whether a column is written as text, in quotation marks and made harmless."""
    return data_type.endswith("]") or not (data_type in _EXACT or data_type.startswith((*_MAY_BE_INFINITE, "DECIMAL")))


def _cell(column: str, data_type: str) -> str:
    name = f'"{column}"'
    if data_type.endswith("]"):
        return harmless_sql(f"cast(to_json({name}) as varchar)")
    if is_text(data_type):
        return harmless_sql(f"cast({name} as varchar)")
    if not data_type.startswith(_MAY_BE_INFINITE):
        return name
    value = f"cast({name} at time zone 'UTC' as varchar) || 'Z'" if data_type == WITH_ZONE else name
    return f"case when isfinite({name}) then {value} end"
