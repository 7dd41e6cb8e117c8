"""What the books say a maker can expect."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet, Subquery, Sum, Value
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce
from django.utils import timezone

from orders.models import OrderLine, Shipment, ShipmentMove
from payments.models import LedgerLine
from payments.models.ledger import maker_payable

UNDERWAY = (Shipment.NEW, Shipment.ACCEPTED, Shipment.SHIPPED, Shipment.IN_TRANSIT)
# Nobody has decided yet whose loss it is.
UNDECIDED = (Shipment.LOST, Shipment.RETURNED)
ARRIVED = (Shipment.DELIVERED, Shipment.COLLECTED)


@dataclass(frozen=True)
class Payout:
    """What a maker gets next: the day, and the cents after commission, never below 0."""

    date: date
    cents: int


def balance_of(maker_id: int) -> int:
    """Give what the books say we owe a maker, in cents; below 0 it is the maker's debt."""
    return -int(_balance(maker_id).aggregate(sum=_sum("amount_cents"))["sum"])


def _balance(maker_id: int) -> "QuerySet[LedgerLine]":
    return LedgerLine.objects.filter(account=maker_payable(maker_id))


def _sum(amount: str) -> Coalesce:
    return Coalesce(Sum(amount), 0)


def next_payout(maker_id: int, *, at: datetime) -> Payout:
    """Forecast the payout of the 1st of next month, in one query.

    It is the maker's balance in the books less the share of parcels that will not be settled by
    that day: on their way, undecided, or arrived less than PAYOUT_HOLD_DAYS before it. A parcel
    just cancelled leaves the balance with its refund, which a job books seconds later.
    """
    day = _first_of_next_month(timezone.localdate(at))
    owed = _balance(maker_id).aggregate(sum=_sum("amount_cents") + _unsettled_on(maker_id, day))
    return Payout(day, max(-int(owed["sum"]), 0))


def _first_of_next_month(today: date) -> date:
    return (today.replace(day=1) + timedelta(days=32)).replace(day=1)


def _unsettled_on(maker_id: int, day: date) -> CombinedExpression:
    """Give, for use in a query, the maker's share of parcels that day begins without settling."""
    begins = timezone.make_aware(datetime.combine(day, datetime.min.time()))
    hold = timedelta(days=settings.PAYOUT_HOLD_DAYS)
    fresh = ShipmentMove.objects.filter(to_status__in=ARRIVED, at__gte=begins - hold)
    held = Q(status__in=ARRIVED, pk__in=fresh.values("subject").order_by())
    waiting = Q(status__in=[*UNDERWAY, *UNDECIDED])
    open_ones = Shipment.objects.filter(waiting | held, maker=maker_id)
    lines = OrderLine.objects.filter(shipment__in=open_ones.values("pk").order_by())
    return _total(open_ones, "total_cents") - _total(lines, "commission_cents")


def _total(rows: "QuerySet[Any]", amount: str) -> Coalesce:
    """Sum an amount over rows of its own, whatever query it becomes a part of."""
    alone = rows.order_by().annotate(one=Value(1)).values("one")
    return Coalesce(Subquery(alone.annotate(sum=Sum(amount)).values("sum")), 0)
