"""Doors of the worker into orders."""

from django.utils import timezone

from catalog import services as catalog
from makers_market.core.jobs import job
from orders import services
from orders.popularity import sold_lately


@job("orders.book_carrier")
def book_carrier(shipment_id: int) -> None:
    services.book_carrier(shipment_id)


@job("orders.settle_shipments")
def settle_shipments() -> None:
    services.settle_shipments(at=timezone.now())


settle_shipments.every("7 * * * *")


@job("orders.count_sales")
def count_sales() -> None:
    """Each hour: tell the catalogue how many of each piece were sold lately."""
    catalog.record_sales(sold_lately(at=timezone.now()))


count_sales.every("23 * * * *")
