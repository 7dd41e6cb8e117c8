"""The one mail that says a piece is back: its words are written when it is queued."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from catalog import services as catalog
from catalog.cards import Card, cards_for
from catalog.models import StockAlert, Variant
from catalog.wished import alerts_token
from makers_market.core.crash import crash_point
from makers_market.core.privacy import is_erased
from notifications.models import Mail
from notifications.writing import Written, dress

KIND = "stock_back"
BATCH = 200
# A job that died between queueing and sending runs again well within this.
RERUNS_WITHIN = timedelta(days=2)


@transaction.atomic
def queue_alert_mails(variant_id: int, *, at: datetime) -> int:
    """Queue the mail to who waits for a variant, some at a time; gives how many were told.

    Nobody while it is not for sale: whoever waits goes on waiting. Each alert is claimed by one
    conditional update in this transaction, so that of any number of jobs one queues its mail.
    """
    variant = _for_sale(variant_id)
    if variant is None:
        return 0
    waiting = StockAlert.objects.filter(variant=variant, told_at=None).order_by("pk")
    claimed = [alert for alert in waiting[:BATCH] if catalog.claim_alert(alert.pk, at=at)]
    crash_point("alerts_claimed")
    for alert in claimed:
        _queue(alert, variant, at=at)
    return len(claimed)


def variants_back() -> list[int]:
    """Give the variants that are awaited and for sale: a new week makes room without any sale."""
    awaited = StockAlert.objects.filter(told_at=None).order_by("variant")
    keys = awaited.values_list("variant", flat=True).distinct()
    return [key for key in keys if _for_sale(key) is not None]


def _for_sale(variant_id: int) -> Variant | None:
    found = Variant.objects.select_related("stock", "product__maker__workload")
    variant = found.filter(pk=variant_id, is_offered=True).first()
    if variant is None or variant.available <= 0:
        return None
    product = variant.product
    return variant if product.status == product.LIVE and product.maker.is_open else None


def _queue(alert: StockAlert, variant: Variant, *, at: datetime) -> None:
    if is_erased(alert.email):
        return
    written = write_alert(alert, variant)
    Mail.objects.get_or_create(
        kind=KIND,
        subject=f"alert:{alert.uuid}",
        recipient=alert.email,
        defaults={"language": alert.language, "created_at": at, "content": written.to(alert.email)},
    )


def unsent(variant_id: int, *, at: datetime) -> list[int]:
    """Give the ids of mails about a variant that still wait to be sent."""
    told = StockAlert.objects.filter(variant=variant_id, told_at__gte=at - RERUNS_WITHIN)
    subjects = [f"alert:{uuid}" for uuid in told.values_list("uuid", flat=True)]
    queued = Mail.objects.filter(kind=KIND, state=Mail.QUEUED, subject__in=subjects)
    return list(queued.order_by("pk").values_list("pk", flat=True))


def write_alert(alert: StockAlert, variant: Variant) -> Written:
    """Write the mail about one variant in the language it was asked for in."""
    with translation.override(alert.language):
        cards = cards_for([variant.product_id])
        return dress(KIND, _words(alert, variant, cards), language=alert.language)


def _words(alert: StockAlert, variant: Variant, cards: list[Card]) -> dict[str, Any]:
    words = {"title": variant.product.title, "maker": variant.product.maker.first_name}
    end = reverse("catalog:end_alerts", args=[alerts_token(alert.email)])
    return {
        "subject": gettext("Back: %(title)s") % words,
        "heading": gettext("%(title)s is back") % words,
        "lead": gettext(
            "You asked us to tell you. %(maker)s has some for sale again; it may sell out again,"
            " and we cannot keep one for you."
        )
        % words,
        "button": gettext("See the piece"),
        "button_url": settings.SITE_URL + variant.url,
        "cards": cards,
        "choice": variant.title,
        "price_cents": variant.price_cents,
        "end_url": settings.SITE_URL + end,
    }
