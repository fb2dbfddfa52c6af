"""`occ quarantine list`, `show`, `replay`: what was set aside, why, and taking it in again once it is mended.

It reads the landing store, not the published warehouse: what is said is true before anything is published as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration.commands.common import FormatOption, WarehouseOption, progress, settings_for
from orchestration.errors import UsageProblem
from orchestration.settings import Settings
from orchestration.tables import Format, print_json, print_rows

if TYPE_CHECKING:
    import duckdb

    from orchestration.landing.replay import Replayed

app = typer.Typer(
    help="What was set aside, why, and taking it in again once a contract or a file is mended.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
ExportOption = Annotated[str | None, typer.Option("--export", help="One export only.")]

_GROUPS = """
with
said as (
    select
        'file' as what, export, null as column_name, reason, delivery_id, null as row_number, received_at, business_date
    from landing.deliveries where is_quarantined
    union all
    select
        'row', deliveries.export, rows.column_name, rows.reason, rows.delivery_id, rows.row_number,
        deliveries.received_at, deliveries.business_date
    from landing.quarantined_rows as rows inner join landing.deliveries as deliveries using (delivery_id)
)
select
    what, export, column_name, reason, count(distinct delivery_id) as files,
    nullif(count(distinct (delivery_id, row_number)) filter (where row_number is not null), 0) as rows,
    min(received_at)::timestamp(0) as first_received, max(received_at)::timestamp(0) as last_received,
    max(business_date) as newest_day
from said
where {where}
group by all
order by what, export nulls first, files desc, rows desc, column_name, reason
"""
_FILES = """
select
    delivery_id, export, path, business_date, received_at::timestamp(0) as received_at, rows_read,
    rows_quarantined, reason
