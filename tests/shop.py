"""The whole shop as processes — web, worker, stand-ins — on the test's own database."""

import contextlib
import itertools
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import requests
from django.db import connection

from makers_market.core import audit
from tests import stand_ins, world
from tests.stand_ins import wait_until

_visitors = itertools.count(1)
# Named anew for each test, and nothing that the shop reads.
PYTEST = "PYTEST_CURRENT_TEST"
HIDDEN = re.compile(r"<input[^>]*>")
ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')


class Shop:
    """Web and worker, which tests may kill, restart, and let crash at a named point."""

    def __init__(self, folder: Path, provider: stand_ins.Stripe, inbox: stand_ins.Resend) -> None:
        self.folder = folder
        self.port = world.free_port()
        self.url = f"http://localhost:{self.port}"
        self.provider = provider
        self.inbox = inbox
        self.carrier = stand_ins.Carrier(folder / "carrier")
        self.web: subprocess.Popen[bytes] | None = None
        self.worker: subprocess.Popen[bytes] | None = None
        # What the running web was told: a test that would tell it the same may have it too.
        self.web_was_told: dict[str, str] | None = None

    def environment(self, **more: str) -> dict[str, str]:
        name = connection.settings_dict["NAME"]
        database = world.postgres.url(str(name))
        own = {name: value for name, value in os.environ.items() if name != PYTEST}
        return own | world.environment(database=database, site=self.url, **more)

    def open(self) -> None:
        """Start everything and point Stripe's events and the carrier's news at the web."""
        if not self.provider.answers():
            self.provider.start()
        if not self.inbox.answers():
            self.inbox.start()
        if not self.carrier.answers():
            self.carrier.start(
                "--callback-url", f"{self.url}/callbacks/delivery/",
                "--secret", world.DELIVERY_SECRET, "--speed", "10",
            )  # fmt: skip
        self.provider.reset()
        self.inbox.reset()
        self.listen()
        if self.web_was_told != self.environment(PORT=str(self.port)):
            self.start_web()
        self.start_worker()

    def listen(self) -> None:
        secret = world.STRIPE_SECRET
        self.provider.tell("webhook", url=f"{self.url}/webhooks/stripe/", secret=secret)

    def start_web(self, **env: str) -> None:
        argv = [sys.executable, "-m", "makers_market", "web"]
        self.web = self._spawn("web", argv, {"PORT": str(self.port)} | env)
        self.web_was_told = self.environment(PORT=str(self.port), **env)
        wait_until(self.answers, seconds=60, what="web")

    def start_worker(self, **env: str) -> None:
        argv = [sys.executable, "-m", "makers_market", "worker"]
        self.worker = self._spawn("worker", argv, env)

    def _spawn(self, name: str, argv: list[str], env: dict[str, str]) -> subprocess.Popen[bytes]:
        self.kill(name)  # one that did not come up in an earlier test
        log = (self.folder / f"{name}.log").open("ab")
        return subprocess.Popen(
            argv, cwd=world.ROOT, env=self.environment(**env), stdout=log, stderr=log,
            process_group=0,
        )  # fmt: skip

    def answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/healthz", timeout=1).ok
        except requests.RequestException:
            return False

    def kill(self, which: str) -> None:
        """End web or worker, with its children, as a power cut does."""
        process = getattr(self, which)
        if which == "web":
            self.web_was_told = None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def close(self) -> None:
        for which in ("web", "worker"):
            self.kill(which)
        for each in (self.provider, self.inbox, self.carrier):
            each.kill()

    def logged(self, which: str) -> str:
        return (self.folder / f"{which}.log").read_text()

    def is_quiet(self) -> bool:
        """Tell whether every job has been done, and every event of Stripe been delivered."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
                " AND task_name NOT LIKE '%%.scheduled' AND task_name NOT LIKE 'core.%%'"
            )
            (jobs,) = cursor.fetchone()
        state = self.provider.http.get(f"{self.provider.url}/_sandbox/state", timeout=5).json()
        return bool(jobs == 0 and state["deliveries"]["due"] == 0)

    def rest(self, *, seconds: float = 60) -> None:
        """Wait until nothing is left to do."""
        wait_until(self.is_quiet, seconds=seconds, what="quiet")

    def audit(self) -> None:
        """Fail unless every invariant of money holds, Stripe's own lists included."""
        assert audit.breaches(with_provider=True) == {}


