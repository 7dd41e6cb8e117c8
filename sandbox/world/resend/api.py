"""The routes of Resend's API: send one, send a batch, look one up."""

import hashlib
import hmac
import threading
import time
from collections import deque
from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox.world.resend.checks import MOST_IN_A_BATCH, Mail, checked_mail
from sandbox.world.resend.errors import ApiError, invalid
from sandbox.world.resend.store import Store
from sandbox.world.serving import Faults, cut_connection


class Limit:
    """So many calls in any one second, as Resend counts them for a whole team."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._calls: deque[float] = deque()
        self._lock = threading.Lock()

    def count(self) -> None:
        """Count a call. Raises ApiError 429 with the seconds to wait when it is one too many."""
        with self._lock:
            now = time.monotonic()
            while self._calls and now - self._calls[0] >= 1:
                self._calls.popleft()
            if len(self._calls) >= self.rate:
                raise too_many(self.rate)
            self._calls.append(now)


def too_many(rate: int) -> ApiError:
    """Return Resend's refusal of a call too many, with its headers (whole seconds)."""
    headers = {
        "ratelimit-limit": str(rate),
        "ratelimit-remaining": "0",
        "ratelimit-reset": "1",
        "retry-after": "1",
    }
    message = f"Too many requests. You can only make {rate} requests per second."
    return ApiError(429, "rate_limit_exceeded", message, headers)


def broken() -> ApiError:
    """Return the answer of a broken Resend."""
    return ApiError(500, "application_error", "Internal server error. (Ordered by a fault knob.)")


def routes(store: Store, *, api_key: str, limit: Limit, faults: Faults) -> Blueprint:
    """Return the API over `store`."""
    api = Blueprint("api", __name__)

    @api.before_request
    def _admit() -> None:
        _authenticate(api_key)
        limit.count()

    @api.post("/emails")
    def _send() -> Response:
        return _executed(store, faults, batch=False)

    @api.post("/emails/batch")
    def _send_batch() -> Response:
        return _executed(store, faults, batch=True)

    @api.get("/emails/<mail_id>")
    def _look_up(mail_id: str) -> Response:
        mail = store.get(mail_id)
        if mail is None:
            raise ApiError(404, "not_found", "Email not found")
        return jsonify(_public(mail))

    return api


def _authenticate(api_key: str) -> None:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not given:
        raise ApiError(401, "missing_api_key", "Missing API key in the authorization header.")
    if not hmac.compare_digest(given.encode(), api_key.encode()):
        raise ApiError(403, "invalid_api_key", "API key is invalid.")


def _executed(store: Store, faults: Faults, *, batch: bool) -> Response:
    fault = faults.take()
    if fault == "429":
        raise too_many(2)
    if fault == "500":
        raise broken()
    if fault == "reset":
        return cut_connection()
    answer = _sent_once(store, batch=batch)
    if fault == "500_after":
        raise broken()
    if fault == "reset_after":
        return cut_connection()
    return jsonify(answer)


def _sent_once(store: Store, *, batch: bool) -> dict[str, Any]:
    """Keep the mails of this call unless its idempotency key was used already."""
    key = request.headers.get("Idempotency-Key", "")
    if "Idempotency-Key" in request.headers and not 1 <= len(key) <= 256:
        raise ApiError(400, "invalid_idempotency_key", "The key must be between 1-256 chars.")
    if key:
        digest = hashlib.sha256(request.path.encode() + b"\0" + request.get_data()).hexdigest()
        known = store.claim_key(key, digest)
        if known is not None:
            return known
    try:
        mails, errors = _batch() if batch else ([checked_mail(_json())], [])
        return store.add(mails, key=key, batch=batch, errors=errors)
    except BaseException:
        store.release_key(key)
        raise


def _batch() -> tuple[list[Mail], list[dict[str, Any]]]:
    """Return the mails to keep, and what was wrong with the others.

    One fault refuses the whole batch, unless `x-batch-validation: permissive` is asked for.
    """
    listed = _json()
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_IN_A_BATCH:
        raise invalid(f"The batch must be an array of 1 to {MOST_IN_A_BATCH} emails.")
    permissive = request.headers.get("x-batch-validation") == "permissive"
    mails: list[Mail] = []
    errors: list[dict[str, Any]] = []
    for index, params in enumerate(listed):
        try:
            mail = checked_mail(params)
            if mail["attachments"]:
                raise invalid("The `attachments` field is not supported in batches.")
            mails.append(mail)
        except ApiError as error:
            if not permissive:
                raise
            errors.append({"index": index, "message": error.message})
    return mails, errors


def _json() -> Any:
    try:
        return request.get_json(force=True)
    except Exception as error:
        raise ApiError(400, "validation_error", "The request body is not valid JSON.") from error


def _public(mail: Mail) -> dict[str, Any]:
    fields = ("id", "from", "to", "cc", "bcc", "reply_to", "subject", "html", "text", "tags")
    return {
        "object": "email",
        **{field: mail[field] for field in fields},
        "message_id": f"<{mail['id']}@sandbox.invalid>",
        "created_at": mail["created_at"],
        "scheduled_at": None,
        "last_event": "delivered",
    }
