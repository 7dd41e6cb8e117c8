"""What news about money does to an order. Payments calls these with the order's row locked."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from catalog import services as catalog
from orders.models import Hold, Order, Shipment
from orders.signals import order_paid, order_unfillable


def _lock(order_id: int) -> Order:
    return Order.objects.select_for_update().get(pk=order_id)


def _holdings(holds: Iterable[Hold]) -> list[catalog.Holding]:
    return [catalog.Holding(x.variant_id, x.quantity, x.made_in_week) for x in holds]


@transaction.atomic
def mark_paid(order_id: int, *, at: datetime, by: str = "stripe") -> Order:
    """Sell an order's pieces because its money has arrived; gives the order as it now is.

    Late money takes the stock again; where it is gone the order becomes unfillable and
    order_unfillable is told, else order_paid. Doing it twice does nothing more. Locks the order,
    then stock and workloads. Raises IllegalMove for an order that can take no money.
    """
    order = _lock(order_id)
    if order.status in {Order.PAID, Order.CLOSED, Order.UNFILLABLE, Order.REFUNDED}:
        return order
    if order.status not in Order.AWAITING and not _hold_again(order, at):
        order.move_to(Order.UNFILLABLE, by=by, at=at, why="late money, pieces gone")
        order_unfillable.send(Order, order_id=order.pk)
        return order
    order.move_to(Order.PAID, by=by, at=at)
    _sell(order, by, at)
    order_paid.send(Order, order_id=order.pk)
    return order


def _hold_again(order: Order, at: datetime) -> bool:
    """Hold released pieces once more; False, and nothing held, when any is gone or was sold."""
    holds = list(order.holds.filter(state=Hold.RELEASED))
    if not holds:
        return False
    try:
        with transaction.atomic():
            held = catalog.hold_stock({hold.variant_id: hold.quantity for hold in holds}, at=at)
    except catalog.SoldOut:
        return False
    for hold in holds:
        # The maker may make it to order since, or no longer: the hold says what it takes now.
        hold.state, hold.made_in_week = Hold.LIVE, held[hold.variant_id].made_in_week
    Hold.objects.bulk_update(holds, ["state", "made_in_week"])
    return True


def _sell(order: Order, by: str, at: datetime) -> None:
    holds = list(order.holds.filter(state=Hold.LIVE))
    catalog.sell_stock(_holdings(holds), reference=f"order:{order.uuid}", at=at)
    order.holds.filter(state=Hold.LIVE).update(state=Hold.SOLD)
    for shipment in order.shipments.select_for_update().order_by("pk"):
        shipment.move_to(Shipment.NEW, by=by, at=at)


@transaction.atomic
def extend_time_to_pay(order_id: int, *, until: datetime) -> None:
    """Note until when the newest payment page of an order is open."""
    Order.objects.filter(pk=order_id).update(pay_until=until)


@transaction.atomic
def wish_to_cancel(order_id: int, *, by: str) -> bool:
    """Note that an unpaid order is to be cancelled; False when it is no longer unpaid."""
    order = _lock(order_id)
    if order.status != Order.PENDING:
        return False
    order.cancel_wished_by = by
    order.save(update_fields=["cancel_wished_by"])
    return True


@transaction.atomic
def mark_paying(order_id: int, *, at: datetime) -> None:
    """Note that a slow payment is on its way; the pieces stay held until it is decided."""
    order = _lock(order_id)
    if order.status == Order.PENDING:
        order.move_to(Order.PAYING, by="stripe", at=at)


def _release(order: Order) -> None:
    holds = list(order.holds.filter(state=Hold.LIVE))
    catalog.release_stock(_holdings(holds))
    order.holds.filter(state=Hold.LIVE).update(state=Hold.RELEASED)


@transaction.atomic
def end_unpaid(order_id: int, *, at: datetime) -> None:
    """Give an order's pieces back for sale because it is certain that nobody can pay it now.

    It becomes cancelled if somebody wished that, else expired. Locks the order, then stock.
    """
    order = _lock(order_id)
    if order.status != Order.PENDING:
        return
    if order.cancel_wished_by:
        order.move_to(Order.CANCELLED, by=order.cancel_wished_by, at=at)
    else:
        order.move_to(Order.EXPIRED, by="stripe", at=at)
    _release(order)


@transaction.atomic
def fail_order(order_id: int, *, at: datetime) -> None:
    """Give an order's pieces back because its slow payment failed."""
    order = _lock(order_id)
    if order.status == Order.PAYING:
        order.move_to(Order.FAILED, by="stripe", at=at)
        _release(order)


@transaction.atomic
def mark_refunded(order_id: int, *, at: datetime) -> None:
    """Note that the money of an unfillable order went back whole."""
    order = _lock(order_id)
    if order.status == Order.UNFILLABLE:
        order.move_to(Order.REFUNDED, by="worker", at=at)
