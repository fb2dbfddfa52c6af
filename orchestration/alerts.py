"""Telling people: of a run that failed, of exports that are late. To a file, a command, by e-mail, as one file says.

What belongs here: the configuration, the channels, what was told already. Not here: what is worth telling.
An alert never fails a run: what goes wrong here is said and left. No message holds a value from the data.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import smtplib
import ssl
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from orchestration.errors import EnvironmentProblem
from orchestration.settings import Settings

if TYPE_CHECKING:
    from orchestration.lateness import Late

_log = logging.getLogger("orchestration.alerts")
_TOLD_FILE = "alerts_told.json"
_FAILURE = "failure "
_TOLD_AGAIN_AFTER = {"failure": timedelta(days=1), "lateness": timedelta(days=7), "test": timedelta(0)}
_FORGOTTEN_AFTER = timedelta(days=60)


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Email(_Model):
    """How mail is sent. The password stands in a file of its own, or in OCC_SMTP_PASSWORD; never here."""

    to: tuple[str, ...] = Field(min_length=1)
    sender: str = Field(alias="from")
    host: str
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None  # of an authority of the force's own; else those the system trusts
    timeout_seconds: float = Field(default=20, gt=0, le=300)

    @model_validator(mode="after")
    def _password_is_never_sent_in_the_clear(self) -> Email:
        if self.user and self.security == "none":
            raise ValueError("a user needs security starttls or tls: the password would go out in the clear")
        return self


class Channels(_Model):
    """Where alerts go: any of three."""

    file: Path | None = None  # one line of JSON for each alert is added
    command: tuple[str, ...] = ()  # run without a shell; the message is its standard input
    command_timeout_seconds: float = Field(default=30, gt=0, le=300)
    email: Email | None = None


@dataclass(frozen=True)
class Alert:
    """One thing that people must know."""

    kind: Literal["failure", "lateness", "test"]
    subject: str  # one line
    text: str

    def as_line(self) -> str:
        told = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "kind": self.kind, "subject": self.subject}
        return json.dumps(told | {"text": self.text}, ensure_ascii=False)


@dataclass(frozen=True)
class Outcome:
    """What became of an alert on one channel. `problem` is None when it went out."""

    channel: str
    problem: str | None = None


def load(path: Path) -> Channels:
    """Read the configuration. Raises EnvironmentProblem: which file, which key, what to do."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        return Channels.model_validate(raw)
    except OSError as error:
        raise EnvironmentProblem(f"The alert configuration {path} cannot be read: {error.strerror}.") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise EnvironmentProblem(f"The alert configuration {path} is not YAML: see docs/operations.md.") from None
    except ValidationError as error:
        # Not what stands there: it may be a password in the wrong place.
        said = "; ".join(f"{'.'.join(map(str, slip['loc']))}: {slip['msg']}" for slip in error.errors()[:3])
        raise EnvironmentProblem(
            f"The alert configuration {path} cannot be used: {said}. See docs/operations.md."
        ) from None


def send(settings: Settings, alert: Alert) -> list[Outcome]:
    """Send an alert on every channel that is configured, and say what became of it. Never raises."""
    if settings.alerts is None:
        return []
    try:
        channels = load(settings.alerts)
    except EnvironmentProblem as problem:
        _log.warning("No alert was sent: %s", problem)
        return [Outcome("configuration", str(problem))]
    outcomes = [
        _tried(name, way, alert)
        for name, way in (
            ("file", channels.file and (lambda: _to_file(channels, alert))),
            ("command", channels.command and (lambda: _to_command(channels, alert))),
            ("email", channels.email and (lambda: _by_email(channels.email, alert, settings))),
        )
        if way
    ]
    for outcome in outcomes:
        if outcome.problem:
            _log.warning("The alert did not go out by %s: %s", outcome.channel, outcome.problem)
    return outcomes


def send_once(settings: Settings, alerts: Mapping[str, Alert], *, now: datetime | None = None) -> list[Outcome]:
    """Send the alerts that were not told before, by their names; what stays true is told again
    after a while: a failure after a day, lateness after a week.

    One message for all of a kind. What went out on no channel is tried again next time. Never raises.
    """
    now = now or datetime.now(UTC)
    try:
        told = _told(settings)
        new = {
            name: alert
            for name, alert in alerts.items()
            if name not in told or now - datetime.fromisoformat(told[name]) >= _TOLD_AGAIN_AFTER[alert.kind]
        }
        outcomes: list[Outcome] = []
        for kind in sorted({alert.kind for alert in new.values()}):
            same = {name: alert for name, alert in new.items() if alert.kind == kind}
            outcomes += (sent := send(settings, _together(list(same.values()))))
            if any(outcome.problem is None for outcome in sent):
                told |= dict.fromkeys(same, now.isoformat())
        _remember(
            settings, {name: at for name, at in told.items() if now - datetime.fromisoformat(at) < _FORGOTTEN_AFTER}
        )
        return outcomes
    except Exception as error:
        _log.warning("No alert was sent: %s", type(error).__name__)
        return [Outcome("memory of what was told", type(error).__name__)]


