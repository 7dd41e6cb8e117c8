"""Clients that say half a sentence, or stay after the last one: /healthz answers beside them."""

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import requests

from tests import world
from tests.faults.commands import Commands
from tests.faults.commands import commands as commands
from tests.faults.test_stopping import hung_request, seconds_to_end

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ASKED = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
# Each leaves the thread that took it waiting for more.
HALF_SAID = [
    ASKED[:14],
    ASKED,
    ASKED + b"Content-Length: 10\r\n\r\n",
    ASKED + b"Transfer-Encoding: chunked\r\n\r\n",
    ASKED + b"X-Other: " + b"x" * 5000,
]


def seconds_to_hear(port: int) -> float:
    started = time.monotonic()
    assert requests.get(f"http://127.0.0.1:{port}/healthz", timeout=20).status_code == 200
    return time.monotonic() - started


@pytest.fixture
def clients() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def test_healthz_answers_beside_clients_that_say_half_or_stay(
    commands: Commands, clients: ExitStack
):
    port = world.free_port()
    web = commands.web(port, WEB_WORKERS="1", WEB_THREADS="2", GRACE_SECONDS="3")
    for words in HALF_SAID:
        client = clients.enter_context(socket.create_connection(("127.0.0.1", port)))
        client.sendall(words)
        time.sleep(0.1)
        assert seconds_to_hear(port) < 1, words
    for _each in range(4):
        client = clients.enter_context(socket.create_connection(("127.0.0.1", port)))
        client.sendall(ASKED + b"Connection: close\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 200 ")
        # The answer is there, and the client does not leave.
        assert seconds_to_hear(port) < 1
    web.send_signal(signal.SIGTERM)

    assert seconds_to_end(web) < 6


def test_quit_ends_at_once_beside_stuck_requests(commands: Commands, clients: ExitStack):
    port = world.free_port()
    web = commands.web(port, WEB_WORKERS="1", WEB_THREADS="2", GRACE_SECONDS="10")
    for _each in range(3):
        clients.enter_context(hung_request(port))
    time.sleep(0.5)

    web.send_signal(signal.SIGQUIT)

    assert seconds_to_end(web) < 4


def test_server_itself_believes_nobody_about_tls(commands: Commands):
    port = world.free_port()
    commands.web(port, WEB_WORKERS="1", SECURE_COOKIES="1", FORWARDED_ALLOW_IPS="*")
    said = [
        {},
        {"X-Forwarded-Proto": "https"},
        {"X-Forwarded-Ssl": "on"},
        {"X-Forwarded-Proto": "https", "X-Origin-Secret": world.EDGE_SECRET},
    ]

    answers = [
        requests.get(
            f"http://localhost:{port}/accounts/login/",
            headers=headers, allow_redirects=False, timeout=20,
        ).status_code
        for headers in said
    ]  # fmt: skip

    assert answers == [301, 301, 301, 200]
