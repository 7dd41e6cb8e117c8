"""The delivery Lambda: turns booked parcels into signed news for the shop.

From the queue a message is `{"shipment": "<uuid>", "scenario": "normal", "speed": 1.0}`; scenario
and speed may be left out. At each invocation every step of the scenario's timetable that is due
is told to the shop, in order. A message with steps left is reported as a failed item, so that the
queue's visibility timeout brings it back; one that never gets through ends in the dead-letter
queue. Nothing is stored: a step's webhook-id is made from its content, and the shop takes each
id once.

A schedule, or a person at a terminal, sends a command instead, and raising is how it fails:
`{"command": "probe"}` asks whether news would be taken now: the shop must know our signature and
not the parcel of zeros. `{"command": "tell", "shipment": "<uuid>", "booked_at": "<ISO 8601>"}`,
with scenario and speed as above, tells what of a parcel's story is due, again if need be.

Environment: CALLBACK_URL (https, or http to localhost), and the secret that signs (`whsec_` and
base64; two, comma separated, sign both while one is rotated) as DELIVERY_CALLBACK_SECRET or, in
AWS Secrets Manager, by DELIVERY_CALLBACK_SECRET_ARN. Standard library only; the shop's code is
not in the package.
"""

import base64
import binascii
import hmac
import ipaddress
import logging
import os
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPException
from typing import Any

from bookings import SCENARIOS, BadMessage, Booking, Step, call_id, tracking_number
from secrets_manager import read_secret

__all__ = ["SCENARIOS", "BadMessage", "Booking", "handler", "told_steps", "tracking_number"]

TIMEOUT_SECONDS = 5.0
# A signature the shop does not know (a secret half rotated, a clock off) is mended in time, and so
# is a firewall's refusal: news is not given up for them.
RETRIED_REFUSALS = {401, 403, 408, 409, 429}
MOST_WORDS = 4096
# How long a warm container goes on with a secret it has read.
SECRET_SECONDS = 300.0
_NOBODY = uuid.UUID(int=0)
_MOST_REMEMBERED = 20_000
log = logging.getLogger("delivery")


class NotTaken(Exception):
    """The shop could not take a piece of news now; it is told again later."""


class NoTime(Exception):
    """Another call would not fit into this invocation."""


@dataclass(frozen=True)
class Shop:
    """Where news is sent, and the secrets that sign it (whsec_…)."""

    url: str
    secrets: tuple[str, ...]

    def call(self, webhook_id: str, body: bytes) -> tuple[int, bytes]:
        """Send signed news; return the answer's status and, of a refusal, its first words.

        Raises OSError, HTTPException when there is no answer.
        """
        timestamp = str(int(time.time()))
        headers = {
            "content-type": "application/json",
            "user-agent": "makers-market-delivery",
            "webhook-id": webhook_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": " ".join(
                signature(secret, webhook_id, timestamp, body) for secret in self.secrets
            ),
        }
        request = urllib.request.Request(self.url, body, headers, method="POST")  # noqa: S310
        try:
            with _opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                return int(answer.status), b""
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read(MOST_WORDS)


# What this warm container has told already: saves calls, and nothing depends on it.
_told: dict[tuple[tuple[str, str], int], None] = {}
# The secret it has read, under its ARN, with the time from which it must be read again.
_read: dict[str, tuple[str, float]] = {}


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell the due news of every record, or do what a command says.

    Returns, for records, those that must come back. Raises RuntimeError when the environment is
    incomplete (then the whole batch comes back); BadMessage, NotTaken, NoTime when a command fails.
    """
    shop = Shop(_callback_url(), _secrets())
    if "Records" in event:
        left = [one["messageId"] for one in event["Records"] if not _is_over(one, shop, context)]
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in left]}
    match event.get("command"):
        case "probe":
            return _probe(shop)
        case "tell":
            return _tell_again(event, shop, context)
    raise BadMessage("neither records of the queue nor a command that is known")


def told_steps(booking: Booking) -> int:
    """Return how many of the booking's steps this process has told."""
    return sum((booking.story, index) in _told for index in range(len(booking.steps)))


def signature(secret: str, webhook_id: str, timestamp: str, body: bytes) -> str:
    """Sign as https://www.standardwebhooks.com says: HMAC-SHA256 over id.timestamp.body."""
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(_key(secret), signed, "sha256")).decode()


def _is_over(record: dict[str, Any], shop: Shop, context: Any) -> bool:
    """Tell what of one message is due; says whether its parcel's story has been told."""
    try:
        booked_at = int(record["attributes"]["SentTimestamp"]) / 1000
        booking = Booking.parse(record["body"], booked_at)
        _advance(booking, shop, context)
    except BadMessage as error:
        log.error("message %s: %s", record.get("messageId"), error)
        return False
    except (NotTaken, NoTime) as error:
        log.warning("message %s comes back: %r", record.get("messageId"), error)
        return False
    return told_steps(booking) == len(booking.steps)


