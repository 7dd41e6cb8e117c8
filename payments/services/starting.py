"""A payment is started: one session per attempt, found again after every kind of crash."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from makers_market.core.crash import crash_point
from makers_market.core.errors import Refusal
from orders import services as orders
from orders.models import Order
from payments import gateway
from payments.models import Operation, Payment, PaymentMove
from payments.services.operating import note_done, send_operation, write_operation
from payments.services.settling import adopt_session, apply_session, settle

SESSION_LIVES = timedelta(minutes=40)
# Stripe's clock and ours may differ.
LOOK_BACK = timedelta(hours=1)
# Stripe wants at least 30 minutes left by its own clock when a session is made.
RETRY_UNTIL_LEFT = timedelta(minutes=31)


class NotPayable(Refusal):
    """This order waits for no payment."""

    def __init__(self) -> None:
        super().__init__(gettext_lazy("This order can no longer be paid."))


def start_payment(order_id: int, *, at: datetime) -> Payment:
    """Open the payment page of a pending order, or give the one that is open already.

    Two transactions with Stripe's answer between them; a crash anywhere is healed by calling
    again. Raises NotPayable, ProviderUnavailable (the order is kept) or ProviderRefused.
    """
    payment = _intend(order_id, at)
    crash_point("payment_intended")
    if payment.status in {Payment.OPEN, Payment.PROCESSING}:
        return payment
    if payment.expires_at - at < RETRY_UNTIL_LEFT:
        return _look_up(payment, at)
    operation = _operation(payment)
    try:
        session = _found(payment, operation) or send_operation(operation)
    except gateway.ProviderUnavailable:
        _note(payment, Payment.UNKNOWN, at, why="no answer")
        raise
    except gateway.ProviderRefused:
        _note(payment, Payment.FAILED, at, why="refused by Stripe")
        raise
    crash_point("session_opened")
    return adopt_session(payment.pk, session, at=at)


def _found(payment: Payment, operation: Operation) -> Any:
    """Look for the session of a call that went unanswered: Stripe may replay a 500 for its key."""
    if operation.state != Operation.UNKNOWN:
        return None
    return gateway.find_session(payment.reference, since=payment.created_at - LOOK_BACK)


def _operation(payment: Payment) -> Operation:
    return Operation.objects.get(kind=Operation.OPEN_SESSION, subject=f"payment:{payment.uuid}")


@transaction.atomic(durable=True)
def _intend(order_id: int, at: datetime) -> Payment:
    """Write the attempt and its frozen call, or find the live attempt. Locks the order."""
    order = Order.objects.select_for_update().get(pk=order_id)
    live = Payment.objects.live().select_related("order").filter(order=order).first()
    if live is not None:
        return live
    if order.status != Order.PENDING or at - order.placed_at > SESSION_LIVES:
        raise NotPayable
    attempt = Payment.objects.filter(order=order).count() + 1
    payment = Payment.objects.create(
        order=order,
        attempt=attempt,
        amount_cents=order.total_cents,
        expires_at=at + SESSION_LIVES,
        created_at=at,
    )
    orders.extend_time_to_pay(order.pk, until=payment.expires_at)
    PaymentMove.objects.bulk_create([payment.starting_move(by="worker", at=at)])
    write_operation(
        Operation.OPEN_SESSION,
        f"payment:{payment.uuid}",
        session_params(payment),
        attempt=attempt,
        at=at,
    )
    return payment


def session_params(payment: Payment) -> dict[str, Any]:
    """Describe the Checkout Session; its lines add up to the order's total by construction."""
    order = payment.order
    with translation.override(order.language):
        items = [
            _item(_titled(line.title_in(order.language), line.variant_title), line)
            for line in order.lines.all()
        ]
        items += [
            _priced(_("Delivery, %(maker)s") % {"maker": s.maker.name}, s.delivery_cents, 1)
            for s in order.shipments.select_related("maker")
            if s.delivery_cents
        ]
        returned = settings.SITE_URL + reverse("payments:returned", args=[order.token])
        page = settings.SITE_URL + reverse("orders:order", args=[order.token])
    ours = {"order": str(order.uuid), "attempt": str(payment.attempt)}
    methods = ["card", "link", "mb_way", *(["multibanco"] if settings.MULTIBANCO else [])]
    return {
        "mode": "payment",
        "client_reference_id": payment.reference,
        "customer_email": order.email,
        "expires_at": int(payment.expires_at.timestamp()),
        "locale": order.language,
        "line_items": items,
        "metadata": ours,
        "payment_intent_data": {"metadata": ours, "transfer_group": str(order.uuid)},
        "allowed_payment_method_types": methods,
        "success_url": returned,
        "cancel_url": page,
    }


