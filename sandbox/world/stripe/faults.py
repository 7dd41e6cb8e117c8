"""Faults that tests order for the next requests: slow, broken, cut off."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from .errors import ApiError, bad_value
from .store import Store

KINDS = ("delay", "429", "500", "500_after", "reset", "reset_after")


@dataclass(frozen=True)
class Fault:
    """One fault to suffer now; `seconds` is how long a delay lasts."""

    kind: str
    seconds: float


NONE = Fault("", 0.0)


def order(store: Store, fault: dict[str, Any] | None) -> None:
    """Add a fault for the next `times` matching requests; None takes back all.

    `path` may hold `*`; `method` missing means any.
    """
    if fault is None:
        store.set("faults", [])
        return
    if fault.get("kind") not in KINDS:
        raise bad_value("fault[kind]", f"Invalid kind: must be one of {', '.join(KINDS)}")
    planned = {
        "kind": fault["kind"],
        "path": str(fault.get("path", "*")),
        "method": str(fault.get("method", "*")).upper(),
        "times": int(fault.get("times", 1)),
        "seconds": float(fault.get("seconds", 1)),
    }
    with store.transaction():
        store.set("faults", [*store.setting("faults", []), planned])


def take(store: Store, method: str, path: str) -> Fault:
    """Give the fault this request must suffer and count it down, or NONE."""
    if not store.setting("faults"):
        return NONE
    with store.transaction():
        planned = store.setting("faults", [])
        for each in planned:
            if fnmatchcase(path, each["path"]) and each["method"] in ("*", method):
                each["times"] -= 1
                store.set("faults", [one for one in planned if one["times"] > 0])
                return Fault(each["kind"], each["seconds"])
    return NONE


def server_error() -> ApiError:
    """Give the answer of a broken Stripe."""
    return ApiError(
        "An unknown error occurred (ordered by a fault knob).", status=500, type_="api_error"
    )


def too_many() -> ApiError:
    """Give the answer of a Stripe that is called too often."""
    return ApiError(
        "Request rate limit exceeded (ordered by a fault knob).", status=429, code="rate_limit"
    )
