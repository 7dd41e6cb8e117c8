"""Buyers write reviews, makers answer, readers find them helpful.

Who may write is for the door to know: it has seen the line of an order that arrived. Rows are
locked in the order review, listing, rating of the maker.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from accounts.queries import is_address_of
from catalog.models import Product, Review, ReviewPicture, ReviewVote
from catalog.services.keeping import Original
from catalog.services.rating import count_stars
from catalog.signals import (
    original_unneeded,
    review_picture_sent,
    review_replied,
    review_written,
)
from makers_market.core.audit_log import record
from makers_market.core.errors import Refusal

PICTURES_MAX = 4
WORDS_MAX = 2000
# What is written in the first weeks is often changed once the piece has been in use.
CHANGED_WITHIN = timedelta(days=14)


class AlreadyWritten(Refusal):
    """There is a review of this purchase."""

    def __init__(self) -> None:
        super().__init__(_("You have reviewed this piece already."))


class OwnPiece(Refusal):
    """Nobody reviews, or finds helpful, what their own workshop makes."""

    def __init__(self) -> None:
        super().__init__(_("You work in this workshop: its reviews are for others to write."))


class NotOwnVote(Refusal):
    """An author's own review is not for the author to find helpful."""

    def __init__(self) -> None:
        super().__init__(_("This is your own review: others say whether it helped them."))


class TooLate(Refusal):
    """A review can be changed for 14 days, and not once it is hidden."""

    def __init__(self) -> None:
        super().__init__(_("This review can no longer be changed."))


class TooManyReviewPictures(Refusal):
    """A review shows at most four pictures."""

    def __init__(self) -> None:
        super().__init__(_("A review shows at most four pictures."))


class EmptyReply(Refusal):
    """A reply says something, in at most 2,000 characters."""

    def __init__(self) -> None:
        super().__init__(_("Write a reply of at most 2,000 characters."))


@dataclass(frozen=True)
class Bought:
    """What a review is about: a purchase ("line:<id>"), its piece, and whose it was.

    `email` is the address of the order: a guest may be somebody of the workshop too.
    """

    purchase: str
    product_id: int
    variant_title: str
    buyer_id: int | None
    email: str = ""

    @property
    def actor(self) -> str:
        return f"user:{self.buyer_id}" if self.buyer_id else "guest"


@dataclass(frozen=True)
class Opinion:
    """What somebody thinks: stars from 1 to 5 for the piece and for its maker, and words."""

    stars: int
    maker_stars: int
    name: str
    title: str
    words: str
    language: str


@transaction.atomic
def write_review(
    bought: Bought, opinion: Opinion, *, originals: Sequence[Original] = (), at: datetime
) -> Review:
    """Publish the review of a purchase; the numbers of piece and maker change with it.

    Tells review_written. Raises AlreadyWritten, also to the second half of a double click,
    OwnPiece, TooManyReviewPictures.
    """
    product = Product.objects.only("pk", "maker_id").get(pk=bought.product_id)
    _refuse_own(product.maker_id, bought.buyer_id, bought.email)
    review = _create(bought, opinion, product, at)
    _add_pictures(review, originals)
    count_stars(product.pk, product.maker_id)
    changes = {"stars": (None, review.stars), "maker_stars": (None, review.maker_stars)}
    record(
        "review.written", review, by=bought.actor, at=at, maker=product.maker_id, changes=changes
    )
    review_written.send(Review, review_id=review.pk)
    return review


def _create(bought: Bought, opinion: Opinion, product: Product, at: datetime) -> Review:
    try:
        with transaction.atomic():
            return Review.objects.create(
                product=product,
                maker_id=product.maker_id,
                purchase=bought.purchase,
                author_id=bought.buyer_id,
                variant_title=bought.variant_title,
                written_at=at,
                **_fields(opinion),
            )
    except IntegrityError as error:
        raise AlreadyWritten from error


