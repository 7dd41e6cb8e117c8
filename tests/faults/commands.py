"""The shop's commands as processes of a test, on its database; none outlives the test."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from django.db import connection

from tests import world
from tests.stand_ins import wait_until

Process = subprocess.Popen[bytes]


def environment(**more: str) -> dict[str, str]:
    """Give the whole environment of a command on the test's own database."""
    database = world.postgres.url(str(connection.settings_dict["NAME"]))
    own = {"DATABASE_URL": database} | more
    return os.environ | world.environment(database=own.pop("DATABASE_URL"), **own)


def run(command: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "makers_market", command], cwd=world.ROOT, check=False, text=True,
        env=environment(**env), capture_output=True, timeout=120,
    )  # fmt: skip


class Commands:
    """What one test has started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[Process] = []

    def start(self, command: str, *, module: str = "makers_market", **env: str) -> Process:
        """Start a command; its output is appended to `folder`/`command`.log."""
        with (self.folder / f"{command}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, command], cwd=world.ROOT, env=environment(**env),
                stdout=log, stderr=log, process_group=0,
            )  # fmt: skip
        self.started.append(process)
        return process

    def web(self, port: int, **env: str) -> Process:
        """Start a web and wait until it is ready."""
        process = self.start("web", PORT=str(port), **env)
        wait_until(lambda: answers(port, "/readyz"), seconds=120, what=f"web at {port}")
        return process

    def worker(self, **env: str) -> Process:
        """Start a worker that also knows the tests' own job."""
        return self.start("worker", module="tests.faults.marking", **env)

    def logged(self, command: str) -> str:
        return (self.folder / f"{command}.log").read_text()

    def end(self) -> None:
        for process in self.started:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def answers(port: int, path: str) -> bool:
    with contextlib.suppress(requests.RequestException):
        return requests.get(f"http://localhost:{port}{path}", timeout=2).ok
    return False


@pytest.fixture
def commands(built: None, transactional_db: None, tmp_path: Path) -> Iterator[Commands]:
    started = Commands(tmp_path)
    yield started
    started.end()
