"""Doors of the worker into notifications."""

from django.utils import timezone

from makers_market.core.crash import crash_point
from makers_market.core.jobs import job
from notifications import alerts, decisions, digests, farewell, forgetting, reviews, services


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


@job("notifications.tell_review")
def tell_review(kind: str, review_id: int) -> None:
    _send(reviews.queue_review_mails(kind, review_id, at=timezone.now()))


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


@job("notifications.tell_alerts")
def tell_alerts(variant_id: int) -> None:
    at = timezone.now()
    while alerts.queue_alert_mails(variant_id, at=at):
        pass
    crash_point("alerts_queued")
    _send(alerts.unsent(variant_id, at=at))


@job("notifications.tell_late_alerts")
def tell_late_alerts() -> None:
    """Each hour: tell of what came back without a sale or a delivery, as with a new week."""
    for variant_id in alerts.variants_back():
        tell_alerts.defer(variant_id=variant_id)


tell_late_alerts.every("23 * * * *")


@job("notifications.send_digests")
def send_digests() -> None:
    """Each Monday at eight in Lisbon, whatever the season; a second run finds nothing new."""
    at, last = timezone.now(), 0
    if not digests.is_time(at):
        return
    while user_ids := digests.readers(after=last, at=at):
        for user_id in user_ids:
            digests.queue_digest(user_id, at=at)
        last = user_ids[-1]
    _send(digests.unsent(at=at))


send_digests.every("0 7,8 * * 1")


def _send(mail_ids: list[int]) -> None:
    for mail_id in mail_ids:
        send_mail.defer(mail_id=mail_id)