def _fields(opinion: Opinion) -> dict[str, str | int]:
    return {
        "stars": opinion.stars,
        "maker_stars": opinion.maker_stars,
        "author_name": opinion.name,
        "title": opinion.title,
        "words": opinion.words[:WORDS_MAX],
        "language": opinion.language,
    }


@transaction.atomic
def change_review(
    purchase: str, opinion: Opinion, *, originals: Sequence[Original] = (), by: str, at: datetime
) -> None:
    """Write a review anew within 14 days; new pictures are added to those it has.

    Locks the review. Raises TooLate, TooManyReviewPictures; Review.DoesNotExist.
    """
    review = Review.objects.select_for_update().get(purchase=purchase)
    if not may_change(review, at=at):
        raise TooLate
    before = (review.stars, review.maker_stars)
    Review.objects.filter(pk=review.pk).update(**_fields(opinion))
    _add_pictures(review, originals)
    count_stars(review.product_id, review.maker_id)
    changes = {
        "stars": (before[0], opinion.stars),
        "maker_stars": (before[1], opinion.maker_stars),
        "words": (len(review.words), len(opinion.words)),
    }
    record("review.changed", review, by=by, at=at, maker=review.maker_id, changes=changes)


def may_change(review: Review, *, at: datetime) -> bool:
    """Tell whether its author may still change a review."""
    return review.state == Review.SHOWN and at < review.written_at + CHANGED_WITHIN


def _refuse_own(maker_id: int, person_id: int | None, email: str = "") -> None:
    for member in Membership.objects.filter(maker_id=maker_id).select_related("user"):
        if member.user_id == person_id or (email and is_address_of(member.user, email)):
            raise OwnPiece


def _add_pictures(review: Review, originals: Sequence[Original]) -> None:
    """Take stored originals as pictures of a review; one that it has already is left out."""
    there = list(review.pictures.values_list("digest", "position"))
    known = {digest for digest, _position in there}
    place = max((position for _digest, position in there), default=-1) + 1
    for original in originals:
        if original.digest in known:
            original_unneeded.send(ReviewPicture, upload_uuid=str(original.uuid))
            continue
        if len(known) == PICTURES_MAX:
            raise TooManyReviewPictures
        known.add(original.digest)
        picture = ReviewPicture.objects.create(
            review=review, uuid=original.uuid, digest=original.digest, position=place
        )
        place += 1
        review_picture_sent.send(ReviewPicture, picture_id=picture.pk)


@transaction.atomic
def reply_to_review(maker_id: int, review: UUID, words: str, *, by: str, at: datetime) -> None:
    """Answer a review in the maker's name, or write the answer anew; the first is told.

    Locks the review. Tells review_replied once. Raises EmptyReply; Review.DoesNotExist for one
    that is not of this maker, or is hidden.
    """
    words = words.strip()
    if not 0 < len(words) <= WORDS_MAX or "\0" in words:
        raise EmptyReply
    shown = Review.objects.filter(maker_id=maker_id, state=Review.SHOWN)
    found = shown.select_for_update().get(uuid=review)
    if found.reply == words:
        return
    changes = {"reply": (found.reply, words)}
    is_first = not found.reply
    Review.objects.filter(pk=found.pk).update(
        reply=words, replied_at=at if is_first else found.replied_at
    )
    record("review.replied", found, by=by, at=at, maker=maker_id, changes=changes)
    if is_first:
        review_replied.send(Review, review_id=found.pk)


@transaction.atomic
def toggle_vote(review: UUID, *, user_id: int, at: datetime) -> bool:
    """Say that a review helped, or take that back; True if it helps now.

    Locks the review; a trigger of the votes keeps `helpful_count`. Raises NotOwnVote, OwnPiece;
    Review.DoesNotExist for one that is hidden.
    """
    found = Review.objects.filter(state=Review.SHOWN).select_for_update().get(uuid=review)
    if found.author_id == user_id:
        raise NotOwnVote
    _refuse_own(found.maker_id, user_id)
    if ReviewVote.objects.filter(review=found, user_id=user_id).delete()[0]:
        return False
    ReviewVote.objects.create(review=found, user_id=user_id, at=at)
    return True