def _titled(title: str, variant_title: str) -> str:
    return f"{title} ({variant_title})" if variant_title else title


def _item(name: str, line: Any) -> dict[str, Any]:
    return _priced(name, line.unit_price_cents, line.quantity)


def _priced(name: str, cents: int, quantity: int) -> dict[str, Any]:
    return {
        "quantity": quantity,
        "price_data": {"currency": "eur", "unit_amount": cents, "product_data": {"name": name}},
    }


@transaction.atomic
def _note(payment: Payment, status: str, at: datetime, *, why: str) -> None:
    """Note that an attempt has no session yet, unless news has overtaken us."""
    Order.objects.select_for_update().get(pk=payment.order_id)
    locked = Payment.objects.select_for_update().get(pk=payment.pk)
    if locked.status in {Payment.INTENT, Payment.UNKNOWN}:
        locked.move_to(status, by="worker", at=at, why=why)


def _look_up(payment: Payment, at: datetime) -> Payment:
    """Adopt the session of an attempt that is too old to be sent again, or give the attempt up.

    Raises ProviderUnavailable when Stripe cannot be asked, NotPayable when there is no session.
    """
    session = gateway.find_session(payment.reference, since=payment.created_at - LOOK_BACK)
    if session is None:
        _note(payment, Payment.FAILED, at, why="no session at Stripe")
        expire_if_overdue(payment.order_id, at=at)
        raise NotPayable
    note_done(_operation(payment), session.id)
    adopt_session(payment.pk, session, at=at)
    apply_session(payment.pk, session, at=at)
    return Payment.objects.select_related("order").get(pk=payment.pk)


@transaction.atomic
def expire_if_overdue(order_id: int, *, at: datetime) -> None:
    """Expire a pending order that has no live attempt and whose time to pay is over."""
    order = Order.objects.select_for_update().get(pk=order_id)
    is_over = at - order.placed_at > SESSION_LIVES
    if is_over and not Payment.objects.live().filter(order=order).exists():
        orders.end_unpaid(order.pk, at=at)


def expire_overdue(*, at: datetime, limit: int = 100) -> None:
    """Expire pending orders that Stripe never heard of, once their time to pay is over."""
    late = Order.objects.filter(status=Order.PENDING, placed_at__lt=Now() - SESSION_LIVES)
    for order in late.exclude(payments__status__in=Payment.LIVE).order_by("pk")[:limit]:
        expire_if_overdue(order.pk, at=at)


def cancel_order(order_id: int, *, by: str, at: datetime) -> None:
    """Cancel an unpaid order: its session is expired at Stripe first, then stock is released.

    A session that turns out to be paid is honoured instead. Raises NotPayable, or
    ProviderUnavailable when Stripe does not answer: the wish stays noted, call again.
    """
    payment = _wish_to_cancel(order_id, by, at)
    if payment is None:
        return
    if payment.status in {Payment.INTENT, Payment.UNKNOWN}:
        payment = start_payment(order_id, at=at)
    operation = write_operation(
        Operation.EXPIRE_SESSION,
        f"payment:{payment.uuid}",
        {"session": payment.session_id},
        attempt=payment.attempt,
        at=at,
    )
    # Refused means not open any more: paid or expired meanwhile. Settling finds out which.
    with suppress(gateway.ProviderRefused):
        send_operation(operation)
    settle(payment.pk, at=at)


@transaction.atomic(durable=True)
def _wish_to_cancel(order_id: int, by: str, at: datetime) -> Payment | None:
    """Note the wish; with no live attempt at all, cancel at once. Locks the order."""
    order = Order.objects.select_for_update().get(pk=order_id)
    if order.status != Order.PENDING:
        raise NotPayable
    orders.wish_to_cancel(order.pk, by=by)
    payment = Payment.objects.live().select_related("order").filter(order=order).first()
    if payment is None:
        orders.end_unpaid(order.pk, at=at)
    return payment
