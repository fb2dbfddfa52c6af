"""People are told once, on every channel, of nothing personal: a failure means silence, noise, or a secret in a log."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from orchestration import alerts
from orchestration.alerts import Alert, of_failure, of_late, send, send_once
from orchestration.errors import AuditStopped, EnvironmentProblem
from orchestration.lateness import Late
from orchestration.settings import PROJECT, Settings
from tests.support import free_port

PASSWORD = "correct horse battery staple"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
TEST = Alert("test", "occ: a test", "Nothing is wrong.")


@dataclass
class Mailbox:
    """What a real SMTP server on this machine was given, and by whom."""

    port: int = 0
    ca_file: Path = Path()
    mails: list[Message] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    over_tls: list[bool] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        self.mails.append(message_from_bytes(bytes(envelope.content or b"")))
        self.over_tls.append(session.ssl is not None)
        return "250 taken"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        if isinstance(given, LoginPassword) and given.password == PASSWORD.encode():
            self.users.append(given.login.decode())
            return AuthResult(success=True)
        return AuthResult(success=False, handled=False)


@pytest.fixture(scope="module")
def mail_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    """An SMTP server that wants STARTTLS and a password, with a certificate of an authority of its own."""
    folder = tmp_path_factory.mktemp("smtp")
    box = Mailbox(ca_file=folder / "certificate.pem")
    context = certificate(folder)
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=free_port(),
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=box.authenticate,
    )
    controller.start()
    box.port = controller.port
    yield box
    controller.stop()


@pytest.fixture
def mailbox(mail_server: Mailbox) -> Mailbox:
    mail_server.mails.clear()
    mail_server.users.clear()
    mail_server.over_tls.clear()
    return mail_server


def certificate(folder: Path) -> Any:
    """A server's TLS context; its certificate, for 127.0.0.1, is its own authority."""
    import ipaddress
    import ssl

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail of the test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context


def configured(folder: Path, **channels: Any) -> Settings:
    """Settings whose alerts go out by these channels."""
    path = folder / "alerts.yaml"
    path.write_text(yaml.safe_dump(channels))
    settings = Settings.from_environment(warehouse=folder / "warehouse", landing=folder / "landing")
    return replace(settings, alerts=path)


def by_mail(folder: Path, box: Mailbox, **changes: Any) -> Settings:
    (folder / "password").write_text(PASSWORD + "\n")
    email = {
        "to": ["duty@control.test", "data@control.test"],
        "from": "occ@control.test",
        "host": "127.0.0.1",
        "port": box.port,
        "user": "occ",
        "password_file": str(folder / "password"),
        "ca_file": str(box.ca_file),
        "timeout_seconds": 5,
    }
    return configured(folder, email={key: value for key, value in (email | changes).items() if value is not None})


def test_mail_goes_out_over_starttls_and_with_the_password(tmp_path: Path, mailbox: Mailbox) -> None:
    (outcome,) = send(by_mail(tmp_path, mailbox), TEST)
    assert outcome.problem is None
    (mail,) = mailbox.mails
    assert (mail["Subject"], mail["To"]) == ("occ: a test", "duty@control.test, data@control.test")
    assert "Nothing is wrong." in mail.get_payload()
    assert mailbox.over_tls == [True]
    assert mailbox.users == ["occ"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ca_file": None}, "CERTIFICATE_VERIFY_FAILED"),
        ({"security": "none", "user": None}, "530"),
        ({"user": "occ", "password_file": "/nowhere/password"}, "No such file"),
        ({"port": 1}, "refused"),
        ({"to": ["not an address\r\nBcc: x@y.test"]}, "ValueError"),
    ],
)
def test_mail_that_cannot_go_out_is_said_and_raises_nothing(
    tmp_path: Path, mailbox: Mailbox, changes: dict[str, Any], said: str
) -> None:
    (outcome,) = send(by_mail(tmp_path, mailbox, **changes), TEST)
    assert said in str(outcome.problem)
    assert mailbox.mails == []


