"""The outside world for tests of the shop: processes that speak HTTP, no import of the shop."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from tests import world


def wait_until(true: Callable[[], Any], *, seconds: float = 20, what: str = "it") -> Any:
    """Wait until something is true and give it; fails after `seconds`."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.05)
    return found


class StandIn:
    """One running stand-in, on the port that the tests' environment names."""

    name = ""
    words: tuple[str, ...] = ()

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = world.PORTS[self.name]
        self.url = f"http://localhost:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self.http = requests.Session()

    def start(self, *more: str) -> None:
        argv = [sys.executable, "-m", f"sandbox.world.{self.name}", "--port", str(self.port)]
        argv += ["--data", str(self.folder), *self.words, *more]
        self.process = subprocess.Popen(argv, cwd=world.ROOT, stdout=subprocess.DEVNULL)
        wait_until(self.answers, what=self.name)

    def answers(self) -> bool:
        try:
            return self.http.get(f"{self.url}/healthz", timeout=1).ok
        except requests.RequestException:
            return False

    def kill(self) -> None:
        """End it as `kill -9` does."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def tell(self, path: str, **order: Any) -> Any:
        answer = self.http.post(f"{self.url}/_sandbox/{path}", json=order, timeout=10)
        assert answer.ok, answer.text
        return answer.json()


class Stripe(StandIn):
    name = "stripe"
    words = ("--api-key", world.STRIPE_KEY)

    def start(self, *more: str) -> None:
        super().start("--public-url", self.url, *more)

    def reset(self) -> None:
        self.tell("webhook", url=None)
        self.tell("reset")

    def outcome(self, session_id: str, outcome: str) -> Any:
        """Do to a session what a shopper or a bank would."""
        return self.tell(f"sessions/{session_id}/outcome", outcome=outcome)

    def fault(self, path: str, kind: str, *, times: int = 1, method: str = "POST") -> None:
        self.tell("knobs", fault={"path": path, "method": method, "kind": kind, "times": times})

    def events(self) -> list[dict[str, Any]]:
        """Give all events, oldest first."""
        answer = self.http.get(
            f"{self.url}/v1/events?limit=100",
            headers={"Authorization": f"Bearer {world.STRIPE_KEY}"},
            timeout=10,
        )
        return list(reversed(answer.json()["data"]))

    def objects(self, kind: str) -> list[dict[str, Any]]:
        answer = self.http.get(
            f"{self.url}/v1/{kind}?limit=100",
            headers={"Authorization": f"Bearer {world.STRIPE_KEY}"},
            timeout=10,
        )
        return list(answer.json()["data"])


class Resend(StandIn):
    name = "resend"
    words = ("--api-key", world.RESEND_KEY, "--rate", "1000")

    def reset(self) -> None:
        self.tell("reset")

    def mails(self, **wanted: str) -> list[dict[str, Any]]:
        answer = self.http.get(f"{self.url}/_sandbox/mails", params=wanted, timeout=10)
        return list(answer.json()["mails"] if isinstance(answer.json(), dict) else answer.json())


class Carrier(StandIn):
    name = "carrier"