def of_failure(settings: Settings, run_id: str, what: str) -> dict[str, Alert]:
    """The alert of a run that failed, under a name that the same failure has next time.

    `what` is the one paragraph that a user may read, or the name of what was raised.
    """
    alert = Alert(
        "failure",
        "occ: a run failed; the last good generation stays",
        f"{what}\n\nRun {run_id} on {settings.warehouse}. Look with: occ doctor, occ status, and the run in Dagster.",
    )
    return {_FAILURE + hashlib.sha256(what.encode()).hexdigest()[:16]: alert}


def forget_failures(settings: Settings) -> None:
    """After a run that published: the next failure is news, also when it is the same."""
    try:
        told = _told(settings)
        if any(name.startswith(_FAILURE) for name in told):
            _remember(settings, {name: at for name, at in told.items() if not name.startswith(_FAILURE)})
    except OSError as error:
        _log.warning("What was told could not be noted: %s", error.strerror)


def of_late(settings: Settings, late: Sequence[Late]) -> dict[str, Alert]:
    """Alerts of exports that are late, each under a name that stays while the same stretch grows."""
    return {
        f"late {each.export} since {each.since}": Alert(
            "lateness", f"occ: late: {each.export}", f"{each}. Landing folder {settings.landing}."
        )
        for each in late
    }


def _together(alerts: list[Alert]) -> Alert:
    if len(alerts) == 1:
        return alerts[0]
    texts = [alert.text for alert in alerts]
    return Alert(alerts[0].kind, f"occ: {alerts[0].kind}: {len(alerts)} alerts", "\n".join(texts))


def _tried(name: str, way: Callable[[], None], alert: Alert) -> Outcome:
    try:
        way()
    except Exception as error:
        return Outcome(name, _said(error))
    return Outcome(name)


def _said(error: Exception) -> str:
    """What went wrong, without anything that a server or a command printed: it may repeat what it was given."""
    if isinstance(error, EnvironmentProblem):
        return str(error)
    if isinstance(error, subprocess.TimeoutExpired):
        return f"it did not end within {error.timeout:.1f} s and was stopped"
    if isinstance(error, subprocess.CalledProcessError):
        return f"it ended with exit code {error.returncode}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__} {error.smtp_code}"
    if isinstance(error, ssl.SSLError):
        return f"{type(error).__name__}: {error.reason or 'no safe connection'}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__


def _to_file(channels: Channels, alert: Alert) -> None:
    assert channels.file is not None
    channels.file.parent.mkdir(parents=True, exist_ok=True)
    with channels.file.open("a", encoding="utf-8") as file:
        file.write(alert.as_line() + "\n")


def _to_command(channels: Channels, alert: Alert) -> None:
    environment = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TZ"}}
    subprocess.run(
        list(channels.command),
        input=f"{alert.subject}\n\n{alert.text}\n",
        text=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=channels.command_timeout_seconds,
        check=True,
        env=environment | {"OCC_ALERT_KIND": alert.kind, "OCC_ALERT_SUBJECT": alert.subject},
    )


def _by_email(email: Email | None, alert: Alert, settings: Settings) -> None:
    assert email is not None
    message = EmailMessage()
    message["Subject"] = alert.subject
    message["From"] = email.sender
    message["To"] = ", ".join(email.to)
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = make_msgid(domain=email.sender.rpartition("@")[2] or None)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(alert.text)
    context = ssl.create_default_context(cafile=str(email.ca_file) if email.ca_file else None)
    secured: dict[str, Any] = {"context": context} if email.security == "tls" else {}
    server_class = smtplib.SMTP_SSL if email.security == "tls" else smtplib.SMTP
    with server_class(email.host, email.port, timeout=email.timeout_seconds, **secured) as server:
        if email.security == "starttls":
            server.starttls(context=context)  # raises where the server does not offer it: never in the clear instead
        if email.user:
            server.login(email.user, _password(email, settings))
        server.send_message(message)


def _password(email: Email, settings: Settings) -> str:
    if email.password_file is not None:
        return email.password_file.read_text(encoding="utf-8").strip()
    if not settings.smtp_password:
        raise EnvironmentProblem("there is no password: set password_file, or OCC_SMTP_PASSWORD")
    return settings.smtp_password


def _told(settings: Settings) -> dict[str, str]:
    try:
        return dict(json.loads((settings.warehouse / _TOLD_FILE).read_text()))
    except (OSError, ValueError):
        return {}


def _remember(settings: Settings, told: Mapping[str, str]) -> None:
    settings.warehouse.mkdir(parents=True, exist_ok=True)
    temporary = settings.warehouse / f".{_TOLD_FILE}"
    temporary.write_text(json.dumps(told))
    temporary.replace(settings.warehouse / _TOLD_FILE)
