"""The stars of a piece and of its maker, counted anew in the transaction that changes a review.

Locks, after the review: the listing, then the maker's rating. Counting happens under them, so that
of any number of reviews at once each count is exact, and a count that was wrong mends itself.
"""

from django.db.models import Count, QuerySet

from catalog.models import MakerRating, Review
from catalog.review_figures import STARS
from catalog.services.indexing import index_pieces


def count_stars(product_id: int, maker_id: int) -> None:
    """Count the shown reviews of a piece and of its maker; call it last, inside a transaction."""
    index_pieces([product_id])
    MakerRating.objects.get_or_create(maker_id=maker_id)
    MakerRating.objects.select_for_update().get(pk=maker_id)
    shown = Review.objects.filter(maker_id=maker_id, state=Review.SHOWN)
    MakerRating.objects.filter(pk=maker_id).update(
        stars=_counts(shown, "maker_stars"), piece_stars=_counts(shown, "stars")
    )


def _counts(reviews: QuerySet[Review], field: str) -> list[int]:
    counted = dict(reviews.order_by().values_list(field).annotate(n=Count("*")))
    return [counted.get(stars, 0) for stars in STARS]
