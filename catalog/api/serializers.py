"""Shapes of the public API: what its addresses take, and what they answer (docs/api.md)."""

from typing import Any

from rest_framework import serializers

from accounts.models import Craft
from catalog.search.filters import VALUES_MAX
from catalog.search.sql import SEARCH_SORTS, SHELF_SORTS
from catalog.search.words import QUERY_MAX
from makers_market.core.api import PageAsked

CENTS_MAX = 10_000_000


class Shape(serializers.Serializer[Any]):
    """Part of an answer; what is filled in by catalog/api/answers.py."""


class MoneySerializer(Shape):
    """An amount in whole cents."""

    cents = serializers.IntegerField(min_value=0)
    currency = serializers.ChoiceField(choices=["EUR"])

    class Meta:
        ref_name = "Money"


class SourceSerializer(Shape):
    """One width of a picture."""

    width = serializers.IntegerField(help_text="Pixels.")
    avif = serializers.URLField()
    webp = serializers.URLField()

    class Meta:
        ref_name = "PictureSource"


class PictureSerializer(Shape):
    """A picture in several widths."""

    alt = serializers.CharField(allow_blank=True, help_text="What it shows.")
    width = serializers.IntegerField(help_text="Pixels of the largest there is.")
    height = serializers.IntegerField()
    sources = SourceSerializer(many=True)

    class Meta:
        ref_name = "Picture"


class RatingSerializer(Shape):
    """What the stars of all reviews come to."""

    average = serializers.FloatField(help_text="1 to 5.")
    count = serializers.IntegerField()
    distribution = serializers.ListField(
        child=serializers.IntegerField(),
        min_length=5,
        max_length=5,
        help_text="How many gave 1, 2, 3, 4 and 5 stars.",
    )

    class Meta:
        ref_name = "Rating"


class MakerNameSerializer(Shape):
    """Whose piece it is."""

    slug = serializers.SlugField()
    name = serializers.CharField()

    class Meta:
        ref_name = "MakerName"


class CardSerializer(Shape):
    """A piece as lists show it."""

    slug = serializers.SlugField(help_text="Names the piece; an old one leads to the new one.")
    url = serializers.URLField(help_text="Its page in the shop.")
    title = serializers.CharField()
    maker = MakerNameSerializer()
    craft = serializers.CharField()
    price_from = MoneySerializer(help_text="The price of its cheapest variant.")
    price_to = MoneySerializer(help_text="The price of its dearest variant.")
    is_reduced = serializers.BooleanField()
    is_made_to_order = serializers.BooleanField()
    is_one_of_a_kind = serializers.BooleanField()
    in_stock = serializers.BooleanField(help_text="Some variant can be ordered now.")
    rating = RatingSerializer(allow_null=True)
    picture = PictureSerializer(allow_null=True)
    published_at = serializers.DateTimeField(allow_null=True)

    class Meta:
        ref_name = "ProductCard"


class ValueSerializer(Shape):
    value = serializers.CharField()
    label = serializers.CharField(  # type: ignore[assignment]
        help_text="The value in the language asked for."
    )

    class Meta:
        ref_name = "Value"


