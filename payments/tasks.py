"""Doors of the worker into payments."""

from contextlib import suppress
from datetime import timedelta

from django.utils import timezone

from makers_market.core.jobs import job
from payments import services


@job("payments.open_session")
def open_session(order_id: int) -> None:
    """Open the payment page in case the shopper's browser never asked for it."""
    with suppress(services.NotPayable):
        services.start_payment(order_id, at=timezone.now())


@job("payments.cancel_order")
def cancel_order(order_id: int) -> None:
    with suppress(services.NotPayable):
        services.cancel_order(order_id, by="buyer", at=timezone.now())


@job("payments.apply_event")
def apply_event(event_id: str) -> None:
    services.apply_event(event_id, at=timezone.now())


@job("payments.send_refund")
def send_refund(refund_id: int) -> None:
    services.send_refund(refund_id, at=timezone.now())


@job("payments.refund_shipment")
def refund_shipment(shipment_id: int) -> None:
    services.refund_shipment(shipment_id, reason="cancelled", at=timezone.now())


@job("payments.settle_overdue")
def settle_overdue() -> None:
    """Each minute: what became of payments past their time, and of orders without any."""
    at = timezone.now()
    for order_id in services.settle_overdue(at=at):
        open_session.defer(order_id=order_id)
    services.expire_overdue(at=at)
    services.retry_parked(at=at)


@job("payments.catch_up")
def catch_up() -> None:
    """Each hour: events that never reached us, two hours back."""
    at = timezone.now()
    services.catch_up(at=at, since=at - timedelta(hours=2))


settle_overdue.every("* * * * *")
catch_up.every("23 * * * *")
