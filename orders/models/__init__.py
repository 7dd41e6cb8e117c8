"""Baskets before the sale, orders after it."""

from orders.models.basket import Basket, BasketLine
from orders.models.order import Hold, Order, OrderLine, OrderMove
from orders.models.shipment import DeliveryNews, Shipment, ShipmentMove

__all__ = [
    "Basket",
    "BasketLine",
    "DeliveryNews",
    "Hold",
    "Order",
    "OrderLine",
    "OrderMove",
    "Shipment",
    "ShipmentMove",
]
