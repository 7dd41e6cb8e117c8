"""The last mail to somebody whose account was erased; afterwards its row forgets them too."""

import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext

from makers_market.core.privacy import erased_email
from notifications.models import Mail
from notifications.writing import dress

KIND = "account_erased"


@transaction.atomic
def queue_farewell(*, recipient: str, language: str, at: datetime) -> int:
    """Queue the mail that confirms a deletion; gives its id. Its words name nobody."""
    with translation.override(language):
        written = dress(KIND, _words(), language=language)
    mail = Mail.objects.create(
        kind=KIND,
        subject=f"account:{uuid.uuid4()}",
        recipient=recipient,
        language=language,
        is_secret=True,
        content=written.to(recipient),
        created_at=at,
    )
    return mail.pk


def _words() -> dict[str, Any]:
    return {
        "subject": gettext("Your account is closed and your data are erased"),
        "heading": gettext("Your account is closed"),
        "lead": gettext(
            "We have erased what we knew about you. Of your orders we keep what the law wants in"
            " our books: what was sold, when and for how much, without your name and address."
        ),
        "button": gettext("See what is new"),
        "button_url": settings.SITE_URL,
    }


@transaction.atomic
def forget_recipient(mail_id: int) -> None:
    """Wipe address and words of a farewell that was sent or refused for good."""
    ended = Mail.objects.select_for_update().filter(
        pk=mail_id, kind=KIND, state__in=[Mail.SENT, Mail.REFUSED]
    )
    for mail in ended:
        mail.recipient, mail.content = erased_email(mail.uuid), None
        mail.save(update_fields=["recipient", "content"])
