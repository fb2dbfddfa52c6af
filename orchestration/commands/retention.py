"""`occ forget`, `occ retain`, `occ hold`: rows that must go, and rows that must stay.

What belongs here: what the commands take and print. The work is done in orchestration/retention/.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.commands.common import FormatOption, WarehouseOption, progress, settings_for
from orchestration.errors import UsageProblem
from orchestration.settings import Settings
from orchestration.tables import Format, print_rows

if TYPE_CHECKING:
    from orchestration.landing.subjects import Subject
    from orchestration.retention.erasing import Outcome

_HELD = 5
LandingOption = Annotated[
    Path | None, typer.Option(help="Folder of delivered exports, to say which still hold the rows; only ever read.")
]
ProfileOption = Annotated[Path | None, typer.Option(help="Profile: a name the project ships, or a folder.")]
IncidentOption = Annotated[str | None, typer.Option("--incident", help="An incident's reference, as delivered.")]
TokenOption = Annotated[str | None, typer.Option("--token", help="A person's token, as the warehouse has it.")]
NumberOption = Annotated[bool, typer.Option("--number", help="A caller's number, asked for or read from stdin.")]
VictimOption = Annotated[bool, typer.Option("--victim", help="A victim's identifier, asked for or read from stdin.")]
PersonOption = Annotated[
    str | None, typer.Option("--person", metavar="KIND", help="The same for any kind of the contracts, as user.")
]
ReasonOption = Annotated[str, typer.Option(help="Why: kept in the audit entry, so without the reference itself.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would go; change nothing.")]
NoRunOption = Annotated[bool, typer.Option("--no-run", help="Leave publishing without the rows to the next occ run.")]

hold_app = typer.Typer(
    help="Keep rows whatever a period or a request says.",
    no_args_is_help=True,
    epilog='Example: occ hold add --incident WM-20210901-00042 --reason "inquiry 7" --until 2027-03-31',
)


def add_to(app: typer.Typer) -> None:
    """Add the commands to `occ`."""
    app.command(epilog='Example: occ forget --incident WM-20210901-00042 --reason "request 2026/17"')(forget)
    app.command(epilog="Example: occ retain --dry-run")(retain)
    app.add_typer(hold_app, name="hold")


def forget(
    incident: IncidentOption = None,
    token: TokenOption = None,
    number: NumberOption = False,
    victim: VictimOption = False,
    person: PersonOption = None,
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    no_run: NoRunOption = False,
    landing: LandingOption = None,
    warehouse: WarehouseOption = None,
    profile: ProfileOption = None,
) -> None:
    """Erase the rows of one incident or one person, for good; exit code 5 when a hold keeps any of them."""
    from orchestration.retention import erasing
    from orchestration.warehouse.lock import writing

    settings = settings_for(warehouse, landing=landing, profile=profile)
    with writing(settings):
        subject = _subject(settings, incident, token, number, victim, person)
        outcome = erasing.forget(settings, subject, reason=reason, dry_run=dry_run)
    _tell(outcome, dry_run)
    if not dry_run:
        _run_or_say(settings, outcome, no_run)


def retain(
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="The day to count back from; today.")
    ] = None,
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    no_run: NoRunOption = False,
    landing: LandingOption = None,
    warehouse: WarehouseOption = None,
    profile: ProfileOption = None,
) -> None:
    """Erase the rows older than their export's period in the profile; exit code 5 when a hold kept some."""
    from orchestration.retention import erasing
    from orchestration.warehouse.lock import writing

    settings = settings_for(warehouse, landing=landing, profile=profile)
    day = as_of.date() if as_of else datetime.now(UTC).date()
    with writing(settings):
        outcome = erasing.retain(settings, as_of=day, reason=reason, dry_run=dry_run)
    for export, first_kept in sorted(outcome.kept_from.items()):
        typer.echo(f"{export} is kept from {first_kept} on")
    _tell(outcome, dry_run)
    if not dry_run:
        _run_or_say(settings, outcome, no_run)
    if outcome.erasure.rows_held:
        typer.echo(f"{outcome.erasure.rows_held:,} older row(s) stay: they are held (occ hold list).", err=True)
        raise typer.Exit(_HELD)


@hold_app.command("add")
def hold_add(
    reason: Annotated[str, typer.Option(help="Why, without the reference itself.")],
    incident: IncidentOption = None,
    token: TokenOption = None,
    number: NumberOption = False,
    victim: VictimOption = False,
    person: PersonOption = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day; none: until released.")
    ] = None,
    warehouse: WarehouseOption = None,
    profile: ProfileOption = None,
) -> None:
    """Hold the rows of one incident or one person."""
    from orchestration.retention import erasing
    from orchestration.warehouse.lock import writing

    settings = settings_for(warehouse, profile=profile)
    with writing(settings):
        subject = _subject(settings, incident, token, number, victim, person)
        hold = erasing.add_hold(settings, subject, reason=reason, until=until.date() if until else None)
    typer.echo(f"{hold.hold_id} holds it {f'until {hold.until}' if hold.until else 'until it is released'}.")


