"""The books: what each event of money means in double entry. Debits above zero, credits below."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Coalesce

from orders.models import Shipment
from payments.models import LedgerEntry, LedgerLine, Payment, Refund
from payments.models.ledger import (
    COMMISSION,
    REFUND_CLEARING,
    STRIPE_BALANCE,
    STRIPE_FEES,
    maker_payable,
)


@transaction.atomic
def book(source: str, kind: str, amounts: Mapping[str, int], *, at: datetime) -> bool:
    """Write one entry, once per source and kind; True if it was the first time.

    Amounts in cents by account must add up to 0. Raises ValueError if they do not.
    """
    amounts = {account: cents for account, cents in amounts.items() if cents}
    if sum(amounts.values()):
        raise ValueError(f"{kind} {source} does not balance")
    entry, created = LedgerEntry.objects.get_or_create(
        source=source, kind=kind, defaults={"at": at}
    )
    if created:
        LedgerLine.objects.bulk_create(
            LedgerLine(entry=entry, account=account, amount_cents=cents)
            for account, cents in sorted(amounts.items())
        )
    return created


def shares(shipments: list[Shipment]) -> Counter[str]:
    """Give who owns the money of these parcels, in cents by account: makers and commission."""
    owned: Counter[str] = Counter()
    for shipment in shipments:
        cut = shipment.lines.aggregate(cut=Coalesce(Sum("commission_cents"), 0))["cut"]
        owned[maker_payable(shipment.maker_id)] += shipment.total_cents - cut
        owned[COMMISSION] += cut
    return owned


def _credited(owned: Mapping[str, int]) -> dict[str, int]:
    return {account: -cents for account, cents in owned.items()}


def book_capture(payment: Payment, *, at: datetime) -> None:
    """Book that a charge was captured: ours is the commission, the rest is the makers'."""
    owned = shares(list(payment.order.shipments.all()))
    amounts = {STRIPE_BALANCE: payment.captured_cents} | _credited(owned)
    book(f"payment:{payment.uuid}", "capture", amounts, at=at)


def book_fee(payment: Payment, charge: Any, *, at: datetime) -> None:
    """Book Stripe's fee on a charge as soon as Stripe has put a figure to it."""
    movement = charge.balance_transaction
    if movement:
        amounts = {STRIPE_FEES: movement.fee, STRIPE_BALANCE: -movement.fee}
        book(f"payment:{payment.uuid}", "fee", amounts, at=at)


def _owned_by(refund: Refund) -> Counter[str]:
    """Give whose money a refund takes back: a parcel's owners, or those of the whole order."""
    if refund.shipment:
        return shares([refund.shipment])
    return shares(list(refund.payment.order.shipments.all()))


def book_refund_requested(refund: Refund, *, at: datetime) -> None:
    """Set a refund's money aside from makers and commission the moment it is requested."""
    amounts = dict(_owned_by(refund)) | {REFUND_CLEARING: -refund.amount_cents}
    book(f"refund:{refund.uuid}", "refund_requested", amounts, at=at)


def book_refund_succeeded(refund: Refund, *, at: datetime) -> None:
    """Book that a refund's money left our balance."""
    amounts = {REFUND_CLEARING: refund.amount_cents, STRIPE_BALANCE: -refund.amount_cents}
    book(f"refund:{refund.uuid}", "refund_succeeded", amounts, at=at)


def book_refund_failed(refund: Refund, *, had_succeeded: bool, at: datetime) -> None:
    """Mirror what a failed refund had booked: the money is the makers' and ours again."""
    source = f"refund:{refund.uuid}"
    if had_succeeded:
        back = {STRIPE_BALANCE: refund.amount_cents, REFUND_CLEARING: -refund.amount_cents}
        book(source, "refund_bounced", back, at=at)
    amounts = _credited(_owned_by(refund)) | {REFUND_CLEARING: refund.amount_cents}
    book(source, "refund_failed", amounts, at=at)
