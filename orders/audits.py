"""Invariants 1, 4 and 8, the parts that orders can see."""

from typing import Any

from django.db.models import F, IntegerField, OuterRef, Q, Subquery, Sum, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from catalog.models import Stock, Workload
from makers_market.core.audit import invariant
from makers_market.core.lifecycle import broken_histories
from orders.models import Hold, Order, OrderLine, Shipment


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


@invariant("4c held = sum of live holds of stock")
def held_equals_holds() -> list[str]:
    from_stock = Q(variant__holds__state=Hold.LIVE, variant__holds__made_in_week=None)
    live = Coalesce(Sum("variant__holds__quantity", filter=from_stock), 0)
    rows = Stock.objects.annotate(live=live).exclude(held=F("live"))
    return [f"variant {row.pk}: held {row.held}, live holds {row.live}" for row in rows]


@invariant("4d no live hold without a live order, no sold hold without a paid one")
def holds_fit_orders() -> list[str]:
    idle = Hold.objects.filter(state=Hold.LIVE).exclude(order__status__in=Order.AWAITING)
    unpaid = Hold.objects.filter(
        state=Hold.SOLD, order__status__in=[*Order.AWAITING, Order.EXPIRED, Order.FAILED]
    )
    return [f"hold {hold.pk} {hold.state} of order {hold.order_id}" for hold in idle | unpaid]


@invariant("4e room taken in a maker's latest week = what is held and sold of it")
def weeks_equal_holds() -> list[str]:
    """Pieces of a cancelled parcel are made no more: their room went back."""
    taken = Hold.objects.filter(
        state__in=[Hold.LIVE, Hold.SOLD],
        made_in_week=OuterRef("week"),
        variant__product__maker=OuterRef("pk"),
    )
    gone = OrderLine.objects.filter(
        shipment__status=Shipment.CANCELLED,
        order__holds__variant=F("variant"),
        order__holds__state=Hold.SOLD,
        order__holds__made_in_week=OuterRef("week"),
        shipment__maker=OuterRef("pk"),
    )
    rows = Workload.objects.exclude(week=None).annotate(due=_sum(taken) - _sum(gone))
    broken = rows.exclude(taken=F("due"))
    return [f"maker {row.pk}: {row.taken} taken, {row.due} held and sold" for row in broken]


def _sum(rows: Any) -> Coalesce:
    total = rows.order_by().values(one=Value(1)).annotate(sum=Sum("quantity")).values("sum")
    return Coalesce(Subquery(total), 0)


@invariant("4f what an order holds of a variant = what its lines sell of it")
def holds_equal_lines() -> list[str]:
    sold = OrderLine.objects.filter(order=OuterRef("order"), variant=OuterRef("variant"))
    rows = Hold.objects.annotate(sold=_sum(sold)).exclude(quantity=F("sold"))
    return [f"hold {row.pk}: {row.quantity} held, {row.sold} in lines" for row in rows]


@invariant("1d a parcel is posted no earlier than its pieces are made")
def parcels_wait_for_pieces() -> list[str]:
    early = Shipment.objects.filter(lines__ships_by_date__gt=F("post_by_date")).distinct()
    return [f"parcel {shipment}: posted by {shipment.post_by_date}" for shipment in early]


@invariant("1e what answers add to a price is within the price")
def extras_within_prices() -> list[str]:
    """The rest is the variant's own price, which is at least one cent."""
    extras = RawSQL(
        "(SELECT coalesce(sum((said ->> 'extra_cents')::int), 0)"
        " FROM jsonb_array_elements(orders_orderline.personal) AS said)",
        [],
        output_field=IntegerField(),
    )
    said = OrderLine.objects.exclude(personal=[]).annotate(extras=extras)
    dear = said.filter(extras__gte=F("unit_price_cents"))
    return [f"line {line.pk}: {line.extras} of {line.unit_price_cents} cents" for line in dear]


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
