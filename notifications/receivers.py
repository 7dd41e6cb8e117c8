from typing import Any

from django.dispatch import receiver

from notifications import tasks
from orders.signals import order_paid, order_unfillable, shipment_delivered, shipment_shipped
from payments.signals import payment_failed, refund_succeeded


@receiver(order_paid)
def thank_the_shopper(sender: object, order_id: int, **kwargs: Any) -> None:
    tasks.tell_order.defer(kind="order_paid", order_id=order_id)


@receiver(order_paid)
def ask_the_makers(sender: object, order_id: int, **kwargs: Any) -> None:
    tasks.tell_makers.defer(kind="shipment_new", order_id=order_id)


@receiver(order_unfillable)
def apologise(sender: object, order_id: int, **kwargs: Any) -> None:
    tasks.tell_order.defer(kind="order_unfillable", order_id=order_id)


@receiver(payment_failed)
def tell_of_failure(sender: object, order_id: int, **kwargs: Any) -> None:
    tasks.tell_order.defer(kind="payment_failed", order_id=order_id)


@receiver(shipment_shipped)
def tell_of_posting(sender: object, shipment_id: int, **kwargs: Any) -> None:
    tasks.tell_shipment.defer(kind="shipment_shipped", shipment_id=shipment_id)


@receiver(shipment_delivered)
def tell_of_arrival(sender: object, shipment_id: int, **kwargs: Any) -> None:
    tasks.tell_shipment.defer(kind="shipment_delivered", shipment_id=shipment_id)


@receiver(refund_succeeded)
def tell_of_refund(sender: object, refund_id: int, **kwargs: Any) -> None:
    tasks.tell_refund.defer(kind="refund_succeeded", refund_id=refund_id)
