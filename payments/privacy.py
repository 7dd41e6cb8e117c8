"""What payments hold of a person."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from makers_market.core.privacy import (
    ERASED,
    Holding,
    Person,
    Rows,
    fields_of,
    holds,
    holds_nobody,
    locked,
    moves_of,
    named,
    objects_to_erasure,
)
from orders.privacy import orders_of
from payments.models import (
    LedgerEntry,
    LedgerLine,
    Operation,
    Payment,
    PaymentMove,
    Refund,
    RefundMove,
    StripeEvent,
)
from payments.models.provider import hash_params

BOOKS = (
    "Part of the books, which the law keeps for ten years (Código do IVA, article 52); it names"
    " an order and nobody."
)
# What of a call's parameters names the person who pays.
PERSONAL = "customer_email"
UNSETTLED = (*Payment.LIVE, Payment.DISPUTED)
MOVING = (Refund.REQUESTED, Refund.SENT, Refund.UNKNOWN, Refund.PENDING)
UNANSWERED = (Operation.WRITTEN, Operation.SENT, Operation.UNKNOWN)


def _payments_of(person: Person) -> Rows:
    return Payment.objects.filter(order__in=orders_of(person).values("pk")).order_by("pk")


def _refunds_of(person: Person) -> Rows:
    return Refund.objects.filter(payment__in=_payments_of(person).values("pk")).order_by("pk")


def _operations_of(person: Person) -> Rows:
    of_payments = Operation.objects.filter(subject__in=named("payment", _payments_of(person)))
    of_refunds = Operation.objects.filter(subject__in=named("refund", _refunds_of(person)))
    return (of_payments | of_refunds).order_by("pk")


@objects_to_erasure
def money_underway(person: Person, *, lock: bool) -> Iterable[str]:
    """Say which payments may still move, and which calls to Stripe may still be repeated."""
    payments = locked(_payments_of(person), lock=lock).select_related("order")
    unsettled = {row.order.number for row in payments if row.status in UNSETTLED}
    refunds = locked(_refunds_of(person), lock=lock).select_related("payment__order")
    moving = {row.payment.order.number for row in refunds if row.status in MOVING}
    for number in sorted(unsettled):
        yield _("The payment of order %(number)s is not settled yet.") % {"number": number}
    for number in sorted(moving):
        yield _("Money of order %(number)s is still on its way back.") % {"number": number}
    if not unsettled | moving and _operations_of(person).filter(state__in=UNANSWERED).exists():
        yield _("A call to the payment provider is not answered yet. Try again in an hour.")


def _without_person(operation: Operation, _person: Person) -> dict[str, Any]:
    """Take the person out of a call that was answered and is never sent again."""
    if PERSONAL not in operation.params:
        return {}
    params = operation.params | {PERSONAL: ERASED}
    return {"params": params, "params_hash": hash_params(params)}


holds(
    Holding(
        model=Payment,
        kind="payments",
        find=lambda person: _payments_of(person).select_related("order").prefetch_related("moves"),
        show=lambda row, person: {
            "order": row.order.number,
            **fields_of(row, "attempt", "status", "amount_cents", "currency", "created_at"),
            "history": moves_of(row, person),
        },
        to_erase=_payments_of,
        # The provider's page knew the address of whom it was opened for.
        blanks=lambda _row, _person: {"session_url": ""},
        keeps=BOOKS,
    )
)
holds(
    Holding(
        model=Refund,
        kind="refunds",
        find=lambda person: (
            _refunds_of(person).select_related("payment__order").prefetch_related("moves")
        ),
        show=lambda row, person: {
            "order": row.payment.order.number,
            **fields_of(row, "amount_cents", "reason", "status", "requested_at"),
            "history": moves_of(row, person),
        },
        keeps=BOOKS,
    )
)
holds(
    Holding(
        model=Operation,
        kind="calls_to_the_payment_provider",
        find=_operations_of,
        show=lambda row, _person: fields_of(row, "kind", "created_at", "state", "params"),
        blanks=_without_person,
        keeps=BOOKS,
    )
)
holds_nobody(LedgerEntry, "An entry of the books; it names a payment or refund by number.")
holds_nobody(LedgerLine, "An amount on an account of the books.")
holds_nobody(PaymentMove, "What became of a payment; who did it, by number.")
holds_nobody(RefundMove, "What became of a refund; who did it, by number.")
holds_nobody(StripeEvent, "The ids of what happened at Stripe; none of its words are kept.")
