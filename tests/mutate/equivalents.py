"""Mutants that no test can catch, because they make the same tables: each with why. By model, operator and line."""

from __future__ import annotations

EQUIVALENT: dict[tuple[str, str, str], str] = {
    ("stg_codes", "rows_deduplicated", "union all"): (
        "Every list is distinct in itself and carries its name, so no row of one list is a row of another."
    ),
    (
        "stg_legacy_incidents",
        "inner_join_made_left",
        "inner join content_versions on standing._content_no = content_versions.content_no",
    ): "A row that stands came in a content, and every content has a version: no row is without a partner.",
}