class AxisSerializer(Shape):
    """An axis of choice, as size or glaze."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    values = ValueSerializer(many=True)

    class Meta:
        ref_name = "Option"


class VariantSerializer(Shape):
    """One thing that can be bought."""

    sku = serializers.CharField()
    url = serializers.URLField()
    title = serializers.CharField(allow_blank=True)
    options = serializers.DictField(child=serializers.CharField())
    price = MoneySerializer()
    was = MoneySerializer(
        allow_null=True, help_text="The lowest price of the 30 days before a reduction."
    )
    available = serializers.IntegerField(
        min_value=0, max_value=20, help_text="How many can be ordered now, counted up to 20."
    )
    available_is_at_least = serializers.BooleanField(help_text="There may be more than that.")

    class Meta:
        ref_name = "Variant"


class PersonalFieldSerializer(Shape):
    """A question that the maker asks of whoever orders."""

    label = serializers.CharField()  # type: ignore[assignment]
    kind = serializers.ChoiceField(choices=["text", "choice"])
    is_required = serializers.BooleanField()
    length_max = serializers.IntegerField(help_text="Characters of the longest answer.")
    choices = ValueSerializer(many=True)
    extra = MoneySerializer(help_text="What an answer adds to the price.")

    class Meta:
        ref_name = "PersonalField"


class DeliverySerializer(Shape):
    """What one parcel of the maker costs."""

    home = MoneySerializer(help_text="To Portugal.")
    abroad = MoneySerializer(allow_null=True, help_text="Null: the maker posts in Portugal only.")
    posts_within_days = serializers.IntegerField(help_text="Working days.")
    allows_collection = serializers.BooleanField()

    class Meta:
        ref_name = "Delivery"


class MakingSerializer(Shape):
    """How long the making of a piece takes, in working days."""

    days_min = serializers.IntegerField()
    days_max = serializers.IntegerField()

    class Meta:
        ref_name = "Making"


class ProductSerializer(CardSerializer):
    """A piece with all that its page shows."""

    is_on_sale = serializers.BooleanField(help_text="False: its page stays, it cannot be ordered.")
    description = serializers.CharField()
    material = serializers.CharField(allow_blank=True)
    category = serializers.SlugField()
    options = AxisSerializer(many=True)
    variants = VariantSerializer(many=True)
    pictures = PictureSerializer(many=True)
    personal_fields = PersonalFieldSerializer(many=True)
    delivery = DeliverySerializer()
    making = MakingSerializer(allow_null=True)

    class Meta:
        ref_name = "Product"


class MakerCardSerializer(Shape):
    """A workshop as lists show it."""

    slug = serializers.SlugField()
    url = serializers.URLField()
    name = serializers.CharField()
    place = serializers.CharField()
    craft = serializers.CharField()
    quote = serializers.CharField(allow_blank=True)

    class Meta:
        ref_name = "MakerCard"


class MakerSerializer(MakerCardSerializer):
    """A workshop with all that its page tells of it."""

    story = serializers.CharField(allow_blank=True)
    announcement = serializers.CharField(allow_blank=True)
    policies = serializers.CharField(allow_blank=True)
    delivery = DeliverySerializer()
    rating = RatingSerializer(allow_null=True, help_text="How it sold and sent.")
    piece_rating = RatingSerializer(allow_null=True, help_text="All its pieces together.")
    picture = PictureSerializer(allow_null=True)
    products = serializers.URLField(help_text="Its pieces in this API.")
    reviews = serializers.URLField(help_text="The reviews of its pieces in this API.")

    class Meta:
        ref_name = "Maker"


class KindSerializer(Shape):
    """A kind of piece."""

    slug = serializers.SlugField()
    url = serializers.URLField()
    name = serializers.CharField()
    blurb = serializers.CharField(allow_blank=True)

    class Meta:
        ref_name = "Kind"


class CraftSerializer(KindSerializer):
    """A craft with the kinds of piece below it."""

    craft = serializers.CharField()
    children = KindSerializer(many=True)

    class Meta:
        ref_name = "Craft"


class ReplySerializer(Shape):
    """What the maker answered."""

    words = serializers.CharField()
    at = serializers.DateTimeField()

    class Meta:
        ref_name = "Reply"


class ReviewSerializer(Shape):
    """What a buyer says of a piece that reached them."""

    uuid = serializers.UUIDField()
    product = serializers.SlugField()
    stars = serializers.IntegerField(min_value=1, max_value=5)
    title = serializers.CharField(allow_blank=True)
    words = serializers.CharField(allow_blank=True)
    language = serializers.CharField()
    author = serializers.CharField(help_text="The name it is signed with.")
    variant = serializers.CharField(allow_blank=True)
    written_at = serializers.DateTimeField()
    helpful_count = serializers.IntegerField()
    reply = ReplySerializer(allow_null=True)
    pictures = PictureSerializer(many=True)

    class Meta:
        ref_name = "Review"


class ListSerializer(Shape):
    """One page of a list."""

    next = serializers.URLField(allow_null=True, help_text="The next page; null on the last.")


class CardListSerializer(ListSerializer):
    results = CardSerializer(many=True)

    class Meta:
        ref_name = "ProductList"


class MakerListSerializer(ListSerializer):
    results = MakerCardSerializer(many=True)

    class Meta:
        ref_name = "MakerList"


class CraftListSerializer(ListSerializer):
    results = CraftSerializer(many=True)

    class Meta:
        ref_name = "CategoryTree"


class ReviewListSerializer(ListSerializer):
    results = ReviewSerializer(many=True)

    class Meta:
        ref_name = "ReviewList"


class FacetValueSerializer(Shape):
    """One value and how many of the pieces found have it."""

    value = serializers.CharField(help_text="What the parameter of the facet's name takes.")
    label = serializers.CharField()  # type: ignore[assignment]
    count = serializers.IntegerField()

    class Meta:
        ref_name = "FacetValue"


class FacetSerializer(Shape):
    """A parameter that narrows the search, with its values; its own choice does not narrow it."""

    name = serializers.ChoiceField(
        choices=["craft", "type", "material", "colour", "place", "maker"]
    )
    values = FacetValueSerializer(many=True)

    class Meta:
        ref_name = "Facet"


class SearchSerializer(CardListSerializer):
    """What a search found."""

    searched = serializers.CharField(
        allow_blank=True, help_text="The words that were searched, mistyped ones mended."
    )
    is_respelled = serializers.BooleanField(help_text="They are not those that were typed.")
    count = serializers.IntegerField()
    count_is_about = serializers.BooleanField(help_text="More than 2,000 were found.")
    facets = FacetSerializer(many=True)

    class Meta:
        ref_name = "Search"


class Flag(serializers.BooleanField):
    """A choice that is made or not: "true" or "false", and nothing else."""

    TRUE_VALUES = {"true", True}
    FALSE_VALUES = {"false", False}
    NULL_VALUES = set()


def _many(words: str) -> serializers.ListField:
    """Make a parameter that may be given several times: any of its values will do."""
    return serializers.ListField(
        child=serializers.SlugField(max_length=120),
        required=False,
        max_length=VALUES_MAX,
        help_text=f"{words} Given several times, any of them will do.",
    )


class PiecesAsked(PageAsked):
    """Which pieces: the filters of the shop's own pages."""

    craft = serializers.ListField(
        child=serializers.ChoiceField(choices=Craft.values),
        required=False,
        max_length=VALUES_MAX,
        help_text="Of this craft. Given several times, any of them will do.",
    )
    type = _many("Of this kind: the slug of a category.")
    material = _many("Of this material, as a facet names it.")
    colour = _many("Of this colour, as a facet names it.")
    place = _many("Made in this place, as a facet names it.")
    maker = _many("Of the maker of this slug.")
    min_cents = serializers.IntegerField(
        required=False, min_value=0, max_value=CENTS_MAX, help_text="Some variant costs as much."
    )
    max_cents = serializers.IntegerField(
        required=False, min_value=0, max_value=CENTS_MAX, help_text="Some variant costs no more."
    )
    stock = Flag(default=False, help_text="Ready to post.")
    made = Flag(default=False, help_text="Made to order; with “stock”, either will do.")
    sale = Flag(default=False, help_text="Reduced.")
    rating = serializers.ChoiceField(
        choices=["4"], required=False, help_text="Reviewed with so many stars or more."
    )
    sort = serializers.ChoiceField(choices=SHELF_SORTS, default="new", help_text="The order.")


class SearchAsked(PiecesAsked):
    """What is searched, and among which pieces."""

    q = serializers.CharField(
        max_length=QUERY_MAX, help_text="Words of a title, material, kind or maker."
    )
    sort = serializers.ChoiceField(choices=SEARCH_SORTS, default="best", help_text="The order.")


class MakersAsked(PageAsked):
    """Which makers."""

    craft = serializers.ChoiceField(
        choices=Craft.values, required=False, help_text="Only of this craft."
    )