def test_no_secret_is_said(tmp_path: Path, mailbox: Mailbox, caplog: pytest.LogCaptureFixture) -> None:
    settings = by_mail(tmp_path, mailbox)
    (tmp_path / "password").write_text("wrong " + PASSWORD)
    (outcome,) = send(settings, TEST)
    assert "535" in str(outcome.problem)
    assert PASSWORD not in caplog.text + str(outcome) + repr(settings)
    assert settings.alerts is not None
    settings.alerts.write_text(yaml.safe_dump({"email": {"to": ["a@b.test"], "password": PASSWORD}}))
    with pytest.raises(EnvironmentProblem) as problem:
        alerts.load(settings.alerts)
    assert "email.password" in str(problem.value)
    assert PASSWORD not in str(problem.value)


def test_a_password_never_goes_out_in_the_clear(tmp_path: Path, mailbox: Mailbox) -> None:
    (outcome,) = send(by_mail(tmp_path, mailbox, security="none"), TEST)
    assert outcome.channel == "configuration"
    assert mailbox.users == []


def test_a_file_gets_a_line_of_json(tmp_path: Path) -> None:
    settings = configured(tmp_path, file=str(tmp_path / "logs" / "alerts.jsonl"))
    send(settings, TEST)
    send(settings, replace(TEST, text="two\nlines"))
    lines = [json.loads(line) for line in (tmp_path / "logs" / "alerts.jsonl").read_text().splitlines()]
    assert [(line["kind"], line["text"]) for line in lines] == [("test", "Nothing is wrong."), ("test", "two\nlines")]


def test_a_command_is_run_without_a_shell_and_gets_the_message(tmp_path: Path) -> None:
    script = tmp_path / "tell"
    told = "[sys.argv[1:], sys.stdin.read(), dict(os.environ)]"
    script.write_text(
        f"#!{sys.executable}\nimport sys, os, json\n"
        f"with open({str(tmp_path / 'told')!r}, 'w') as file: json.dump({told}, file)"
    )
    script.chmod(0o755)
    os.environ["OCC_SMTP_PASSWORD"] = PASSWORD
    try:
        (outcome,) = send(configured(tmp_path, command=[str(script), "; touch x", "$HOME"]), TEST)
    finally:
        del os.environ["OCC_SMTP_PASSWORD"]
    assert outcome.problem is None
    arguments, message, environment = json.loads((tmp_path / "told").read_text())
    assert arguments == ["; touch x", "$HOME"]
    assert message == "occ: a test\n\nNothing is wrong.\n"
    assert environment["OCC_ALERT_SUBJECT"] == "occ: a test"
    assert "OCC_SMTP_PASSWORD" not in environment


@pytest.mark.parametrize(
    ("command", "said"),
    [(["sleep", "30"], "did not end within 0.2 s"), (["false"], "exit code 1"), (["/nowhere/tell"], "No such file")],
)
def test_a_command_that_fails_or_hangs_is_said_and_raises_nothing(
    tmp_path: Path, command: list[str], said: str
) -> None:
    (outcome,) = send(configured(tmp_path, command=command, command_timeout_seconds=0.2), TEST)
    assert said in str(outcome.problem)


def test_one_channel_that_fails_does_not_hold_up_the_others(tmp_path: Path) -> None:
    outcomes = send(configured(tmp_path, file=str(tmp_path / "alerts.jsonl"), command=["false"]), TEST)
    assert [(outcome.channel, outcome.problem is None) for outcome in outcomes] == [("file", True), ("command", False)]


def lines_of(settings: Settings) -> list[str]:
    path = settings.warehouse.parent / "alerts.jsonl"
    return [json.loads(line)["text"] for line in path.read_text().splitlines()] if path.exists() else []


