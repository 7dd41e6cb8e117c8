"""Doors of orders: the basket, checkout, the order's page, and the carrier's calls."""

from orders.views.basket import add, basket, change, country, refill, remove
from orders.views.callbacks import delivery_callback
from orders.views.checkout import address, delivery, pay
from orders.views.order import mine, numbered, order, order_parcels
from orders.views.review import review

__all__ = [
    "add",
    "address",
    "basket",
    "change",
    "country",
    "delivery",
    "delivery_callback",
    "mine",
    "numbered",
    "order",
    "order_parcels",
    "pay",
    "refill",
    "remove",
    "review",
]
