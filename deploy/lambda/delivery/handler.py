"""The delivery Lambda: turns booked parcels on a queue into signed news for the shop.

A message is `{"shipment": "<uuid>", "scenario": "normal", "speed": 1.0}`; scenario and speed may
be left out. At each invocation every step of the scenario's timetable that is due is told to the
shop, in order. A message with steps left is reported as a failed item, so that the queue's
visibility timeout brings it back. Nothing is stored: a step's webhook-id is made from its
content, and the shop takes each id once.

Environment: CALLBACK_URL (https, or http to localhost), DELIVERY_CALLBACK_SECRET (`whsec_` and
base64). Standard library only; the shop's code is not in the package.
"""

import base64
import hashlib
import hmac
import ipaddress
import json
import logging
import math
import os
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any

TIMEOUT_SECONDS = 5.0
RETRIED_REFUSALS = {408, 409, 429}
_NAMESPACE = uuid.UUID("6f1d7a52-6a0b-5c0e-9d43-0c1f5a1b7e20")
_MOST_REMEMBERED = 20_000
log = logging.getLogger("delivery")


@dataclass(frozen=True)
class Step:
    """One piece of news: told `told_after` seconds after booking, `happened_after` in its text."""

    told_after: float
    status: str
    sequence: int
    happened_after: float


def _on_time(*steps: tuple[float, str, int]) -> tuple[Step, ...]:
    return tuple(Step(after, status, sequence, after) for after, status, sequence in steps)


SCENARIOS: dict[str, tuple[Step, ...]] = {
    "normal": _on_time((2, "in_transit", 1), (6, "delivered", 2)),
    "slow": _on_time((10, "in_transit", 1), (30, "delivered", 2)),
    "lost": _on_time((2, "in_transit", 1), (8, "lost", 2)),
    "returned": _on_time((2, "in_transit", 1), (8, "returned", 2)),
    "out_of_order": (Step(2, "delivered", 2, 2), Step(5, "in_transit", 1, 1)),
    "duplicated": (
        Step(2, "in_transit", 1, 2),
        Step(3, "in_transit", 1, 2),
        Step(6, "delivered", 2, 6),
        Step(7, "delivered", 2, 6),
    ),
}


class BadMessage(ValueError):
    """The message is not a booking; it ends in the dead-letter queue, where people look."""


class NotTaken(Exception):
    """The shop could not take a piece of news now; it is told again later."""


@dataclass(frozen=True)
class Booking:
    """A parcel on its way; `booked_at` in Unix seconds."""

    shipment: str
    scenario: str
    speed: float
    booked_at: float

    @classmethod
    def parse(cls, body: str, booked_at: float) -> "Booking":
        """Read a message. Raises BadMessage with the reason."""
        try:
            command = json.loads(body)
            shipment = str(uuid.UUID(command["shipment"]))
            scenario = str(command.get("scenario", "normal"))
            speed = float(command.get("speed", 1.0))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadMessage(f"not a booking: {error!r}") from error
        if scenario not in SCENARIOS or not math.isfinite(speed) or speed <= 0:
            raise BadMessage("unknown scenario or impossible speed")
        return cls(shipment, scenario, speed, booked_at)

    @property
    def story(self) -> tuple[str, str]:
        """What tells one story from another: the parcel and its scenario."""
        return self.shipment, self.scenario

    @property
    def steps(self) -> tuple[Step, ...]:
        """Everything that will be told about this parcel, in the order of telling."""
        return SCENARIOS[self.scenario]

    def due(self, now: float) -> int:
        """Return how many steps must have been told at `now` (Unix seconds)."""
        elapsed = (now - self.booked_at) * self.speed
        return sum(step.told_after <= elapsed for step in self.steps)

    def news(self, step: Step) -> bytes:
        """Return the JSON that tells `step`; the same bytes at every try."""
        happened = self.booked_at + step.happened_after / self.speed
        told = {
            "shipment": self.shipment,
            "status": step.status,
            "sequence": step.sequence,
            "occurred_at": datetime.fromtimestamp(happened, UTC).isoformat(timespec="milliseconds"),
            "tracking_number": tracking_number(self.shipment),
        }
        return json.dumps(told, separators=(",", ":")).encode()

    def webhook_id(self, step: Step) -> str:
        """Return the id under which the shop takes `step` once, however often it is told."""
        name = f"{self.shipment}{step.sequence}{step.status}"
        return f"dlv_{uuid.uuid5(_NAMESPACE, name)}"


