"""Web and worker are replaced one after another behind a balancer, and nobody notices."""

import itertools
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from django.db import connection

from tests import factories, world
from tests.faults.commands import Commands
from tests.faults.commands import commands as commands
from tests.faults.proxy import Proxy
from tests.faults.test_stopping import defer, jobs
from tests.stand_ins import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
REQUESTS_A_SECOND = 20
JOBS_A_SECOND = 4


class Shoppers:
    """Twenty requests a second, whatever becomes of those before; `answers` is what they got."""

    def __init__(self, url: str, sku: str, product: str) -> None:
        self.answers: list[Future[int]] = []
        self._turns: itertools.cycle[Callable[[], requests.Response]] = itertools.cycle(
            [
                lambda: requests.get(f"{url}/", timeout=30),
                lambda: requests.get(url + product, timeout=30),
                lambda: requests.get(f"{url}/basket/", timeout=30),
                lambda: requests.post(
                    f"{url}/basket/add/", {"variant": sku, "quantity": 1}, timeout=30,
                    headers={"Sec-Fetch-Site": "same-origin"}, allow_redirects=False,
                ),
            ]
        )  # fmt: skip
        self._are_gone = threading.Event()
        self._pool = ThreadPoolExecutor(32)
        self._thread = threading.Thread(target=self._come)

    def __enter__(self) -> "Shoppers":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._are_gone.set()
        self._thread.join()
        self._pool.shutdown()

    def _come(self) -> None:
        due = time.monotonic()
        while not self._are_gone.is_set():
            self.answers.append(self._pool.submit(_status, next(self._turns)))
            due += 1 / REQUESTS_A_SECOND
            time.sleep(max(due - time.monotonic(), 0))

    def statuses(self) -> list[int]:
        return [answer.result() for answer in self.answers]


def _status(ask: Callable[[], requests.Response]) -> int:
    """Give the status; 0 for a connection that broke."""
    try:
        return ask().status_code
    except requests.RequestException:
        return 0


def replace_web(commands: Commands, proxy: Proxy, old: tuple[int, object]) -> tuple[int, object]:
    """Start another web, let it be found ready, and end the old one as a deployment does."""
    port = world.free_port()
    fresh = commands.web(port, DRAIN_SECONDS="3", GRACE_SECONDS="15")
    proxy.add(port)
    wait_until(lambda: port in proxy.ready(), seconds=30, what="found ready")
    old_port, process = old
    process.send_signal(signal.SIGTERM)  # type: ignore[attr-defined]
    assert process.wait(timeout=25) == 0  # type: ignore[attr-defined]
    proxy.remove(old_port)
    return port, fresh


@pytest.mark.parametrize(
    "restarts",
    [
        pytest.param(2, marks=pytest.mark.long),
        pytest.param(10, marks=[pytest.mark.long, pytest.mark.timeout(900)]),
    ],
)
def test_rolling_restarts_lose_no_request_and_no_job(
    commands: Commands, tmp_path: Path, restarts: int
):
    mug = factories.variant("mug", stock=5)
    marks, words = tmp_path / "marks", itertools.count()
    front = world.free_port()
    first = world.free_port()
    proxy = Proxy(front, [first])
    web: tuple[int, object] = first, commands.web(first, DRAIN_SECONDS="3", GRACE_SECONDS="15")
    proxy.start()
    wait_until(lambda: first in proxy.ready(), seconds=10, what="found ready")
    worker = commands.worker(NAP_SECONDS="0.3")

    shoppers = Shoppers(f"http://localhost:{front}", mug.sku, mug.product.url)
    with shoppers, fed(marks, words):
        for _ in range(restarts):
            web = replace_web(commands, proxy, web)
            fresh = commands.worker(NAP_SECONDS="0.3")
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(timeout=25) == 0
            worker = fresh
    wait_until(lambda: jobs() == [], seconds=60, what="all jobs done")

    statuses = shoppers.statuses()
    assert {status for status in statuses if status not in {200, 302}} == set()
    assert len(statuses) > restarts * REQUESTS_A_SECOND * 3
    ended = {line.removeprefix("end ") for line in marks.read_text().split("\n") if "end" in line}
    assert ended == {str(number) for number in range(next(words))}


@contextmanager
def fed(marks: Path, words: "itertools.count[int]") -> Iterator[None]:
    """Queue jobs steadily, in a thread with a connection of its own."""
    is_over = threading.Event()

    def feed() -> None:
        due = time.monotonic()
        for word in words:
            defer(marks, str(word))
            due += 1 / JOBS_A_SECOND
            if is_over.wait(max(due - time.monotonic(), 0)):
                break
        connection.close()

    feeder = threading.Thread(target=feed)
    feeder.start()
    try:
        yield
    finally:
        is_over.set()
        feeder.join()
