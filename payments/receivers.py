from typing import Any

from django.dispatch import receiver

from orders.signals import order_placed, shipment_cancelled
from payments import tasks
from payments.signals import event_received, refund_requested


@receiver(order_placed)
def open_the_payment_page(sender: object, order_id: int, **kwargs: Any) -> None:
    tasks.open_session.defer(order_id=order_id)


@receiver(shipment_cancelled)
def pay_the_parcel_back(sender: object, shipment_id: int, **kwargs: Any) -> None:
    tasks.refund_shipment.defer(shipment_id=shipment_id)


@receiver(refund_requested)
def send_the_refund(sender: object, refund_id: int, **kwargs: Any) -> None:
    tasks.send_refund.defer(refund_id=refund_id)


@receiver(event_received)
def apply_the_event(sender: object, event_id: str, **kwargs: Any) -> None:
    tasks.apply_event.defer(event_id=event_id)
