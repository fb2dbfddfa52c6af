"""`occ review`: sign off what the quality rules found, take that back, and see what is open."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Any

import typer

from orchestration.commands.common import FormatOption, WarehouseOption, require_published, settings_for
from orchestration.errors import UsageProblem
from orchestration.settings import RULES, Settings
from orchestration.tables import Format, print_json, print_rows

app = typer.Typer(help="Sign off what the quality rules found.", no_args_is_help=True)

RuleArgument = Annotated[str, typer.Argument(metavar="RULE_ID", help="The rule, as occ review list names it.")]
ByOption = Annotated[str, typer.Option("--by", metavar="NAME", help="Who says so; the report shows it.")]
ReasonOption = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why, in a sentence; the report shows it. No personal data.")
]
UntilOption = Annotated[
    datetime | None,
    typer.Option(
        "--until",
        metavar="DATE",
        formats=["%Y-%m-%d"],
        help="The last day on which it holds (default 91 days from now, at most 366). Then the finding is open again.",
    ),
]


@app.command("list", epilog="Example: occ review list --format csv")
def list_findings(warehouse: WarehouseOption = None, format: FormatOption = Format.table) -> None:
    """Open findings, and what was signed off, expiring soonest first; by the reviews file as it is now."""
    from orchestration.quality.findings import as_it_stands

    settings = settings_for(warehouse)
    require_published(settings)
    found = as_it_stands(settings)
    open_ones, signed_off = (
        [[row[name] for name in columns] for row in rows]
        for columns, rows in ((_OPEN, found.open), (_SIGNED_OFF, found.signed_off))
    )
    if format is Format.json:
        print_json(
            {
                "open": [dict(zip(_OPEN, row, strict=True)) for row in open_ones],
                "signed_off": [dict(zip(_SIGNED_OFF, row, strict=True)) for row in signed_off],
                "problems": [str(problem) for problem in found.problems],
            }
        )
    elif format is Format.csv:
        # One table for a spreadsheet: what is open has no date of expiry.
        columns = [*_OPEN, *(name for name in _SIGNED_OFF if name not in _OPEN)]
        print_rows(columns, [[row[name] for name in columns] for row in [*found.open, *found.signed_off]], format)
    else:
        typer.secho(f"Open findings: {len(open_ones)}", bold=True)
        print_rows(_OPEN, open_ones, format)
        typer.secho(f"\nSigned off: {len(signed_off)}", bold=True)
        print_rows(_SIGNED_OFF, signed_off, format)
    for problem in found.problems:
        typer.echo(f"A review cannot be used: {problem}", err=True)
    if found.is_new:
        typer.echo(f"\nThe report shows what changed in {settings.reviews} after the next: occ run", err=True)


_OPEN = [
    *("rule_id", "severity", "status", "failed_count", "failed_ratio", "since_date", "change", "reopened_because"),
    *("owner", "sentence"),
]
_SIGNED_OFF = ["rule_id", "review_state", "review_expires_on", "reviewer", "review_reason", "reviewed_on", "status"]


@app.command(
    epilog='Example: occ review accept calls_wait_known --by "A. Reviewer" --reason "The menu loses waits; supplier '
    'told." --until 2027-01-31'
)
def accept(
    rule_id: RuleArgument,
    by: ByOption,
    reason: ReasonOption,
    until: UntilOption = None,
    warehouse: WarehouseOption = None,
) -> None:
    """The finding is seen, and the figures go out with it. It is open again when it gets graver or grows."""
    _sign_off(settings_for(warehouse), rule_id, "accepted", by, reason, until)


@app.command(
    epilog='Example: occ review known calls_wait_known --by "A. Reviewer" --reason "Supplier ticket 4711 is open."'
)
def known(
    rule_id: RuleArgument,
    by: ByOption,
    reason: ReasonOption,
    until: UntilOption = None,
    warehouse: WarehouseOption = None,
) -> None:
    """The cause is known and somebody works on it. It is open again when it gets graver or grows."""
    _sign_off(settings_for(warehouse), rule_id, "known", by, reason, until)


@app.command(
    epilog='Example: occ review fixed calls_wait_known --by "A. Reviewer" --reason "The export has the column again."'
)
def fixed(
    rule_id: RuleArgument,
    by: ByOption,
    reason: ReasonOption,
    until: UntilOption = None,
    warehouse: WarehouseOption = None,
) -> None:
    """The cause is gone. It is open again when the rule fails in a later run."""
    _sign_off(settings_for(warehouse), rule_id, "fixed", by, reason, until)


@app.command(epilog='Example: occ review withdraw calls_wait_known --by "A. Reviewer" --reason "It was another fault."')
def withdraw(rule_id: RuleArgument, by: ByOption, reason: ReasonOption, warehouse: WarehouseOption = None) -> None:
    """Take a review back: the finding is open again."""
    from orchestration.quality import reviews

    settings = settings_for(warehouse)
    require_published(settings)
    today = reviews.today_of(settings)
    reviews.known_rule(rule_id, _rule_ids())
    taken = {
        each.entry.rule
        for each in reviews.read(settings.reviews, today).standings(today)
        if each.standing in {"IN_FORCE", "EXPIRED"}
    }
    if rule_id not in taken:
        raise UsageProblem(f"There is no review of {rule_id} to take back. See: occ review list")
    _add(settings, {"rule": rule_id, "state": "withdrawn", "by": by, "reason": reason, "reviewed_on": today})
    typer.echo(f"{rule_id}: the review is withdrawn. {_SHOWN_NEXT}")


_SHOWN_NEXT = "The report shows it after the next: occ run"


def _sign_off(settings: Settings, rule_id: str, state: str, by: str, reason: str, until: datetime | None) -> None:
    from orchestration.publish.generation import current
    from orchestration.quality import reviews
    from orchestration.quality.findings import as_it_stands

    require_published(settings)
    reviews.known_rule(rule_id, _rule_ids())
    if rule_id not in as_it_stands(settings).failing:
        raise UsageProblem(f"{rule_id} does not fail: there is nothing to sign off. See: occ review list")
    today = reviews.today_of(settings)
    published = current(settings)
    last_day = _last_day(until, today)
    entry = {
        **{"rule": rule_id, "state": state, "by": by, "reason": reason, "reviewed_on": today, "expires_on": last_day},
        "generation": published.generation if published else None,
    }
    _add(settings, entry)
    typer.echo(f"{rule_id}: {state} until {last_day:%d %B %Y}, in {settings.reviews}. {_SHOWN_NEXT}")


def _last_day(until: datetime | None, today: date) -> date:
    from orchestration.quality.reviews import LONGEST_DAYS, USUAL_DAYS

    if until is None:
        return today + timedelta(days=USUAL_DAYS)
    if until.date() < today:
        raise UsageProblem(f"--until {until:%Y-%m-%d} has passed; name today, {today}, or a later day.")
    longest = today + timedelta(days=LONGEST_DAYS)
    if until.date() > longest:
        raise UsageProblem(f"--until {until:%Y-%m-%d} is too far ahead: the last day may be {longest}.")
    return until.date()


def _add(settings: Settings, said: dict[str, Any]) -> None:
    from pydantic import ValidationError

    from orchestration.quality import reviews

    try:
        entry = reviews.Entry.model_validate(said)
    except ValidationError as error:
        problems = "; ".join(
            f"--{each['loc'][0]}: {each['msg'].removeprefix('Value error, ')}" for each in error.errors()
        )
        raise UsageProblem(f"{problems}. Nothing was changed.") from None
    reviews.add(settings.reviews, entry)


def _rule_ids() -> list[str]:
    from orchestration.quality.rules import load_rules

    return [rule.id for rule in load_rules(RULES)]
