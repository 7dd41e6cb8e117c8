"""The one place that talks to Stripe: time-outs, keys and errors in the shop's own words.

Nothing here opens a transaction, and nothing that holds a lock may call it.
"""

import logging
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from typing import Any, cast

import stripe
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from opentelemetry.trace import Span, SpanKind

from makers_market.core import tracing
from makers_market.core.errors import Refusal

log = logging.getLogger(__name__)
TIMEOUT_SECONDS = 5
SESSION_PARTS = ["payment_intent.latest_charge.balance_transaction"]
KEY_IN_USE_PAUSES = (0.1, 0.3, 0.9)


class ProviderUnavailable(Refusal):
    """Stripe did not answer, or not for sure: whether it acted is unknown."""

    def __init__(self, why: str) -> None:
        super().__init__(_("The payment page cannot be reached right now. Your order is kept."))
        self.why = why


class ProviderRefused(Refusal):
    """Stripe said no for good: repeating the same call would get the same answer."""

    def __init__(self, why: str) -> None:
        super().__init__(_("The payment service did not accept this."))
        self.why = why


@cache
def client() -> stripe.StripeClient:
    """Give the client: 5 s time-out, no retries of its own, the SDK's API version."""
    return stripe.StripeClient(
        settings.STRIPE_SECRET_KEY,
        base_addresses={"api": settings.STRIPE_API_BASE},
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
    )


def _ask[T](name: str, call: Callable[[], T]) -> T:
    """Make a call, under its name in logs and traces.

    A key in use by a twin of this call is waited for, briefly.
    """
    for pause in (*KEY_IN_USE_PAUSES, None):
        try:
            return _told(name, call)
        except stripe.StripeError as error:
            # A key in use comes as a plain APIError: only its status tells.
            if error.http_status == 409 and pause:
                time.sleep(pause)
                continue
            raise _in_our_words(error) from error
    raise AssertionError("unreachable")


def _told[T](name: str, call: Callable[[], T]) -> T:
    """Make a call and note Stripe's own id of it, by which its dashboard and support know it."""
    started = time.monotonic()
    with tracing.span(f"stripe {name}", SpanKind.CLIENT, peer_service="stripe") as span:
        try:
            answer: Any = call()
        except stripe.StripeError as error:
            _note(span, name, started, error.request_id)
            raise
        response = getattr(answer, "last_response", None)
        _note(span, name, started, response and response.request_id)
        return cast(T, answer)


def _note(span: Span, name: str, started: float, provider_id: str | None) -> None:
    span.set_attribute("provider_id", provider_id or "")
    extra = {
        "operation": name,
        "provider_id": provider_id or "",
        "ms": round((time.monotonic() - started) * 1000, 1),
    }
    log.info("stripe_called", extra=extra)


def _in_our_words(error: stripe.StripeError) -> Refusal:
    status = error.http_status
    why = f"{type(error).__name__} {status or ''} {error.code or ''}".strip()
    if status is None or status >= 500 or status in {401, 403, 409, 429}:
        return ProviderUnavailable(why)
    return ProviderRefused(why)


def create_session(params: Any, key: str) -> stripe.checkout.Session:
    return _ask(
        "sessions.create",
        lambda: client().v1.checkout.sessions.create(params, {"idempotency_key": key}),
    )


def expire_session(params: Any, key: str) -> stripe.checkout.Session:
    return _ask(
        "sessions.expire",
        lambda: client().v1.checkout.sessions.expire(
            params["session"], {}, {"idempotency_key": key}
        ),
    )


def create_refund(params: Any, key: str) -> stripe.Refund:
    return _ask(
        "refunds.create", lambda: client().v1.refunds.create(params, {"idempotency_key": key})
    )


def retrieve_session(session_id: str) -> stripe.checkout.Session:
    """Fetch a session with its intent, charge and fee."""
    return _ask(
        "sessions.retrieve",
        lambda: client().v1.checkout.sessions.retrieve(session_id, {"expand": SESSION_PARTS}),
    )


def retrieve_refund(refund_id: str) -> stripe.Refund:
    return _ask("refunds.retrieve", lambda: client().v1.refunds.retrieve(refund_id))


def find_session(reference: str, since: datetime) -> stripe.checkout.Session | None:
    """Look for a session that carries our reference, among those made since a time."""
    created: Any = {"created": {"gte": int(since.timestamp())}, "limit": 100}
    page = _ask("sessions.list", lambda: client().v1.checkout.sessions.list(created))
    found = [s for s in _every(page) if s.client_reference_id == reference]
    return retrieve_session(found[0].id) if found else None


def find_refund(intent_id: str, reference: str) -> stripe.Refund | None:
    """Look for a refund of an intent that carries our reference in its metadata."""
    params: Any = {"payment_intent": intent_id, "limit": 100}
    page = _ask("refunds.list", lambda: client().v1.refunds.list(params))
    mine = [r for r in _every(page) if metadata_of(r).get("refund") == reference]
    return mine[0] if mine else None


def metadata_of(thing: Any) -> dict[str, str]:
    """Give what we wrote on an object of Stripe, as a plain dict."""
    return dict(thing.to_dict().get("metadata") or {})


def list_events(since: datetime) -> Iterator[stripe.Event]:
    """Walk the events created since a time, newest first."""
    params: Any = {"created": {"gte": int(since.timestamp())}, "limit": 100}
    return _every(_ask("events.list", lambda: client().v1.events.list(params)))


def list_balance_transactions() -> Iterator[stripe.BalanceTransaction]:
    """Walk every movement of our balance at Stripe, newest first."""
    return _every(
        _ask(
            "balance_transactions.list",
            lambda: client().v1.balance_transactions.list({"limit": 100}),
        )
    )


def list_sessions() -> Iterator[stripe.checkout.Session]:
    return _every(_ask("sessions.list", lambda: client().v1.checkout.sessions.list({"limit": 100})))


def list_refunds() -> Iterator[stripe.Refund]:
    return _every(_ask("refunds.list", lambda: client().v1.refunds.list({"limit": 100})))


def _every(page: Any) -> Iterator[Any]:
    """Walk all pages of a list; an unanswered page ends in ProviderUnavailable."""
    while True:
        yield from page.data
        if not page.has_more:
            return
        page = _ask("next_page", page.next_page)
