"""Invariants 7 and 8, the part that mails can see."""

from datetime import timedelta

from django.db.models.functions import Now

from makers_market.core.audit import invariant
from notifications.models import Mail
from orders.models import Order, OrderMove


@invariant("8c every paid order was thanked for, once")
def paid_orders_are_thanked() -> list[str]:
    thanked = set(Mail.objects.filter(kind="order_paid").values_list("subject", flat=True))
    paid = OrderMove.objects.filter(
        to_status=Order.PAID, at__lt=Now() - timedelta(minutes=5)
    ).values_list("subject__uuid", flat=True)
    return [
        f"order {uuid} was never thanked for" for uuid in paid if f"order:{uuid}" not in thanked
    ]


@invariant("9b no mail waits for an hour")
def mails_move() -> list[str]:
    waiting = Mail.objects.filter(
        state__in=[Mail.QUEUED, Mail.SENDING], created_at__lt=Now() - timedelta(hours=1)
    )
    return [f"mail {mail}" for mail in waiting]
