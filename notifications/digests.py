"""The weekly mail about new pieces of the makers somebody follows."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext, ngettext

from accounts.models import User
from catalog.cards import Card, cards_of
from catalog.models import Follow, Listing
from catalog.wished import digest_token
from makers_market.core.privacy import is_erased
from notifications.models import Mail
from notifications.writing import Written, dress

KIND = "digest"
PIECES_MAX = 8
BATCH = 500
MONDAY, HOUR = 0, 8


def is_time(at: datetime) -> bool:
    """Tell whether it is Monday after eight in Lisbon, in summer as in winter."""
    local = timezone.localtime(at)
    return local.weekday() == MONDAY and local.hour >= HOUR


def week_of(at: datetime) -> str:
    """Name the week of a moment in Lisbon: "2026-W48"."""
    year, week, _day = timezone.localtime(at).isocalendar()
    return f"{year}-W{week:02}"


def readers(*, after: int, at: datetime) -> list[int]:
    """Give the next people by id, some at a time, for whom there is something new."""
    new = Listing.objects.on_sale().filter(
        maker=OuterRef("maker"), published_at__gt=OuterRef("told_until"), published_at__lte=at
    )
    wished = Follow.objects.filter(Exists(new), wants_mail=True, user__is_active=True)
    ids = wished.filter(user_id__gt=after).order_by("user_id").values_list("user_id", flat=True)
    return list(ids.distinct()[:BATCH])


@transaction.atomic
def queue_digest(user_id: int, *, at: datetime) -> bool:
    """Queue one person's mail with up to `PIECES_MAX` new pieces; False where nothing is new.

    Once a week whoever asks: the mail is unique by person and week, and what it tells of is not
    told again. Locks the person's follows.
    """
    follows = Follow.objects.filter(user=user_id, wants_mail=True, user__is_active=True)
    keys = [follow.pk for follow in follows.select_for_update(of=("self",)).order_by("pk")]
    found = _new_pieces(keys, at)
    person = User.objects.filter(pk=user_id).first()
    if person is None or not found or is_erased(person.email):
        return False
    cards, count = cards_of(found[:PIECES_MAX]), len(found)
    _mail, created = Mail.objects.get_or_create(
        kind=KIND,
        subject=f"digest:{user_id}:{week_of(at)}",
        recipient=person.email,
        defaults={
            "language": person.language,
            "created_at": at,
            "content": _content(person, cards, count),
        },
    )
    if created:
        Follow.objects.filter(pk__in=keys).update(told_until=at)
    return created


def _new_pieces(follow_ids: list[int], at: datetime) -> list[Listing]:
    """Give what the followed makers put on sale since they were told of, newest first."""
    since = Listing.objects.on_sale().filter(
        maker__follows__in=follow_ids,
        published_at__gt=F("maker__follows__told_until"),
        published_at__lte=at,
    )
    return list(since.newest_first().for_cards())


def unsent(*, at: datetime) -> list[int]:
    """Give the ids of this week's mails that still wait to be sent."""
    queued = Mail.objects.filter(kind=KIND, state=Mail.QUEUED, subject__endswith=f":{week_of(at)}")
    return list(queued.order_by("pk").values_list("pk", flat=True))


def _content(person: User, cards: list[Card], count: int) -> dict[str, Any]:
    """Give the mail with the link that ends such mails, for people and for mail programs.

    Source: https://www.rfc-editor.org/rfc/rfc8058
    """
    with translation.override(person.language):
        path = reverse("catalog:stop_digest", args=[digest_token(person.pk)])
        end_url = settings.SITE_URL + path
        written = write_digest(person, cards, count, end_url)
    headers = {
        "List-Unsubscribe": f"<{end_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    return written.to(person.email) | {"headers": headers}


def write_digest(person: User, cards: list[Card], count: int, end_url: str) -> Written:
    """Write the mail about `count` new pieces, of which `cards` are shown."""
    words = {"count": count, "maker": cards[0].maker_name}
    makers = {card.maker_slug for card in cards}
    if len(makers) == 1:
        heading = gettext("New from %(maker)s") % words
    else:
        heading = gettext("New from makers you follow")
    lead = ngettext(
        "One new piece since we last wrote to you.",
        "%(count)d new pieces since we last wrote to you.",
        count,
    )
    about = {
        "subject": heading,
        "heading": heading,
        "lead": lead % words,
        "button": gettext("See all that is new"),
        "button_url": settings.SITE_URL + reverse("catalog:following"),
        "cards": cards,
        "end_url": end_url,
    }
    return dress(KIND, about, language=person.language)
