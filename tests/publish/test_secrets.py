"""Keys and passwords stand in no log, no file, no list of processes and no message, whether things go well or wrong."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml

from orchestration.errors import UsageProblem
from orchestration.publish.postgresql.server import without_password
from orchestration.settings import PROJECT, Settings
from tests.support import free_port, needs, settings_for

PASSWORDS = {name: f"pw-{name}-{secrets.token_hex(8)}" for name in ("smtp", "pg", "url", "dagster")}


@dataclass
class Ended:
    """A command that has ended: what it said, and every command line seen while it and its children ran."""

    code: int
    said: str
    command_lines: set[str]


def command_lines(process_group: int) -> Iterator[str]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(folder.name)) == process_group:
                yield (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (OSError, ProcessLookupError):
            continue  # gone meanwhile


def watched(settings: Settings, arguments: list[str], extra: Mapping[str, str], log: Path) -> Ended:
    environment = os.environ | {
        "OCC_LANDING": str(settings.landing),
        "OCC_WAREHOUSE": str(settings.warehouse),
        "OCC_PROFILE": str(settings.profile),
        "OCC_TOKEN_KEY_FILE": str(settings.key_file),
        "OCC_SMTP_PASSWORD": PASSWORDS["smtp"],
        "PGPASSWORD": PASSWORDS["pg"],
        **extra,
    }
    command = [sys.executable, "-m", "orchestration.cli", *arguments]
    seen: set[str] = set()
    with log.open("w") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env=environment, cwd=PROJECT, start_new_session=True
        )
        while process.poll() is None:
            seen |= set(command_lines(process.pid))
            time.sleep(0.05)
    return Ended(process.returncode, log.read_text(), seen)


def holding(folder: Path, values: list[bytes]) -> list[str]:
    """Files below a folder that hold one of the values."""
    return [
        str(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink() and any(value in path.read_bytes() for value in values)
    ]


def passwords() -> list[bytes]:
    return [password.encode() for password in PASSWORDS.values()]


def alerts_to_nobody(folder: Path) -> Path:
    """Alerts by mail to a server that is not there."""
    file = folder / "alerts.yaml"
    email = {
        "to": ["a@force.example"],
        "from": "b@force.example",
        "host": "127.0.0.1",
        "port": free_port(),
        "user": "u",
    }
    file.write_text(yaml.safe_dump({"email": email, "file": str(folder / "alerts.jsonl")}))
    return file


def test_the_key_of_tokens_stands_in_no_file_of_a_warehouse(small_warehouse: Settings) -> None:
    """A run landed, built, judged, published, reported, and Dagster kept its log of it: the key is in none of it."""
    key = small_warehouse.key_file.read_text().strip()
    assert len(key) == 64
    assert holding(small_warehouse.warehouse, [key.encode(), key.upper().encode(), bytes.fromhex(key)]) == []


@pytest.fixture(scope="module")
def copied(small_warehouse: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """What is published of the small warehouse, to publish from: the copy gets a log of its own."""
    folder = tmp_path_factory.mktemp("secrets") / "warehouse"
    shutil.copytree(small_warehouse.published, folder / "published", symlinks=True, copy_function=os.link)
    return replace(small_warehouse, warehouse=folder)


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (["publish", "--to", "postgresql://occ@127.0.0.1:1/bi"], {}),
        (["publish"], {"OCC_PUBLISH_TO": f"postgresql://occ:{PASSWORDS['url']}@127.0.0.1:1/bi"}),
        (["publish", "--to", "csv:/proc/nowhere"], {}),
        (["publish", "--to", "csv:{folder}/csv", "--audience", "nobody"], {}),
        (["alert", "test"], {}),
    ],
    ids=["no server", "a password in the address", "a folder that cannot be", "no audience", "no mail"],
)
def test_a_command_that_fails_says_no_password(
    copied: Settings, tmp_path: Path, arguments: list[str], extra: dict[str, str]
) -> None:
    extra = {"OCC_ALERTS": str(alerts_to_nobody(tmp_path)), **extra}
    given = [each.format(folder=tmp_path) for each in arguments]
    ended = watched(copied, given, extra, tmp_path / "output")
    assert ended.code != 0
    assert ended.said.strip()
    assert "Traceback" not in ended.said
    assert ended.command_lines, "the process was seen in the list of processes"
    told = ended.said + "\n".join(ended.command_lines)
    assert [name for name, password in PASSWORDS.items() if password in told] == []
    assert holding(copied.warehouse, passwords()) == []
    assert holding(tmp_path, passwords()) == []


@pytest.mark.parametrize("password", ["plain", "two words", "a?b", "a#b", "a:b", "tab\tend"])
def test_a_password_is_taken_out_of_an_address_as_the_driver_reads_it(password: str) -> None:
    """Left in, the command would start itself anew for ever."""
    assert without_password(f"postgresql://occ:{password}@db.example/bi?sslmode=require") == (
        "postgresql://occ@db.example/bi?sslmode=require",
        password,
    )


def test_a_password_that_cannot_be_told_from_the_rest_is_refused() -> None:
    with pytest.raises(UsageProblem, match="cannot be read") as refused:
        without_password("postgresql://occ@db.example/bi?pass%77ord=hidden")
    assert "hidden" not in str(refused.value)


@pytest.mark.long
@pytest.mark.slow
def test_a_run_says_no_password_whether_it_publishes_or_fails(small_sample: Path, tmp_path: Path) -> None:
    """The whole of it in processes of its own: lands, builds, publishes; then fails on Dagster's server."""
    needs("postgres")
    settings = settings_for(tmp_path, small_sample / "landing", reports=True)
    extra = {"OCC_ALERTS": str(alerts_to_nobody(tmp_path))}
    published = watched(settings, ["run"], extra, tmp_path / "first")
    assert published.code == 0, published.said
    shutil.rmtree(settings.published)  # so that there is something to do
    address = f"postgresql://occ:{PASSWORDS['dagster']}@127.0.0.1:1/dagster"
    failed = watched(settings, ["run"], extra | {"OCC_DAGSTER_POSTGRES": address}, tmp_path / "second")
    assert failed.code != 0
    key = settings.key_file.read_text().strip()
    for ended in (published, failed):
        told = ended.said + "\n".join(ended.command_lines)
        assert [each for each in (*PASSWORDS.values(), key) if each in told] == []
    assert holding(tmp_path, [*passwords(), bytes.fromhex(key)]) == []
    assert holding(tmp_path, [key.encode()]) == [str(settings.key_file)]
