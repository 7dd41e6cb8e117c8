"""Mails about reviews: a new one to its workshop, an answer and a decision to its author."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext, ngettext

from catalog.models import Review
from catalog.review_pages import anchor_of
from makers_market.core.privacy import is_erased
from notifications.models import Mail
from notifications.writing import Written, dress
from orders.models import OrderLine

Words = dict[str, Any]
Recipients = list[tuple[str, str]]


@transaction.atomic
def queue_review_mails(kind: str, review_id: int, *, at: datetime) -> list[int]:
    """Queue the mails of a kind about a review; gives the ids of mails to send.

    Nobody is written to about a review that no sale stands behind, or that is gone.
    """
    found = Review.objects.select_related("product", "maker").filter(pk=review_id).first()
    if found is None or not found.purchase.startswith("line:"):
        return []
    recipients, words = KINDS[kind]
    return [
        _queue(kind, found, words, recipient=recipient, language=language, at=at)
        for recipient, language in recipients(found)
        if not is_erased(recipient)
    ]


def write_review_mail(
    review: Review, words: Callable[[Review], Words], *, language: str
) -> Written:
    """Write the mail about a review in a language."""
    with translation.override(language):
        about: Words = {"reason": "", "facts": [], "note": ""} | words(review)
        about["subject"] = " ".join(str(about["subject"]).split())
        return dress("decision", about, language=language)


def _queue(
    kind: str,
    review: Review,
    words: Callable[[Review], Words],
    *,
    recipient: str,
    language: str,
    at: datetime,
) -> int:
    written = write_review_mail(review, words, language=language)
    mail, _created = Mail.objects.get_or_create(
        kind=kind,
        subject=f"review:{review.uuid}",
        recipient=recipient,
        defaults={"language": language, "created_at": at, "content": written.to(recipient)},
    )
    return mail.pk


def _writers(review: Review) -> Recipients:
    """Give (address, language) of who may answer in the workshop."""
    members = review.maker.memberships.filter(user__is_active=True).select_related("user")
    return [
        (member.user.email, member.user.language)
        for member in members.order_by("user_id")
        if member.can("write_pieces")
    ]


def _author(review: Review) -> Recipients:
    """Give (address, language) of who bought the piece, as their order has it."""
    line = OrderLine.objects.filter(pk=review.purchase.partition(":")[2])
    return list(line.values_list("order__email", "order__language"))


def _to(path: str) -> str:
    return f"{settings.SITE_URL}{path}"


def _on_page(review: Review) -> Words:
    return {
        "button": gettext("See it on the piece's page"),
        "button_url": _to(f"{review.product.get_absolute_url()}#{anchor_of(review)}"),
    }


def _stars(count: int) -> str:
    return ngettext("%(count)d star", "%(count)d stars", count) % {"count": count}


def _written(review: Review) -> Words:
    piece = {"title": review.product.title}
    return {
        "subject": gettext("New review: %(title)s") % piece,
        "heading": gettext("%(title)s has a new review") % piece,
        "lead": gettext("You can answer it; everybody reads your answer under the review."),
        "button": gettext("Open your reviews"),
        "button_url": _to(reverse("workshop:reviews")),
        "facts": [
            (gettext("The piece"), _stars(review.stars)),
            (gettext("Selling and posting"), _stars(review.maker_stars)),
        ],
    }


def _replied(review: Review) -> Words:
    names = {"name": review.maker.name, "title": review.product.title}
    return _on_page(review) | {
        "subject": gettext("%(name)s answered your review") % names,
        "heading": gettext("%(name)s answered your review") % names,
        "lead": gettext("It is about %(title)s; the answer stands under your review.") % names,
    }


def _hidden(review: Review) -> Words:
    piece = {"title": review.product.title}
    return {
        "subject": gettext("Not shown any more: your review of %(title)s") % piece,
        "heading": gettext("We do not show your review of %(title)s any more") % piece,
        "lead": gettext("Somebody reported it, and a person read it and decided."),
        "button": gettext("Write to us about it"),
        "button_url": f"mailto:{settings.MARKET['email']}",
        "reason": review.hidden_why,
    }


KINDS: dict[str, tuple[Callable[[Review], Recipients], Callable[[Review], Words]]] = {
    "review_written": (_writers, _written),
    "review_replied": (_author, _replied),
    "review_hidden": (_author, _hidden),
}
