"""PostgreSQL dies, or falls silent, under load: 503 soon, and well again without a restart."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import pytest
import requests

from tests import factories, world
from tests.faults.commands import Commands
from tests.faults.commands import commands as commands
from tests.faults.servers import kill_postgres, silent_postgres, start_postgres
from tests.faults.test_stopping import defer, jobs, workers
from tests.stand_ins import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
# What a shopper may have to wait for the news: half a second until somebody wonders, two for a
# connection tried in vain, two more for the one that Django tries after the cut, and some load.
SOON_SECONDS = 8.0
RECOVERY_SECONDS = 10.0
SESSION = {"session": "k" * 32}


@dataclass(frozen=True)
class Answer:
    at: float
    path: str
    status: int
    seconds: float
    retry_after: str


def ask(port: int, path: str) -> Answer:
    at = time.monotonic()
    # With a session, whose middlewares ask the database before any view does.
    reply = requests.get(f"http://localhost:{port}{path}", cookies=SESSION, timeout=30)
    lasted = time.monotonic() - at
    return Answer(at, path, reply.status_code, lasted, reply.headers.get("Retry-After", ""))


@contextmanager
def visitors(port: int, paths: list[str]) -> Iterator[list[Answer]]:
    """Let one visitor for each path come again and again, and keep what they are answered."""
    answers: list[Answer] = []
    are_gone = Event()

    def visit(path: str) -> None:
        while not are_gone.wait(0.2):
            answers.append(ask(port, path))

    with ThreadPoolExecutor(len(paths)) as pool:
        visits = [pool.submit(visit, path) for path in paths]
        try:
            yield answers
        finally:
            are_gone.set()
    for each in visits:
        each.result()


def the_answers_are_as_promised(answers: list[Answer]) -> None:
    """Nothing but pages and 503s, these with a time to come back and soon; alive throughout."""
    assert {each.status for each in answers} == {200, 503}
    refused = [each for each in answers if each.status == 503]
    assert {each.retry_after for each in refused if each.path != "/readyz"} == {"5"}
    assert max(each.seconds for each in refused) < SOON_SECONDS
    assert {each.status for each in answers if each.path == "/healthz"} == {200}
    assert max(each.seconds for each in answers if each.path == "/healthz") < 2


def test_postgres_killed_and_started_again_under_load(commands: Commands, tmp_path: Path):
    piece = factories.variant("mug", stock=5).product.url
    port = world.free_port()
    web, worker = commands.web(port), commands.worker()
    wait_until(workers, seconds=30, what="registered")

    with visitors(port, ["/healthz", "/basket/", piece, "/accounts/login/", "/readyz"]) as answers:
        time.sleep(1)
        kill_postgres()
        time.sleep(3)
        start_postgres()
        back_at = time.monotonic()
        wait_until(lambda: ask(port, "/basket/").status == 200, seconds=RECOVERY_SECONDS)
        time.sleep(1)
    defer(tmp_path / "marks", "one")

    wait_until((tmp_path / "marks").exists, seconds=RECOVERY_SECONDS, what="the worker's next job")
    the_answers_are_as_promised(answers)
    assert {each.status for each in answers if each.at > back_at + RECOVERY_SECONDS} <= {200}
    assert (web.poll(), worker.poll()) == (None, None)


def test_silent_postgres_is_noticed_and_forgotten(commands: Commands, tmp_path: Path):
    piece = factories.variant("mug", stock=5).product.url
    port = world.free_port()
    web, worker = commands.web(port, WEB_WORKERS="1", WEB_THREADS="4"), commands.worker()
    wait_until(workers, seconds=30, what="registered")

    # More visitors than threads: all of them get stuck.
    with visitors(port, ["/healthz", *["/basket/", piece, "/accounts/login/"] * 3]) as answers:
        time.sleep(1)
        with silent_postgres():
            time.sleep(8)
            noticed = [ask(port, "/basket/") for _ in range(3)]
        wait_until(lambda: ask(port, "/basket/").status == 200, seconds=RECOVERY_SECONDS)
    defer(tmp_path / "marks", "one")

    assert [each.status for each in noticed] == [503] * 3
    assert max(each.seconds for each in noticed) < 1
    wait_until((tmp_path / "marks").exists, seconds=RECOVERY_SECONDS, what="the worker's next job")
    wait_until(lambda: jobs() == [], seconds=5, what="done")
    the_answers_are_as_promised(answers)
    assert (web.poll(), worker.poll()) == (None, None)
