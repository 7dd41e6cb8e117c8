"""What a parcel's booking says, and the story that is told about it."""

import hashlib
import json
import math
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_NAMESPACE = uuid.UUID("6f1d7a52-6a0b-5c0e-9d43-0c1f5a1b7e20")


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


@dataclass(frozen=True)
class Booking:
    """A parcel on its way; `booked_at` in Unix seconds."""

    shipment: str
    scenario: str
    speed: float
    booked_at: float
    # The shop's id of the request that booked, so that its log ties the news to it; or nothing.
    request_id: str = ""

    @classmethod
    def parse(cls, body: str, booked_at: float) -> "Booking":
        """Read a message. Raises BadMessage with the reason."""
        try:
            command = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise BadMessage(f"not JSON: {error!r}") from error
        return cls.read(command, booked_at)

    @classmethod
    def read(cls, command: Any, booked_at: float) -> "Booking":
        """Read a message that is JSON no longer. Raises BadMessage with the reason."""
        try:
            shipment = str(uuid.UUID(command["shipment"]))
            scenario = str(command.get("scenario", "normal"))
            speed = float(command.get("speed", 1.0))
            request_id = str(command.get("request_id", ""))[:64]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadMessage(f"not a booking: {error!r}") from error
        if scenario not in SCENARIOS or not math.isfinite(speed) or speed <= 0:
            raise BadMessage("unknown scenario or impossible speed")
        return cls(shipment, scenario, speed, booked_at, request_id)

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
        if self.request_id:
            told["request_id"] = self.request_id
        return json.dumps(told, separators=(",", ":")).encode()

    def webhook_id(self, step: Step) -> str:
        """Return the id under which the shop takes `step` once, however often it is told."""
        return call_id(f"{self.shipment}{step.sequence}{step.status}")


def call_id(name: str) -> str:
    """Return the webhook-id that `name` always has."""
    return f"dlv_{uuid.uuid5(_NAMESPACE, name)}"


def tracking_number(shipment: str) -> str:
    """Return a registered item's number made from the id, with its check digit (UPU standard S10).

    Always the same for the same shipment, such as "RU 482 913 004 PT".
    """
    serial = int.from_bytes(hashlib.sha256(shipment.encode()).digest()[:8]) % 10**8
    digits = f"{serial:08d}"
    rest = 11 - sum(int(d) * w for d, w in zip(digits, (8, 6, 4, 2, 3, 5, 9, 7), strict=True)) % 11
    digits += str({10: 0, 11: 5}.get(rest, rest))
    return f"RU {digits[:3]} {digits[3:6]} {digits[6:]} PT"
