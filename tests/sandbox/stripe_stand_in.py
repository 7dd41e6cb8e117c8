"""What the Stripe stand-in's tests share: the process, a webhook endpoint, Ada's order."""

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import stripe

KEY = "sk_test_stand_in_tests"
SECRET = "whsec_stand_in_tests"
ROOT = Path(__file__).resolve().parents[2]


def order(**changes: Any) -> dict[str, Any]:
    """Give the parameters of Ada's order: two mugs and a bowl, € 45.50."""
    return {
        "mode": "payment",
        "line_items": [line("Mug", 1250, 2), line("Bowl", 2050, 1)],
        "success_url": "http://shop.test/done?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://shop.test/basket",
        "client_reference_id": "order-1.1",
        "customer_email": "ada@example.com",
        "metadata": {"order": "order-1", "attempt": "1"},
        "payment_intent_data": {"transfer_group": "order-1", "metadata": {"order": "order-1"}},
        **changes,
    }


def line(name: str, cents: int, quantity: int = 1) -> dict[str, Any]:
    """Give one line item."""
    product = {"name": name}
    price = {"currency": "eur", "unit_amount": cents, "product_data": product}
    return {"price_data": price, "quantity": quantity}


@dataclass
class StandIn:
    """One running stand-in and the ways to reach it."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    http: requests.Session = field(default_factory=requests.Session)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> float:
        """Start the process; gives the seconds until it answered."""
        began = time.monotonic()
        command = [sys.executable, "-m", "sandbox.world.stripe", "--port", str(self.port)]
        command += ["--data", str(self.folder), "--api-key", KEY, "--public-url", self.url]
        self.process = subprocess.Popen(command, cwd=ROOT)
        wait_until(self._is_up, seconds=20)
        return time.monotonic() - began

    def _is_up(self) -> bool:
        try:
            return self.http.get(f"{self.url}/healthz", timeout=1).status_code == 200
        except requests.ConnectionError:
            return False

    def kill(self) -> None:
        """End the process like `kill -9`."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def client(self) -> stripe.StripeClient:
        """Give the real SDK, pointed at the stand-in."""
        return stripe.StripeClient(KEY, base_addresses={"api": self.url}, max_network_retries=0)

    def knob(self, path: str, **asked: Any) -> dict[str, Any]:
        """POST to a control and give its answer."""
        answer = self.http.post(f"{self.url}/_sandbox/{path}", json=asked, timeout=10)
        assert answer.status_code == 200, answer.text
        given: dict[str, Any] = answer.json()
        return given

    def state(self) -> dict[str, Any]:
        """Give the controls' view of everything."""
        given: dict[str, Any] = self.http.get(f"{self.url}/_sandbox/state", timeout=10).json()
        return given

    def outcome(self, session_id: str, outcome: str) -> dict[str, Any]:
        """Do to a session what a shopper or a bank would."""
        return self.knob(f"sessions/{session_id}/outcome", outcome=outcome)

    def raw(self, method: str, path: str, **options: Any) -> requests.Response:
        """Call the API without the SDK."""
        headers = {"Authorization": f"Bearer {KEY}", **options.pop("headers", {})}
        return self.http.request(
            method, f"{self.url}{path}", headers=headers, timeout=10, **options
        )

    def press(self, path: str, **fields: str) -> requests.Response:
        """Send a form of the hosted page and give the answer itself, not where it leads."""
        return self.http.post(f"{self.url}{path}", fields, allow_redirects=False, timeout=10)

    def types(self) -> list[str]:
        """Give the types of all events, oldest first."""
        listed = self.client().v1.events.list(params={"limit": 100})
        return [event.type for event in reversed(listed.data)]


@dataclass
class Receiver:
    """A webhook endpoint of the shop; `answers` are used up first, then it says 200."""

    url: str
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """Write down a delivery and give the status to answer with."""
        with self.lock:
            self.got.append((headers, body))
            return self.answers.pop(0) if self.answers else 200

    def events(self) -> list[dict[str, Any]]:
        """Give the events received so far, each as often as it came."""
        return [json.loads(body) for _, body in self.got]

    def types(self) -> list[str]:
        """Give their types in order of arrival."""
        return [event["type"] for event in self.events()]


def wait_until(true: Callable[[], bool], *, seconds: float = 10) -> None:
    """Wait until something is true. Fails after `seconds`."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.01)


def plain(found: stripe.StripeObject | None) -> dict[str, Any]:
    """Give an object of the SDK as a dict."""
    assert found is not None
    return found.to_dict()


def free_port() -> int:
    """Give a port nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