# What this warm container has told already: saves calls, and nothing depends on it.
_told: dict[tuple[tuple[str, str], int], None] = {}


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell the due news of every record; reports the records that must come back.

    Raises RuntimeError when the environment is incomplete: then the whole batch comes back.
    """
    url, secret = _settings()
    left = []
    for record in event.get("Records", []):
        try:
            finished = _has_time(context) and _advance(_booking(record), url, secret)
        except BadMessage as error:
            log.error("message %s: %s", record.get("messageId"), error)
            finished = False
        except NotTaken as error:
            log.warning("message %s comes back: %s", record.get("messageId"), error)
            finished = False
        if not finished:
            left.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": left}


def told_steps(booking: Booking) -> int:
    """Return how many of the booking's steps this process has told."""
    return sum((booking.story, index) in _told for index in range(len(booking.steps)))


def tracking_number(shipment: str) -> str:
    """Return a registered item's number made from the id, with its check digit (UPU standard S10).

    Always the same for the same shipment, such as "RU 482 913 004 PT".
    """
    serial = int.from_bytes(hashlib.sha256(shipment.encode()).digest()[:8]) % 10**8
    digits = f"{serial:08d}"
    rest = 11 - sum(int(d) * w for d, w in zip(digits, (8, 6, 4, 2, 3, 5, 9, 7), strict=True)) % 11
    digits += str({10: 0, 11: 5}.get(rest, rest))
    return f"RU {digits[:3]} {digits[3:6]} {digits[6:]} PT"


def signature(secret: str, webhook_id: str, timestamp: str, body: bytes) -> str:
    """Sign as https://www.standardwebhooks.com says: HMAC-SHA256 over id.timestamp.body."""
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _booking(record: dict[str, Any]) -> Booking:
    booked_at = int(record["attributes"]["SentTimestamp"]) / 1000
    return Booking.parse(record["body"], booked_at)


def _advance(booking: Booking, url: str, secret: str) -> bool:
    """Tell what is due and not told yet; says whether the parcel's story is over."""
    for index in range(booking.due(time.time())):
        if (booking.story, index) in _told:
            continue
        _tell(booking, booking.steps[index], url, secret)
        _told[booking.story, index] = None
        if len(_told) > _MOST_REMEMBERED:
            del _told[next(iter(_told))]
    return told_steps(booking) == len(booking.steps)


def _tell(booking: Booking, step: Step, url: str, secret: str) -> None:
    """Send one signed piece of news. Raises NotTaken when it must be tried again."""
    webhook_id, timestamp = booking.webhook_id(step), str(int(time.time()))
    body = booking.news(step)
    headers = {
        "content-type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature(secret, webhook_id, timestamp, body),
    }
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310
    try:
        with _opener.open(request, timeout=TIMEOUT_SECONDS):
            log.info("%s %s told", booking.shipment, step.status)
    except urllib.error.HTTPError as error:
        error.close()
        if not 400 <= error.code < 500 or error.code in RETRIED_REFUSALS:
            raise NotTaken(f"{booking.shipment} {step.status}: {error.code}") from error
        # The shop will never want it: another try would only be refused again.
        log.error("%s %s refused: %s", booking.shipment, step.status, error.code)
    except (OSError, HTTPException) as error:
        raise NotTaken(f"{booking.shipment} {step.status}: {error!r}") from error


def _settings() -> tuple[str, str]:
    """Return the callback's address and key. The address never comes from a message."""
    url = os.environ.get("CALLBACK_URL", "")
    secret = os.environ.get("DELIVERY_CALLBACK_SECRET", "")
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_local(parts.hostname)):
        raise RuntimeError("CALLBACK_URL must be an https address (http only to localhost)")
    if not secret.startswith("whsec_") or len(secret) < 30:
        raise RuntimeError("DELIVERY_CALLBACK_SECRET must be whsec_ and at least 18 bytes base64")
    return url, secret


def _is_local(host: str | None) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _has_time(context: Any) -> bool:
    """Say whether one more call fits before Lambda ends this invocation."""
    if not hasattr(context, "get_remaining_time_in_millis"):
        return True
    return bool(context.get_remaining_time_in_millis() > (TIMEOUT_SECONDS + 1) * 1000)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an error: signed news goes to the configured address and nowhere else."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """Refuse to follow; urllib then raises HTTPError with the redirect's status."""


_opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))
