"""Reviews as pages show them: some at a time, the most useful first, then the newest."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.core import signing
from django.db.models import OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject
from django.http import Http404
from django.utils.functional import cached_property

from accounts.models import Maker
from catalog.models import Listing, MakerRating, Product, Review, ReviewPicture, Upload
from catalog.review_figures import STARS, Rating, rating
from makers_market.core.pictures import WidePicture

CURSOR_SALT = "catalog.reviews"
# Without the time of day: the same page has the same address.
SIGNER = signing.Signer(salt=CURSOR_SALT)
SHOWN = 8
PRODUCT_STARS = {str(stars): stars for stars in STARS}
Place = tuple[int, datetime, int]


def anchor_of(review: Review) -> str:
    """Name a review's place on its page."""
    return f"review-{review.uuid.hex[:12]}"


class ReviewShown:
    """A review with its pictures, from memory."""

    def __init__(self, review: Any) -> None:
        self.review: Review = review
        self.pictures = [_picture(each) for each in review.ready]

    @property
    def anchor(self) -> str:
        return anchor_of(self.review)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.review, name)


@dataclass(frozen=True)
class PictureShown(WidePicture):
    """A picture of a review, which leads to its widest derivative."""

    @property
    def largest(self) -> str:
        return self.url(max(self.widths), "webp")


def _picture(kept: dict[str, Any]) -> PictureShown:
    facts = {name: kept["facts"][name] for name in ("width", "height", "widths", "dominant")}
    return PictureShown(kept["digest"], **facts)


@dataclass(frozen=True)
class Reviews:
    """A page of reviews: `stars` is the filter or None, `next` the cursor of the next page."""

    rating: Rating
    rows: list[ReviewShown]
    stars: int | None
    after: str
    next: str

    @property
    def count(self) -> int:
        return self.rating.count

    @property
    def average(self) -> float:
        return self.rating.average

    @cached_property
    def found(self) -> int:
        """How many the filter finds."""
        return self.rating.counts[self.stars - 1] if self.stars else self.count


def reviews_of(product: Product, *, stars: str | int | None = None, after: str = "") -> Reviews:
    """Give the reviews of a piece, in one query beside its listing.

    Raises Http404 for a number of stars that there is not, and for a forged cursor.
    """
    listing = _listing(product)
    chosen = _chosen(stars)
    shown = Review.objects.filter(product=product, state=Review.SHOWN)
    rows, following = _page(shown, chosen, after) if listing.rating_count or after else ([], "")
    return Reviews(rating(listing.stars), rows, chosen, after, following)


def _listing(product: Product) -> Listing:
    try:
        return product.listing
    except Listing.DoesNotExist:
        return Listing(product=product)


def _chosen(stars: str | int | None) -> int | None:
    if stars in {None, ""}:
        return None
    if str(stars) not in PRODUCT_STARS:
        raise Http404
    return PRODUCT_STARS[str(stars)]


def _page(shown: QuerySet[Review], stars: int | None, after: str) -> tuple[list[ReviewShown], str]:
    """Give the reviews that follow a cursor and the cursor that follows them."""
    if stars:
        shown = shown.filter(stars=stars)
    if after:
        shown = shown.filter(_behind(_read(after)))
    ordered = with_pictures(shown).order_by("-helpful_count", "-written_at", "-id")
    rows = list(ordered[: SHOWN + 1])
    following = _cursor(rows[SHOWN - 1]) if len(rows) > SHOWN else ""
    return [ReviewShown(row) for row in rows[:SHOWN]], following


def with_pictures(reviews: QuerySet[Review]) -> QuerySet[Review]:
    """Load with each review, as `ready`, what its pictures need to be shown; no further query."""
    ready = ReviewPicture.objects.filter(review=OuterRef("pk"), state=Upload.READY)
    kept = ready.order_by("position").values(kept=JSONObject(digest="digest", facts="facts"))
    return reviews.annotate(ready=ArraySubquery(kept))


