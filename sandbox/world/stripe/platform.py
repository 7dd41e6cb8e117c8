"""The platform account: its memory, its clock, and the events it announces."""

import random
import time
from dataclasses import dataclass
from typing import Any

import stripe

from . import objects
from .store import Body, Store

API_VERSION = stripe.api_version


@dataclass(frozen=True)
class Cause:
    """The API request behind an event; both None when the hosted page or the clock did it."""

    request_id: str | None = None
    idempotency_key: str | None = None


BY_ITSELF = Cause()


@dataclass(frozen=True)
class Platform:
    """Everything one process serves. `public_url` has no slash at its end."""

    store: Store
    api_key: str
    public_url: str

    def now(self) -> int:
        """Give the stand-in's time in Unix seconds."""
        return self.store.now()

    def knob(self, name: str) -> Any:
        """Give a knob's setting; an untouched knob gives Stripe's normal behaviour."""
        return self.store.setting("knobs", {}).get(name)

    def announce(self, type_: str, body: Body, cause: Cause = BY_ITSELF) -> None:
        """Write an event and its deliveries into the transaction that made it true."""
        event = objects.new(
            "event",
            type=type_,
            created=self.now(),
            api_version=API_VERSION,
            data={"object": body},
            request={"id": cause.request_id, "idempotency_key": cause.idempotency_key},
        )
        self.store.put(event)
        if self.store.setting("webhook"):
            self._queue(event["id"])

    def _queue(self, event_id: str) -> None:
        state = "held" if self.knob("hold_events") else "due"
        late = random.uniform(0, 0.5) if self.knob("shuffle_events") else 0.0
        self.queue(
            event_id, copies=1 + (self.knob("duplicate_events") or 0), state=state, late=late
        )

    def queue(self, event_id: str, *, copies: int, state: str = "due", late: float = 0.0) -> None:
        """Plan deliveries of an event, `late` seconds from now."""
        for _ in range(copies):
            self.store.change(
                "insert into deliveries (event, state, next_at) values (?, ?, ?)",
                (event_id, state, time.time() + late),
            )
