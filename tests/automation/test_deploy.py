"""The units of deploy/ start what they say: a failure means that a machine set up by them is not up, or is open."""

from __future__ import annotations

import configparser
import os
import shlex
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from orchestration.alerts import Channels
from orchestration.settings import PROJECT, Settings
from tests.automation.test_instance import wait_for
from tests.support import free_port

DEPLOY = PROJECT / "deploy"
SERVICES = ["occ-webserver.service", "occ-daemon.service", "occ-run.service"]
OCC = "/opt/occ/.venv/bin/occ"


def unit(name: str) -> configparser.ConfigParser:
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read_string((DEPLOY / name).read_text())
    return read


def command_of(name: str, port: int = 0) -> list[str]:
    """What a unit starts, with this project's command and a port that is free."""
    program, *arguments = shlex.split(unit(name)["Service"]["ExecStart"])
    assert program == OCC
    return [sys.executable, "-m", "orchestration.cli", *(str(port) if each == "3000" else each for each in arguments)]


def environment_of(settings: Settings) -> dict[str, str]:
    """What EnvironmentFile gives, with the paths of the test."""
    lines = (DEPLOY / "occ.env").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    settings.export()
    ours = {name: os.environ[name] for name in given if name in os.environ}
    assert set(given) == set(ours)  # each is a setting that we know
    return os.environ | ours


@contextmanager
def started(command: list[str], settings: Settings, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A unit's command by hand, in a group of its own that is killed whole, as systemd does it."""
    with log.open("wb") as file:
        process = subprocess.Popen(
            command,
            env=environment_of(settings),
            cwd=PROJECT,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/server_info", timeout=5) as response:
            return response.status == 200
    except OSError:
        return False


def listening_addresses(port: int) -> set[str]:
    """Addresses at which somebody listens on the port, as the kernel writes them."""
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            address, state = line.split()[1], line.split()[3]
            if state == "0A" and int(address.rpartition(":")[2], 16) == port:
                found.add(address.rpartition(":")[0])
    return found


@pytest.mark.parametrize("name", SERVICES)
def test_a_unit_runs_as_a_user_of_its_own_and_may_write_to_one_place(name: str) -> None:
    service = unit(name)["Service"]
    assert service["User"] == "occ"
    assert service["ProtectSystem"] == "strict"
    assert service["NoNewPrivileges"] == "yes"
    assert service["ReadWritePaths"] == "/var/lib/occ"
    assert service["EnvironmentFile"] == "/etc/occ/occ.env"


@pytest.mark.parametrize("name", SERVICES)
def test_the_command_of_a_unit_is_one_that_occ_knows(name: str) -> None:
    ended = subprocess.run([*command_of(name), "--help"], capture_output=True, text=True, cwd=PROJECT)
    assert ended.returncode == 0, ended.stderr


def test_the_pages_are_for_this_machine_only() -> None:
    command = unit("occ-webserver.service")["Service"]["ExecStart"].split()
    assert command[command.index("--host") + 1] == "127.0.0.1"


def test_every_folder_that_the_settings_name_is_made_at_boot_or_delivered() -> None:
    made = [
        line.split()[1] for line in (DEPLOY / "occ.tmpfiles.conf").read_text().splitlines() if line.startswith("d ")
    ]
    named = dict(
        line.split("=", 1) for line in (DEPLOY / "occ.env").read_text().splitlines() if line.startswith("OCC_")
    )
    assert named["OCC_WAREHOUSE"] in made
    assert str(Path(named["OCC_TOKEN_KEY_FILE"]).parent) in made


def test_the_example_of_alerts_can_be_used_with_every_line() -> None:
    text = (DEPLOY / "alerts.yaml").read_text()
    Channels.model_validate(yaml.safe_load(text))
    head, *lines = text.splitlines()
    channels = Channels.model_validate(yaml.safe_load("\n".join(line.removeprefix("#") for line in lines)))
    assert head.startswith("#")
    assert channels.email is not None
    assert channels.command


def test_the_pages_come_up_on_loopback_alone(empty: Settings, tmp_path: Path) -> None:
    port = free_port()
    with started(command_of("occ-webserver.service", port), empty, tmp_path / "log"):
        wait_for(lambda: answers(port), seconds=180)
        assert listening_addresses(port) == {"0100007F"}
    assert not answers(port)


@pytest.mark.long
def test_after_a_kill_everything_comes_up_again_with_nothing_to_clean_up(copied: Settings, tmp_path: Path) -> None:
    port = free_port()
    for attempt in (1, 2):
        with (
            started(command_of("occ-webserver.service", port), copied, tmp_path / f"web{attempt}.log"),
            started(command_of("occ-daemon.service"), copied, tmp_path / f"daemon{attempt}.log") as daemon,
        ):
            wait_for(lambda: answers(port), seconds=180)
            assert listening_addresses(port) == {"0100007F"}
            wait_for(lambda log=tmp_path / f"daemon{attempt}.log": "Sensor deliveries_arrived" in log.read_text(), 180)
            assert daemon.poll() is None
    ended = subprocess.run(
        command_of("occ-run.service"), env=environment_of(copied), cwd=PROJECT, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    assert "Nothing new" in ended.stdout
