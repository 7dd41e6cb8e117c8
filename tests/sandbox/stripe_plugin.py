"""Fixtures of the Stripe stand-in's tests: one process for all, reset before each test."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import stripe

from tests.sandbox.stripe_stand_in import Receiver, StandIn, free_port


@pytest.fixture(scope="session")
def stripe_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    """Run one stand-in for the whole test session."""
    running = StandIn(tmp_path_factory.mktemp("stripe"), free_port())
    running.start()
    yield running
    running.kill()


@pytest.fixture
def bank(stripe_process: StandIn) -> StandIn:
    """Give the stand-in, empty and with no webhook endpoint."""
    stripe_process.knob("webhook", url=None)
    stripe_process.knob("reset")
    return stripe_process


@pytest.fixture
def mortal_bank(tmp_path: Path) -> Iterator[StandIn]:
    """Give a stand-in of one's own, to kill and start again."""
    running = StandIn(tmp_path, free_port())
    running.start()
    yield running
    running.kill()


@pytest.fixture
def sdk(bank: StandIn) -> stripe.StripeClient:
    """Give the real SDK, pointed at the stand-in."""
    return bank.client()


@pytest.fixture
def stripe_receiver() -> Iterator[Receiver]:
    """Run a webhook endpoint."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(receiver.take(dict(self.headers), body))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep the test output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}/webhooks/stripe/?from=test")
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield receiver
    server.shutdown()
    server.server_close()
