"""Idempotency keys (docs.stripe.com/api/idempotent_requests): one key, one effect, one answer."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from .errors import ApiError
from .params import Pairs
from .store import Body, Store

_LIFE = 24 * 3600
_LONGEST_KEY = 255


@dataclass(frozen=True)
class Question:
    """What a key stands for: the endpoint and a digest of the parameters."""

    key: str
    endpoint: str
    fingerprint: str


def question(key: str, endpoint: str, pairs: Pairs) -> Question:
    """Give the question a POST asks; the order of its parameters does not matter."""
    digest = hashlib.sha256(json.dumps(sorted(pairs)).encode()).hexdigest()
    return Question(key, endpoint, digest)


@dataclass
class InFlight:
    """The keys whose first request is still running; a killed process leaves none behind."""

    keys: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def claim(self, key: str | None) -> Iterator[None]:
        """Hold a key for one request. Raises the 409 when another request holds it."""
        if not key:
            yield
            return
        if len(key) > _LONGEST_KEY:
            raise ApiError(f"Idempotency-Key must be at most {_LONGEST_KEY} characters.")
        with self.lock:
            if key in self.keys:
                raise _in_use(key)
            self.keys.add(key)
        try:
            yield
        finally:
            with self.lock:
                self.keys.discard(key)


def recall(store: Store, asked: Question) -> tuple[int, Body] | None:
    """Give the remembered answer, None when the key is new or older than 24 hours.

    Raises ApiError when the key was first used for something else.
    """
    store.change("delete from answers where created < ?", (store.now() - _LIFE,))
    rows = store.run("select * from answers where key = ?", (asked.key,))
    if not rows:
        return None
    if rows[0]["method_path"] != asked.endpoint:
        raise _misused(
            "Keys for idempotent requests can only be used for the same endpoint they were first"
            f" used for ('{rows[0]['method_path']}' vs '{asked.endpoint}'). Try using a key other"
            f" than '{asked.key}' if you meant to execute a different request."
        )
    if rows[0]["fingerprint"] != asked.fingerprint:
        raise _misused(
            "Keys for idempotent requests can only be used with the same parameters they were"
            f" first used with. Try using a key other than '{asked.key}' if you meant to execute"
            " a different request."
        )
    return rows[0]["status"], json.loads(rows[0]["body"])


def remember(store: Store, asked: Question, status: int, body: Body) -> None:
    """Keep the answer, in the transaction of its effect."""
    store.change(
        "insert into answers values (?, ?, ?, ?, ?, ?)",
        (asked.key, store.now(), asked.endpoint, asked.fingerprint, status, json.dumps(body)),
    )


def _misused(message: str) -> ApiError:
    return ApiError(message, type_="idempotency_error")


def _in_use(key: str) -> ApiError:
    return ApiError(
        f"There is currently another in-progress request using this Idempotent Key ({key}).",
        status=409,
        type_="idempotency_error",
        code="idempotency_key_in_use",
    )
