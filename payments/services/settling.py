"""Settling: learn from Stripe what became of a payment, and make the shop agree with it.

The return page, the webhook, the catch-up job and the cancel button all end here.
"""

import logging
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from makers_market.core import metrics
from orders import services as orders
from orders.models import Order
from payments import gateway
from payments.models import Operation, Payment
from payments.services.bookkeeping import book_capture, book_fee
from payments.services.operating import note_done
from payments.services.refunding import refund_payment
from payments.signals import payment_failed

log = logging.getLogger(__name__)
FAILED_INTENTS = frozenset({"canceled", "requires_payment_method"})


class PaymentMismatch(Exception):
    """Stripe's object does not fit our books; a person must look before anything moves."""


def settle(payment_id: int, *, at: datetime) -> None:
    """Fetch a payment's session from Stripe and apply what it says. Raises ProviderUnavailable."""
    session_id = Payment.objects.values_list("session_id", flat=True).get(pk=payment_id)
    if session_id:
        apply_session(payment_id, gateway.retrieve_session(session_id), at=at)


def settle_order(order_id: int, *, at: datetime) -> None:
    """Settle what is live of an order's payments; raises ProviderUnavailable."""
    for payment in Payment.objects.live().filter(order_id=order_id):
        settle(payment.pk, at=at)


def settle_overdue(*, at: datetime, limit: int = 100) -> list[int]:
    """Settle live payments past their time, by the database's clock; give what is left undone.

    What is left are payments without a session: ids for `start_payment` to look up.
    """
    late = Payment.objects.live().filter(expires_at__lt=Now()).order_by("pk")[:limit]
    unopened = []
    for payment in late:
        if not payment.session_id:
            unopened.append(payment.order_id)
            continue
        try:
            settle(payment.pk, at=at)
        except PaymentMismatch:
            log.exception("payment_mismatch", extra={"payment": payment.uuid})
    return unopened


def _lock(payment_id: int) -> Payment:
    """Lock the order, then the payment: the shop's one order of locks."""
    order_id = Payment.objects.values_list("order_id", flat=True).get(pk=payment_id)
    order = Order.objects.select_for_update().get(pk=order_id)
    payment = Payment.objects.select_for_update().get(pk=payment_id)
    payment.order = order
    return payment


@transaction.atomic
def adopt_session(payment_id: int, session: Any, *, at: datetime) -> Payment:
    """Store the session that Stripe made for an attempt; news may have stored it before us."""
    payment = _lock(payment_id)
    _adopt(payment, session, at)
    return payment


def _adopt(payment: Payment, session: Any, at: datetime) -> None:
    if payment.status not in {Payment.INTENT, Payment.UNKNOWN}:
        return
    payment.session_id = session.id
    payment.session_url = session.url or ""
    payment.expires_at = datetime.fromtimestamp(session.expires_at, UTC)
    payment.save(update_fields=["session_id", "session_url", "expires_at"])
    payment.move_to(Payment.OPEN, by="worker", at=at)
    operation = Operation.objects.get(
        kind=Operation.OPEN_SESSION, subject=f"payment:{payment.uuid}"
    )
    note_done(operation, session.id)


@transaction.atomic
def apply_session(payment_id: int, session: Any, *, at: datetime) -> None:
    """Make payment, order, stock and books agree with a session fetched from Stripe.

    Locks order, payment, stock. Idempotent. Raises PaymentMismatch for a session that is not
    this payment's, in amount, currency, mode or reference.
    """
    payment = _lock(payment_id)
    _check(payment, session)
    _adopt(payment, session, at)
    if session.status == "expired":
        _expire(payment, at)
    elif session.status == "complete" and session.payment_status == "paid":
        _succeed(payment, session, at)
    elif session.status == "complete":
        _process(payment, session, at)


def is_livemode() -> bool:
    """Tell by the key whether real money moves."""
    return "_live_" in settings.STRIPE_SECRET_KEY


def _check(payment: Payment, session: Any) -> None:
    ours = (payment.reference, payment.amount_cents, payment.currency.lower(), is_livemode())
    theirs = (
        session.client_reference_id,
        session.amount_total,
        session.currency,
        session.livemode,
    )
    is_other_session = payment.session_id not in {"", session.id}
    if ours != theirs or is_other_session:
        raise PaymentMismatch(f"payment {payment.uuid}: {theirs} is not {ours}")


def _expire(payment: Payment, at: datetime) -> None:
    if payment.status != Payment.OPEN:
        return
    payment.move_to(Payment.EXPIRED, by="stripe", at=at)
    orders.end_unpaid(payment.order_id, at=at)


def _process(payment: Payment, session: Any, at: datetime) -> None:
    """Note a completed session whose money is still on its way, or has failed to come."""
    intent = session.payment_intent
    if payment.status not in {Payment.OPEN, Payment.PROCESSING}:
        return
    payment.move_to(Payment.PROCESSING, by="stripe", at=at)
    orders.mark_paying(payment.order_id, at=at)
    if intent and intent.status in FAILED_INTENTS:
        payment.move_to(Payment.FAILED, by="stripe", at=at)
        orders.fail_order(payment.order_id, at=at)
        payment_failed.send(Payment, order_id=payment.order_id)
        metrics.count("PaymentsFailed")


def _succeed(payment: Payment, session: Any, at: datetime) -> None:
    """Book the money and mark the order paid; money that cannot be used goes straight back."""
    intent = session.payment_intent
    charge = intent.latest_charge
    if payment.status == Payment.SUCCEEDED:
        book_fee(payment, charge, at=at)
        return
    if intent.amount_received != payment.amount_cents:
        raise PaymentMismatch(f"payment {payment.uuid}: received {intent.amount_received}")
    is_extra = Payment.objects.filter(order=payment.order, status=Payment.SUCCEEDED).exists()
    payment.session_id = session.id
    payment.intent_id = intent.id
    payment.charge_id = charge.id
    payment.captured_cents = intent.amount_received
    payment.save(update_fields=["session_id", "intent_id", "charge_id", "captured_cents"])
    payment.move_to(Payment.SUCCEEDED, by="stripe", at=at)
    metrics.count("PaymentsSucceeded")
    log.info("payment_succeeded", extra={"payment": payment.uuid, "order": payment.order.number})
    order = payment.order if is_extra else orders.mark_paid(payment.order_id, at=at)
    book_capture(payment, at=at)
    book_fee(payment, charge, at=at)
    if is_extra:
        refund_payment(payment, reason="paid twice", token=f"extra:{payment.uuid}", at=at)
    elif order.status == Order.UNFILLABLE:
        refund_payment(payment, reason="pieces gone", token=f"unfillable:{payment.uuid}", at=at)
