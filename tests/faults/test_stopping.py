"""Told to stop: the balancer hears of it first, begun work ends, the rest goes back."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import requests
from django.db import connection
from procrastinate.contrib.django import app

from tests import world
from tests.faults.commands import Commands, answers, environment
from tests.faults.commands import commands as commands
from tests.stand_ins import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
# The whole exit, however stuck; ECS kills after 30 s.
LONGEST_EXIT_SECONDS = 25


def defer(file: Path, word: str) -> None:
    task = app.configure_task("tests.mark", allow_unknown=True)
    task.defer(cause="-", file=str(file), word=word)


def jobs() -> list[tuple[str, int]]:
    """Give the state and tries of the tests' own jobs."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT status::text, attempts FROM procrastinate_jobs WHERE task_name = 'tests.mark'"
        )
        return list(cursor.fetchall())


def seconds_to_end(process: subprocess.Popen[bytes]) -> float:
    started = time.monotonic()
    process.wait(timeout=60)
    return time.monotonic() - started


def hung_request(port: int) -> socket.socket:
    """Begin a request whose body never comes: its thread waits for it."""
    client = socket.create_connection(("127.0.0.1", port))
    client.sendall(
        b"POST /basket/add/ HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n\r\nvariant="
    )
    return client


def test_web_drains_before_it_stops_and_finishes_what_began(commands: Commands):
    port = world.free_port()
    web = commands.web(port, DRAIN_SECONDS="3", GRACE_SECONDS="10")
    begun = hung_request(port)

    web.send_signal(signal.SIGTERM)
    wait_until(lambda: not answers(port, "/readyz"), seconds=1, what="not ready")

    assert requests.get(f"http://localhost:{port}/readyz", timeout=5).json()["status"] == "stopping"
    assert [answers(port, path) for path in ("/healthz", "/basket/")] == [True] * 2
    wait_until(lambda: not answers(port, "/healthz"), seconds=8, what="closed")
    begun.sendall(b"x" * 492)
    assert begun.recv(100).startswith(b"HTTP/1.1 ")
    assert seconds_to_end(web) < 8
    assert web.returncode == 0


def test_healthz_answers_while_every_thread_is_stuck_and_the_web_ends(commands: Commands):
    port = world.free_port()
    web = commands.web(port, WEB_WORKERS="1", WEB_THREADS="2", GRACE_SECONDS="2")
    stuck = [hung_request(port) for _ in range(6)]
    time.sleep(1)

    alive = [answers(port, "/healthz") for _ in range(5)]

    assert alive == [True] * 5
    with pytest.raises(requests.Timeout):
        requests.get(f"http://localhost:{port}/", timeout=1)
    web.send_signal(signal.SIGTERM)
    assert seconds_to_end(web) < 6
    for client in stuck:
        client.close()


@pytest.mark.long
def test_web_and_worker_end_in_time_as_deployed(commands: Commands, tmp_path: Path):
    port = world.free_port()
    web = commands.web(port, DRAIN_SECONDS="5", GRACE_SECONDS="15")
    worker = commands.worker(GRACE_SECONDS="15", NAP_SECONDS="90")
    defer(tmp_path / "marks", "one")
    wait_until((tmp_path / "marks").exists, seconds=30, what="the job's begin")
    with hung_request(port):
        time.sleep(0.3)

        web.send_signal(signal.SIGTERM)
        worker.send_signal(signal.SIGTERM)

        assert seconds_to_end(web) <= LONGEST_EXIT_SECONDS
        assert seconds_to_end(worker) < 1
    assert [status for status, _tries in jobs()] == ["todo"]


def workers() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_workers")
        return int(cursor.fetchone()[0])


def test_worker_finishes_a_short_job_and_fetches_no_more(commands: Commands, tmp_path: Path):
    marks = tmp_path / "marks"
    worker = commands.worker(NAP_SECONDS="2")
    defer(marks, "one")
    wait_until(marks.exists, seconds=30, what="the job's begin")

    worker.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    defer(marks, "two")

    assert seconds_to_end(worker) < 5
    assert marks.read_text().split("\n")[:-1] == ["begin one", "end one"]
    assert jobs() == [("todo", 0)]


def test_worker_gives_a_stuck_job_back_and_another_does_it_at_once(
    commands: Commands, tmp_path: Path
):
    marks = tmp_path / "marks"
    # Nothing here waits for the watch over dead workers.
    stuck = commands.worker(NAP_SECONDS="90", JOBS_STALLED_SECONDS="600")
    defer(marks, "one")
    wait_until(marks.exists, seconds=30, what="the job's begin")
    other = commands.worker(JOBS_STALLED_SECONDS="600")
    wait_until(lambda: workers() == 2, seconds=60, what="the other worker")

    stuck.send_signal(signal.SIGTERM)

    assert seconds_to_end(stuck) < 7
    wait_until(lambda: "end one" in marks.read_text(), seconds=3, what="done by the other")
    wait_until(lambda: jobs() == [], seconds=5, what="off the queue")
    assert marks.read_text().split("\n")[:-1] == ["begin one", "begin one", "end one"]
    other.send_signal(signal.SIGTERM)
    assert seconds_to_end(other) < 4
    assert (stuck.returncode, other.returncode, workers()) == (0, 0, 1)


@pytest.mark.parametrize(
    "command",
    ["web", *(pytest.param(each, marks=pytest.mark.long) for each in ("worker", "migrate"))],
)
def test_stops_while_it_waits_even_as_the_first_process(command: str):
    """In a container each is process 1, for which the kernel has no default handlers."""
    nobody = f"postgres://market@127.0.0.1:{world.free_port()}/market"
    argv = [sys.executable, "-m", "makers_market", command]
    space = ["unshare", "--pid", "--fork", "--kill-child"] if os.geteuid() == 0 else []
    process = subprocess.Popen(
        [*space, *argv], cwd=world.ROOT, env=environment(DATABASE_URL=nobody),
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    ended = threading.Timer(60, process.kill)
    ended.start()
    assert process.stderr is not None
    assert process.stderr.readline().startswith("Waiting: PostgreSQL at 127.0.0.1")
    inner = process.pid
    if space:
        inner = int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text())

    os.kill(inner, signal.SIGTERM)

    assert seconds_to_end(process) < 8
    assert process.returncode == 128 + signal.SIGTERM
    ended.cancel()
    process.stderr.close()
