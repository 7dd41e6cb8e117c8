"""The verbs of orders: baskets are filled, orders placed and paid, parcels sent."""

from orders.services.filling import (
    BasketFull,
    UnknownPiece,
    add_to_basket,
    change_quantity,
    choose_country,
    open_basket,
    refill_basket,
    remove_from_basket,
)
from orders.services.paying import (
    end_unpaid,
    extend_time_to_pay,
    fail_order,
    mark_paid,
    mark_paying,
    mark_refunded,
    wish_to_cancel,
)
from orders.services.placing import (
    Buyer,
    CannotDeliver,
    Delivery,
    EmptyBasket,
    PriceChanged,
    place_order,
)
from orders.services.shipping import (
    accept_shipment,
    book_carrier,
    cancel_shipment,
    hand_over_shipment,
    record_delivery_news,
    settle_shipments,
    ship_shipment,
)

__all__ = [
    "BasketFull",
    "Buyer",
    "CannotDeliver",
    "Delivery",
    "EmptyBasket",
    "PriceChanged",
    "UnknownPiece",
    "accept_shipment",
    "add_to_basket",
    "book_carrier",
    "cancel_shipment",
    "change_quantity",
    "choose_country",
    "end_unpaid",
    "extend_time_to_pay",
    "fail_order",
    "hand_over_shipment",
    "mark_paid",
    "mark_paying",
    "mark_refunded",
    "open_basket",
    "place_order",
    "record_delivery_news",
    "refill_basket",
    "remove_from_basket",
    "settle_shipments",
    "ship_shipment",
    "wish_to_cancel",
]
