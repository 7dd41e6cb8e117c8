"""What waits for a moderator, of every kind in one list."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, Min, Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Maker
from catalog.models import Product, Review, Revision

MAKER, PRODUCT, REVISION, REVIEW = "maker", "product", "revision", "review"
KINDS: dict[str, str | Promise] = {
    MAKER: _("Application"),
    PRODUCT: _("New piece"),
    REVISION: _("Changed piece"),
    REVIEW: _("Reported review"),
}
SHOWN_MAX = 200


@dataclass(frozen=True)
class Waiting:
    """One thing that waits: since when, of which shop, and where it is decided."""

    kind: str
    key: Any
    title: str
    shop: str
    since: datetime

    @property
    def kind_words(self) -> str:
        return str(KINDS[self.kind])

    @property
    def url(self) -> str:
        return reverse(f"admin:moderate_{self.kind}", args=[self.key])


def makers_waiting() -> Any:
    """Give the applications that wait, the longest wait first, each with `sent_at`."""
    sent_at = Max("moves__at", filter=Q(moves__to_status=Maker.SUBMITTED))
    waiting = Maker.objects.filter(status=Maker.SUBMITTED).annotate(sent_at=sent_at)
    return waiting.order_by("sent_at", "pk")


def products_waiting() -> Any:
    return Product.objects.awaiting_review().select_related("maker")


def revisions_waiting() -> Any:
    return Revision.objects.awaiting_review().select_related("product__maker")


def reviews_waiting() -> Any:
    """Give the reviews that somebody reported, the longest wait first, each with `sent_at`."""
    sent_at = Min("reports__at", filter=Q(reports__decided_at=None))
    reported = Review.objects.filter(state=Review.SHOWN).annotate(sent_at=sent_at)
    waiting = reported.filter(sent_at__isnull=False).select_related("product__maker")
    return waiting.order_by("sent_at", "pk")


def waiting() -> list[Waiting]:
    """Give the queue, oldest first, at most 200 of a kind; four queries."""
    rows = [
        Waiting(MAKER, maker.pk, maker.name, maker.name, maker.sent_at)
        for maker in makers_waiting()[:SHOWN_MAX]
    ]
    rows += [
        Waiting(PRODUCT, piece.pk, piece.title, piece.maker.name, piece.sent_at)
        for piece in products_waiting()[:SHOWN_MAX]
    ]
    rows += [
        Waiting(
            REVISION,
            change.uuid,
            change.product.title,
            change.product.maker.name,
            change.submitted_at,
        )
        for change in revisions_waiting()[:SHOWN_MAX]
    ]
    rows += [
        Waiting(REVIEW, said.uuid, said.product.title, said.product.maker.name, said.sent_at)
        for said in reviews_waiting()[:SHOWN_MAX]
    ]
    return sorted(rows, key=lambda row: (row.since, row.kind, str(row.key)))


def count_waiting() -> int:
    kinds = (makers_waiting, products_waiting, revisions_waiting, reviews_waiting)
    return sum(waiting_of().count() for waiting_of in kinds)
