"""What a search reads of a piece, in one row."""

from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q

from accounts.models import Craft, Maker
from catalog.models.products import Product
from catalog.models.shelves import Category

CARD_FIELDS = (
    "craft", "is_shown", "published_at", "price_cents", "price_max_cents", "available",
    "is_made_to_order", "is_one_of_a_kind", "rating_count", "stars", "card",
)  # fmt: skip


class ListingQuerySet(models.QuerySet["Listing"]):
    def on_sale(self) -> Self:
        """Keep what lists show: live pieces of open workshops; of one of a kind, the unsold."""
        is_sold = Q(is_one_of_a_kind=True, available__lte=0)
        return self.filter(~is_sold, is_shown=True, maker__is_open=True)

    def published(self) -> Self:
        """Keep what is or was on sale: pieces that have a page."""
        return self.filter(published_at__isnull=False)

    def newest_first(self) -> Self:
        return self.order_by("-published_at", "-product")

    def for_cards(self) -> Self:
        """Load what a card shows, in one query; reading more of a listing is an error."""
        shown = self.select_related("maker").only(*CARD_FIELDS, "maker__name", "maker__slug")
        return shown.fetch_mode(models.FETCH_RAISE)


class Listing(models.Model):
    """One piece as listings, searches and facets read it; there is one from its first draft on.

    `available` is kept by a trigger of catalog_stock in the transaction that changes the stock;
    everything else is written anew by `services.index_pieces` in the transaction that changes the
    piece. `stars` counts the reviews with 1 to 5 stars; `card` holds what a card shows beside the
    columns here.
    """

    product = models.OneToOneField(
        Product, on_delete=models.CASCADE, primary_key=True, related_name="listing"
    )
    maker = models.ForeignKey(Maker, on_delete=models.CASCADE, related_name="+")
    category = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="+")
    craft = models.CharField(max_length=16, choices=Craft)
    is_shown = models.BooleanField(default=False)
    published_at = models.DateTimeField(null=True)
    price_cents = models.PositiveIntegerField(default=0)
    price_max_cents = models.PositiveIntegerField(default=0)
    available = models.IntegerField(default=0)
    is_reduced = models.BooleanField(default=False)
    is_made_to_order = models.BooleanField(default=False)
    is_one_of_a_kind = models.BooleanField(default=False)
    place = models.SlugField(max_length=120, blank=True, db_index=False)
    materials = ArrayField(models.SlugField(), default=list)
    colours = ArrayField(models.SlugField(), default=list)
    rating_count = models.PositiveIntegerField(default=0)
    # The mean of its stars, drawn to a usual one while they are few (services/indexing.py); 0 to 5.
    rating_damped = models.FloatField(default=0)
    stars = ArrayField(models.PositiveIntegerField(), size=5, default=list)
    # Pieces sold in the last 90 days, counted each hour.
    sold_lately = models.PositiveIntegerField(default=0)
    words_en = SearchVectorField(null=True)
    words_pt = SearchVectorField(null=True)
    card = models.JSONField(default=dict)

    objects: ClassVar[ListingQuerySet] = ListingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = [
            GinIndex(fields=["words_en"], name="listing_words_en"),
            GinIndex(fields=["words_pt"], name="listing_words_pt"),
            models.Index(
                fields=["-published_at", "-product"],
                name="listing_newest",
                condition=Q(is_shown=True),
            ),
            models.Index(
                fields=["craft", "-published_at", "-product"],
                name="listing_craft_newest",
                condition=Q(is_shown=True),
            ),
            models.Index(
                fields=["category", "-published_at", "-product"],
                name="listing_category_newest",
                condition=Q(is_shown=True),
            ),
            models.Index(
                fields=["maker", "-published_at", "-product"],
                name="listing_maker_newest",
                condition=Q(is_shown=True),
            ),
            models.Index(
                fields=["price_cents", "product"], name="listing_price", condition=Q(is_shown=True)
            ),
            models.Index(
                fields=["-rating_damped", "-product"],
                name="listing_best_rated",
                condition=Q(is_shown=True),
            ),
            models.Index(
                fields=["-sold_lately", "-product"],
                name="listing_popular",
                condition=Q(is_shown=True),
            ),
            GinIndex(fields=["materials"], name="listing_materials"),
            GinIndex(fields=["colours"], name="listing_colours"),
        ]

    def __str__(self) -> str:
        return f"listing of {self.product_id}"
