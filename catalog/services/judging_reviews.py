"""Anybody reports a review, a moderator decides: it is hidden, or it stays.

A hidden review leaves all numbers at once, and its author is told why.
"""

import hashlib
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.services.applying import refuse_own_workshop
from catalog.models import Review, ReviewReport
from catalog.services.rating import count_stars
from catalog.services.staging import ChangedMeanwhile
from catalog.signals import review_hidden
from makers_market.core.audit_log import record
from makers_market.core.errors import Refusal
from makers_market.core.lifecycle import IllegalMove

REASON_MIN, REASON_MAX = 10, 200
NOTE_MAX = 300


class AuthorNeedsReason(Refusal):
    """Whoever wrote a review is told why it is hidden."""

    def __init__(self) -> None:
        super().__init__(_("Give the author a reason, in 10 to 200 characters."))


@transaction.atomic
def report_review(
    review: UUID, *, reporter: str, reason: str, note: str = "", at: datetime
) -> bool:
    """Ask a moderator to look at a review; False if this reporter has asked already.

    `reporter` is "user:<id>" or a keyed digest of a guest's address. Raises Review.DoesNotExist
    for one that is hidden.
    """
    found = Review.objects.only("pk").get(uuid=review, state=Review.SHOWN)
    fields = {"reason": reason, "note": note[:NOTE_MAX], "at": at}
    _report, created = ReviewReport.objects.get_or_create(
        review=found, reporter=reporter, defaults=fields
    )
    return created


def seen_of(review: Review) -> str:
    """Name what a review says now, so that nothing is decided on what was not read."""
    said = "\0".join([review.state, str(review.stars), review.author_name, review.title,
                      review.words, review.reply])  # fmt: skip
    return hashlib.sha256(said.encode()).hexdigest()[:32]


@transaction.atomic
def hide_review(review: UUID, *, seen: str, by: str, at: datetime, why: str) -> None:
    """Hide a reported review; piece and maker lose its stars at once. Tells review_hidden.

    Locks review, listing and rating. Raises IllegalMove unless a report waits, ChangedMeanwhile
    if it is not what the moderator saw, AuthorNeedsReason, OwnWorkshop.
    """
    why = why.strip()
    if not REASON_MIN <= len(why) <= REASON_MAX or "\0" in why:
        raise AuthorNeedsReason
    found = _reported(review, seen=seen, by=by)
    Review.objects.filter(pk=found.pk).update(state=Review.HIDDEN, hidden_why=why)
    _close(found, by=by, at=at)
    count_stars(found.product_id, found.maker_id)
    changes = {"status": (Review.SHOWN, Review.HIDDEN)}
    record("review.hidden", found, by=by, at=at, maker=found.maker_id, changes=changes, why=why)
    review_hidden.send(Review, review_id=found.pk)


@transaction.atomic
def keep_review(review: UUID, *, seen: str, by: str, at: datetime) -> None:
    """Let a reported review stand; closes its reports.

    Locks the review. Raises IllegalMove unless a report waits, ChangedMeanwhile, OwnWorkshop.
    """
    found = _reported(review, seen=seen, by=by)
    _close(found, by=by, at=at)
    record("review.kept", found, by=by, at=at, maker=found.maker_id)


def _reported(review: UUID, *, seen: str, by: str) -> Review:
    found = Review.objects.select_for_update().get(uuid=review)
    refuse_own_workshop(found.maker_id, by=by)
    if found.state != Review.SHOWN or not found.reports.filter(decided_at=None).exists():
        raise IllegalMove("Review", "decided", "decided")
    if seen_of(found) != seen:
        raise ChangedMeanwhile
    return found


def _close(review: Review, *, by: str, at: datetime) -> None:
    review.reports.filter(decided_at=None).update(decided_at=at, decided_by=by)
