"""Doors of the worker into orders."""

from django.utils import timezone

from makers_market.core.jobs import job
from orders import services


@job("orders.book_carrier")
def book_carrier(shipment_id: int) -> None:
    services.book_carrier(shipment_id)


@job("orders.settle_shipments")
def settle_shipments() -> None:
    services.settle_shipments(at=timezone.now())


settle_shipments.every("7 * * * *")
