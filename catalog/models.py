"""Pieces: what is sold, in which variants, with which pictures, and how many there are."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Craft, Maker

NEW_FOR_DAYS = 5
# The most pieces of one variant that a basket takes.
QUANTITY_MAX = 20


def in_language(english: str, portuguese: str) -> str:
    """Choose the text for the reader's language, English where there is no other."""
    return (portuguese if get_language() == "pt" else "") or english


def value_label(axis: dict[str, Any], value: str) -> str:
    """Name a value of an axis of choice in the reader's language, English where it has no other."""
    portuguese = dict(zip(axis["values"], axis.get("values_pt", []), strict=False))
    return in_language(value, portuguese.get(value, ""))


def counted(axis: str, count: int) -> str:
    """Count the values of an axis of choice in words; empty for an axis we have no plural of."""
    number = {"count": count}
    match axis:
        case "glaze":
            return ngettext("%(count)d glaze", "%(count)d glazes", count) % number
        case "size":
            return ngettext("%(count)d size", "%(count)d sizes", count) % number
        case "colour":
            return ngettext("%(count)d colour", "%(count)d colours", count) % number
        case "scent":
            return ngettext("%(count)d scent", "%(count)d scents", count) % number
        case "wood":
            return ngettext("%(count)d wood", "%(count)d woods", count) % number
    return ""


class CategoryQuerySet(models.QuerySet["Category"]):
    def crafts(self) -> Self:
        """Keep the roots of the tree: the eight crafts."""
        return self.filter(parent=None)


class Category(models.Model):
    """A shelf: one of the eight crafts, or a kind of piece below one."""

    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    slug = models.SlugField(unique=True)
    craft = models.CharField(max_length=16, choices=Craft)
    name_en = models.CharField(max_length=80)
    name_pt = models.CharField(max_length=80, blank=True)
    blurb_en = models.CharField(max_length=200, blank=True)
    blurb_pt = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    objects: ClassVar[CategoryQuerySet] = CategoryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_language(self.name_en, self.name_pt)

    @property
    def blurb(self) -> str:
        return in_language(self.blurb_en, self.blurb_pt)

    def get_absolute_url(self) -> str:
        return reverse("catalog:category", args=[self.slug])

    @property
    def url(self) -> str:
        return self.get_absolute_url()


class ProductQuerySet(models.QuerySet["Product"]):
    def on_sale(self) -> Self:
        """Keep what shoppers may see: live pieces of open workshops."""
        return self.filter(status=Product.LIVE, maker__is_open=True)

    def made_by(self, maker: Maker) -> Self:
        return self.filter(maker=maker)

    def under(self, category: Category) -> Self:
        """Keep the pieces of a category and of its children."""
        return self.filter(Q(category=category) | Q(category__parent=category))

    def matching(self, words: str) -> Self:
        """Keep pieces whose title, material or maker has every word."""
        found = self
        for word in words.split()[:8]:
            found = found.filter(
                Q(title_en__icontains=word)
                | Q(title_pt__icontains=word)
                | Q(material__icontains=word)
                | Q(maker__name__icontains=word)
            )
        return found

    def newest_first(self) -> Self:
        return self.order_by("-published_at", "-id")

    def for_cards(self) -> Self:
        """Load what a card shows, in three queries however many cards there are."""
        return self.select_related("maker", "category").prefetch_related(
            "pictures", models.Prefetch("variants", Variant.objects.select_related("stock"))
        )


class Product(models.Model):
    """A piece as its page shows it; shoppers buy one of its variants."""

    DRAFT, LIVE, RETIRED = "draft", "live", "retired"
    STATUSES = [(DRAFT, _("Draft")), (LIVE, _("Live")), (RETIRED, _("Retired"))]

    maker = models.ForeignKey(Maker, on_delete=models.PROTECT, related_name="products")
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="products")
    slug = models.SlugField(unique=True)
    title_en = models.CharField(max_length=140)
    title_pt = models.CharField(max_length=140, blank=True)
    description_en = models.TextField()
    description_pt = models.TextField(blank=True)
    material = models.CharField(max_length=120, blank=True)
    # The axes of choice in order: [{"name": "glaze", "values": ["Chalk"], "values_pt": ["Cal"]}].
    options = models.JSONField(default=list, blank=True)
    vat_basis_points = models.PositiveSmallIntegerField(default=2300)
    status = models.CharField(max_length=8, choices=STATUSES, default=DRAFT)
    published_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[ProductQuerySet] = ProductQuerySet.as_manager()  # type: ignore[assignment]
    variants: Any
    pictures: Any

    class Meta:
        verbose_name = _("piece")
        verbose_name_plural = _("pieces")
        constraints = [
            models.CheckConstraint(
                condition=Q(vat_basis_points__lte=3000), name="product_vat_real"
            ),
            models.CheckConstraint(
                condition=~Q(status="live") | Q(published_at__isnull=False),
                name="product_live_has_date",
            ),
        ]
        indexes = [
            models.Index(fields=["-published_at", "-id"], name="product_newest_first"),
            models.Index(fields=["category", "-published_at", "-id"], name="product_on_shelf"),
        ]

    def __str__(self) -> str:
        return self.title_en

    def get_absolute_url(self) -> str:
        return reverse("catalog:product", args=[self.slug])

    @property
    def url(self) -> str:
        return self.get_absolute_url()

    @property
    def title(self) -> str:
        return in_language(self.title_en, self.title_pt)

    @property
    def description(self) -> str:
        return in_language(self.description_en, self.description_pt)

    @property
    def craft(self) -> str:
        return self.category.craft

    @property
    def maker_name(self) -> str:
        return self.maker.name

    @cached_property
    def sellable(self) -> "list[Variant]":
        """The variants in the maker's order, from memory when they were prefetched."""
        return sorted(self.variants.all(), key=lambda variant: (variant.position, variant.pk))

    @property
    def cover(self) -> "Picture | None":
        return min(self.pictures.all(), key=lambda picture: picture.position, default=None)

    @property
    def price_from_cents(self) -> int:
        return min((variant.price_cents for variant in self.sellable), default=0)

    @property
    def has_price_range(self) -> bool:
        return len({variant.price_cents for variant in self.sellable}) > 1

    @property
    def available(self) -> int:
        return sum(variant.available for variant in self.sellable)

    @property
    def is_sold_out(self) -> bool:
        return self.available == 0

    @property
    def is_new(self) -> bool:
        age = timezone.now() - self.published_at if self.published_at else None
        return age is not None and age.days < NEW_FOR_DAYS

    @property
    def variants_in_words(self) -> str:
        """Say how much choice there is: "3 glazes, 2 sizes", or nothing when there is none.

        Axes without a plural of their own are counted together: "6 variants".
        """
        count = len(self.sellable)
        if count < 2:
            return ""
        choices = [counted(axis["name"], len(axis["values"])) for axis in self.options]
        if all(choices):
            return ", ".join(choices)
        return ngettext("%(count)d variant", "%(count)d variants", count) % {"count": count}


