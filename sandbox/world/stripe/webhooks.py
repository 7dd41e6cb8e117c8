"""The courier: carries signed events to the webhook endpoint until they are taken."""

import http.client
import json
import threading
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from stripe import WebhookSignature

from . import reading
from .platform import Platform

_HANDS = 4
_PATIENCE = 5.0
_MOST_TRIES = 12
_LONGEST_WAIT = 30.0
_POLL = 0.25


@dataclass(frozen=True)
class Parcel:
    """One delivery to make now."""

    seq: int
    event: str
    tries: int


class Courier:
    """A few threads that deliver what is due; everything they know lies in the store."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._carried: set[int] = set()
        self._news = threading.Condition()
        platform.store.listeners.append(self.nudge)

    def start(self) -> None:
        """Set the threads to work; they end with the process."""
        for number in range(_HANDS):
            threading.Thread(target=self._work, name=f"courier-{number}", daemon=True).start()

    def nudge(self) -> None:
        """Say that something may be due."""
        with self._news:
            self._news.notify()

    def _work(self) -> None:
        while True:
            parcel = self._claim()
            if parcel:
                self._deliver(parcel)
                continue
            with self._news:
                self._news.wait(_POLL)

    def _claim(self) -> Parcel | None:
        store = self._platform.store
        with store.quiet_transaction():
            rows = store.run(
                "select seq, event, tries from deliveries where state = 'due' and next_at <= ?"
                " order by next_at, seq limit ?",
                (time.time(), _HANDS + len(self._carried)),
            )
            for row in rows:
                if row["seq"] not in self._carried:
                    self._carried.add(row["seq"])
                    return Parcel(row["seq"], row["event"], row["tries"] + 1)
        return None

    def _deliver(self, parcel: Parcel) -> None:
        try:
            status, error = self._send(parcel)
            self._record(parcel, status, error)
        finally:
            with self._platform.store.quiet_transaction():
                self._carried.discard(parcel.seq)

    def _send(self, parcel: Parcel) -> tuple[int | None, str]:
        """POST the event; gives (HTTP status, "") or (None, what went wrong)."""
        endpoint = self._platform.store.setting("webhook")
        if not endpoint:
            return None, "there is no webhook endpoint"
        try:
            event = reading.fetch(self._platform, "event", parcel.event)
            return post(endpoint["url"], json.dumps(event, indent=2), endpoint["secret"]), ""
        except Exception as error:
            # Whatever is wrong with the other side must never stop the courier.
            return None, f"{type(error).__name__}: {error}"

    def _record(self, parcel: Parcel, status: int | None, error: str) -> None:
        state = "due"
        if status is not None and 200 <= status < 300:
            state = "done"
        elif parcel.tries >= _MOST_TRIES:
            state = "dead"
        wait = min(2.0 ** (parcel.tries - 1), _LONGEST_WAIT)
        with self._platform.store.quiet_transaction():
            self._platform.store.change(
                "update deliveries set state = ?, tries = ?, next_at = ?, status = ?, error = ?"
                " where seq = ?",
                (state, parcel.tries, time.time() + wait, status, error, parcel.seq),
            )


def post(url: str, payload: str, secret: str) -> int:
    """Send a signed payload and give the HTTP status; redirects are not followed.

    Raises OSError or http.client.HTTPException when there is no answer within 5 seconds.
    """
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_PATIENCE)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": WebhookSignature.generate_signature_header(payload, secret),
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "Accept": "*/*; q=0.5, application/xml",
        "Connection": "close",
    }
    target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    try:
        connection.request("POST", target, payload.encode(), headers)
        return connection.getresponse().status
    finally:
        connection.close()
