"""Doors of the worker into notifications."""

from django.utils import timezone

from makers_market.core.jobs import job
from notifications import services


@job("notifications.tell_order")
def tell_order(kind: str, order_id: int) -> None:
    _send(services.queue_order_mail(kind, order_id, at=timezone.now()))


@job("notifications.tell_makers")
def tell_makers(kind: str, order_id: int) -> None:
    _send(services.queue_maker_mails(kind, order_id, at=timezone.now()))


@job("notifications.tell_shipment")
def tell_shipment(kind: str, shipment_id: int) -> None:
    _send(services.queue_shipment_mail(kind, shipment_id, at=timezone.now()))


@job("notifications.tell_refund")
def tell_refund(kind: str, refund_id: int) -> None:
    _send(services.queue_refund_mail(kind, refund_id, at=timezone.now()))


@job("notifications.send_mail")
def send_mail(mail_id: int) -> None:
    services.send_mail(mail_id, at=timezone.now())


def _send(mail_ids: list[int]) -> None:
    for mail_id in mail_ids:
        send_mail.defer(mail_id=mail_id)
