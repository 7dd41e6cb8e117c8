from typing import Any

from django.dispatch import receiver

from orders import tasks
from orders.signals import shipment_shipped


@receiver(shipment_shipped)
def tell_the_carrier(sender: object, shipment_id: int, **kwargs: Any) -> None:
    tasks.book_carrier.defer(shipment_id=shipment_id)
