"""Invariants 1, 4 and 8, the parts that orders can see."""

from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce

from catalog.models import Stock
from makers_market.core.audit import invariant
from makers_market.core.lifecycle import broken_histories
from orders.models import Hold, Order, Shipment


@invariant("1a order total = sum of its parcels = sum of lines and delivery")
def orders_add_up() -> list[str]:
    broken = []
    parcels = Order.objects.annotate(
        parcels=Sum("shipments__total_cents"), delivered=Sum("shipments__delivery_cents")
    ).exclude(total_cents=F("parcels"), delivery_cents=F("delivered"))
    broken += [f"order {order.number}: parcels differ" for order in parcels]
    lines = Order.objects.annotate(sold=Sum("lines__total_cents")).exclude(items_cents=F("sold"))
    broken += [f"order {order.number}: lines differ" for order in lines]
    shipped = Shipment.objects.annotate(sold=Sum("lines__total_cents"))
    broken += [f"parcel {s}: lines differ" for s in shipped.exclude(items_cents=F("sold"))]
    return broken


@invariant("4c held = sum of live holds")
def held_equals_holds() -> list[str]:
    live = Coalesce(Sum("variant__holds__quantity", filter=Q(variant__holds__state=Hold.LIVE)), 0)
    rows = Stock.objects.annotate(live=live).exclude(held=F("live"))
    return [f"variant {row.pk}: held {row.held}, live holds {row.live}" for row in rows]


@invariant("4d no live hold without a live order, no sold hold without a paid one")
def holds_fit_orders() -> list[str]:
    idle = Hold.objects.filter(state=Hold.LIVE).exclude(order__status__in=Order.AWAITING)
    unpaid = Hold.objects.filter(
        state=Hold.SOLD, order__status__in=[*Order.AWAITING, Order.EXPIRED, Order.FAILED]
    )
    return [f"hold {hold.pk} {hold.state} of order {hold.order_id}" for hold in idle | unpaid]


@invariant("8a histories of orders and parcels are contiguous and legal")
def histories_hold() -> list[str]:
    return broken_histories(Order) + broken_histories(Shipment)


@invariant("1c a paid order's parcels have left waiting, an unpaid order's have not")
def parcels_follow_payment() -> list[str]:
    stuck = Shipment.objects.filter(
        status=Shipment.WAITING, order__status__in=[Order.PAID, Order.CLOSED]
    )
    early = Shipment.objects.filter(order__status__in=Order.AWAITING).exclude(
        status=Shipment.WAITING
    )
    return [f"parcel {shipment}: {shipment.status}" for shipment in stuck | early]
