"""Doors of the worker into notifications."""

from django.utils import timezone

from makers_market.core.jobs import job
from notifications import decisions, farewell, forgetting, services


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


@job("notifications.tell_decision")
def tell_decision(kind: str, row_id: int) -> None:
    _send(decisions.queue_decision_mails(kind, row_id, at=timezone.now()))


@job("notifications.send_mail")
def send_mail(mail_id: int) -> None:
    services.send_mail(mail_id, at=timezone.now())


@job("notifications.say_farewell")
def say_farewell(mail_id: int) -> None:
    services.send_mail(mail_id, at=timezone.now())
    farewell.forget_recipient(mail_id)


@job("notifications.forget_old_mails")
def forget_old_mails() -> None:
    while forgetting.forget_old_mails(at=timezone.now()) == forgetting.BATCH:
        pass


forget_old_mails.every("40 3 * * *")


def _send(mail_ids: list[int]) -> None:
    for mail_id in mail_ids:
        send_mail.defer(mail_id=mail_id)