def test_lateness_is_told_once_and_again_after_a_week(tmp_path: Path) -> None:
    settings = configured(tmp_path, file=str(tmp_path / "alerts.jsonl"))
    for hour in range(30):  # the stretch grows by a day meanwhile
        late = [Late("acd_segments", "2026-05-30", "2026-05-31" if hour < 18 else "2026-06-01", 1)]
        send_once(settings, of_late(settings, late), now=NOW + timedelta(hours=hour))
    assert len(lines_of(settings)) == 1
    send_once(settings, of_late(settings, late), now=NOW + timedelta(days=7))
    assert len(lines_of(settings)) == 2
    other = [*late, Late("workforce", "2026-05-01", "2026-05-01", 1)]
    send_once(settings, of_late(settings, other), now=NOW + timedelta(days=7, hours=1))
    assert len(lines_of(settings)) == 3
    assert "acd_segments" not in lines_of(settings)[-1]


def test_several_late_exports_are_one_message(tmp_path: Path) -> None:
    settings = configured(tmp_path, file=str(tmp_path / "alerts.jsonl"))
    late = [Late(export, "2026-05-30", "2026-05-31", 2) for export in ("acd_segments", "saab_diary", "workforce")]
    send_once(settings, of_late(settings, late), now=NOW)
    (text,) = lines_of(settings)
    assert all(export in text for export in ("acd_segments", "saab_diary", "workforce"))


def test_what_went_out_nowhere_is_tried_again(tmp_path: Path) -> None:
    settings = configured(tmp_path, command=["false"])
    send_once(settings, of_failure(settings, "run1", "The disk is full."), now=NOW)
    settings = configured(tmp_path, file=str(tmp_path / "alerts.jsonl"))
    send_once(settings, of_failure(settings, "run2", "The disk is full."), now=NOW)
    assert len(lines_of(settings)) == 1


def test_the_same_failure_is_told_once_a_day_until_a_run_publishes(tmp_path: Path) -> None:
    settings = configured(tmp_path, file=str(tmp_path / "alerts.jsonl"))
    for run in range(5):
        send_once(settings, of_failure(settings, f"run{run}", "The audit found a doubled key."), now=NOW)
    assert len(lines_of(settings)) == 1
    alerts.forget_failures(settings)
    send_once(settings, of_failure(settings, "run6", "The audit found a doubled key."), now=NOW)
    assert len(lines_of(settings)) == 2


def test_a_run_that_fails_on_the_command_line_tells_in_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration import runs

    def stopped(settings: Settings, run_id: str) -> None:
        raise AuditStopped("Nothing was published: a doubled key.")

    monkeypatch.setattr(runs, "_execute_job", stopped)
    settings = configured(tmp_path, file=str(tmp_path / "alerts.jsonl"), command=["false"])
    with pytest.raises(AuditStopped):
        runs.run_once(settings, lambda stage, done, total: None)
    assert "a doubled key" in lines_of(settings)[0]


def test_what_an_unknown_error_says_is_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may repeat a value from the data."""
    from orchestration import runs

    def broken(settings: Settings, run_id: str) -> None:
        raise RuntimeError("cannot cast 07700 900123")

    monkeypatch.setattr(runs, "_execute_job", broken)
    settings = configured(tmp_path, file=str(tmp_path / "alerts.jsonl"))
    with pytest.raises(RuntimeError):
        runs.run_once(settings, lambda stage, done, total: None)
    assert "RuntimeError" in lines_of(settings)[0]
    assert "900123" not in lines_of(settings)[0]


def test_the_command_tries_every_channel_and_says_which_works(tmp_path: Path) -> None:
    settings = configured(tmp_path, file=str(tmp_path / "alerts.jsonl"), command=["false"])
    environment = os.environ | {"OCC_ALERTS": str(settings.alerts), "OCC_WAREHOUSE": str(settings.warehouse)}
    command = [sys.executable, "-m", "orchestration.cli", "alert", "test", "--format", "csv"]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=PROJECT, check=False)
    assert ended.returncode == 3
    assert ended.stdout.splitlines()[1:] == ["file,sent", "command,NOT SENT: it ended with exit code 1"]
    assert lines_of(settings) == ["This is a test. Nothing is wrong."]
