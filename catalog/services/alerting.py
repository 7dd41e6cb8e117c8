"""Somebody asks for one mail when a sold-out variant is for sale again."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts.models import User
from catalog.models import Product, StockAlert, Variant
from catalog.signals import stock_returned

# Who has waited for longer has forgotten it.
ALERTS_LIVE = timedelta(days=180)
# A job that died in between runs again within this; then the address is no longer needed.
TOLD_LIVE = timedelta(days=7)
SWEEP = 1000


def ask_for_alert(
    variant: Variant, *, email: str, language: str, user: User | None, at: datetime
) -> None:
    """Remember to write to an address when a variant is back, once however often it is asked for.

    `user` is the account whose own address it is. Asked for again, it lives for as long again.
    """
    waiting = StockAlert.objects.filter(variant=variant, email=email, told_at=None)
    if waiting.update(asked_at=at, language=language):
        return
    try:
        with transaction.atomic():
            StockAlert.objects.create(
                variant=variant, email=email, language=language, user=user, asked_at=at
            )
    except IntegrityError:
        # Asked for twice at the same moment: the other one is as good.
        return


def claim_alert(alert_id: int, *, at: datetime) -> bool:
    """Take an alert to be told, by one conditional update; False if another has, or it is gone."""
    return StockAlert.objects.filter(pk=alert_id, told_at=None).update(told_at=at) == 1


def end_alerts(email: str) -> int:
    """Forget everything an address still waits for; gives how many alerts that were."""
    gone, _by_model = StockAlert.objects.filter(email=email, told_at=None).delete()
    return gone


def tell_returned(variant_ids: Iterable[int]) -> None:
    """Tell `stock_returned` of variants of which none were for sale until this transaction.

    Only those that somebody waits for; who begins to wait in this moment is told by the hour.
    """
    returned = list(variant_ids)
    if not returned:
        return
    waiting = StockAlert.objects.filter(variant__in=returned, told_at=None)
    for variant_id in sorted(set(waiting.values_list("variant_id", flat=True))):
        stock_returned.send(sender=None, variant_id=variant_id)


def tell_piece_returned(product: Product) -> None:
    """Tell `stock_returned` of a piece's variants in the transaction that puts it on sale again."""
    variants = product.variants.select_related("stock").order_by("pk")
    tell_returned(variant.pk for variant in variants if variant.stock.available > 0)


def sweep_alerts(*, at: datetime) -> int:
    """Delete alerts that waited for half a year and those told a week ago, some at a time."""
    over = Q(asked_at__lt=at - ALERTS_LIVE) | Q(told_at__lt=at - TOLD_LIVE)
    keys = list(StockAlert.objects.filter(over).order_by("pk").values_list("pk", flat=True)[:SWEEP])
    StockAlert.objects.filter(pk__in=keys).delete()
    return len(keys)
