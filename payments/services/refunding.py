"""Refunds: money goes back once, by an operation that is written before it is sent."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from makers_market.core.errors import Refusal
from orders import services as orders
from orders.models import Order, Shipment
from payments import gateway
from payments.models import Operation, Payment, Refund, RefundMove
from payments.services.bookkeeping import (
    book_refund_failed,
    book_refund_requested,
    book_refund_succeeded,
)
from payments.services.operating import note_done, send_operation, write_operation
from payments.signals import refund_requested, refund_succeeded

OUTCOMES = {
    "pending": Refund.PENDING,
    "requires_action": Refund.PENDING,
    "succeeded": Refund.SUCCEEDED,
    "failed": Refund.FAILED,
    "canceled": Refund.FAILED,
}


class RefundTooLarge(Refusal):
    """More would go back than came in."""

    def __init__(self) -> None:
        super().__init__(_("This is more than what is left to refund."))


class NothingToRefund(Refusal):
    """No money came in for this."""

    def __init__(self) -> None:
        super().__init__(_("Nothing was paid for this."))


@transaction.atomic
def refund_shipment(shipment_id: int, *, reason: str, at: datetime) -> Refund:
    """Request a refund of one parcel, delivery included; twice gives the same refund.

    Locks the order and its payment. Raises NothingToRefund or RefundTooLarge.
    """
    shipment = Shipment.objects.get(pk=shipment_id)
    Order.objects.select_for_update().get(pk=shipment.order_id)
    payment = _kept_payment(shipment.order_id)
    return _request(
        payment,
        shipment,
        amount_cents=shipment.total_cents,
        reason=reason,
        token=f"shipment:{shipment.uuid}",
        at=at,
    )


@transaction.atomic
def refund_order(order_id: int, *, reason: str, token: str, at: datetime) -> Refund:
    """Request a refund of all of an order's money; raises NothingToRefund or RefundTooLarge."""
    Order.objects.select_for_update().get(pk=order_id)
    payment = _kept_payment(order_id)
    return refund_payment(payment, reason=reason, token=token, at=at)


def _kept_payment(order_id: int) -> Payment:
    """Lock and give the payment that paid an order, not an extra one that went straight back.

    Raises NothingToRefund where no money came in.
    """
    paid = list(
        Payment.objects.select_for_update()
        .filter(order_id=order_id, status=Payment.SUCCEEDED)
        .order_by("pk")
    )
    if not paid:
        raise NothingToRefund
    return next((p for p in paid if not _went_straight_back(p)), paid[0])


def _went_straight_back(payment: Payment) -> bool:
    return bool(payment.refunds.filter(token=f"extra:{payment.uuid}").exists())


def refund_payment(payment: Payment, *, reason: str, token: str, at: datetime) -> Refund:
    """Request a refund of a whole payment whose row and order the caller has locked."""
    return _request(
        payment, None, amount_cents=payment.captured_cents, reason=reason, token=token, at=at
    )


def _request(
    payment: Payment,
    shipment: Shipment | None,
    *,
    amount_cents: int,
    reason: str,
    token: str,
    at: datetime,
) -> Refund:
    known = Refund.objects.filter(token=token).first()
    if known is not None:
        return known
    counting = payment.refunds.filter(status__in=Refund.COUNTING)
    reserved = counting.aggregate(sum=Coalesce(Sum("amount_cents"), 0))["sum"]
    if reserved + amount_cents > payment.captured_cents:
        raise RefundTooLarge
    refund = Refund.objects.create(
        payment=payment,
        shipment=shipment,
        amount_cents=amount_cents,
        reason=reason,
        token=token,
        requested_at=at,
    )
    RefundMove.objects.bulk_create([refund.starting_move(by="worker", at=at, why=reason)])
    write_operation(Operation.REFUND, f"refund:{refund.uuid}", _params(refund), attempt=1, at=at)
    book_refund_requested(refund, at=at)
    refund_requested.send(Refund, refund_id=refund.pk)
    return refund