@hold_app.command("list")
def hold_list(
    everything: Annotated[bool, typer.Option("--all", help="Also those released or past.")] = False,
    warehouse: WarehouseOption = None,
    format: FormatOption = Format.table,
) -> None:
    """The holds in force. What they hold is kept as a keyed digest only."""
    from orchestration.retention import erasing

    today = datetime.now(UTC).date()
    holds = [h for h in erasing.list_holds(settings_for(warehouse)) if everything or h.is_active(today)]
    print_rows(
        ["hold", "kind", "digest", "reason", "held_at", "held_by", "until", "released_at"],
        [(h.hold_id, h.kind, h.digest, h.reason, h.held_at, h.held_by, h.until, h.released_at) for h in holds],
        format,
    )


@hold_app.command("release", epilog="Example: occ hold release H0001")
def hold_release(
    hold_id: Annotated[str, typer.Argument(help="As occ hold list has it.")],
    warehouse: WarehouseOption = None,
    profile: ProfileOption = None,
) -> None:
    """End a hold; what it kept goes with the next occ retain or occ forget."""
    from orchestration.retention import erasing
    from orchestration.warehouse.lock import writing

    settings = settings_for(warehouse, profile=profile)
    with writing(settings):
        hold = erasing.release_hold(settings, hold_id)
    typer.echo(f"{hold.hold_id} is released; what it kept goes with the next occ retain, or with occ forget.")


def _subject(
    settings: Settings, incident: str | None, token: str | None, number: bool, victim: bool, person: str | None
) -> Subject:
    """What the options name; a raw identifier is never an argument, where other users of the machine could see it."""
    from orchestration.landing.erasures import INCIDENT, TOKEN
    from orchestration.landing.subjects import Subject
    from orchestration.retention import erasing

    kinds = [kind for kind, given in (("cli", number), ("victim", victim), (person, person is not None)) if given]
    if sum((incident is not None, token is not None, *(True for _ in kinds))) != 1:
        raise UsageProblem("Name exactly one of --incident, --token, --number, --victim, --person.")
    if incident is not None:
        if not incident.strip():
            raise UsageProblem("--incident is empty.")
        return Subject(INCIDENT, incident)
    if token is not None:
        if len(token.strip()) != 16 or set(token.strip().lower()) - set("0123456789abcdef"):
            raise UsageProblem("--token wants a token as the warehouse has it: 16 of 0-9 and a-f. See also --number.")
        return Subject(TOKEN, token)
    kind = str(kinds[0])
    if kind not in erasing.token_kinds(settings):
        known = ", ".join(sorted(erasing.token_kinds(settings)))
        raise UsageProblem(f"No contract of the profile has identifiers of the kind {kind}; they have: {known}.")
    return Subject(TOKEN, erasing.token_of(settings, kind, _asked_for(kind)))


def _asked_for(kind: str) -> str:
    if sys.stdin.isatty():
        return str(typer.prompt(f"Identifier ({kind}), not shown", hide_input=True))
    return sys.stdin.readline().rstrip("\r\n")


def _tell(outcome: Outcome, dry_run: bool) -> None:
    erasure = outcome.erasure
    verb = "would be erased" if dry_run else "erased"
    for place, count in erasure.rows_told.items():
        typer.echo(f"{count:,} row(s) of {place} {verb}")
    if erasure.mentions:
        typer.echo(f"{erasure.mentions:,} mention(s) in other rows {'would be masked' if dry_run else 'masked'}")
    if not outcome.changed_rows:
        typer.echo("No row of it is stored.")
    if outcome.generations:
        typer.echo(
            f"Published generations that hold it, withdrawn after the next run: {', '.join(outcome.generations)}"
        )
    if outcome.delivered_files:
        typer.echo("Still holds it, and is never touched here: delete it at the source:")
        for path in outcome.delivered_files:
            typer.echo(f"  {path}")
    if outcome.is_committed:
        typer.echo(f"Audit entry {erasure.erasure_id}; it will not be stored again, also when it is delivered again.")


def _run_or_say(settings: Settings, outcome: Outcome, no_run: bool) -> None:
    """Publish without the rows; it waits for a landing folder, as a run takes in what is new there."""
    from orchestration.publish.generation import current

    if settings.lake and outcome.is_committed:
        typer.echo("The lake holds it until it is built anew: occ lake build")
    if not settings.current_db.exists():
        return
    if no_run or not settings.landing.is_dir():
        if current(settings) is not None and (outcome.is_committed or outcome.generations):
            typer.echo("The published generations stay as they are until the next: occ run")
        return
    from orchestration.runs import run_once

    with progress() as report:
        published = run_once(settings, report)
    if published is not None:
        typer.echo(f"Published without it: generation {published.generation}.")