def _tell_again(command: dict[str, Any], shop: Shop, context: Any) -> dict[str, Any]:
    """Tell what is due of the parcel a command names, whatever was told before."""
    try:
        booked = datetime.fromisoformat(command["booked_at"])
    except (KeyError, TypeError, ValueError) as error:
        raise BadMessage(f"booked_at is not a time: {error!r}") from error
    if booked.tzinfo is None:
        raise BadMessage("booked_at must name its time zone")
    booking = Booking.read(command, booked.timestamp())
    for index in range(len(booking.steps)):
        _told.pop((booking.story, index), None)
    _advance(booking, shop, context)
    return {"told": told_steps(booking), "of": len(booking.steps)}


def _probe(shop: Shop) -> dict[str, Any]:
    """Send signed news of nobody's parcel: the shop's own 404 says that all of the way is open.

    Raises NotTaken for any other answer: a firewall's, a proxy's, one to an unknown signature.
    """
    step = Step(0, "in_transit", 1, 0)
    body = Booking(str(_NOBODY), "normal", 1.0, time.time()).news(step)
    try:
        status, words = shop.call(call_id(f"probe{time.time_ns()}"), body)
    except (OSError, HTTPException) as error:
        raise NotTaken(f"probe: {error!r}") from error
    if status == 404 and b'"no such shipment"' in words:
        return {"probe": "ok"}
    raise NotTaken(f"probe: {status} is not the shop's answer about nobody's parcel")


def _advance(booking: Booking, shop: Shop, context: Any) -> None:
    """Tell what is due and not told yet. Raises NotTaken, NoTime."""
    for index in range(booking.due(time.time())):
        if (booking.story, index) in _told:
            continue
        if not _has_time(context):
            raise NoTime(booking.shipment)
        _tell(booking, booking.steps[index], shop)
        _told[booking.story, index] = None
        if len(_told) > _MOST_REMEMBERED:
            del _told[next(iter(_told))]


def _tell(booking: Booking, step: Step, shop: Shop) -> None:
    """Send one piece of news. Raises NotTaken when it must be tried again."""
    try:
        status, words = shop.call(booking.webhook_id(step), booking.news(step))
    except (OSError, HTTPException) as error:
        raise NotTaken(f"{booking.shipment} {step.status}: {error!r}") from error
    if 200 <= status < 300:
        log.info("%s %s told", booking.shipment, step.status)
    elif _is_final(status, words):
        log.error("%s %s refused: %s", booking.shipment, step.status, status)
    else:
        raise NotTaken(f"{booking.shipment} {step.status}: {status}")


def _is_final(status: int, words: bytes) -> bool:
    """Say whether the shop itself will never want the news: another try would be refused again.

    Its doors for machines answer `{"error…`. A page in place of that is somebody else's word, as
    at a CALLBACK_URL that leads nowhere, and that is mended in time.
    """
    is_refusal = 400 <= status < 500 and status not in RETRIED_REFUSALS
    return is_refusal and words.startswith(b'{"error')


def _callback_url() -> str:
    """Return where news goes; never what a message says."""
    url = os.environ.get("CALLBACK_URL", "")
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_local(parts.hostname)):
        raise RuntimeError("CALLBACK_URL must be an https address (http only to localhost)")
    return url


def _secrets() -> tuple[str, ...]:
    """Return the secrets that sign. Raises RuntimeError naming where a bad one came from."""
    name, arn = "DELIVERY_CALLBACK_SECRET", os.environ.get("DELIVERY_CALLBACK_SECRET_ARN", "")
    written = _kept(arn) if arn else os.environ.get(name, "")
    found = tuple(part.strip() for part in written.split(","))
    if not all(_key(secret) for secret in found):
        raise RuntimeError(f"{arn or name} must be whsec_ and at least 18 bytes in base64")
    return found


def _kept(arn: str) -> str:
    """Return a secret, read again after SECRET_SECONDS: a rotation reaches warm containers."""
    value, until = _read.get(arn, ("", 0.0))
    if time.monotonic() >= until:
        value = read_secret(arn)
        _read[arn] = value, time.monotonic() + SECRET_SECONDS
    return value


def _key(secret: str) -> bytes:
    """Return a secret's key, or nothing for what is no secret."""
    if not secret.startswith("whsec_"):
        return b""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        return b""
    return key if len(key) >= 18 else b""


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
