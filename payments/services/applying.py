"""Stripe's events: stored before anything is done, applied once, in whatever order they come.

An event only says that something happened; what is true is fetched from Stripe when it is
applied, so late, early, shuffled and repeated events all lead to the same end.
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from makers_market.core.crash import crash_point
from makers_market.core.errors import Refusal
from payments import gateway
from payments.models import Payment, Refund, StripeEvent
from payments.services.refunding import apply_refund
from payments.services.settling import PaymentMismatch, apply_session
from payments.signals import event_received

log = logging.getLogger(__name__)
PARKED_LIVES = timedelta(hours=72)
SESSION_EVENTS = "checkout.session."
REFUND_EVENTS = ("refund.", "charge.refund.")


@transaction.atomic
def receive_event(event: Mapping[str, Any], *, at: datetime) -> bool:
    """Store a verified event once, by its id; True if it is new. Tells event_received."""
    subject = event["data"]["object"]
    metadata = subject.get("metadata") or {}
    fields = {
        "type": event["type"][:80],
        "object_id": str(subject.get("id", ""))[:120],
        "reference": str(subject.get("client_reference_id") or metadata.get("refund") or "")[:64],
        "created_at": datetime.fromtimestamp(event["created"], UTC),
        "received_at": at,
    }
    _stored, is_new = StripeEvent.objects.get_or_create(pk=event["id"], defaults=fields)
    if is_new:
        event_received.send(StripeEvent, event_id=event["id"])
    return is_new


def apply_event(event_id: str, *, at: datetime) -> str:
    """Apply a stored event and give its state; one that was applied is left alone.

    What Stripe knows is fetched before any lock. Raises ProviderUnavailable: the job tries again.
    """
    event = StripeEvent.objects.get(pk=event_id)
    if event.state not in StripeEvent.MOVES:
        return event.state
    if event.type.startswith(SESSION_EVENTS):
        return _apply_to_payment(event, at)
    if event.type.startswith(REFUND_EVENTS):
        return _apply_to_refund(event, at)
    return _finish(event, StripeEvent.IGNORED, at)


def _apply_to_payment(event: StripeEvent, at: datetime) -> str:
    payment = _payment_of(event)
    if payment is None:
        return _finish(event, StripeEvent.PARKED, at, error="no payment of this reference")
    session = gateway.retrieve_session(event.object_id)
    try:
        with transaction.atomic():
            apply_session(payment.pk, session, at=at)
            state = _finish(event, StripeEvent.APPLIED, at)
            crash_point("applying")
    except (PaymentMismatch, Refusal) as error:
        log.error("event_does_not_fit", extra={"event_id": event.pk, "why": type(error).__name__})
        return _finish(event, StripeEvent.PARKED, at, error=str(error))
    crash_point("applied")
    return state


def _payment_of(event: StripeEvent) -> Payment | None:
    order_uuid, _dot, attempt = event.reference.partition(".")
    by_session = Payment.objects.filter(session_id=event.object_id).first()
    if by_session or not attempt.isdigit() or len(order_uuid) != 36:
        return by_session
    return Payment.objects.filter(order__uuid=order_uuid, attempt=int(attempt)).first()


def _apply_to_refund(event: StripeEvent, at: datetime) -> str:
    refund = Refund.objects.filter(provider_id=event.object_id).first()
    if refund is None and len(event.reference) == 36:
        refund = Refund.objects.filter(uuid=event.reference).first()
    if refund is None:
        return _finish(event, StripeEvent.PARKED, at, error="no refund of this reference")
    answer = gateway.retrieve_refund(event.object_id)
    with transaction.atomic():
        apply_refund(refund.pk, answer, at=at)
        return _finish(event, StripeEvent.APPLIED, at)


def _finish(event: StripeEvent, state: str, at: datetime, *, error: str = "") -> str:
    """Move an event on by one conditional update, so that of two appliers one wins."""
    may_come_from = [s for s, onward in StripeEvent.MOVES.items() if state in onward]
    StripeEvent.objects.filter(pk=event.pk, state__in=may_come_from).update(
        state=state, applied_at=at, last_error=error[:200]
    )
    return state


def retry_parked(*, at: datetime, limit: int = 200) -> None:
    """Try parked and forgotten events again; give up on those parked for 72 hours, loudly."""
    waiting = StripeEvent.objects.filter(state__in=[StripeEvent.RECEIVED, StripeEvent.PARKED])
    for event in waiting.filter(received_at__lt=Now() - timedelta(minutes=1))[:limit]:
        state = _try_again(event, at)
        if state == StripeEvent.PARKED and at - event.received_at > PARKED_LIVES:
            _finish(event, StripeEvent.DEAD, at, error=event.last_error)
            log.error("event_dead", extra={"event_id": event.pk, "event_type": event.type})


def _try_again(event: StripeEvent, at: datetime) -> str:
    """Apply an event that waits; one that Stripe no longer knows must not hold up the others."""
    try:
        return apply_event(event.pk, at=at)
    except gateway.ProviderRefused as error:
        return _finish(event, StripeEvent.PARKED, at, error=error.why)


def catch_up(*, at: datetime, since: datetime) -> int:
    """List Stripe's events since a time and store those that never reached us; gives how many."""
    return sum(receive_event(event.to_dict(), at=at) for event in gateway.list_events(since))