from landing.deliveries
where (is_quarantined or is_counted and rows_quarantined > 0) and {where}
order by export nulls first, business_date nulls first, path
"""
_ROWS = """
select row_number as line, column_name, value, reason, raw_row, field_count, row_sha256
from landing.quarantined_rows where delivery_id = ?
order by row_number, column_name nulls first, reason
"""


@app.command(
    "list", epilog="Example: occ quarantine list --export acd_segments --since 2021-12-01 · occ quarantine list --files"
)
def list_command(
    warehouse: WarehouseOption = None,
    export: ExportOption = None,
    column: Annotated[str | None, typer.Option(help="Rows with a bad value in this delivered column only.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Received on this day (UTC) or later only.")
    ] = None,
    files: Annotated[bool, typer.Option("--files", help="One line for each file, with its delivery id.")] = False,
    format: FormatOption = Format.table,
) -> None:
    """What is in quarantine: whole files and rows, by export, column and reason."""
    if files and column:
        raise UsageProblem("--files lists files, --column chooses among rows: give one of them.")
    conditions, values = ["true"], list[Any]()
    for sql, value in (
        ("export = ?", export),
        ("column_name = ?", column),
        ("received_at >= ?::timestamp at time zone 'UTC'", since),
    ):
        if value is not None:
            conditions.append(sql)
            values.append(value)
    with _landing_tables(settings_for(warehouse)) as con:
        print_rows(*_asked(con, (_FILES if files else _GROUPS).format(where=" and ".join(conditions)), values), format)


@app.command(epilog="Example: occ quarantine show acd_segments_20211203.csv --limit 20 · occ quarantine show 3fa2c1")
def show(
    delivery: Annotated[str, typer.Argument(help="A delivery's id, or enough of its beginning, or a file's name.")],
    warehouse: WarehouseOption = None,
    limit: Annotated[int, typer.Option(min=0, help="Values to show; 0 shows all.")] = 50,
    format: FormatOption = Format.table,
) -> None:
    """One file: why it, or which of its rows, was set aside. Values as they are kept: masked, nothing personal."""
    with _landing_tables(settings_for(warehouse)) as con:
        told = _delivery(con, delivery)
        columns, rows = _asked(con, _ROWS, [told["delivery_id"]])
        later = _later_deliveries(con, told)
    shown = rows[: limit or None]
    if format is Format.json:
        print_json(told | {"values": [dict(zip(columns, row, strict=True)) for row in shown], "later": later})
        return
    if format is Format.table:
        print_rows(["", ""], [(name, value) for name, value in told.items() if value is not None], format)
        typer.echo("")
    if rows or format is Format.csv:
        print_rows(columns, shown, format)
        typer.echo(f"\n{len(shown)} of {len(rows)} values", err=format is Format.csv)
    typer.echo(_advice(told, later), err=format is Format.csv)


@app.command(
    epilog="Example: occ quarantine replay --export saab_incidents --dry-run · occ quarantine replay. "
    "Exit code 3: some of the files are not in the landing folder any more."
)
def replay(
    deliveries: Annotated[
        list[str] | None, typer.Argument(help="Delivery ids or file names; none: every file in quarantine.")
    ] = None,
    warehouse: WarehouseOption = None,
    landing: Annotated[Path | None, typer.Option(help="The folder that the files were delivered to.")] = None,
    profile: Annotated[Path | None, typer.Option(help="Profile: a name the project ships, or a folder.")] = None,
    export: ExportOption = None,
    everything: Annotated[
        bool, typer.Option("--everything", help="Also files of which nothing is in quarantine.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would become of them, and keep nothing.")
    ] = False,
    format: FormatOption = Format.table,
) -> None:
    """Read files in quarantine again under the contracts of today, and publish what comes of it.

    The files must still lie in the landing folder with the bytes they were delivered with; the earlier registration
    gives way. A mended file needs none of this: it is a new delivery, and `occ run` takes it in.
    """
    from orchestration.runs import run_once
    from orchestration.warehouse.lock import writing

    settings = settings_for(warehouse, landing=landing, profile=profile)
    with progress() as report:
        with writing(settings):
            found = _read_again(settings, deliveries or [], export, everything, dry_run, report)
        has_changed = any(each.outcome not in ("GONE", "SAME") for each in found)
        published = run_once(settings, report) if has_changed and not dry_run else None
    print_rows(
        ["delivery_id", "path", "outcome", "before", "now"],
        [(each.delivery_id, each.before.path, each.outcome, *_before_and_now(each)) for each in found],
        format,
    )
    if format is Format.table:
        typer.echo(_summary(found, dry_run) + (f"\nGeneration {published.generation}" if published else ""))
    if any(each.outcome == "GONE" for each in found):
        raise typer.Exit(3)


def say_what_may_be_read_again(settings: Settings) -> None:
    """After a run: files in quarantine whose contracts are others now than those they were judged under."""
    from orchestration.landing import load_profile
    from orchestration.landing.replay import judged_under_other_contracts

    found = judged_under_other_contracts(settings.warehouse, load_profile(settings.profile))
    if found:
        typer.echo(
            f"\n  {len(found)} files in quarantine, whole or with some rows, were judged under other contracts than "
            "today's. See what would become of them with: occ quarantine replay --dry-run"
        )


# --- asking the landing store -------------------------------------------------------------------------------------
@contextmanager
def _landing_tables(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    import duckdb

    from orchestration.landing import load_profile, sync_build_database

    if not (settings.warehouse / "landing" / "registry").is_dir():
        raise UsageProblem(
            f"Nothing was landed in {settings.warehouse} yet. Run: occ run --warehouse {settings.warehouse}"
        )
    with duckdb.connect(":memory:", config={"autoinstall_known_extensions": "false"}) as con:
        con.execute("set TimeZone = 'UTC'")
        sync_build_database(con, settings.warehouse, load_profile(settings.profile))
        yield con


def _asked(con: duckdb.DuckDBPyConnection, sql: str, values: list[Any]) -> tuple[list[str], list[tuple[Any, ...]]]:
    cursor = con.execute(sql, values)
    return [column[0] for column in cursor.description or []], cursor.fetchall()


def _delivery(con: duckdb.DuckDBPyConnection, asked: str) -> dict[str, Any]:
    columns, rows = _asked(
        con,
        "select delivery_id, path, export, contract, business_date, received_at, "
        "case when is_quarantined then 'QUARANTINED' when is_counted then 'READ' else 'DUPLICATE' end as status, "
        "reason, rows_read, rows_quarantined, bytes, sha256, name from landing.deliveries "
        "where name = $1 or path = $1 or delivery_id = $1 or (length($1) >= 4 and starts_with(delivery_id, $1)) "
        "order by received_at",
        [asked],
    )
    if not rows:
        raise UsageProblem(
            f"No delivery has the id or the name {asked!r}. See them with: occ quarantine list --files, occ deliveries"
        )
    if len(rows) > 1:
        listed = ", ".join(str(row[0]) for row in rows[:10])
        raise UsageProblem(f"{len(rows)} deliveries are meant by {asked!r}: name one by its id, of {listed}")
    return dict(zip(columns, rows[0], strict=True))


def _later_deliveries(con: duckdb.DuckDBPyConnection, told: dict[str, Any]) -> list[str]:
    """Other files of the same export and day that were read: a mended one is among them."""
    rows = con.execute(
        "select path from landing.deliveries where is_counted and export = ? and business_date = ? "
        "and delivery_id <> ? order by received_at",
        [told["export"], told["business_date"], told["delivery_id"]],
    ).fetchall()
    return [path for (path,) in rows]


def _advice(told: dict[str, Any], later: list[str]) -> str:
    if told["status"] == "DUPLICATE":
        return "Its bytes came before under another name: see the file that its reason names."
    if told["status"] == "READ" and not told["rows_quarantined"]:
        return "Nothing of it is in quarantine."
    lines = [
        "If the contract was wrong: mend it, then `occ quarantine replay --dry-run "
        f"{told['delivery_id']}`, and without --dry-run.",
        "If the file was wrong: have it delivered again under the same name, or with _HHMMSS before the ending. It is "
        "a delivery of its own, and `occ run` takes it in; this entry stays, as the record of what came.",
    ]
    if later:
        lines.append(f"Other files of its export and day were read: {', '.join(later)}")
    return "\n".join(lines)


# --- reading again ------------------------------------------------------------------------------------------------
def _read_again(
    settings: Settings, asked: list[str], export: str | None, everything: bool, dry_run: bool, report: Any
) -> list[Replayed]:
    from orchestration.landing import load_profile
    from orchestration.landing.registry import Registration
    from orchestration.landing.replay import is_in_quarantine, read_again

    with _landing_tables(settings) as con:
        ids = {_delivery(con, each)["delivery_id"] for each in asked}
    if not settings.landing.is_dir():
        raise UsageProblem(f"There is no landing folder {settings.landing}. Name the one of the files with --landing.")

    def wanted(delivery_id: str, registration: Registration) -> bool:
        if ids:
            return delivery_id in ids
        return (export in (None, registration.export)) and (everything or is_in_quarantine(registration))

    return read_again(
        settings.landing,
        settings.warehouse,
        load_profile(settings.profile),
        settings.key_file,
        batch=_new_batch(settings),
        wanted=wanted,
        dry_run=dry_run,
        progress=report,
    )


def _new_batch(settings: Settings) -> str:
    """A name that no batch has yet: batches are not named anew within a second by runs alone."""
    from orchestration.landing.folder import committed_batches
    from orchestration.publish.generation import new_name

    stem, number = f"{new_name(settings)}-again", 1
    taken = committed_batches(settings.warehouse / "landing")
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"


def _before_and_now(each: Replayed) -> tuple[str, str]:
    before = each.before.reason or f"{each.before.rows_quarantined} of {each.before.rows_read} rows quarantined"
    if each.now is None:
        return before, each.gone or ""
    return before, each.now.reason or f"{each.now.rows_quarantined} of {each.now.rows_read} rows quarantined"


def _summary(found: list[Replayed], dry_run: bool) -> str:
    if not found:
        return "Nothing is in quarantine that was asked for."
    words = {
        "READ": "read whole",
        "ROWS": "read, with rows still in quarantine",
        "QUARANTINED": "quarantined for another reason",
        "SAME": "the same as before",
        "GONE": "not there any more",
    }
    counts = {word: sum(each.outcome == outcome for each in found) for outcome, word in words.items()}
    told = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    return f"\n{len(found)} files {'would be read again' if dry_run else 'read again'}: {told}"