def _params(refund: Refund) -> dict[str, Any]:
    ours = {"refund": str(refund.uuid), "order": str(refund.payment.order.uuid)}
    return {
        "payment_intent": refund.payment.intent_id,
        "amount": refund.amount_cents,
        "metadata": ours,
    }


def send_refund(refund_id: int, *, at: datetime) -> None:
    """Send a requested refund to Stripe and apply the answer; safe to repeat.

    Raises ProviderUnavailable while Stripe does not answer: the job tries again. A refund that
    Stripe refuses for good becomes failed, for an operator to look at.
    """
    refund = _mark_sent(refund_id, at)
    if refund.status != Refund.SENT:
        return
    operation = Operation.objects.get(kind=Operation.REFUND, subject=f"refund:{refund.uuid}")
    try:
        answer = _found(refund, operation) or send_operation(operation)
    except gateway.ProviderUnavailable:
        _mark_unknown(refund_id, at)
        raise
    except gateway.ProviderRefused as error:
        _fail(refund_id, at, why=error.why)
        return
    apply_refund(refund_id, answer, at=at)


def _found(refund: Refund, operation: Operation) -> Any:
    """Look for the refund of a call that went unanswered: Stripe may replay a 500 for its key."""
    if operation.state not in {Operation.SENT, Operation.UNKNOWN}:
        return None
    found = gateway.find_refund(refund.payment.intent_id, str(refund.uuid))
    if found is not None:
        note_done(operation, found.id)
    return found


@transaction.atomic
def _mark_sent(refund_id: int, at: datetime) -> Refund:
    refund = _lock(refund_id)
    if refund.status in {Refund.REQUESTED, Refund.UNKNOWN}:
        refund.move_to(Refund.SENT, by="worker", at=at)
    return refund


@transaction.atomic
def _mark_unknown(refund_id: int, at: datetime) -> None:
    refund = _lock(refund_id)
    if refund.status == Refund.SENT:
        refund.move_to(Refund.UNKNOWN, by="worker", at=at, why="no answer")


@transaction.atomic
def _fail(refund_id: int, at: datetime, *, why: str) -> None:
    refund = _lock(refund_id)
    if refund.move_to(Refund.FAILED, by="stripe", at=at, why=why):
        book_refund_failed(refund, had_succeeded=False, at=at)


def _lock(refund_id: int) -> Refund:
    """Lock order, payment, refund: the shop's one order of locks."""
    found = Refund.objects.select_related("payment").get(pk=refund_id)
    Order.objects.select_for_update().get(pk=found.payment.order_id)
    Payment.objects.select_for_update().get(pk=found.payment_id)
    return Refund.objects.select_for_update().get(pk=refund_id)


@transaction.atomic
def apply_refund(refund_id: int, answer: Any, *, at: datetime) -> None:
    """Make refund, books and order agree with a refund fetched from Stripe. Idempotent.

    Locks order, payment, refund. Tells refund_succeeded once.
    """
    refund = _lock(refund_id)
    before = refund.status
    if not refund.provider_id:
        refund.provider_id = answer.id
        refund.save(update_fields=["provider_id"])
    if before in {Refund.REQUESTED, Refund.UNKNOWN}:
        refund.move_to(Refund.SENT, by="stripe", at=at)
    outcome = OUTCOMES[answer.status]
    if outcome not in Refund.MOVES.get(refund.status, frozenset()):
        return
    refund.move_to(outcome, by="stripe", at=at)
    if outcome == Refund.SUCCEEDED:
        book_refund_succeeded(refund, at=at)
        orders.mark_refunded(refund.payment.order_id, at=at)
        refund_succeeded.send(Refund, refund_id=refund.pk)
    elif outcome == Refund.FAILED:
        book_refund_failed(refund, had_succeeded=before == Refund.SUCCEEDED, at=at)


def settle_refund(refund_id: int, *, at: datetime) -> None:
    """Fetch a refund from Stripe and apply what it says. Raises ProviderUnavailable."""
    provider_id = Refund.objects.values_list("provider_id", flat=True).get(pk=refund_id)
    if provider_id:
        apply_refund(refund_id, gateway.retrieve_refund(provider_id), at=at)
