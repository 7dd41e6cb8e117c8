"""Mails are not kept for ever: after a while only the fact stays that one was sent."""

from datetime import datetime, timedelta

from django.db.models import TextField, Value
from django.db.models.functions import Cast, Concat

from makers_market.core.privacy import ERASED_DOMAIN
from notifications.models import Mail

# Long enough to answer "I never got it"; docs/privacy.md names it.
WORDS_LIVE = timedelta(days=90)
BATCH = 1000


def forget_old_mails(*, at: datetime) -> int:
    """Wipe words and recipient of mails that ended 90 days ago, a batch at a time; gives how many.

    They keep their kind and subject, so that none is sent a second time. Safe to repeat.
    """
    ended = Mail.objects.filter(
        created_at__lt=at - WORDS_LIVE, state__in=[Mail.SENT, Mail.REFUSED]
    ).exclude(recipient__endswith=f"@{ERASED_DOMAIN}")
    keys = list(ended.order_by("pk").values_list("pk", flat=True)[:BATCH])
    nobody = Concat(
        Value("erased-"),
        Cast("uuid", TextField()),
        Value(f"@{ERASED_DOMAIN}"),
        output_field=TextField(),
    )
    return Mail.objects.filter(pk__in=keys).update(content=None, recipient=nobody, last_error="")