@dataclass
class Buyer:
    """A shopper with a browser that runs no JavaScript."""

    shop: Shop
    http: requests.Session = field(default_factory=requests.Session)
    prefix: str = ""
    email: str = "ada@example.com"

    def __post_init__(self) -> None:
        self.http.headers["Sec-Fetch-Site"] = "same-origin"
        # Limits count by address, and people who buy at once do not share one.
        number = next(_visitors)
        self.http.headers.update(world.from_address(f"10.0.{number // 250}.{number % 250}"))
        # A kept connection may be closed by the server just as the next request leaves.
        self.http.headers["Connection"] = "close"

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.http.get(self.shop.url + self.prefix + path, timeout=30, **options)

    def post(self, path: str, fields: dict[str, Any], **options: Any) -> requests.Response:
        url = self.shop.url + self.prefix + path
        return self.http.post(url, fields, timeout=60, **options)

    def add(self, sku: str, quantity: int = 1) -> requests.Response:
        return self.post("/basket/add/", {"variant": sku, "quantity": quantity})

    def fill_in(self, **changes: str) -> requests.Response:
        """Send the address; gives the page that follows."""
        page = self.get("/checkout/address/")
        address = {
            "email": self.email, "name": "Ada Martins", "country": "PT",
            "street": "Rua da Esperança 41", "postcode": "1200-655", "city": "Lisboa", "phone": "",
        }  # fmt: skip
        return self.post("/checkout/address/", hidden(page) | address | changes)

    def choose_delivery(self) -> requests.Response:
        page = self.get("/checkout/delivery/")
        makers = {f"maker_{pk}": "tracked" for pk in re.findall(r'name="maker_(\d+)"', page.text)}
        return self.post("/checkout/delivery/", hidden(page) | makers)

    def to_pay_page(self) -> dict[str, str]:
        """Walk to the last page of checkout; gives what its form would send."""
        self.fill_in()
        self.choose_delivery()
        page = self.get("/checkout/pay/")
        assert page.status_code == 200, page.text
        return hidden(page)

    def order_and_pay(self, form: dict[str, str]) -> requests.Response:
        """Press the button; gives the answer itself, not where it leads."""
        return self.post("/checkout/pay/", form, allow_redirects=False)

    def follow(self, answer: requests.Response) -> str:
        """Follow the shop to the hosted payment page; gives its address."""
        start = self.http.get(
            self.shop.url + answer.headers["Location"], timeout=60, allow_redirects=False
        )
        assert start.status_code == 303, (start.status_code, start.headers)
        return start.headers["Location"]

    def check_out(self) -> str:
        """Go from basket to the payment page; gives its address."""
        return self.follow(self.order_and_pay(self.to_pay_page()))

    def press(self, payment_page: str, outcome: str = "pay") -> requests.Response:
        """Press a button of the payment page and follow where it leads."""
        fields = {"outcome": outcome, "card": "4242 4242 4242 4242"}
        return self.http.post(payment_page, fields, timeout=60)


def hidden(page: requests.Response) -> dict[str, str]:
    """Give the hidden fields of a page's forms, the token first among them."""
    found = {}
    for tag in HIDDEN.findall(page.text):
        attributes = dict(ATTRIBUTE.findall(tag))
        if attributes.get("type") == "hidden" and "name" in attributes:
            found[attributes["name"]] = unescape(attributes.get("value", ""))
    return found
