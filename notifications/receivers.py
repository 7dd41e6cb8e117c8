from typing import Any

from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone

from accounts.signals import account_mail_wished, maker_decided, member_invited
from catalog.signals import (
    product_decided,
    review_hidden,
    review_replied,
    review_written,
    revision_decided,
    stock_ran_low,
    stock_returned,
)
from notifications import account_mail, tasks
from orders.signals import order_paid, order_unfillable, shipment_delivered, shipment_shipped
from payments.signals import payment_failed, refund_succeeded


@receiver(account_mail_wished)
@transaction.atomic
def mail_about_account(
    kind: str, recipient: str, language: str, facts: dict[str, str], **kwargs: Any
) -> None:
    """Keep the words in the mail's row and name only the row in the job: codes are secret."""
    mail_id = account_mail.queue_account_mail(
        kind=kind, recipient=recipient, language=language, facts=facts, at=timezone.now()
    )
    tasks.send_mail.defer(mail_id=mail_id)


@receiver(maker_decided)
def tell_about_shop(sender: object, move_id: int, **kwargs: Any) -> None:
    tasks.tell_decision.defer(kind="maker_decided", row_id=move_id)


@receiver(product_decided)
def tell_about_piece(sender: object, move_id: int, **kwargs: Any) -> None:
    tasks.tell_decision.defer(kind="product_decided", row_id=move_id)


@receiver(revision_decided)
def tell_about_change(sender: object, revision_id: int, **kwargs: Any) -> None:
    tasks.tell_decision.defer(kind="revision_decided", row_id=revision_id)


@receiver(member_invited)
def invite(sender: object, invitation_id: int, **kwargs: Any) -> None:
    tasks.tell_decision.defer(kind="member_invited", row_id=invitation_id)


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


@receiver(stock_returned)
def tell_who_waits(sender: object, variant_id: int, **kwargs: Any) -> None:
    tasks.tell_alerts.defer(variant_id=variant_id)


@receiver(stock_ran_low)
def tell_of_the_last_few(sender: object, movement_id: int, **kwargs: Any) -> None:
    tasks.tell_decision.defer(kind="stock_low", row_id=movement_id)


@receiver(review_written)
def tell_the_workshop_of_a_review(sender: object, review_id: int, **kwargs: Any) -> None:
    tasks.tell_review.defer(kind="review_written", review_id=review_id)


@receiver(review_replied)
def tell_the_author_of_a_reply(sender: object, review_id: int, **kwargs: Any) -> None:
    tasks.tell_review.defer(kind="review_replied", review_id=review_id)


@receiver(review_hidden)
def tell_the_author_it_is_hidden(sender: object, review_id: int, **kwargs: Any) -> None:
    tasks.tell_review.defer(kind="review_hidden", review_id=review_id)