class Variant(models.Model):
    """One thing that can be put into a basket: a product in one value of each option."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="variants")
    sku = models.CharField(max_length=40, unique=True)
    # {"glaze": "Cobalt", "size": "300 ml"}: one value for each of the product's options.
    options = models.JSONField(default=dict, blank=True)
    price_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3, default="EUR")
    position = models.PositiveSmallIntegerField(default=0)

    stock: "Stock"

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(price_cents__range=(1, 10_000_000)), name="variant_price_real"
            ),
            models.CheckConstraint(condition=Q(currency="EUR"), name="variant_price_in_euro"),
            models.UniqueConstraint(fields=["product", "options"], name="variant_choice_once"),
        ]

    def __str__(self) -> str:
        return f"{self.product} ({self.title})" if self.title else str(self.product)

    @property
    def title(self) -> str:
        """Say the choice in the reader's words: "Cobalt, 300 ml"."""
        chosen = [axis for axis in self.product.options if axis["name"] in self.options]
        return ", ".join(value_label(axis, self.options[axis["name"]]) for axis in chosen)

    @property
    def available(self) -> int:
        return self.stock.available

    @property
    def url(self) -> str:
        return f"{self.product.url}?variant={self.sku}"


class Stock(models.Model):
    """How many of a variant there are, and how many of those wait for a payment.

    The row that checkouts fight over: locked in primary-key order, changed by one conditional
    update, its on_hand always the sum of its movements.
    """

    variant = models.OneToOneField(Variant, on_delete=models.PROTECT, primary_key=True)
    on_hand = models.IntegerField(default=0)
    held = models.IntegerField(default=0)

    class Meta:
        verbose_name = _("stock")
        verbose_name_plural = _("stock")
        constraints = [
            models.CheckConstraint(
                condition=Q(held__gte=0) & Q(on_hand__gte=F("held")), name="stock_never_oversold"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on_hand} on hand, {self.held} held"

    @property
    def available(self) -> int:
        return self.on_hand - self.held


class StockMovement(models.Model):
    """One change of what is on hand, for ever: received, sold, returned, corrected."""

    RECEIVED, SOLD, RETURNED, CORRECTED = "received", "sold", "returned", "corrected"
    REASONS = [
        (RECEIVED, _("Received")),
        (SOLD, _("Sold")),
        (RETURNED, _("Returned")),
        (CORRECTED, _("Corrected")),
    ]

    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="movements")
    quantity = models.IntegerField()
    reason = models.CharField(max_length=9, choices=REASONS)
    # What caused it, once: "order:<uuid>", "shipment:<uuid>", "demo".
    reference = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=~Q(quantity=0), name="movement_moves"),
            models.CheckConstraint(
                condition=Q(reason="sold", quantity__lt=0)
                | Q(reason__in=["received", "returned"], quantity__gt=0)
                | Q(reason="corrected"),
                name="movement_sign_fits_reason",
            ),
            models.UniqueConstraint(
                fields=["variant", "reason", "reference"], name="movement_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity:+d} {self.reason}"


class Picture(models.Model):
    """A picture of a piece with derivatives in several widths.

    Derivatives lie under `pictures/<digest>/<width>.<kind>`; the digest is the original's, so a
    name never changes its content. `dominant` is one of the 64 colour classes 0–63.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="pictures")
    digest = models.CharField(max_length=32)
    alt_en = models.CharField(max_length=200, blank=True)
    alt_pt = models.CharField(max_length=200, blank=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    widths = models.JSONField()
    dominant = models.PositiveSmallIntegerField()
    # The option value this picture shows ("Sage"), or nothing when it shows the piece at large.
    shows = models.CharField(max_length=80, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["product", "position"], name="picture_place_once"),
            models.CheckConstraint(condition=Q(dominant__lt=64), name="picture_dominant_class"),
        ]

    def __str__(self) -> str:
        return self.alt_en or self.digest

    @property
    def alt(self) -> str:
        return in_language(self.alt_en, self.alt_pt)

    def url(self, width: int, kind: str) -> str:
        """Give the address of a derivative; kind is "avif", "webp" or "jpg"."""
        return f"{settings.MEDIA_URL}pictures/{self.digest}/{width}.{kind}"