def _behind(place: Place) -> Q:
    helpful, written_at, pk = place
    newer = Q(written_at__lt=written_at) | Q(written_at=written_at, pk__lt=pk)
    return Q(helpful_count__lt=helpful) | Q(helpful_count=helpful) & newer


def _cursor(review: Review) -> str:
    place = [review.helpful_count, review.written_at.isoformat(), review.pk]
    return SIGNER.sign_object(place)


def _read(cursor: str) -> Place:
    try:
        helpful, written_at, pk = SIGNER.unsign_object(cursor)
        return int(helpful), datetime.fromisoformat(written_at), int(pk)
    except (signing.BadSignature, ValueError, TypeError, json.JSONDecodeError) as error:
        raise Http404 from error


@dataclass(frozen=True)
class MakerReviews:
    """Both ratings of a maker, and the reviews of its pieces."""

    rating: Rating
    piece_rating: Rating
    rows: list[ReviewShown]
    after: str
    next: str


def maker_reviews(maker: Maker, *, after: str = "") -> MakerReviews:
    """Give a maker's ratings and a page of the reviews of its pieces, in two queries.

    Raises Http404 for a forged cursor.
    """
    both = ratings_of(maker)
    # A piece in review again has no page, and a title that nobody has approved.
    shown = Review.objects.filter(
        maker=maker, state=Review.SHOWN, product__in=Product.objects.seen_by_shoppers()
    ).select_related("product")
    is_empty = not both[0].count and not after
    rows, following = ([], "") if is_empty else _newest(shown, after)
    return MakerReviews(*both, rows, after, following)


def ratings_of(maker: Maker) -> tuple[Rating, Rating]:
    """Give the rating of a maker and that of all its pieces, in one query."""
    found = MakerRating.objects.filter(maker=maker).values_list("stars", "piece_stars").first()
    stars, piece_stars = found or ([], [])
    return rating(stars), rating(piece_stars)


def _newest(shown: QuerySet[Review], after: str) -> tuple[list[ReviewShown], str]:
    if after:
        _helpful, written_at, pk = _read(after)
        older = Q(written_at__lt=written_at) | Q(written_at=written_at, pk__lt=pk)
        shown = shown.filter(older)
    rows = list(with_pictures(shown).order_by("-written_at", "-id")[: SHOWN + 1])
    following = _cursor(rows[SHOWN - 1]) if len(rows) > SHOWN else ""
    return [ReviewShown(row) for row in rows[:SHOWN]], following


@dataclass(frozen=True)
class OwnPicture:
    """A picture as its author sees it: ready, refused, or being prepared."""

    picture: PictureShown | None
    is_refused: bool


def own_pictures(review: Review) -> list[OwnPicture]:
    """Give the pictures of a review in every state, for who wrote it."""
    kept = review.pictures.order_by("position")
    return [
        OwnPicture(
            _picture({"digest": each.digest, "facts": each.facts})
            if each.state == Upload.READY
            else None,
            each.state == Upload.REFUSED,
        )
        for each in kept
    ]


def reviewed(purchases: list[str]) -> set[str]:
    """Give those purchases that have a review, in one query; none for none."""
    if not purchases:
        return set()
    written = Review.objects.filter(purchase__in=purchases)
    return set(written.values_list("purchase", flat=True))


@dataclass(frozen=True)
class OwnReviews:
    """A page of a workshop's reviews as its makers read them, hidden ones too."""

    rows: list[ReviewShown]
    next: str


def own_reviews(maker: Maker, *, only_open: bool = False, after: str = "") -> OwnReviews:
    """Give a workshop's reviews, newest first; `only_open` keeps what waits for a reply.

    Raises Http404 for a forged cursor. Whose purchase it was is not for the workshop to read.
    """
    found = unanswered(maker.pk) if only_open else Review.objects.filter(maker=maker)
    readable = found.select_related("product").defer("purchase", "author")
    return OwnReviews(*_newest(readable, after))


def unanswered(maker_id: int) -> QuerySet[Review]:
    """Give the shown reviews of a workshop that have no reply."""
    return Review.objects.filter(maker_id=maker_id, state=Review.SHOWN, reply="")
